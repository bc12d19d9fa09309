/** Real packages' test suites, run by an agent, recorded, done again; and recorded by a daemon that is killed meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { canonicalJson } from '../../src/base/index.ts';
import { verifyRecording } from '../../src/recording/index.ts';
import { openRecording } from '../../src/recording/reader.ts';
import { readRun } from '../../src/recording/run.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { inProcess, newHome } from '../ours.ts';
import { generator, type Random } from '../recorded-runs.ts';
import { Missed, recordAndReplay } from '../replayed.ts';
import { hasSuites, importSuites, notInstalled, packages, suiteRun } from '../suites.ts';
import type { Said } from '../suites-worker.ts';

const runs = 200;
const longestStepMs = 400;
const npm = packages.filter(({ from }) => from === 'npm').length;

const replayed = { id: 'suites-replayed', label: 'a run over a real package, done again' };
const killed = { id: 'suites-killed', label: 'the same, its daemon killed, verified' };

export const group: Group = {
  name: 'suites',
  title: 'Real test suites, recorded and done again',
  measures: `Runs of a coding agent over ${packages.length} packages as their registries have them (${npm} of npm, ${packages.length - npm} of PyPI, at fixed versions, bench/suites/packages.json), whose tarballs ship their tests, and over examples/repair: it looks around, runs the suite and single files of it, breaks a line, runs, mends it, runs again, drawn by a seed. Without a network. Done again: the milliseconds of the replay at L2; the success rate is the share in which every step matched, answers, processes and files. Killed: the same runs, with SIGKILL to the daemon at a moment that is drawn evenly over the run; success is that the recording left is verified as it lies, that each call that was answered stands in it with its answer, and that the next daemon takes it up, closes it, and verifies it both times; the value is how long verifying what was left took.`,
  leavesOut: 'Suites that need a network, a service or a compiler. Kills before the recording began. Power cuts.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  if (!hasSuites()) return [replayed, killed].map((head) => skippedRow({ ...head, skip: notInstalled }));
  return [await doneAgain(plan), await underKills(plan)];
}

async function doneAgain({ bench, rounds, say, note }: Plan): Promise<Row> {
  const { service } = await inProcess(bench);
  const template = await importSuites(service);
  const samples = new Samples(replayed);
  const missed = new Map<string, string[]>();
  const plan = rounds(runs, packages.length);
  for (let number = 0; number < plan.rounds; number++) {
    const one = suiteRun(number);
    try {
      samples.add(await recordAndReplay(service, one, { template }));
    } catch (error) {
      samples.fail(error);
      const cause = error instanceof Missed ? error.cause : String(error);
      missed.set(cause, [...(missed.get(cause) ?? []), one.name]);
      say(error instanceof Error ? error.message : String(error));
    }
    plan.onRound?.(number + 1, plan.rounds);
  }
  if (missed.size === 0) note('Every run was reproduced.');
  for (const [cause, names] of missed) note(`Not reproduced, ${names.length}: ${cause} (${names.join(', ')}).`);
  return samples.row();
}

async function underKills({ bench, rounds, note }: Plan): Promise<Row> {
  const home = newHome(bench);
  const samples = new Samples(killed);
  const plan = rounds(runs, 10);
  const random = generator(2026);
  const counts = { answered: 0, torn: 0, open: 0 };
  let left: string | null = null;
  bench.defer(async () => (await createRuntime({ home, ephemeral: true })).close());
  for (let number = 0; number <= plan.rounds; number++) {
    const isLast = number === plan.rounds;
    const worker = new Worker(home, isLast ? -1 : number);
    try {
      const found = await worker.found();
      if (left !== null) mustBeTakenUp(found, left);
      if (isLast) break;
      left = null;
      const moment = momentOf(suiteRun(number).calls.length, random);
      const { recording, answers } = await worker.killedAt(moment);
      left = recording;
      const startedMs = performance.now();
      const seen = await looked(join(home, 'recordings', recording), recording, answers);
      samples.add(performance.now() - startedMs);
      counts.answered += answers.length;
      counts.torn += seen.torn ? 1 : 0;
      counts.open += seen.open ? 1 : 0;
    } catch (error) {
      samples.fail(error);
    } finally {
      await worker.end();
    }
    plan.onRound?.(Math.min(number + 1, plan.rounds), plan.rounds);
  }
  note(
    `Killed: ${counts.answered} calls had been answered; ${counts.open} recordings were left within a step, ${counts.torn} within a line.`,
  );
  return samples.row();
}

interface Moment {
  /** After so many answers. */
  answers: number;
  thenMs: number;
}

const momentOf = (calls: number, random: Random): Moment => ({
  answers: random(calls),
  thenMs: random(longestStepMs),
});

interface Answer {
  callId: string;
  ok: boolean;
  digest: string;
}

class Worker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(home: string, number: number) {
    const path = join(import.meta.dirname, '../suites-worker.ts');
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, home, String(number)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#ended = new Promise((resolve) => this.#child.once('exit', resolve));
    if (!this.#child.stdout) throw new Error('it says nothing');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async found(): Promise<Extract<Said, { found: unknown }>['found']> {
    const said = await this.#next();
    if (said && 'found' in said) return said.found;
    throw new Error('the daemon did not start');
  }

  /** What it had said when it was gone. */
  async killedAt({ answers: wanted, thenMs }: Moment): Promise<{ recording: string; answers: Answer[] }> {
    const begun = await this.#next();
    if (!begun || !('recording' in begun)) throw new Error('it did not begin to record');
    const answers: Answer[] = [];
    const kill = (): void => void setTimeout(() => this.#child.kill('SIGKILL'), thenMs);
    if (wanted === 0) kill();
    for (let said = await this.#next(); said; said = await this.#next()) {
      if (!('callId' in said)) continue;
      answers.push(said);
      if (answers.length === wanted) kill();
    }
    return { recording: begun.recording, answers };
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Its last words may be cut. */
  async #next(): Promise<Said | null> {
    const { value, done } = await this.#lines.next();
    if (done) return null;
    try {
      // The worker is ours, and says nothing else.
      return JSON.parse(value) as Said;
    } catch {
      return null;
    }
  }
}

/** As it lies, without any daemon. */
async function looked(
  directory: string,
  recording: string,
  answers: readonly Answer[],
): Promise<{ torn: boolean; open: boolean }> {
  const report = await verifyRecording(directory, recording, () => true);
  if (!report.ok) throw new Error(`not verified: ${report.problems.join('; ')}`);
  const run = await readRun(await openRecording(directory));
  for (const { callId, ok, digest } of answers) {
    const step = run.steps.find((one) => one.callId === callId);
    if (!step?.ended) throw new Error(`the answered call ${callId} does not stand in it`);
    if (step.ended.ok !== ok) throw new Error(`the call ${callId} ended otherwise than it was answered`);
    const value = step.ended.output ? run.reader.value(step.ended.output) : null;
    const kept = createHash('sha256').update(canonicalJson(value)).digest('hex');
    if (kept !== digest) throw new Error(`the call ${callId} was answered otherwise than it was recorded`);
  }
  return { torn: report.tornBytes > 0, open: run.steps.some(({ ended }) => ended === null) };
}

function mustBeTakenUp(found: Extract<Said, { found: unknown }>['found'], recording: string): void {
  if (found?.recording !== recording) throw new Error(`the next daemon does not know the recording ${recording}`);
  if (!found.ok || !found.closedOk)
    throw new Error(`the next daemon does not verify it: ${found.problems.join('; ')}`);
}
