/**
 * A failure as a test: what its files started from, the steps that lead to it, what the network answered them, a predicate, and
 * how that has to end. One JSON document that any Holdfast runs; what it holds was made by anybody, and is parsed as such.
 */
import { Buffer } from 'node:buffer';
import { pack } from 'tar-stream';
import { z } from 'zod';
import {
  type Content,
  createSandboxSchema,
  type ExecResult,
  faultSchema,
  HoldfastError,
  type HoldfastService,
  isHoldfastError,
  isolations,
  limitsSchema,
  type OutcomeClass,
  type Predicate,
  predicateSchema,
  type TestReport,
} from '../schema/index.ts';
import { type CasePlay, type CaseTapes, caseNetworkSchema, missClass, playing, withOwnTape } from './case-network.ts';
import { executeStep, type StepService } from './execute.ts';
import { runMark, runPrefix, sha256 } from './format.ts';
import { planOf } from './remake.ts';
import { changedTemplate } from './template-change.ts';
import { decodeValue, encodeValue } from './values.ts';

export const testFormat = 'holdfast-test/2';
/** Of tests without a network. They run as they did. */
const firstFormat = 'holdfast-test/1';
/** It is parsed whole, in the daemon. */
const largestTestBytes = 16 * 1024 * 1024;

const caseFileSchema = z.strictObject({
  path: z.string().min(1).max(4096),
  type: z.enum(['file', 'directory', 'symlink']),
  mode: z.int().min(0).max(0o7777),
  base64: z.string().exactOptional(),
  target: z.string().max(4096).exactOptional(),
});
export type CaseFile = z.infer<typeof caseFileSchema>;

const caseStepSchema = z.strictObject({
  step: z.int().min(1),
  kind: z.enum(['tool', 'verb']),
  name: z.string().max(256),
  input: z.unknown(),
});
export type CaseStep = z.infer<typeof caseStepSchema>;

const caseFaultSchema = z.strictObject({ step: z.int().min(1), fault: faultSchema });
export type CaseFault = z.infer<typeof caseFaultSchema>;

const firstCaseSchema = z.strictObject({
  format: z.literal(firstFormat),
  name: z.string().max(256),
  /** Where it came from. */
  recording: z.string().max(256),
  base: z.strictObject({
    template: z.string().max(128),
    /** Of that template when it was recorded; absent: it is not known. */
    templateDigest: z.string().max(128).exactOptional(),
    isolation: z.enum(isolations),
    user: z.enum(['agent', 'root']),
    environment: z.record(z.string(), z.string()),
    limits: limitsSchema,
    /** What its programs draw follows from it. */
    seed: createSandboxSchema.shape.seed.unwrap().exactOptional(),
    /** Where the clock of its own kernel begins. */
    clock: createSandboxSchema.shape.clock.unwrap().exactOptional(),
    /** The document that calls are held to; absent: whatever is usual where it runs. */
    contract: z.record(z.string(), z.unknown()).exactOptional(),
  }),
  /** On top of the template, absolute. */
  files: z.array(caseFileSchema).max(100_000),
  steps: z.array(caseStepSchema).max(100_000),
  /** What happened to steps, and happens again. */
  faults: z.array(caseFaultSchema).max(256).default([]),
  predicate: predicateSchema,
  expect: z.string().max(128),
  runs: z.int().min(1).max(100),
  /** Of as many runs, when it was made. */
  passed: z.int().min(0).max(100).exactOptional(),
  notes: z.array(z.string().max(1000)).max(1000),
});

const testCaseSchema = firstCaseSchema.extend({
  format: z.literal(testFormat),
  /** Absent: none. */
  network: caseNetworkSchema.exactOptional(),
});
export type TestCase = z.infer<typeof testCaseSchema>;

/** @throws HoldfastError `recording-corrupt`, `file-too-large` */
export async function readTestCase(data: AsyncIterable<Uint8Array>): Promise<TestCase> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    if (bytes > largestTestBytes) throw tooLarge();
    pieces.push(piece);
  }
  return parseTestCase(Buffer.concat(pieces).toString());
}

/** What `readTestCase` takes. @throws HoldfastError `file-too-large` */
export function writeTestCase(testCase: TestCase): Uint8Array {
  const text = Buffer.from(`${JSON.stringify(testCase, null, 2)}\n`);
  if (text.length > largestTestBytes) throw tooLarge();
  return text;
}

const tooLarge = (): HoldfastError =>
  new HoldfastError('file-too-large', `a test is larger than ${largestTestBytes} bytes`, {
    hint: 'Make it with fewer files or steps: minimising leaves out what does not matter.',
  });

/** @throws HoldfastError `recording-corrupt` */
export function parseTestCase(text: string): TestCase {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HoldfastError('recording-corrupt', 'the test is no JSON', { fault: 'caller' });
  }
  const isFirst = typeof value === 'object' && value !== null && 'format' in value && value.format === firstFormat;
  const parsed = (isFirst ? firstCaseSchema : testCaseSchema).safeParse(value);
  if (parsed.success) return { ...parsed.data, format: testFormat };
  const [issue] = parsed.error.issues;
  throw new HoldfastError(
    'recording-corrupt',
    `it is not a ${isFirst ? firstFormat : testFormat}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.slice(
      0,
      500,
    ),
    { fault: 'caller' },
  );
}

/** Bytes stand in the document itself. */
export const inlineContent = (data: Uint8Array): Content => ({
  bytes: data.length,
  digest: sha256(data),
  base64: Buffer.from(data).toString('base64'),
});
export const encodeInline = (value: unknown): unknown => encodeValue(value, inlineContent);
const decodeInline = (value: unknown): unknown =>
  decodeValue(value, ({ base64, text, digest }) => {
    const data = base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64');
    if (sha256(data) === digest) return data;
    throw new HoldfastError('recording-corrupt', 'bytes of a test are not what they say', { fault: 'caller' });
  });

export type TestService = StepService &
  Pick<HoldfastService, 'createSandbox' | 'destroySandbox' | 'importFiles' | 'deleteSnapshot' | 'stopFaults'> & {
    tapes: CaseTapes;
    /** Of a template as it is now; null where there is none. */
    templateDigest(name: string): string | null;
  };

export interface Judged {
  outcome: OutcomeClass;
  stdout: string;
  stderr: string;
}

export interface CaseRun extends Judged, CasePlay {}

/** Not what the predicate said where something was asked that nothing answered. */
export const classOf = ({ outcome, misses }: CaseRun): OutcomeClass => (misses > 0 ? missClass : outcome);

/**
 * In a sandbox of its own, which is gone afterwards.
 *
 * @param tape what answers its network; null for a test without one
 */
export async function runCase(service: TestService, testCase: TestCase, tape: string | null): Promise<CaseRun> {
  const { base, files, steps, faults, predicate, network } = testCase;
  const source = files.length === 0 ? null : await importCase(service, testCase);
  try {
    const { environment, user, limits, isolation, seed, clock, contract } = base;
    const template = source?.id ?? base.template;
    const places = new Map(steps.map(({ step }, at) => [step, at + 1]));
    const plan = planOf(faults, { placeOf: (step) => places.get(step) ?? null });
    const { id } = await service.createSandbox({
      ...(plan ? { faults: { plan } } : {}),
      ...(seed === undefined ? {} : { seed }),
      ...(clock === undefined ? {} : { clock }),
      ...(contract === undefined ? {} : { contract }),
      ...(network && tape !== null ? { network: playing(network, tape) } : {}),
      template,
      environment,
      user,
      limits,
      isolation,
      metadata: { [runMark]: 'test' },
    });
    try {
      for (const { kind, name, input } of steps) {
        await executeStep(service, id, { kind, name, input: decodeInline(input) });
      }
      // Nothing that still lasts meets whoever judges.
      if (plan) await service.stopFaults(id);
      const judged = await judge(service, id, predicate);
      return { ...(network ? await service.tapes.played(id) : nothingPlayed), ...judged };
    } finally {
      await service.destroySandbox(id);
    }
  } finally {
    if (source) await service.deleteSnapshot(source.id);
  }
}

const nothingPlayed: CasePlay = { served: [], misses: 0, missed: [] };

export async function judge(service: Pick<StepService, 'exec'>, ref: string, predicate: Predicate): Promise<Judged> {
  const { command, cwd, timeoutMs } = predicate;
  try {
    const result = await service.exec(ref, { argv: ['/bin/sh', '-c', command], cwd, timeoutMs });
    return { outcome: outcomeOf(result), stdout: textOf(result.stdout), stderr: textOf(result.stderr) };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    return { outcome: error.code, stdout: '', stderr: error.message };
  }
}

export function outcomeOf({
  reason,
  exitCode,
  signal,
}: Pick<ExecResult, 'reason' | 'exitCode' | 'signal'>): OutcomeClass {
  if (reason === 'exited') return `exited ${exitCode}`;
  return reason === 'signalled' ? `signalled ${signal}` : reason;
}

export async function runTestCase(service: TestService, testCase: TestCase, nowMs: () => number): Promise<TestReport> {
  const startedMs = nowMs();
  const runs: CaseRun[] = [];
  await withOwnTape(service.tapes, testCase.network, async (tape) => {
    for (let run = 0; run < testCase.runs; run++) runs.push(await runCase(service, testCase, tape));
  });
  const passed = runs.filter((run) => classOf(run) === testCase.expect).length;
  // What is told is a run that did not end as it had to, when there is one.
  const told = runs.find((run) => classOf(run) !== testCase.expect) ?? runs[0];
  const changed = changedSince(service, testCase);
  const ok = passed === testCase.runs;
  const isOfWorld = (told?.misses ?? 0) > 0 || (!ok && changed.length > 0);
  return {
    name: testCase.name,
    ok,
    expected: testCase.expect,
    actual: told ? classOf(told) : '',
    passed,
    runs: testCase.runs,
    steps: testCase.steps.length,
    durationMs: nowMs() - startedMs,
    stdout: (told?.stdout ?? '').slice(0, 65_536),
    stderr: (told?.stderr ?? '').slice(0, 65_536),
    missed: [...(told?.missed ?? [])],
    templateChanged: changed.length > 0,
    blame: isOfWorld ? 'world' : null,
    notes: [...testCase.notes, ...changed],
  };
}

/** That the template is another one now, in words. */
export function changedSince(
  service: Pick<TestService, 'templateDigest'>,
  { base: { template, templateDigest = '' } }: TestCase,
): string[] {
  return changedTemplate({ template, templateDigest }, service.templateDigest(template));
}

async function importCase(service: TestService, { base, files }: TestCase): Promise<{ id: string }> {
  const tar = pack();
  const owner = base.user === 'root' ? 0 : 1000;
  for (const { path, type, mode, base64, target } of files) {
    const header = { name: path.replace(/^\/+/, ''), mode, uid: owner, gid: owner, type };
    if (type === 'file') tar.entry(header, Buffer.from(base64 ?? '', 'base64'));
    else tar.entry(target === undefined ? header : { ...header, linkname: target });
  }
  tar.finalize();
  const { template, isolation } = base;
  return service.importFiles(tar as AsyncIterable<Uint8Array>, {
    template,
    isolation,
    path: '/',
    name: `${runPrefix}test`,
  });
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
