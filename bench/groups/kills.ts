/** Real packages' test suites, run by an agent, recorded by a daemon that is killed meanwhile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { canonicalJson } from '../../src/base/index.ts';
import { verifyRecording } from '../../src/recording/late.ts';
import { openRecording } from '../../src/recording/reader.ts';
import { readRun } from '../../src/recording/run.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { Group, Plan } from '../group.ts';
import { type Row, Samples, skippedRow } from '../harness.ts';
import { newHome } from '../ours.ts';
import { generator } from '../recorded-runs.ts';
import { hasSuites, notInstalled, runs, suiteRun } from '../suites.ts';
import type { Said } from '../suites-worker.ts';

/** Daemons at once, each with a home of its own. */
const lanes = 4;
/** A call of these runs seldom takes longer. */
const longestStepMs = 400;
const killed = { id: 'kills-verified', label: 'a run, its daemon killed, verified' };

export const group: Group = {
  name: 'kills',
  title: 'Recordings of a daemon that is killed',
  measures: `The runs of the group \`suites\`, each with SIGKILL to its daemon at a moment that is drawn by a seed: after one of its answers, and then within ${longestStepMs} ms; ${lanes} daemons at once. Success is that the recording left is verified as it lies, that each call that was answered stands in it with its answer, and that the next daemon takes it up, closes it, and verifies it both times. The value is how long verifying what was left took.`,
  leavesOut: 'Kills before the recording began. Power cuts.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  return hasSuites() ? [await underKills(plan)] : [skippedRow({ ...killed, skip: notInstalled })];
}

interface Counts {
  answered: number;
  torn: number;
  open: number;
}

async function underKills({ bench, rounds, note }: Plan): Promise<Row> {
  const samples = new Samples(killed);
  const plan = rounds(runs, 10);
  const counts: Counts = { answered: 0, torn: 0, open: 0 };
  let done = 0;
  const onRun = (): void => plan.onRound?.(++done, plan.rounds);
  const inLane = async (lane: number): Promise<void> => {
    const home = newHome(bench);
    bench.defer(async () => (await createRuntime({ home, ephemeral: true })).close());
    const numbers = Array.from({ length: plan.rounds }, (_, at) => at).filter((number) => number % lanes === lane);
    await oneAfterAnother({ home, numbers, samples, counts, onRun });
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => inLane(lane)));
  note(
    `${counts.answered} calls had been answered; ${counts.open} recordings were left within a step, ${counts.torn} within a line.`,
  );
  return samples.row();
}

interface Lane {
  home: string;
  numbers: readonly number[];
  samples: Samples;
  counts: Counts;
  onRun(): void;
}

/** In one home: each daemon looks at what the one before it left, and the last only looks. */
async function oneAfterAnother({ home, numbers, samples, counts, onRun }: Lane): Promise<void> {
  let left: string | null = null;
  for (const number of [...numbers, null]) {
    const worker = new Worker(home, number ?? -1);
    try {
      const found = await worker.found();
      if (left !== null) mustBeTakenUp(found, left);
      left = null;
      if (number === null) return;
      const { recording, answers } = await worker.killedAt(momentOf(number));
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
      if (number !== null) onRun();
    }
  }
}

interface Moment {
  /** After so many answers. */
  answers: number;
  thenMs: number;
}

function momentOf(number: number): Moment {
  const random = generator(number + 1);
  return { answers: random(suiteRun(number).calls.length), thenMs: random(longestStepMs) };
}

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
  const { report } = await verifyRecording(directory, recording, true);
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
  if (!found.ok || !found.closedOk) throw new Error(`the next daemon does not verify it: ${found.problems.join('; ')}`);
}
