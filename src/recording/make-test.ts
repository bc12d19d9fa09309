/** Makes a test of a recording: runs it whole to see how the predicate ends, then leaves out what does not matter. */
import { Buffer } from 'node:buffer';
import { extract } from 'tar-stream';
import type { z } from 'zod';
import { join } from '../base/index.ts';
import { type exportTestSchema, HoldfastError, type HoldfastService, limitsSchema } from '../schema/index.ts';
import { pureVerbs } from './execute.ts';
import { minimise } from './minimise.ts';
import { faultOfCall, remadeFaults } from './remake.ts';
import { inputOf } from './replay.ts';
import type { RecordedRun } from './run.ts';
import {
  type CaseFault,
  type CaseFile,
  type CaseStep,
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
const leftOut = new Set(['signal-process', 'start-process']);

export type Wanted = z.output<typeof exportTestSchema>;

export async function makeTest(
  run: RecordedRun,
  wanted: Wanted,
  service: TestService & Pick<HoldfastService, 'exportFiles'>,
): Promise<TestCase> {
  const { head } = run;
  const notes: string[] = [];
  if (head.sandbox.network !== 'none') notes.push('it was recorded with a network; the test has none');
  const whole: TestCase = {
    format: testFormat,
    name: head.name ?? head.id,
    recording: head.id,
    base: {
      template: head.base.template,
      isolation: head.sandbox.isolation,
      user: head.sandbox.user,
      environment: head.sandbox.environment,
      limits: limitsSchema.parse(head.sandbox.limits),
      ...(head.seeds['sandbox'] === undefined ? {} : { seed: Number(head.seeds['sandbox']) }),
      ...(head.sandbox.clock === undefined ? {} : { clock: head.sandbox.clock }),
      ...(head.contract === null ? {} : { contract: head.contract.document }),
    },
    files: await filesOf(run, service, notes),
    steps: stepsOf(run, notes),
    faults: faultsOf(run, notes),
    predicate: wanted.predicate,
    expect: '',
    runs: wanted.runs,
    notes,
  };
  const seen = (await runCase(service, whole)).outcome;
  const expect = wanted.expect ?? seen;
  if (seen !== expect) {
    throw new HoldfastError(
      'invalid-argument',
      `after the whole recording the predicate ends with ${seen}, not ${expect}`,
      {
        hint: 'Replay it first: holdfast replay says where it goes another way.',
        details: { expected: expect, actual: seen },
      },
    );
  }
  const least = wanted.minimise ? await minimised({ ...whole, expect }, wanted.budget, service) : { ...whole, expect };
  return withRate(least, wanted.runs, service);
}

async function minimised(whole: TestCase, budget: number, service: TestService): Promise<TestCase> {
  const does = async (candidate: TestCase): Promise<boolean> => {
    try {
      return (await runCase(service, candidate)).outcome === whole.expect;
    } catch (error) {
      // A set of files that makes no tree is no smaller test.
      if (error instanceof HoldfastError) return false;
      throw error;
    }
  };
  const steps = await minimise(whole.steps, (left) => does({ ...whole, steps: [...left] }), budget);
  const kept = new Set(steps.items.map(({ step }) => step));
  // One of a step that is not done any more happens to nobody.
  const fewer = { ...whole, steps: steps.items, faults: whole.faults.filter(({ step }) => kept.has(step)) };
  const faults = await minimise(fewer.faults, (left) => does({ ...fewer, faults: [...left] }), budget - steps.tried);
  const plainer = { ...fewer, faults: faults.items };
  const spent = steps.tried + faults.tried;
  const files = await minimise(whole.files, (left) => does({ ...plainer, files: [...left] }), budget - spent);
  const counts = [
    `${whole.steps.length} steps`,
    ...(whole.faults.length > 0 ? [`${whole.faults.length} faults`] : []),
    `${whole.files.length} files`,
  ];
  const left = `minimised from ${counts.slice(0, -1).join(', ')} and ${counts.at(-1)} in ${spent + files.tried} runs`;
  const isExhausted = steps.exhausted || faults.exhausted || files.exhausted;
  const notes = [...whole.notes, isExhausted ? `${left}; the budget was used up` : left];
  return { ...plainer, files: files.items, notes };
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
  for (let run = 0; run < runs; run++) if ((await runCase(service, testCase)).outcome === testCase.expect) passed++;
  const rate = `it ended with ${testCase.expect} in ${passed} of ${runs} runs${passed < runs ? ': it is not sure of itself' : ''}`;
  return { ...testCase, notes: [...testCase.notes, rate] };
}

function stepsOf(run: RecordedRun, notes: string[]): CaseStep[] {
  const steps: CaseStep[] = [];
  for (const step of run.steps) {
    const input = step.mutates && !leftOut.has(step.name) ? inputOf(run, step) : undefined;
    if (input !== undefined)
      steps.push({ step: step.step, kind: step.kind, name: step.name, input: encodeInline(input) });
    else if (step.mutates && !leftOut.has(step.name))
      notes.push(`step ${step.step} (${step.name}) is left out: its input was not kept`);
    else if (step.name === 'start-process') steps.push(...asExec(run, step.step));
    else if (step.mutates && !pureVerbs.has(step.name)) notes.push(`step ${step.step} (${step.name}) is left out`);
  }
  return steps;
}

/** A program that was started and ended is run to its end. */
function asExec(run: RecordedRun, number: number): CaseStep[] {
  const step = run.steps[number - 1];
  const process = [...run.processes.values()].find((each) => each.step === number && each.ended);
  const input = step ? inputOf(run, step) : undefined;
  if (!process || typeof input !== 'object' || input === null) return [];
  const { pty: _pty, stdin: _stdin, ...rest } = input as Record<string, unknown>;
  const typed = process.input.flatMap((content) => (content === null ? [] : [run.reader.bytes(content)]));
  const whole = typed.length > 0 ? { ...rest, stdin: new Uint8Array(Buffer.concat(typed)) } : rest;
  return [{ step: number, kind: 'verb', name: 'exec', input: encodeInline(whole) }];
}

/** What lay in the workspace when it began. */
async function filesOf(
  run: RecordedRun,
  service: Pick<HoldfastService, 'exportFiles'>,
  notes: string[],
): Promise<CaseFile[]> {
  const snapshot = run.snapshots.find(({ step }) => step === 0)?.snapshot ?? run.head.base.snapshot;
  if (snapshot === null || snapshot === undefined) return [];
  const tar = extract();
  const feeding = feed(await service.exportFiles(snapshot, { path: carriedPath }), tar);
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
    else notes.push(`${path} is left out: it is a ${type}`);
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
