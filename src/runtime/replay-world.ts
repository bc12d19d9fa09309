/**
 * Where recordings are replayed: sandboxes made like the recorded one, from its snapshots, with its tape for a network.
 *
 * 1. At L2 nothing leaves: the tape answers, or there is no network.
 * 2. What cannot be held still is said in the report, not passed over; what was asked to be held and cannot, refuses the replay.
 * 3. A replay's sandbox and snapshots are gone when it is over, however it ends.
 */
import { isoTime, type Scope } from '../base/index.ts';
import { heldTime, runMark, runPrefix, sha256 } from '../recording/index.ts';
import {
  changedTemplate,
  executeStep,
  finishProcess,
  type RecordedRun,
  type RecordedStep,
  type ReplaySandbox,
  type ReplayWorld,
} from '../recording/late.ts';
import {
  type ContractInput,
  type CreateSandboxInput,
  type FaultPlanInput,
  HoldfastError,
  type Network,
  type SubstrateName,
} from '../schema/index.ts';
import type { World } from '../worlds/index.ts';
import type { Core } from './core.ts';
import { clockLack, networkLack } from './noise-means.ts';
import { changesBetween } from './recording-parts.ts';
import type { OwnVerbs } from './replay-verbs.ts';
import { sandboxAccess } from './sandbox-access.ts';

export interface ReplayPlace {
  core: Core;
  tenant: string;
  run: RecordedRun;
  scope: Scope;
  service: OwnVerbs;
  /** Calls are held to it instead of what they were held to. */
  contract: ContractInput | undefined;
  environment: Record<string, string> | undefined;
  /** A frozen world that holds network, clock and chance; the files are the recording's. */
  world: World | undefined;
  /** `recorded`: each step's programs begin at the time at which they began then. */
  clockAt: 'host' | 'recorded';
}

const snapshotTimeoutMs = 60_000;

export function replayWorld(place: ReplayPlace): ReplayWorld {
  const { core, run } = place;
  const { base } = run.head;
  const changed = changedTemplate(base, templateDigest(core, base.template));
  return {
    clock: core.clock,
    scope: place.scope,
    notes: notesOf(place, changed),
    templateChanged: changed.length > 0,
    open: (snapshot, how) => openSandbox(place, snapshot, how),
  };
}

/** Null where there is none of that name. */
export const templateDigest = ({ store }: Core, name: string): string | null =>
  store.snapshots.getTemplate(name)?.digest ?? null;

function notesOf(place: ReplayPlace, changed: readonly string[]): string[] {
  const { run, core, world } = place;
  const { sandbox, contract } = run.head;
  const { usual } = core.contracts;
  const tokens = Object.entries(sandbox.environment).filter(([, value]) => value.includes('hfr_'));
  return [
    ...heldNotes(place),
    ...changed,
    ...(contract === null && usual ? [`calls are held to ${usual.name}, and were held to nothing`] : []),
    ...(run.tape === null && !world && (sandbox.network !== 'none' || run.steps.some(hadNetworkSince))
      ? ['the network was on no tape: at L2 there is none']
      : []),
    ...(tokens.length > 0 ? [`secrets are tokens now: ${tokens.map(([name]) => name).join(', ')}`] : []),
    ...(run.lostEvents > 0 ? [`${run.lostEvents} events were lost while it was recorded`] : []),
  ];
}

const hadNetworkSince = ({ before }: RecordedStep): boolean =>
  before.some((event) => event.type === 'lifecycle' && event.what === 'network-changed');

/** How clock and chance are held, or that they are not. */
function heldNotes({ run, world, clockAt }: ReplayPlace): string[] {
  const { seeds, sandbox } = run.head;
  if (world) return [`network, clock and chance are those of the world ${world.name}, as far as its grade goes`];
  const time = heldTime(sandbox.environment);
  const hasSeed = seeds['sandbox'] !== undefined;
  const clock =
    clockAt === 'recorded'
      ? `programs begin at the time at which they began then${hasOwnKernel(sandbox.substrate) ? '' : ', as far as libfaketime reaches'}`
      : time !== undefined
        ? `the clock is held as it was then: ${time}`
        : sandbox.clock === undefined
          ? 'the clock is the machine’s'
          : `the clock begins where it began then: ${sandbox.clock}`;
  const chance = hasSeed ? 'chance follows from the seed it had then' : 'chance is the machine’s';
  const isHeld = hasSeed && (clockAt === 'recorded' || time !== undefined);
  return [`${clock}; ${chance}${isHeld ? '' : ': what is not held is overlooked by name, or told as a divergence'}`];
}

/** A sandbox like the recorded one. */
export function createLike(run: RecordedRun, network: 'taped' | 'live' | 'none'): CreateSandboxInput {
  const { sandbox, base } = run.head;
  const { environment, user, limits, isolation, clock } = sandbox;
  const { contract, seeds } = run.head;
  return {
    template: base.template,
    environment,
    user,
    limits,
    isolation,
    network: networkLike(run.head.sandbox.network, run.tape, network),
    ...(seeds['sandbox'] === undefined ? {} : { seed: Number(seeds['sandbox']) }),
    ...(clock === undefined ? {} : { clock }),
    ...(contract ? { contract: contract.document } : {}),
  };
}

function networkLike(network: Network, recorded: string | null, wanted: 'taped' | 'live' | 'none'): Network {
  if (network === 'none' || wanted === 'none') return 'none';
  const { tape, ...policy } = network;
  if (wanted === 'live') return policy;
  // It was answered by a tape then too, by its rules and at its time.
  if (tape?.mode === 'replay') return network;
  return recorded === null ? 'none' : { ...policy, tape: { mode: 'replay', tape: recorded } };
}

/** Certificates of what a tape answers are valid at the time that the programs live in. */
function ofThen(run: RecordedRun, network: Network): Network {
  if (network === 'none' || network.tape?.mode !== 'replay' || network.tape.at !== undefined) return network;
  const at = isoTime(timeOf(run, Date.parse(run.head.createdAt)));
  return { ...network, tape: { ...network.tape, at, refreshDates: false } };
}

function heldNetwork({ run, clockAt }: ReplayPlace, network: Network, live: boolean): Network {
  const like = networkLike(network, run.tape, live ? 'live' : 'taped');
  return clockAt === 'recorded' ? ofThen(run, like) : like;
}

async function openSandbox(
  place: ReplayPlace,
  snapshot: string | null,
  { live, faults }: Parameters<ReplayWorld['open']>[1],
): Promise<ReplaySandbox> {
  const { core, run, service, scope } = place;
  const id = await makeSandbox(place, snapshot, live, faults);
  const taken: string[] = [];
  const redactor = await core.recordings.redactorOf(place.tenant);
  return {
    id,
    execute: async ({ begunMs, ...step }) => {
      if (place.clockAt === 'recorded') await setTime(place, id, timeOf(run, begunMs));
      return executeStep(service, id, step);
    },
    finishProcess: (processId, input, timeoutMs) => finishProcess(service, { ref: id, processId }, input, timeoutMs),
    rollback: async (to) => {
      await service.rollbackSandbox(id, to);
    },
    startAnew: async () => {
      await service.suspendSandbox(id, { memory: false });
      await service.resumeSandbox(id);
    },
    changeNetwork: async (network) => {
      // A world's is the world's, whatever was changed then.
      if (!place.world) await service.setNetwork(id, heldNetwork(place, network, live));
    },
    snapshot: async (how) => {
      await using own = scope.child({ name: 'replayed snapshot', timeoutMs: snapshotTimeoutMs });
      const name = `${runPrefix}replay of ${run.head.id}`;
      // What lasts of a fault lies in the root.
      const keepsRoot = how === 'beside' || core.noise.holds(id) ? { keepsRoot: 'always' as const } : {};
      const made = await core.controller.snapshot(place.tenant, id, { name, ...keepsRoot }, own);
      taken.push(made.id);
      return made.id;
    },
    changes: async (from, to) => {
      const { changes, more } = await changesBetween(core, from, to, scope);
      const keyed = (digest: string | null): string | null => digest && redactor.digest(digest);
      return { changes: changes.map((change) => ({ ...change, digest: keyed(change.digest) })), more };
    },
    digestOf: (content) => redactor.digest(sha256(content)),
    meetInNetwork: async (plan) => {
      const record = core.controller.find(place.tenant, id);
      for (const { kind } of plan?.faults ?? []) {
        const lack = networkLack(kind, record);
        if (lack !== null) throw new HoldfastError('capability-missing', lack);
      }
      core.networkAgain.set(id, plan);
      await core.network.tellAgain(id, scope);
    },
    metInNetwork: async () => {
      // Its answer comes after all that was told before it.
      await core.network.faultPlaces(id);
      return core.networkAgain.met(id);
    },
    tapeMisses: async () => (live ? 0 : ((await core.network.tapePlay(id))?.misses ?? 0)),
    close: async () => {
      core.clockShifts.delete(id);
      core.networkAgain.forget(id);
      try {
        await service.destroySandbox(id);
      } finally {
        for (const each of taken.reverse()) core.store.snapshots.removeSnapshot(each);
        await core.files.collectGarbage(core.scope);
      }
    },
  };
}

const hasOwnKernel = (substrate: SubstrateName): boolean => substrate === 'microvm' || substrate === 'vm';

/** What the sandbox's clock said then; one of its own is taken to have begun with the recording. */
function timeOf({ head: { sandbox, createdAt } }: RecordedRun, atMs: number): number {
  return sandbox.clock === undefined ? atMs : Date.parse(sandbox.clock) + atMs - Date.parse(createdAt);
}

/** Of a kernel of its own for every program; else for those that libfaketime reaches, from their beginning on. */
async function setTime({ core, tenant, scope }: ReplayPlace, id: string, timeMs: number): Promise<void> {
  const record = core.controller.find(tenant, id);
  const substrate = core.substrates.of(record);
  if (substrate.setClock && record.identity) await substrate.setClock(record.identity, timeMs, scope);
  else core.clockShifts.set(id, timeMs - core.clock.nowMs());
}

async function makeSandbox(
  place: ReplayPlace,
  snapshot: string | null,
  live: boolean,
  faults: FaultPlanInput | undefined,
): Promise<string> {
  const { run, service, environment, contract, world } = place;
  const like = createLike(run, live ? 'live' : 'taped');
  const network = heldNetwork(place, run.head.sandbox.network, live);
  const held = world ? (await import('../worlds/index.ts')).heldBy(world) : null;
  const { id } = await service.createSandbox({
    ...like,
    network,
    ...held,
    ...(snapshot === null ? {} : { template: snapshot }),
    environment: { ...like.environment, ...held?.environment, ...environment },
    ...(contract === undefined ? {} : { contract }),
    ...(faults === undefined ? {} : { faults: { plan: faults } }),
    lifetimeMs: 24 * 3_600_000,
    metadata: { [runMark]: run.head.id },
  });
  try {
    await checkHeld(place, id);
    return id;
  } catch (error) {
    await service.destroySandbox(id);
    throw error;
  }
}

/** Where what was asked to be held is not, nothing is done again. */
async function checkHeld({ core, tenant, world, clockAt, scope }: ReplayPlace, id: string): Promise<void> {
  // Around the door: it is no call that a fault could meet.
  const exec: OwnVerbs['exec'] = (_ref, input) => sandboxAccess(core, tenant, id).exec(input, scope);
  if (world) await (await import('../worlds/index.ts')).checkClock({ exec }, id, world);
  if (clockAt === 'host' || core.substrates.of(core.controller.find(tenant, id)).setClock) return;
  const lack = await clockLack(core, core.controller.find(tenant, id), scope);
  if (lack === null) return;
  throw new HoldfastError('capability-missing', `the clock of the recording cannot be had here: ${lack}`, {
    hint: 'Leave clock=recorded out, or install libfaketime in the template.',
  });
}
