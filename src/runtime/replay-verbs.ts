/** Verbs that do something with a recording: replay, serve, fork at a step, bisect, make and run a test. */
import type { Scope } from '../base/index.ts';
import { defaultForkLifetimeMs } from '../lifecycle/index.ts';
import {
  bisect,
  type CaseTapes,
  changedTemplate,
  type ForkPlan,
  fastForward,
  hashAt,
  judge,
  makeTest,
  planFork,
  type RecordedRun,
  rangeOf,
  readRun,
  readTestCase,
  replay,
  runTestCase,
  writeTestCase,
} from '../recording/late.ts';
import {
  type Bisect,
  type BisectReport,
  bisectSchema,
  type ContractInput,
  type CreateSandboxInput,
  exportTestSchema,
  type ForkedRecording,
  type ForkRecording,
  type ForkRequest,
  forkRecordingSchema,
  HoldfastError,
  type HoldfastService,
  parseInput,
  type Replay,
  type ReplayReport,
  replaySchema,
  usualNormalisers,
} from '../schema/index.ts';
import type { RecordingRecord } from '../state/index.ts';
import type { World } from '../worlds/index.ts';
import { type Core, withScope } from './core.ts';
import { beginFaults, faultVerbs } from './fault-verbs.ts';
import { fileVerbs } from './file-verbs.ts';
import { hostVerbs } from './host-verbs.ts';
import { networkVerbs } from './network-verbs.ts';
import { processVerbs } from './process-verbs.ts';
import { beginRecording, mustFind } from './recording-verbs.ts';
import { createLike, replayWorld, templateDigest } from './replay-world.ts';
import { sandboxVerbs, snapshotVerbs } from './sandbox-verbs.ts';
import { servedSessionsOf } from './served-sessions.ts';

export type ReplayVerbs = Pick<
  HoldfastService,
  'replayRecording' | 'serveRecorded' | 'forkRecording' | 'bisectRecording' | 'exportTest' | 'runTest'
>;

const longestMs = 24 * 3_600_000;

/** The verbs that a replay itself uses. */
export type OwnVerbs = ReturnType<typeof sandboxVerbs> &
  ReturnType<typeof snapshotVerbs> &
  ReturnType<typeof processVerbs> &
  ReturnType<typeof fileVerbs> &
  ReturnType<typeof hostVerbs> &
  ReturnType<typeof faultVerbs> &
  Pick<ReturnType<typeof networkVerbs>, 'listTapes' | 'setNetwork'>;

function ownVerbs(core: Core, tenant: string): OwnVerbs {
  const networks = networkVerbs(core, tenant);
  return {
    ...sandboxVerbs(core, tenant),
    ...snapshotVerbs(core, tenant, { isRun: true }),
    ...processVerbs(core, tenant),
    ...fileVerbs(core, tenant),
    ...hostVerbs(core, tenant),
    ...faultVerbs(core, tenant),
    listTapes: networks.listTapes,
    setNetwork: networks.setNetwork,
  };
}

export function replayVerbs(core: Core, tenant: string): ReplayVerbs {
  const place: Place = { core, tenant, service: ownVerbs(core, tenant) };
  const sessions = servedSessionsOf(core, tenant);
  const { service } = place;
  const long = { timeoutMs: longestMs };
  const testing = {
    ...service,
    tapes: tapesOf(core, tenant),
    hasSnapshot: (id: string) => knows(place, id),
    templateDigest: (name: string) => templateDigest(core, name),
  };
  return {
    replayRecording: (ref, input = {}, options) =>
      withScope(core, 'replay', { ...long, ...options }, (scope) => replayOne(place, ref, input, scope)),
    serveRecorded: (ref, input) => sessions.serve(ref, input),
    forkRecording: (ref, input, options) =>
      withScope(core, 'fork recording', options, (scope) => forkAt(place, ref, input, scope)),
    bisectRecording: (ref, input, options) =>
      withScope(core, 'bisect', { ...long, ...options }, () => bisectOne(place, ref, input)),
    exportTest: async (ref, input, options) => {
      const made = await withScope(core, 'export test', { ...long, ...options }, async () => {
        const wanted = parseInput(exportTestSchema, input, 'test');
        return makeTest(await ownRunOf(place, ref), wanted, testing);
      });
      return one(writeTestCase(made));
    },
    runTest: (data, options) =>
      withScope(core, 'run test', { ...long, ...options }, async () => {
        const testCase = await readTestCase(data);
        return runTestCase(testing, testCase, () => core.clock.monotonicMs());
      }),
  };
}

function tapesOf({ network }: Core, tenant: string): CaseTapes {
  return {
    carry: (tape, numbers) => network.carryTape(tenant, tape, numbers),
    lend: (tape) => network.lendTape(tenant, tape),
    giveBack: (id) => network.giveTapeBack(id),
    played: async (sandbox) => {
      const play = await network.tapePlay(sandbox);
      if (play) return play;
      throw new HoldfastError('busy', 'the network gateway is not there to say what it answered to the test', {
        hint: 'It is being started again. Run the test once more.',
      });
    },
  };
}

interface Place {
  core: Core;
  tenant: string;
  service: OwnVerbs;
}

async function runOf({ core, tenant }: Place, ref: string): Promise<RecordedRun> {
  const { id } = mustFind(core, tenant, ref);
  return readRun(await core.recordings.reader(id));
}

/** Of one whose steps may be executed. */
async function ownRunOf(place: Place, ref: string): Promise<RecordedRun> {
  refuseImported(mustFind(place.core, place.tenant, ref));
  return runOf(place, ref);
}

async function replayOne(place: Place, ref: string, input: Replay, scope: Scope): Promise<ReplayReport> {
  const request = parseInput(replaySchema, input, 'replay');
  const { level, files, normalisers = usualNormalisers } = request;
  const run = level === 'L0' || level === 'L1' ? await runOf(place, ref) : await ownRunOf(place, ref);
  const { faults, toolResults = {}, environment, clock } = request.with;
  const contract = request.with.contract === undefined ? undefined : await readContract(request.with.contract);
  const held = request.with.world === undefined ? undefined : await readWorld(place, request.with.world);
  if (held) refuseBeside(level, clock);
  const results = new Map(Object.entries(toolResults).map(([step, value]) => [Number(step), value]));
  const edits = [
    ...(contract === undefined ? [] : ['contract']),
    ...(faults === 'off' ? ['faults off'] : []),
    ...[...results.keys()].map((step) => `result of step ${step}`),
    ...Object.keys(environment ?? {}).map((name) => `variable ${name}`),
    ...(held ? [`world ${held.name}`] : []),
  ];
  const world = replayWorld({ ...place, run, scope, contract, environment, world: held, clockAt: clock });
  return replay(run, { level, ...rangeOf(run, request), normalisers, files, faults, results, edits }, world);
}

async function forkAt(place: Place, ref: string, input: ForkRecording, scope: Scope): Promise<ForkedRecording> {
  const { core, tenant, service } = place;
  const request = parseInput(forkRecordingSchema, input, 'fork');
  const run = await ownRunOf(place, ref);
  const { step, record } = request;
  const { faults } = request.with;
  if (step > run.steps.length) throw noStep(run, step);
  const late = [...givenIn(request)].find((each) => each > step);
  if (late !== undefined) throw notOnTheWay(late, step);
  const { id, plan, done, notes } = await standAt(place, run, request, scope);
  const { reached, snapshotStep } = plan;
  const parent = { recording: run.head.id, step: reached, hash: hashAt(run, reached) };
  try {
    // The way there is as it was: a plan is for what comes after it.
    if (faults !== 'off') await beginFaults(core, core.controller.find(tenant, id), faults, scope);
    if (faults !== 'off') await core.network.tellAgain(id, scope);
    const beginning = { name: null, parent, snapshotFirst: true };
    if (record) await beginRecording(core, core.controller.find(tenant, id), beginning);
    const sandbox = await service.getSandbox(id);
    const told = [...notes, ...templateNotes(place, run, plan), ...lostNetwork(run, request.with)];
    return {
      sandbox,
      step,
      reached,
      snapshotStep,
      fastForwarded: done,
      notes: told,
      edits: editsOf(request.with, reached),
      parent,
    };
  } catch (error) {
    await service.destroySandbox(id);
    throw error;
  }
}

/** Steps whose answers are given. */
const givenIn = ({ with: { toolResults = {} } }: ForkRequest): Set<number> =>
  new Set(Object.keys(toolResults).map(Number));

interface Standing {
  id: string;
  plan: ForkPlan;
  done: number[];
  notes: string[];
}

/** A sandbox in that state. Where a step on the way is not what it was it stands before that one, in a sandbox without its traces. */
async function standAt(place: Place, run: RecordedRun, request: ForkRequest, scope: Scope): Promise<Standing> {
  const { service } = place;
  const how = { execute: request.execute, hasSnapshot: (id: string) => knows(place, id), told: givenIn(request) };
  const told: string[] = [];
  for (let step = request.step; ; ) {
    const plan = planFork(run, step, how);
    const { id } = await service.createSandbox(await childOf(run, request, plan), { signal: scope.signal });
    try {
      const { done, stuck, notes } = await fastForward(run, plan, service, id);
      if (stuck === null) return { id, plan, done, notes: [...told, ...plan.notes, ...notes] };
      told.push(`snapped back to ${stuck - 1}: ${notes.join('; ')}`);
      step = stuck - 1;
    } catch (error) {
      await service.destroySandbox(id);
      throw error;
    }
    await service.destroySandbox(id);
  }
}

/** The sandbox that was recorded, with what the fork has otherwise. */
async function childOf(
  run: RecordedRun,
  { lifetimeMs = defaultForkLifetimeMs, isolation, metadata, with: changes }: ForkRequest,
  { snapshot, reached }: ForkPlan,
): Promise<CreateSandboxInput> {
  const like = createLike(run, changes.network);
  const contract = changes.contract === undefined ? undefined : await readContract(changes.contract);
  return {
    ...like,
    lifetimeMs,
    ...(isolation === undefined ? {} : { isolation }),
    environment: { ...like.environment, ...changes.environment },
    metadata: { ...metadata, recording: run.head.id, step: String(reached) },
    ...(contract === undefined ? {} : { contract }),
    ...fromSnapshot(snapshot),
  };
}

const lostNetwork = (run: RecordedRun, { network }: Pick<ForkRequest['with'], 'network'>): string[] =>
  network === 'taped' && run.head.sandbox.network !== 'none' && createLike(run, 'taped').network === 'none'
    ? ['the network was on no tape: there is none']
    : [];

function editsOf(
  { contract, faults, toolResults = {}, environment = {}, network }: ForkRequest['with'],
  reached: number,
): string[] {
  const told = Object.keys(toolResults).filter((step) => Number(step) <= reached);
  return [
    ...(contract === undefined ? [] : ['contract']),
    ...(faults === 'off' ? [] : [`faults ${faults.plan.name}`.trim()]),
    ...told.map((step) => `result of step ${step}`),
    ...Object.keys(environment).map((name) => `variable ${name}`),
    ...(network === 'live' ? [] : [`network ${network}`]),
  ];
}

/** As a replay at L2 has it: the tape answers, and nothing leaves. */
async function bisectOne(place: Place, ref: string, input: Bisect): Promise<BisectReport> {
  const { core, service } = place;
  const { predicate, runs } = parseInput(bisectSchema, input, 'bisect');
  const run = await ownRunOf(place, ref);
  const told = new Set<string>(lostNetwork(run, { network: 'taped' }));
  const outcomeAfter = async (step: number): Promise<string> => {
    const plan = planFork(run, step, { execute: true, hasSnapshot: (id) => knows(place, id) });
    const like = createLike(run, 'taped');
    const { id } = await service.createSandbox({ ...like, ...fromSnapshot(plan.snapshot) });
    try {
      const { notes } = await fastForward(run, plan, service, id);
      const { outcome } = await judge(service, id, predicate);
      for (const note of [...plan.notes, ...notes, ...templateNotes(place, run, plan)]) told.add(note);
      if (like.network !== 'none') for (const note of await missNotes(core, id, step)) told.add(note);
      return outcome;
    } finally {
      await service.destroySandbox(id);
    }
  };
  const found = await bisect(run, outcomeAfter, runs);
  return { recording: run.head.id, ...found, notes: [...told, ...found.notes] };
}

async function missNotes({ network }: Core, sandbox: string, step: number): Promise<string[]> {
  const play = await network.tapePlay(sandbox);
  if (!play) return [`after step ${step} nobody knows what the tape answered: the network gateway is not there`];
  if (play.misses === 0) return [];
  const requests = `${play.misses} ${play.misses === 1 ? 'request' : 'requests'}`;
  return [`after step ${step} the tape had no answer to ${requests}: ${play.missed.at(-1) ?? ''}`];
}

/** What begins with no snapshot begins with the template as it is now. */
const templateNotes = ({ core }: Place, { head }: RecordedRun, { snapshot }: ForkPlan): string[] =>
  snapshot === null ? changedTemplate(head.base, templateDigest(core, head.base.template)) : [];

/** @throws HoldfastError that names the line */
async function readContract(text: string): Promise<ContractInput> {
  const { parseContract } = await import('../contract/index.ts');
  return { ...parseContract(text, 'the contract').value };
}

/** @throws HoldfastError that names the line, or what of the world is not there */
async function readWorld({ service }: Place, text: string): Promise<World> {
  const { checkTape, parseWorld } = await import('../worlds/index.ts');
  const world = parseWorld(text, 'the world');
  await checkTape(service, world);
  return world;
}

function refuseBeside(level: ReplayReport['level'], clock: 'host' | 'recorded'): void {
  if (clock === 'recorded')
    throw new HoldfastError('invalid-argument', 'a world has a clock of its own: it does not go with clock=recorded');
  if (level !== 'L2')
    throw new HoldfastError(
      'invalid-argument',
      `a world is for steps that are done again in it, at L2, not at ${level}`,
    );
}

const knows = ({ core, tenant }: Place, snapshot: string): boolean =>
  core.store.snapshots.findSnapshot(tenant, snapshot) !== null;

const fromSnapshot = (snapshot: string | null): { template?: string } =>
  snapshot === null ? {} : { template: snapshot };

/**
 * What came from elsewhere is looked at, and serves: its policy, secrets' names and steps are a stranger's, and nothing of
 * it is executed here.
 */
function refuseImported({ id, state }: RecordingRecord): void {
  if (state !== 'imported') return;
  throw new HoldfastError('invalid-argument', `the recording ${id} was brought in: nothing of it is executed here`, {
    hint: 'Look at it with holdfast show, or serve it with level L1.',
  });
}

function notOnTheWay(step: number, at: number): HoldfastError {
  return new HoldfastError(
    'invalid-argument',
    `the fork stands after step ${at}: step ${step} is not on the way there`,
    {
      hint: 'Give results of steps up to the one it stands after.',
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
