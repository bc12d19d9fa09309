/**
 * The composition root: the only place that chooses implementations and puts the rooms together.
 *
 * A runtime owns its home directory while it is open (a second one gets `in-use`); closing it leaves sandboxes alive,
 * unless `ephemeral` says that nobody will come back for them.
 */
import { createHash } from 'node:crypto';
import {
  type Clock,
  idMaker,
  join,
  KeyedLock,
  type Log,
  makePrivateDirectory,
  type OwnedScope,
  type RandomSource,
  readEnvironment,
  realpath,
  rootScope,
  silentLog,
  systemClock,
  systemRandom,
  Turns,
} from '../base/index.ts';
import type { ChannelPort } from '../channels/index.ts';
import type { Plan as CanaryPlan, Contract } from '../contract/index.ts';
import { openFileStore } from '../filesystem/index.ts';
import {
  Connections,
  checkSessionQuota,
  diskUse,
  LeaseAlarm,
  type Parts,
  type Recovered,
  SandboxController,
  snapshotRoom,
} from '../lifecycle/index.ts';
import { type NetworkOptions, openBoundary } from '../network/index.ts';
import { type FaultTold, NetworkAgain, Noise } from '../noise/index.ts';
import { Recordings, type TakenUp } from '../recording/index.ts';
import {
  type Box,
  boxes,
  type EventType,
  type HoldfastService,
  type PlannedFault,
  type Quotas,
  type WatchSubject,
} from '../schema/index.ts';
import { EventBus, openJournal, openStore, Reserve } from '../state/index.ts';
import { createDoor } from '../tools/index.ts';
import { Admission } from './admission.ts';
import { type AuditOptions, LateAudit } from './audit.ts';
import { Contracts } from './contracts.ts';
import { type Caller, type Core, defaultTenant, ownerPerson } from './core.ts';
import { Counters, meterOf } from './counters.ts';
import { EndedProcesses } from './ended-processes.ts';
import { makeEphemeralHome, reapEphemeralHomes, removeHome } from './ephemeral-home.ts';
import { refuseShort, tendExpired } from './expiry.ts';
import { faultVerbs } from './fault-verbs.ts';
import { fileVerbs } from './file-verbs.ts';
import { FlowEvents } from './flow-events.ts';
import { followProcess } from './follow-process.ts';
import { FollowedProcesses } from './followed-processes.ts';
import { hostVerbs } from './host-verbs.ts';
import { lateChannels } from './late-channels.ts';
import { lateReplayVerbs } from './late-replays.ts';
import { checkTapeOf, LateSessions } from './late-sessions.ts';
import { adoptNetworks, networkVerbs } from './network-verbs.ts';
import { noiseMeans } from './noise-means.ts';
import { openPools, type PoolOptions } from './open-pools.ts';
import { openSubstrates, type SubstrateOptions } from './open-substrates.ts';
import { portVerbs } from './port-verbs.ts';
import { Previews } from './previews.ts';
import { processVerbs } from './process-verbs.ts';
import { snapshotTaker, tapeTokens } from './recording-parts.ts';
import { recordingVerbs } from './recording-verbs.ts';
import { sweepRunSnapshots } from './run-snapshots.ts';
import { sandboxVerbs, snapshotVerbs } from './sandbox-verbs.ts';
import type { AgentOptions } from './sessions.ts';
import { loseCopyOf } from './throw-away.ts';
import { versionInfo } from './version.ts';
import { canaryTenant, Watcher, watchVerbs } from './watch/index.ts';

export interface RuntimeOptions extends SubstrateOptions {
  /** Where everything durable lies; `HOLDFAST_HOME` or the user's data directory when absent. */
  home?: string;
  log?: Log;
  clock?: Clock;
  random?: RandomSource;
  /** Sandboxes kept ready for the next create. */
  pools?: readonly PoolOptions[];
  quotas?: (tenant: string) => Quotas;
  /** What sandboxes, and tool calls in them, are held to that name no contract; one that does not keep it is refused. */
  contract?: Contract;
  watch?: {
    /** Watch this substrate, and every contract and substrate in use, by a canary this often. */
    everyMs?: number;
    /** What a canary does, where less will do. */
    plan?: CanaryPlan;
  };
  /** Agents that sessions may be started with, and what they may use. */
  agents?: AgentOptions;
  /** Where the audit log's keys and checkpoints are, and how long entries are kept. */
  audit?: AuditOptions;
  journal?: {
    /** In whole files, a day at least; for good when absent. */
    keptMs?: number;
  };
  sessions?: {
    /** From their end on, a week at least; for good when absent. */
    keptMs?: number;
  };
  /** How sandboxes' gateway reaches the outside. */
  network?: NetworkOptions;
  /** Close ends every sandbox. Without a `home` it then has one of its own, gone with it; of templates it knows `host`. */
  ephemeral?: boolean;
}

export interface Runtime extends AsyncDisposable {
  /** What the restart found. */
  readonly recovered: Recovered;
  /** For whoever serves them: see server/preview. */
  readonly previews: Previews;
  /** For whoever serves them: see server/routes/channels.ts. Null when none are configured. */
  readonly channels: ChannelPort | null;
  /** What one caller may do; `person` null: nobody known, who decides nothing. Absent: the owner; of other tenants nobody. */
  service(tenant?: string, person?: string | null): HoldfastService;
  /** A new sandbox of the default tenant as an object; `await using` removes it at the end. */
  create(input?: Parameters<HoldfastService['createSandbox']>[0]): Promise<Box>;
  close(): Promise<void>;
}

const startTimeoutMs = 60_000;
/** Of misses and unused exchanges in one event; `tape ls --json` has more while the tape is played. */
const mostNamed = 20;
/** Beginning one takes some tenths of a millisecond before the code is warm. */
const verbsPerTurn = 16;

export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return options.ephemeral && options.home === undefined ? createEphemeral(options) : openHome(options);
}

async function createEphemeral(options: RuntimeOptions): Promise<Runtime> {
  const { home: machine } = readEnvironment();
  const home = await makeEphemeralHome(machine, options.random ?? systemRandom);
  const runtime = await openHome({ ...options, home });
  const { pools: _, ...plain } = options;
  await reapEphemeralHomes(machine, {
    empty: async (left) => (await openHome({ ...plain, home: left })).close(),
    log: options.log ?? silentLog,
    nowMs: (options.clock ?? systemClock).nowMs(),
  });
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= runtime.close().then(() => removeHome(home));
    return closing;
  };
  return { ...runtime, close, [Symbol.asyncDispose]: close };
}

async function openHome(options: RuntimeOptions): Promise<Runtime> {
  const scope = rootScope({ name: 'runtime', ...(options.clock ? { clock: options.clock } : {}) });
  try {
    return await open(options, scope);
  } catch (error) {
    await scope.close();
    throw error;
  }
}

async function open(options: RuntimeOptions, scope: OwnedScope): Promise<Runtime> {
  const environment = readEnvironment();
  const wantedHome = options.home ?? environment.home;
  const log = options.log ?? silentLog;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const newId = idMaker(clock, random);
  const times = { journalMs: options.journal?.keptMs, sessionsMs: options.sessions?.keptMs };
  refuseShort(times);
  await makePrivateDirectory(wantedHome);
  // It may lie there.
  await checkTapeOf(options.agents);
  // Everything that is mounted or opened beneath it is named by its real path.
  const home = await realpath(wantedHome);
  await makePrivateDirectory(join(home, 'run'));
  const reserve = new Reserve({ home, random });
  reserve.tend();
  const audit = new LateAudit(home, options.audit ?? {}, () => ({ home, store, clock, random, log, events, scope }));
  await audit.check();
  const store = openStore({ home, clock, witness: audit.witness });
  scope.onClose(() => store.close());
  const journal = await openJournal({ home, clock });
  scope.onClose(() => journal.close());
  if (journal.torn) log.warn({ torn: journal.torn }, 'the journal ended in a half-written line, which was cut');
  const events = new EventBus(store.events, clock, newId);
  scope.onClose(() => events.close());
  const contracts = new Contracts(store);
  await contracts.open(options.contract ?? null);
  const onFault = (sandbox: string, told: FaultTold): void => {
    const tenant = store.sandboxes.get(sandbox)?.tenant ?? defaultTenant;
    journal.append({ tenant, sandbox, type: 'fault-injected', body: { ...told } });
    recordings?.of(sandbox)?.fault({ step: null, ...told });
  };
  const onHealed = (sandbox: string, fault: string): void => recordings?.of(sandbox)?.healed(fault);
  const onComing = (sandbox: string, fault: PlannedFault): void => recordings?.of(sandbox)?.coming(fault);
  const onMissed = (sandbox: string, { id }: PlannedFault): void => recordings?.of(sandbox)?.missed(id);
  const hears = { onComing, onMissed, onFault, onHealed };
  const means = noiseMeans(() => core);
  const noise = new Noise({ store, events, log, means, ...hears });
  const networkAgain = new NetworkAgain();
  const admission = new Admission({ contracts, events, clock, isNoisy: (sandbox) => noise.concerns(sandbox) });
  const counters = new Counters();

  const { substrates, guestBinary, trees, owner } = openSubstrates(options, { home, isRoot: environment.isRoot, log });
  scope.onClose(async () => substrates[Symbol.asyncDispose]());
  const files = await openFileStore({
    home,
    records: store.snapshots,
    sandboxes: store.sandboxes,
    transaction: (work) => store.transaction(work),
    trees,
    owner,
    clock,
    newId,
    log,
  });

  let recordings: Recordings | null = null;
  const flows = new EventBus(store.flows, clock, newId);
  scope.onClose(() => flows.close());
  const flowEvents = new FlowEvents({ store, flows, events, clock });
  const networkEvent = (type: EventType, sandbox: string, data: Record<string, unknown>): void => {
    const tenant = store.sandboxes.get(sandbox)?.tenant;
    if (tenant !== undefined) events.publish({ type, tenant, sandbox, data });
  };
  const network = await openBoundary(
    {
      ...options.network,
      owner: defaultTenant,
      home,
      guestBinary,
      store,
      clock,
      random,
      log,
      version: versionInfo().version,
      onFlow: (flow) => {
        flowEvents.take(flow);
        recordings?.of(flow.sandbox)?.flow(flow);
      },
      noiseOf: (sandbox) => {
        const again = networkAgain.forGateway(sandbox);
        return again === undefined ? noise.forGateway(sandbox) : again;
      },
      tokensOf: async (place, mode) => (recordings ? tapeTokens({ recordings, store }, place, mode) : null),
      onFaults: (sandbox, labels) => {
        noise.heard(sandbox, labels);
        networkAgain.heard(sandbox, labels);
      },
      onProblem: (sandbox, reason) =>
        networkEvent(reason === null ? 'network-up' : 'network-down', sandbox, { reason }),
      onTapeFailed: (sandbox, data) => networkEvent('tape-failed', sandbox, data),
      onGateway: (state, reason) =>
        events.publish({ type: `gateway-${state}`, tenant: defaultTenant, data: { reason } }),
      onPlayed: (tenant, { sandbox, missed, unused, ...played }) =>
        events.publish({
          type: 'tape-played',
          tenant,
          sandbox,
          data: { ...played, missed: missed.slice(-mostNamed), unused: unused.slice(0, mostNamed) },
        }),
    },
    scope,
  );

  let controller: SandboxController | null = null;
  const parts: Parts = {
    store,
    reserve,
    substrates,
    files,
    clock,
    random,
    newId,
    log,
    scope,
    locks: new KeyedLock(),
    connections: new Connections((sandbox) => controller?.onLost(sandbox)),
    alarm: new LeaseAlarm(clock, (sandbox) => controller?.onDue(sandbox)),
    // A unix socket's path holds 107 bytes; the id's hash keeps it short under a long home.
    socketPath: (sandbox) =>
      join(home, 'run', `${createHash('sha256').update(sandbox).digest('hex').slice(0, 20)}.sock`),
    memoryPath: (sandbox) => join(home, 'sandboxes', sandbox, 'memory'),
    // A canary is nobody's.
    quotasOf: (tenant) => (tenant === canaryTenant ? {} : (options.quotas?.(tenant) ?? {})),
    recordedBytes: (tenant) => recordings?.bytesOf(tenant) ?? 0,
    keepContract: (contract) => contracts.keep(contract),
    report: (type, record, data = {}) => {
      events.publish({ type, tenant: record.tenant, sandbox: record.id, data });
      journal.append({ tenant: record.tenant, sandbox: record.id, type, body: data });
      if (type === 'sandbox-gone') noise.forget(record.id);
      if (['sandbox-gone', 'sandbox-suspended', 'sandbox-resumed'].includes(type)) means.clockIsRight(record.id);
      if (type === 'sandbox-resumed') {
        const left = (error: unknown): void => log.error({ error, sandbox: record.id }, 'faults are not undone yet');
        noise.awake(record.id).catch(left);
      }
      // A replay needs the whole policy; whoever only listens does not.
      const facts = type === 'network-changed' ? { ...data, policy: record.network } : data;
      recordings?.of(record.id)?.lifecycle(type, facts);
      if (type === 'sandbox-gone') {
        const left = (error: unknown): void => log.error({ error, sandbox: record.id }, 'a recording is not closed');
        recordings?.finish(record.id, 'sandbox-gone').catch(left);
      }
      if (type === 'sandbox-gone') contracts.forget(record);
      if (type === 'sandbox-gone' || (type === 'sandbox-suspended' && !record.identity)) {
        const left = (error: unknown): void => log.warn({ error, sandbox: record.id }, 'the network is not left');
        network.leave(record.id, type === 'sandbox-gone').catch(left);
      }
      if (type === 'sandbox-gone') loseCopyOf({ store, files, events, log, scope }, record.snapshot);
    },
  };
  controller = new SandboxController(parts, await openPools(parts, options.pools ?? [], contracts));
  const opened = controller;
  const holds = (sandbox: string): boolean => noise.holds(sandbox);
  const followed = new FollowedProcesses();
  let followTakenUp: (taken: TakenUp) => void = () => undefined;
  const taker = { controller: () => opened, store, files, holds, scope };
  const kept = new Recordings({
    home,
    store,
    clock,
    random,
    newId,
    log,
    secrets: (tenant) => network.secretValues(tenant),
    onSecrets: (sandbox) => network.tellAgain(sandbox, scope),
    snapshots: (tenant, sandbox, recording) => snapshotTaker(taker, tenant, sandbox, recording),
    places: (sandbox) => (noise.isInNetwork(sandbox) ? network.faultPlaces(sandbox) : null),
    publish: (type, { tenant, sandbox }, data) => events.publish({ type, tenant, sandbox, data }),
    diskUse: (tenant) => diskUse(parts, tenant),
    goOn: (taken) => followTakenUp(taken),
    heard: (tenant, sandbox) => followed.heard(opened, { tenant, sandbox }, scope),
  });
  recordings = kept;
  scope.onClose(() => kept.close());
  await using starting = scope.child({ name: 'start', timeoutMs: startTimeoutMs });
  await substrates.open(substrates.first, starting);
  if (store.sandboxes.substratesOfAll().some((name) => name !== substrates.first.name)) await substrates.loadAll();
  const recovered = await opened.open();
  const takenUp = await kept.recover();
  // Finishing what was left half-done takes as long as it is large.
  await using tidying = scope.child({ name: 'start', timeoutMs: startTimeoutMs });

  const services = new Map<string, HoldfastService>();
  const service = (tenant = defaultTenant, given?: string | null): HoldfastService => {
    const usual = tenant === defaultTenant ? ownerPerson : null;
    const caller = { tenant, person: given === undefined ? usual : given };
    if (caller.person !== usual) return serviceOf(core, sessions, caller);
    let bound = services.get(tenant);
    if (!bound) {
      bound = serviceOf(core, sessions, caller);
      services.set(tenant, bound);
    }
    return bound;
  };
  const watcher = new Watcher({
    store,
    events,
    contracts,
    clock,
    random,
    newId,
    log,
    tenant: defaultTenant,
    service: () => service(canaryTenant),
    ...(options.watch?.plan ? { plan: options.watch.plan } : {}),
  });
  const clockShifts = new Map<string, number>();
  const core: Core = {
    controller: opened,
    store,
    reserve,
    journal,
    audit,
    events,
    ended: new EndedProcesses(),
    flows,
    network,
    previews: new Previews({ controller: opened, store, events, clock, newId, random, scope }),
    files,
    substrates,
    clock,
    newId,
    log,
    scope,
    home,
    turns: new Turns(verbsPerTurn),
    noise,
    networkAgain,
    recordings: kept,
    followed,
    snapshotRoom: (tenant) => snapshotRoom(parts, tenant),
    refuseKept: (tenant, bytes) => checkSessionQuota(parts, tenant, bytes),
    clockShifts,
    contracts,
    admission,
    counters,
    watcher,
    door: createDoor({
      store,
      journal,
      events,
      clock,
      newId,
      contractOf: (sandbox) => contracts.of(sandbox),
      recordings: kept,
      clockShift: (sandbox) => clockShifts.get(sandbox) ?? null,
      meter: meterOf(counters, admission),
      noise,
    }),
  };
  await noise.open(tidying);
  adoptNetworks(core);
  const sessions = new LateSessions(core, options.agents ?? {}, random);
  sessions.goOn();
  audit.openLater();
  const channels = await lateChannels(core, options.agents, { sessions: () => sessions.open(), random });
  followTakenUp = ({ sandbox, left }) => {
    const tenant = store.sandboxes.get(sandbox)?.tenant ?? defaultTenant;
    for (const process of left.openProcesses) followProcess(core, { tenant, sandbox, ...process });
  };
  for (const taken of takenUp) followTakenUp(taken);
  await sweepRunSnapshots(core, tidying);
  tendExpired(core, times);
  const everyMs = options.watch?.everyMs;
  watcher.open(everyMs === undefined ? null : { everyMs, first: usualSubject(core) });
  let closing: Promise<void> | null = null;
  // What is under way ends in order while the scope still lives; then everything that was opened closes.
  const shutDown = async (): Promise<void> => {
    try {
      await watcher.close();
      await channels?.close();
      await sessions.close();
      await audit.close();
      if (options.ephemeral) await endAll(core, sessions);
      await opened.close();
    } finally {
      // What its end tells is written down while everything is there.
      await network.close().finally(() => scope.close());
    }
  };
  const close = (): Promise<void> => {
    closing ??= shutDown();
    return closing;
  };
  return {
    recovered,
    previews: core.previews,
    channels,
    service,
    create: (input) => boxes(service()).create(input),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function serviceOf(core: Core, sessions: LateSessions, caller: Caller): HoldfastService {
  const { tenant } = caller;
  return {
    ...sandboxVerbs(core, tenant),
    ...snapshotVerbs(core, tenant),
    ...processVerbs(core, tenant),
    ...fileVerbs(core, tenant),
    ...portVerbs(core, tenant),
    ...networkVerbs(core, tenant),
    ...faultVerbs(core, tenant),
    ...sessions.verbs(caller),
    ...watchVerbs(core, tenant),
    ...recordingVerbs(core, tenant),
    ...lateReplayVerbs(core, tenant),
    ...hostVerbs(core, tenant),
  };
}

/** What a create without any word gives. */
function usualSubject({ contracts, substrates }: Core): WatchSubject {
  const { isolation, defaultTemplate } = substrates.first;
  return { contract: contracts.usual, isolation, template: defaultTemplate };
}

async function endAll(core: Core, sessions: LateSessions): Promise<void> {
  const living = core.store.sandboxes.living().filter(({ pooled }) => !pooled);
  await Promise.all(
    living.map((record) =>
      serviceOf(core, sessions, { tenant: record.tenant, person: null }).destroySandbox(record.id),
    ),
  );
}
