/** Verbs that do something with a recording: replay, serve, fork at a step, bisect, make and run a test. */
import {
  bisect,
  fastForward,
  hashAt,
  judge,
  largestTestBytes,
  makeTest,
  parseTestCase,
  planFork,
  RecordedDoor,
  type RecordedRun,
  rangeOf,
  readRun,
  replay,
  runTestCase,
} from '../recording/index.ts';
import {
  bisectSchema,
  type ContractInput,
  type CreateSandboxInput,
  exportTestSchema,
  forkRecordingSchema,
  HoldfastError,
  type HoldfastService,
  parseInput,
  replaySchema,
  serveRecordedSchema,
  usualNormalisers,
} from '../schema/index.ts';
import { type Core, withScope } from './core.ts';
import { fileVerbs } from './file-verbs.ts';
import { hostVerbs } from './host-verbs.ts';
import { processVerbs } from './process-verbs.ts';
import { beginRecording, mustFind } from './recording-verbs.ts';
import { createLike, replayWorld } from './replay-world.ts';
import { sandboxVerbs, snapshotVerbs } from './sandbox-verbs.ts';

type ReplayVerbs = Pick<
  HoldfastService,
  'replayRecording' | 'serveRecorded' | 'forkRecording' | 'bisectRecording' | 'exportTest' | 'runTest'
>;

const longestMs = 24 * 3_600_000;
/** Runs of agents that are served from recordings at once. */
const mostSessions = 256;
const defaultForkLifetimeMs = 3_600_000;

/** The verbs that a replay itself uses. */
export type OwnVerbs = ReturnType<typeof sandboxVerbs> &
  ReturnType<typeof snapshotVerbs> &
  ReturnType<typeof processVerbs> &
  ReturnType<typeof fileVerbs> &
  ReturnType<typeof hostVerbs>;

function ownVerbs(core: Core, tenant: string): OwnVerbs {
  return {
    ...sandboxVerbs(core, tenant),
    ...snapshotVerbs(core, tenant),
    ...processVerbs(core, tenant),
    ...fileVerbs(core, tenant),
    ...hostVerbs(core, tenant),
  };
}

export function replayVerbs(core: Core, tenant: string): ReplayVerbs {
  const sessions = new Map<string, RecordedDoor>();
  const service = ownVerbs(core, tenant);
  const runOf = async (ref: string): Promise<RecordedRun> => {
    const { id } = mustFind(core, tenant, ref);
    return readRun(await core.recordings.reader(id));
  };
  const long = { timeoutMs: longestMs };
  return {
    replayRecording: (ref, input = {}, options) =>
      withScope(core, 'replay', { ...long, ...options }, async (scope) => {
        const request = parseInput(replaySchema, input, 'replay');
        const run = await runOf(ref);
        if (request.level !== 'L0' && request.level !== 'L1') refuseImported(run);
        const { faults, toolResults = {}, environment } = request.with;
        const contract = request.with.contract === undefined ? undefined : await readContract(request.with.contract);
        const results = new Map(Object.entries(toolResults).map(([step, value]) => [Number(step), value]));
        const edits = [
          ...(contract === undefined ? [] : ['contract']),
          ...(faults === 'off' ? ['faults off'] : []),
          ...[...results.keys()].map((step) => `result of step ${step}`),
          ...Object.keys(environment ?? {}).map((name) => `variable ${name}`),
        ];
        const world = await replayWorld({ core, tenant, run, scope, service, contract, environment });
        const { level, files, normalisers = usualNormalisers } = request;
        return replay(run, { level, ...rangeOf(run, request), normalisers, files, faults, results, edits }, world);
      }),
    serveRecorded: async (ref, input) => {
      const { session, tool, input: asked } = parseInput(serveRecordedSchema, input, 'call');
      const { id } = mustFind(core, tenant, ref);
      const key = `${id} ${session}`;
      const door = sessions.get(key) ?? (await openDoor(core, tenant, await runOf(id)));
      sessions.delete(key);
      sessions.set(key, door);
      const [oldest] = sessions.keys();
      if (sessions.size > mostSessions && oldest !== undefined) sessions.delete(oldest);
      return door.answer({ name: tool, input: asked });
    },
    forkRecording: (ref, input, options) =>
      withScope(core, 'fork recording', options, async (scope) => {
        const request = parseInput(forkRecordingSchema, input, 'fork');
        const run = await runOf(ref);
        refuseImported(run);
        const { step, execute, record, lifetimeMs = defaultForkLifetimeMs } = request;
        if (step > run.steps.length) throw noStep(run, step);
        const plan = planFork(run, step, { execute, hasSnapshot: (id) => knows(core, tenant, id) });
        const parent = { recording: run.head.id, step: plan.reached, hash: hashAt(run, plan.reached) };
        const metadata = { recording: parent.recording, step: String(parent.step) };
        const create: CreateSandboxInput = { ...createLike(run, 'live'), lifetimeMs, metadata };
        const box = await service.createSandbox(
          { ...create, ...fromSnapshot(plan.snapshot) },
          { signal: scope.signal },
        );
        try {
          const fastForwarded = await fastForward(run, plan, service, box.id);
          if (record) {
            const child = core.controller.find(tenant, box.id);
            await beginRecording(core, child, { name: null, parent, snapshotFirst: true });
          }
          const { snapshotStep, reached, notes } = plan;
          const sandbox = await service.getSandbox(box.id);
          return { sandbox, step, reached, snapshotStep, fastForwarded, notes, parent };
        } catch (error) {
          await service.destroySandbox(box.id);
          throw error;
        }
      }),
    bisectRecording: (ref, input, options) =>
      withScope(core, 'bisect', { ...long, ...options }, async () => {
        const { predicate } = parseInput(bisectSchema, input, 'bisect');
        const run = await runOf(ref);
        refuseImported(run);
        const notes = new Set<string>();
        const outcomeAfter = async (step: number): Promise<string> => {
          const plan = planFork(run, step, { execute: true, hasSnapshot: (id) => knows(core, tenant, id) });
          const box = await service.createSandbox({ ...createLike(run, 'none'), ...fromSnapshot(plan.snapshot) });
          try {
            await fastForward(run, plan, service, box.id);
            return (await judge(service, box.id, predicate)).outcome;
          } finally {
            await service.destroySandbox(box.id);
          }
        };
        return { recording: run.head.id, ...(await bisect(run, outcomeAfter)), notes: [...notes] };
      }),
    exportTest: async (ref, input, options) => {
      const made = await withScope(core, 'export test', { ...long, ...options }, async () => {
        const wanted = parseInput(exportTestSchema, input, 'test');
        const run = await runOf(ref);
        refuseImported(run);
        return makeTest(run, wanted, service);
      });
      return one(new TextEncoder().encode(`${JSON.stringify(made, null, 2)}\n`));
    },
    runTest: (data, options) =>
      withScope(core, 'run test', { ...long, ...options }, async () => {
        const testCase = parseTestCase(new TextDecoder().decode(await whole(data, largestTestBytes)));
        return runTestCase(service, testCase, () => core.clock.monotonicMs());
      }),
  };
}

/** @throws HoldfastError that names the line */
async function readContract(text: string): Promise<ContractInput> {
  const { parseContract } = await import('../contract/index.ts');
  return { ...parseContract(text, 'the contract').value };
}

async function openDoor(core: Core, tenant: string, run: RecordedRun): Promise<RecordedDoor> {
  const redactor = await core.recordings.redactorOf(tenant);
  redactor.learnEnvironment(run.head.sandbox.environment);
  return new RecordedDoor(run, (value) => redactor.value(value));
}

const knows = (core: Core, tenant: string, snapshot: string): boolean =>
  core.store.snapshots.findSnapshot(tenant, snapshot) !== null;

const fromSnapshot = (snapshot: string | null): { template?: string } =>
  snapshot === null ? {} : { template: snapshot };

function refuseImported(run: RecordedRun): void {
  if (run.head.source === 'holdfast') return;
  throw new HoldfastError(
    'invalid-argument',
    `the recording ${run.head.id} came from another format: it has no files`,
    {
      hint: 'Look at it with holdfast show, or serve it with level L1.',
    },
  );
}

function noStep(run: RecordedRun, step: number): HoldfastError {
  return new HoldfastError('invalid-argument', `there is no step ${step}: the recording has ${run.steps.length}`, {
    hint: `holdfast show ${run.head.id} lists them.`,
  });
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

async function whole(data: AsyncIterable<Uint8Array>, mostBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new HoldfastError('file-too-large', `a test is larger than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
