/**
 * Makes a test of a recording: runs it whole to see how the predicate ends, which has to be as it does in the files that the
 * recording ended with, leaves out what does not matter, and takes along what the network answered to the rest.
 */
import { Buffer } from 'node:buffer';
import { extract } from 'tar-stream';
import type { z } from 'zod';
import { join } from '../base/index.ts';
import { withOnly } from '../network/index.ts';
import {
  type exportTestSchema,
  HoldfastError,
  type HoldfastService,
  limitsSchema,
  type OutcomeClass,
} from '../schema/index.ts';
import { networkOfCase, spareable, standIns, unanswered, withOwnTape } from './case-network.ts';
import { pureVerbs } from './execute.ts';
import { LeftOut } from './left-out.ts';
import { minimise } from './minimise.ts';
import { comesNotAgain, recordedEnd } from './recorded-end.ts';
import { faultOfCall, faultsInNetwork, remadeFaults } from './remake.ts';
import { patienceMs } from './replayed-processes.ts';
import { beginningOf, inputOf, type RecordedRun, type RecordedStep } from './run.ts';
import {
  type CaseFault,
  type CaseFile,
  type CaseRun,
  type CaseStep,
  changedSince,
  classOf,
  encodeInline,
  runCase,
  type TestCase,
  type TestService,
  testFormat,
} from './test-case.ts';

/** Where an agent's files are; the rest of a snapshot is its template. */
const carriedPath = '/workspace';
const largestFilesBytes = 64 * 1024 * 1024;
/** As many as a plan has. */
const mostFaults = 256;
/** Verbs about processes of the run itself. */
const ofProcesses = new Set(['signal-process', 'start-process']);

export type Wanted = z.output<typeof exportTestSchema>;

export type MakingService = TestService & Pick<HoldfastService, 'exportFiles'> & { hasSnapshot(id: string): boolean };

/** @throws HoldfastError `invalid-argument` where the predicate does not end as was said, or as it did in the recording */
export async function makeTest(run: RecordedRun, wanted: Wanted, service: MakingService): Promise<TestCase> {
  const { head } = run;
  const notes: string[] = [];
  const left = new LeftOut();
  const taped = networkOfCase(head.sandbox.network, run.tape);
  noteNetwork(run, taped !== null, notes);
  const whole: TestCase = {
    format: testFormat,
    name: head.name ?? head.id,
    recording: head.id,
    base: {
      template: head.base.template,
      ...(head.base.templateDigest === '' ? {} : { templateDigest: head.base.templateDigest }),
      isolation: head.sandbox.isolation,
      user: head.sandbox.user,
      environment: { ...(taped ? standInsOf(run) : {}), ...head.sandbox.environment },
      limits: limitsSchema.parse(head.sandbox.limits),
      ...(head.seeds['sandbox'] === undefined ? {} : { seed: Number(head.seeds['sandbox']) }),
      ...(head.sandbox.clock === undefined ? {} : { clock: head.sandbox.clock }),
      ...(head.contract === null ? {} : { contract: head.contract.document }),
    },
    files: await filesOf(run, service, left),
    steps: stepsOf(run, left),
    faults: faultsOf(run, notes),
    ...(taped ? { network: taped.network } : {}),
    predicate: wanted.predicate,
    expect: '',
    runs: wanted.runs,
    notes,
  };
  notes.push(...left.notes());
  const tape = taped?.tape ?? null;
  const first = await runCase(service, whole, tape);
  const expect = wanted.expect ?? first.outcome;
  if (first.outcome !== expect) {
    throw new HoldfastError(
      'invalid-argument',
      `after the whole recording the predicate ends with ${first.outcome}, not ${expect}`,
      {
        hint: 'Replay it first: holdfast replay says where it goes another way.',
        details: { expected: expect, actual: first.outcome },
      },
    );
  }
  const recorded = await recordedEnd(run, whole, tape, service);
  const { end } = recorded;
  if (end !== null && end.outcome !== expect) {
    if (wanted.expect === undefined) throw comesNotAgain(recorded, first);
    notes.push(`in the files that the recording ended with it ends with ${end.outcome}`);
  }
  if (end === null) notes.push(...recorded.notes);
  notes.push(...changedSince(service, whole));
  const making = new Making(service, { ...whole, expect }, first, tape, wanted);
  if (wanted.minimise) await making.minimise();
  await making.carry();
  return withRate(making.least(), wanted.runs, service);
}

/** A test on its way from all that was recorded to what matters. */
class Making {
  readonly #service: TestService;
  readonly #whole: TestCase;
  readonly #first: CaseRun;
  /** The recording's own, as long as the test has no exchanges of its own. */
  readonly #tape: string | null;
  readonly #wanted: Wanted;
  #case: TestCase;
  /** The steps make the predicate end so: in the files alone it ends otherwise. */
  #turns = false;
  #tried = 0;
  #isExhausted = false;

  constructor(service: TestService, whole: TestCase, first: CaseRun, tape: string | null, wanted: Wanted) {
    this.#service = service;
    this.#whole = whole;
    this.#first = first;
    this.#tape = tape;
    this.#wanted = wanted;
    this.#case = whole;
  }

  /** Steps, then faults, then files, and again: what is left out of one may have been all that needed some of another. */
  async minimise(): Promise<void> {
    const { steps, files, expect } = this.#whole;
    if (steps.length > 0 && files.length > 0 && this.#wanted.budget > 0) {
      const before = await this.#before(this.#whole);
      this.#turns = before !== null && before !== expect;
    }
    const lists = [() => this.#fewerSteps(), () => this.#fewerFaults(), () => this.#fewerFiles()];
    for (let isFirst = true, still = 0; isFirst || still < lists.length - 1; isFirst = false) {
      for (const shrinks of lists) {
        // It is as small as it was left: nothing else has become smaller since.
        if (!isFirst && still >= lists.length - 1) return;
        still = (await shrinks()) ? 0 : still + 1;
      }
    }
  }

  #fewerSteps(): Promise<boolean> {
    return this.#leaveOut(this.#case.steps, (steps) => {
      const kept = new Set(steps.map(({ step }) => step));
      // One of a step that is not done any more happens to nobody.
      return { ...this.#case, steps, faults: this.#case.faults.filter(({ step }) => kept.has(step)) };
    });
  }

  #fewerFaults(): Promise<boolean> {
    return this.#leaveOut(this.#case.faults, (faults) => ({ ...this.#case, faults }));
  }

  #fewerFiles(): Promise<boolean> {
    const runsEach = this.#turns ? 2 : 1;
    return this.#leaveOut(this.#case.files, (files) => ({ ...this.#case, files }), { runsEach });
  }

  /** How the predicate ends in the files that it began with; null where it asks for what no tape has. */
  async #before(candidate: TestCase): Promise<OutcomeClass | null> {
    this.#tried++;
    const { outcome, misses } = await runCase(this.#service, { ...candidate, steps: [], faults: [] }, this.#tape);
    return misses > 0 ? null : outcome;
  }

  /** What only the steps brought about is not to be so because a file was left out that was there. */
  async #turnsStill(candidate: TestCase): Promise<boolean> {
    if (!this.#turns || candidate.files.length === this.#case.files.length) return true;
    return (await this.#before(candidate)) !== candidate.expect;
  }

  /**
   * Takes along what the tape answers to the steps that are left, and then what of that is needed.
   *
   * @throws HoldfastError `invalid-argument` where the tape does not answer them, `file-too-large`
   */
  async carry(): Promise<void> {
    const { network } = this.#case;
    if (!network || this.#tape === null) return;
    const { minimise: isMinimised, runs } = this.#wanted;
    const served = new Set<number>();
    for (let run = 0; run < runs; run++) {
      const ran = await runCase(this.#service, this.#case, this.#tape);
      if (ran.misses > 0) throw unanswered(ran);
      for (const number of ran.served) served.add(number);
    }
    if (isMinimised && served.size === 0) {
      await this.#leaveOut([network], ([kept]) => (kept ? this.#case : withoutNetwork(this.#case)));
      if (!this.#case.network) return;
    }
    const tape = await this.#service.tapes.carry(this.#tape, served);
    const holding = (numbers: ReadonlySet<number>): TestCase => ({
      ...this.#case,
      network: { ...network, tape: withOnly(tape, numbers) },
    });
    this.#case = holding(served);
    if (isMinimised) {
      const spare = new Set(spareable(tape));
      const needed = [...served].filter((number) => !spare.has(number));
      await this.#leaveOut([...spare], (left) => holding(new Set([...needed, ...left])), { isTaped: false });
    }
  }

  least(): TestCase {
    if (!this.#wanted.minimise) return this.#case;
    const { steps, faults, files, network } = this.#whole;
    const counts = [
      `${steps.length} steps`,
      ...(faults.length > 0 ? [`${faults.length} faults`] : []),
      ...(network ? [`${this.#first.served.length} exchanges`] : []),
      `${files.length} files`,
    ];
    const left = `minimised from ${counts.slice(0, -1).join(', ')} and ${counts.at(-1)} in ${this.#tried} runs`;
    const notes = [...this.#case.notes, this.#isExhausted ? `${left}; the budget was used up` : left];
    return { ...this.#case, notes };
  }

  /**
   * Answers whether there are fewer now.
   * @param how `isTaped`: the recording's tape answers, and not the test's own exchanges; `runsEach`: how many runs a look takes at most
   */
  async #leaveOut<T>(
    items: readonly T[],
    made: (left: T[]) => TestCase,
    { isTaped = true, runsEach = 1 }: { isTaped?: boolean; runsEach?: number } = {},
  ): Promise<boolean> {
    const does = (left: readonly T[]): Promise<boolean> => this.#does(made([...left]), isTaped);
    const most = Math.floor((this.#wanted.budget - this.#tried) / runsEach);
    const { items: left, tried, exhausted } = await minimise(items, does, most);
    this.#tried += tried;
    this.#isExhausted ||= exhausted;
    const isFewer = left.length < items.length;
    if (isFewer) this.#case = made(left);
    return isFewer;
  }

  /** A miss makes something fail too, and would be taken for the failure that is looked for: no test has one more than the recording. */
  async #does(candidate: TestCase, isTaped: boolean): Promise<boolean> {
    const { network, expect } = candidate;
    try {
      if (isTaped) {
        const ran = await runCase(this.#service, candidate, this.#tape);
        return ran.outcome === expect && ran.misses <= this.#first.misses && (await this.#turnsStill(candidate));
      }
      return await withOwnTape(
        this.#service.tapes,
        network,
        async (tape) => classOf(await runCase(this.#service, candidate, tape)) === expect,
      );
    } catch (error) {
      // A set of files that makes no tree is no smaller test.
      if (error instanceof HoldfastError) return false;
      throw error;
    }
  }
}

const withoutNetwork = ({ network: _, ...testCase }: TestCase): TestCase => testCase;

function standInsOf({ head }: RecordedRun): Record<string, string> {
  return head.sandbox.network === 'none' ? {} : standIns(head.sandbox.network);
}

/** What of its network a test does not have. */
function noteNetwork({ head, steps }: RecordedRun, isTaped: boolean, notes: string[]): void {
  const { network } = head.sandbox;
  const isChanged = ({ before }: RecordedStep): boolean =>
    before.some((event) => event.type === 'lifecycle' && event.what === 'network-changed');
  if (network !== 'none' && !isTaped)
    notes.push('it was recorded with a network that is on no tape; the test has none');
  if (steps.some(isChanged))
    notes.push('its network was changed while it was recorded; the test has that of its beginning');
  const met = steps.filter((step) => faultsInNetwork(step).length > 0).length;
  if (met > 0) notes.push(`what ${met} steps met in the network by a fault plan is left out`);
  const secrets = network === 'none' || !isTaped ? [] : network.secrets.map(({ environment }) => environment);
  if (secrets.length > 0) notes.push(`secrets are stand-ins: ${secrets.join(', ')}`);
}

/** What happened to calls; the rest is told. */
function faultsOf(run: RecordedRun, notes: string[]): CaseFault[] {
  const remade = remadeFaults(run.steps).slice(0, mostFaults);
  const left = run.steps.filter((step) => faultOfCall(step) !== null).length - remade.length;
  if (left > 0) notes.push(`what a fault plan did to ${left} steps is left out: they are done plainly`);
  return remade;
}

/** How sure it is: a predicate that does not always end the same way is told. */
async function withRate(testCase: TestCase, runs: number, service: TestService): Promise<TestCase> {
  let passed = 0;
  await withOwnTape(service.tapes, testCase.network, async (tape) => {
    for (let run = 0; run < runs; run++)
      if (classOf(await runCase(service, testCase, tape)) === testCase.expect) passed++;
  });
  const rate = `it ended with ${testCase.expect} in ${passed} of ${runs} runs${passed < runs ? ': it is not sure of itself' : ''}`;
  return { ...testCase, passed, notes: [...testCase.notes, rate] };
}

function stepsOf(run: RecordedRun, left: LeftOut): CaseStep[] {
  const steps: CaseStep[] = [];
  for (const step of run.steps) {
    const input = step.mutates && !ofProcesses.has(step.name) ? inputOf(run, step) : undefined;
    if (input !== undefined)
      steps.push({ step: step.step, kind: step.kind, name: step.name, input: encodeInline(input) });
    else if (step.mutates && !ofProcesses.has(step.name)) left.step(step, 'not-kept');
    else if (step.name === 'start-process') steps.push(...asExec(run, step, left));
    else if (step.mutates && !pureVerbs.has(step.name)) left.step(step, 'impossible');
  }
  return steps;
}

/** A program that was started and ended is run to its end. */
function asExec(run: RecordedRun, step: RecordedStep, left: LeftOut): CaseStep[] {
  const process = [...run.processes.values()].find((each) => each.step === step.step && each.ended);
  const input = inputOf(run, step);
  if (!process || typeof input !== 'object' || input === null) {
    left.step(step, process ? 'not-kept' : 'not-ended');
    return [];
  }
  const { pty: _pty, stdin: _stdin, ...rest } = input as Record<string, unknown>;
  const typed = process.input.flatMap((content) => (content === null ? [] : [run.reader.bytes(content)]));
  const { ended } = process;
  const next = run.steps[step.step];
  const ranOn = ended && next && ended.sequence > next.sequence;
  if (ranOn) left.ranOn(step, next);
  const whole = {
    ...rest,
    ...(typed.length > 0 ? { stdin: new Uint8Array(Buffer.concat(typed)) } : {}),
    // What it waited for may come in none of the steps before.
    ...(ranOn && rest['timeoutMs'] === undefined ? { timeoutMs: patienceMs(ended.exit.durationMs) } : {}),
  };
  return [{ step: step.step, kind: 'verb', name: 'exec', input: encodeInline(whole) }];
}

/** What lay in the workspace when it began. */
async function filesOf(
  run: RecordedRun,
  service: Pick<HoldfastService, 'exportFiles'>,
  left: LeftOut,
): Promise<CaseFile[]> {
  const beginning = beginningOf(run);
  if (beginning === null) return [];
  const tar = extract();
  const feeding = feed(await service.exportFiles(beginning.snapshot, { path: carriedPath }), tar);
  feeding.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  const files: CaseFile[] = [];
  let bytes = 0;
  for await (const part of tar) {
    const pieces: Uint8Array[] = [];
    for await (const piece of part as AsyncIterable<Uint8Array>) pieces.push(piece);
    const { name, type, mode = 0o644, linkname } = part.header;
    // Names are below the place that was asked for.
    const path = join(carriedPath, name);
    bytes += part.header.size ?? 0;
    if (bytes > largestFilesBytes) {
      throw new HoldfastError('file-too-large', `the files it began with are more than ${largestFilesBytes} bytes`);
    }
    if (type === 'directory') files.push({ path, type, mode: mode & 0o7777 });
    else if (type === 'symlink' && linkname) files.push({ path, type, mode: 0o777, target: linkname });
    else if (type === 'file')
      files.push({ path, type, mode: mode & 0o7777, base64: Buffer.concat(pieces).toString('base64') });
    else left.file(path, String(type));
  }
  await feeding;
  // The place itself is there anyway.
  return files
    .filter(({ path }) => path.startsWith(`${carriedPath}/`))
    .map((file) => ({ ...file, path: file.path.replace(/\/$/, '') }));
}

async function feed(data: AsyncIterable<Uint8Array>, tar: ReturnType<typeof extract>): Promise<void> {
  for await (const piece of data) {
    if (!tar.write(piece)) await new Promise<void>((resolve) => tar.once('drain', resolve));
  }
  tar.end(() => undefined);
}
