/**
 * Keeps the episodes of all sandboxes that have a fault plan: asks them about each call, writes down what they say before
 * it is done, does what is physical, and undoes what lasts.
 *
 * 1. What was drawn is in the store before any of it happens; a restart goes on with the same draws.
 * 2. What was changed about a sandbox is in the store before it is changed, and is put back: when its calls are over, when
 *    faults are stopped, and at the next start after a crash.
 * 3. A sandbox without a plan costs one look into a map, and no stage of the door.
 * 4. What was to happen and could not is kept as such; nothing else happens in its place, and nobody hears that it came.
 */
import { canonicalDigest, KeyedLock, type Log, rootScope, type Scope } from '../base/index.ts';
import {
  asHoldfastError,
  type FaultFamily,
  type FaultKind,
  type FaultLabel,
  type FaultMeans,
  type FaultReport,
  HoldfastError,
  type PlannedFault,
  type SandboxFaults,
} from '../schema/index.ts';
import type { EventBus, FaultRecord, Store } from '../state/index.ts';
import { type Decided, Episode, type EpisodeState, type NetworkState } from './episode.ts';
import { effectOf, familyOf, kindFacts } from './kinds.ts';
import { Later } from './later.ts';
import { type Held, type Means, passingKinds, stallingKinds } from './means.ts';
import { readyPlan } from './plan.ts';

export interface NoiseParts {
  store: Pick<Store, 'faults' | 'transaction'>;
  events: Pick<EventBus, 'publish'>;
  means: Means;
  log: Log;
  /** Hears what is about to be done to a sandbox: what ends meanwhile may end of it. `onFault` or `onMissed` comes next. */
  onComing?(sandbox: string, fault: PlannedFault): void;
  onMissed?(sandbox: string, fault: PlannedFault): void;
  /** Hears of each fault before the call meets it: for a recording. */
  onFault?(sandbox: string, told: FaultTold): void;
  /** Hears what no longer lasts. */
  onHealed?(sandbox: string, fault: string): void;
}

/** A fault for whoever judges, as a recording keeps it. */
export interface FaultTold {
  fault: FaultKind;
  family: FaultFamily;
  means: FaultMeans;
  effect: 'none' | 'maybe' | 'done';
  parameters: Record<string, unknown>;
  /** What the keyed draw was made of. */
  draw: Record<string, unknown>;
  /** Null for what the gateway drew. */
  callId: string | null;
}

/** What a gateway draws from. */
export interface GatewayFaults {
  given: SandboxFaults;
  /** Counts the gateways that draw for the sandbox: a later one draws what is not drawn yet. */
  generation: number;
  /** Where the one before it stood. */
  before: NetworkState;
}

export interface NoisyCall {
  sandbox: string;
  callId: string;
  name: string;
  isTool: boolean;
  /** Plain data. */
  input: unknown;
}

/** What one call meets. */
export interface Turn {
  /** What was drawn for this call; null when only something lasts. */
  fault: { fault: PlannedFault; label: FaultLabel } | null;
  /** Faults that began with an earlier call and still go on. */
  lasting: PlannedFault[];
  /** Ids of those that were done to the sandbox, so that nothing is to be done to the call. */
  held: ReadonlySet<string>;
  /** Ids of all of them: whose doing a failure of this call may be. */
  ids: string[];
  /** What the same call answered last, where the plan may want it told again. */
  earlier: unknown;
  /** Keeps what this call answered, for later ones. */
  keep(answer: unknown): void;
  /** Knows how to call off what is to come later, when faults are stopped. Answers how to forget it. */
  later(cancel: () => void): () => void;
}

interface Living {
  episode: Episode;
  record: FaultRecord;
  /** Calls that are under way: what lasts is not ended beneath them. */
  underway: number;
  /** What calls answered last, the latest ones; null where no fault of the plan would tell it again. */
  earlier: Map<string, unknown> | null;
  later: Later;
}

/** An answer has at most some MiB. */
const mostEarlier = 32;

const actTimeoutMs = 120_000;

export class Noise {
  readonly #parts: NoiseParts;
  readonly #living = new Map<string, Living>();
  readonly #turns = new KeyedLock();

  constructor(parts: NoiseParts) {
    this.#parts = parts;
  }

  /** After a start: goes on with what lives, and puts back what the last run of the daemon left changed. */
  async open(scope: Scope): Promise<void> {
    for (const record of this.#parts.store.faults.living()) {
      const living = this.#load(record);
      // One that sleeps has to wake before anything can be put back in it.
      const kinds = new Map(record.given.plan.faults.map(({ id, kind }) => [id, kind]));
      const isPassing = (id: string): boolean => passingKinds.has(kinds.get(id) ?? 'tool.error');
      const ids = Object.keys(record.held);
      for (const id of [...ids.filter(isPassing), ...ids.filter((one) => !isPassing(one))]) {
        await this.#tryToUndo(living, id, scope);
        living.episode.end(id);
      }
      await this.#letGo(living, scope).catch((error: unknown) =>
        this.#parts.log.error({ error, sandbox: record.sandbox }, 'what stands still was not let go'),
      );
      this.#save(living);
    }
  }

  /** Whether something of its plan may come in its network. */
  isInNetwork(sandbox: string): boolean {
    const living = this.#living.get(sandbox);
    return living?.episode.ready.faults.some(({ channel }) => channel !== 'call') ?? false;
  }

  /** Whether something about it is changed now, and to be put back. */
  holds(sandbox: string): boolean {
    const living = this.#living.get(sandbox);
    return living !== undefined && Object.keys(living.record.held).length > 0;
  }

  concerns(sandbox: string): boolean {
    return this.#living.has(sandbox);
  }

  /** @throws HoldfastError `capability-missing` that names the fault which cannot happen here */
  async begin(place: { sandbox: string; tenant: string }, given: SandboxFaults, scope: Scope): Promise<void> {
    const { sandbox, tenant } = place;
    for (const fault of given.plan.faults) {
      const lack = await this.#parts.means.lacks(fault, sandbox, scope);
      if (lack !== null) throw cannotHappen(fault, lack);
    }
    const record = { sandbox, tenant, given, state: null, held: {}, stopped: false, generation: 0 };
    this.#parts.store.faults.insert(record);
    this.#load(record);
  }

  /** Null: this sandbox has no faults (any more). The call is to be `settle`d afterwards. */
  async turn(call: NoisyCall, scope: Scope): Promise<Turn | null> {
    const living = this.#living.get(call.sandbox);
    if (!living) return null;
    const key = `${call.name} ${canonicalDigest(call.input)}`;
    const can = ({ kind }: PlannedFault): boolean => kind !== 'tool.stale' || living.earlier?.has(key) === true;
    const decided = living.episode.decide({ channel: 'call', can, ...call });
    this.#sayMeans(decided, call.sandbox);
    const first = this.#write(living, decided.labels);
    living.underway++;
    try {
      const prepare = (): Promise<Decided> => this.#prepare(living, decided, first, scope);
      const come = await this.#turns.run(call.sandbox, scope, prepare).catch((error: unknown) => {
        this.#miss(living, decided, first, error);
        throw error;
      });
      for (const label of come.labels) this.#tell(living.record, label, call.callId);
      return turnOf(living, come, { key, isHeld: (fault) => this.#parts.means.isHeld(fault, call.sandbox) });
    } catch (error) {
      await this.settle(call.sandbox);
      throw error;
    }
  }

  /**
   * The call of a turn is over: what lasted for it ends, unless others are under way.
   * @param goesOn what it started runs on, and meets what lasts until the next call
   */
  async settle(sandbox: string, goesOn = false): Promise<void> {
    const living = this.#living.get(sandbox);
    if (!living || --living.underway > 0 || goesOn) return;
    const past = living.episode.endPast();
    if (past.length === 0) return;
    await using scope = rootScope({ name: `heal ${sandbox}`, timeoutMs: actTimeoutMs });
    await this.#turns.run(sandbox, scope, async () => {
      for (const { fault } of past) await this.#tryToUndo(living, fault, scope);
    });
    this.#save(living);
  }

  /** The gateway has drawn for this sandbox. */
  heard(sandbox: string, labels: readonly FaultLabel[]): void {
    const living = this.#living.get(sandbox);
    if (!living) return;
    living.episode.hear(labels);
    this.#write(living, labels);
    for (const label of labels) this.#tell(living.record, label, null);
  }

  /** What a gateway needs to draw by itself; null where no fault of the plan is about the network. */
  forGateway(sandbox: string): GatewayFaults | null {
    const living = this.#living.get(sandbox);
    const isNetwork = ({ kind }: PlannedFault): boolean => kindFacts[kind].channel !== 'call';
    if (!living || living.episode.ready.control || !living.record.given.plan.faults.some(isNetwork)) return null;
    const generation = living.record.generation + 1;
    living.record.generation = generation;
    this.#parts.store.faults.update(sandbox, { generation });
    return { given: living.record.given, generation, before: living.episode.state.network };
  }

  /** What lasts is over before somebody looks at the sandbox as it is: a snapshot, a rollback, the end. */
  async heal(sandbox: string, scope: Scope): Promise<void> {
    const living = this.#living.get(sandbox);
    if (!living) return;
    await this.#turns.run(sandbox, scope, async () => {
      for (const id of Object.keys(living.record.held)) await this.#undo(living, id, scope);
    });
  }

  /** @throws what keeps something from being undone; then nothing was stopped */
  async stop(sandbox: string, scope: Scope): Promise<void> {
    const living = this.#living.get(sandbox);
    if (!living) return;
    await this.#turns.run(sandbox, scope, async () => {
      for (const id of Object.keys(living.record.held)) await this.#undo(living, id, scope);
      living.later.end();
      await this.#letGo(living, scope);
      living.episode.endAll();
      this.#living.delete(sandbox);
    });
    this.#save(living);
    this.#parts.store.faults.update(sandbox, { stopped: true });
    this.#parts.events.publish({ type: 'faults-stopped', tenant: living.record.tenant, sandbox, data: {} });
  }

  /** It is gone: nothing is left to be put back. */
  forget(sandbox: string): void {
    this.#living.get(sandbox)?.later.end();
    this.#living.delete(sandbox);
  }

  /** @throws HoldfastError `not-found` when it never had a plan */
  report(sandbox: string): FaultReport {
    const record = this.#parts.store.faults.get(sandbox);
    if (!record) {
      throw new HoldfastError('not-found', `sandbox ${sandbox} was created without a fault plan`, {
        hint: 'Create one with --faults plan.yaml.',
      });
    }
    const ready = readyPlan(record.given.plan, record.given.episode);
    return {
      sandbox,
      plan: ready.digest,
      name: record.given.plan.name,
      episode: record.given.episode,
      control: ready.control,
      active: ready.faults.map(({ fault }) => fault.id),
      stopped: record.stopped,
      calls: stateOf(record)?.calls ?? 0,
      labels: inOrder(this.#parts.store.faults.labels(sandbox)),
    };
  }

  given(sandbox: string): SandboxFaults | null {
    return this.#parts.store.faults.get(sandbox)?.given ?? null;
  }

  #load(record: FaultRecord): Living {
    const ready = readyPlan(record.given.plan, record.given.episode);
    const episode = new Episode(ready, stateOf(record) ?? undefined);
    const tellsAgain = ready.faults.some(({ fault }) => fault.kind === 'tool.stale');
    const earlier = tellsAgain ? new Map<string, unknown>() : null;
    const living = { episode, record, underway: 0, earlier, later: new Later() };
    this.#living.set(record.sandbox, living);
    return living;
  }

  #write({ episode, record }: Living, labels: readonly FaultLabel[]): number {
    const { faults } = this.#parts.store;
    return this.#parts.store.transaction(() => {
      faults.update(record.sandbox, { state: { ...episode.state } });
      return faults.label(record.sandbox, labels);
    });
  }

  #save({ episode, record }: Living): void {
    this.#parts.store.faults.update(record.sandbox, { state: { ...episode.state }, held: record.held });
  }

  #tell({ tenant, sandbox, given }: FaultRecord, label: FaultLabel, callId: string | null): void {
    if (!label.applied) return;
    const { events, onFault } = this.#parts;
    const { consecutive } = given.plan;
    events.publish({ type: 'fault-injected', tenant, sandbox, data: { ...label, callId } });
    const { kind, means, parameters, fault: id, channel, name, position, ordinal, input, draw } = label;
    onFault?.(sandbox, {
      fault: kind,
      family: familyOf(kind),
      means,
      effect: effectOf(label),
      parameters,
      draw: { id, channel, name, position, ordinal, input, draw, consecutive },
      callId,
    });
  }

  /** What is answered elsewhere really happens where the sandbox has the means. */
  #sayMeans({ injection, labels }: Decided, sandbox: string): void {
    if (!injection || !this.#parts.means.isHeld(injection.fault, sandbox)) return;
    for (const label of labels) if (label.applied) label.means = 'physical';
    injection.label.means = 'physical';
  }

  /** Ends what is over, then begins what was drawn. Answers what came of it. */
  async #prepare(living: Living, decided: Decided, first: number, scope: Scope): Promise<Decided> {
    const { ending, injection } = decided;
    const { sandbox } = living.record;
    // The call waited while faults were stopped: whoever stopped them relies on it.
    if (this.#living.get(sandbox) !== living)
      return { ...this.#miss(living, decided, first, 'faults were stopped'), lasting: [] };
    for (const { fault } of ending) await this.#tryToUndo(living, fault, scope);
    if (!injection) return decided;
    const { fault } = injection;
    const isHeld = this.#parts.means.isHeld(fault, sandbox);
    if (!isHeld && !passingKinds.has(fault.kind)) return decided;
    this.#parts.onComing?.(sandbox, fault);
    try {
      await (isHeld ? this.#hold(living, fault, scope) : this.#pass(living, fault, scope));
      return decided;
    } catch (error) {
      this.#parts.onMissed?.(sandbox, fault);
      scope.throwIfEnded();
      return this.#miss(living, decided, first, error);
    }
  }

  /** What was drawn did not come. */
  #miss({ record: { sandbox } }: Living, decided: Decided, first: number, error: unknown): Decided {
    const { injection, labels } = decided;
    if (!injection) return decided;
    const why = typeof error === 'string' ? error : asHoldfastError(error).message;
    const { parameters } = injection.label;
    const label: FaultLabel = {
      ...injection.label,
      applied: false,
      because: 'not-possible',
      parameters: { ...parameters, why },
    };
    const at = labels.findIndex(({ applied }) => applied);
    this.#parts.store.faults.relabel(sandbox, first + at, label);
    this.#parts.log.warn({ error, sandbox, fault: injection.fault.id }, 'a fault could not happen');
    return { ...decided, injection: null, labels: labels.with(at, label) };
  }

  async #hold(living: Living, fault: PlannedFault, scope: Scope): Promise<void> {
    const { record } = living;
    if (record.held[fault.id]) await this.#undo(living, fault.id, scope);
    const { means } = this.#parts;
    const held = await means.measure(fault, record.sandbox, scope);
    record.held[fault.id] = held;
    this.#save(living);
    try {
      await means.begin(fault, held, record.sandbox, scope);
    } catch (error) {
      // Half of it may have been done. What cannot be put back now stays held, for the next that heals.
      await this.#tryToUndo(living, fault.id, scope, false);
      throw error;
    }
  }

  /** A crash in between leaves the sandbox standing: the next start lets it go on. */
  async #pass(living: Living, fault: PlannedFault, scope: Scope): Promise<void> {
    const { record } = living;
    record.held[fault.id] = {};
    this.#save(living);
    try {
      await this.#parts.means.happen(fault, record.sandbox, scope);
      delete record.held[fault.id];
      this.#save(living);
    } catch (error) {
      await this.#tryToUndo(living, fault.id, scope, false);
      throw error;
    }
  }

  /** Whoever was to let go of what stands still may have died. */
  async #letGo({ episode, record }: Living, scope: Scope): Promise<void> {
    const stalling = episode.ready.faults.find(({ fault }) => stallingKinds.has(fault.kind));
    if (stalling) await this.#parts.means.undo(stalling.fault.kind, {}, record.sandbox, scope);
  }

  /** In the midst of calls, which are not to fail of it: what stays is undone by the next that asks, or told by it. */
  async #tryToUndo(living: Living, id: string, scope: Scope, isTold = true): Promise<void> {
    try {
      await this.#undo(living, id, scope, isTold);
    } catch (error) {
      this.#parts.log.error({ error, sandbox: living.record.sandbox, fault: id }, 'a fault is not undone yet');
    }
  }

  /** @param isTold somebody heard that it came */
  async #undo(living: Living, id: string, scope: Scope, isTold = true): Promise<void> {
    const { record, episode } = living;
    const held = record.held[id];
    const fault = episode.ready.plan.faults.find((one) => one.id === id);
    if (held === undefined || !fault) return;
    // What the store gives back is what `begin` answered.
    await this.#parts.means.undo(fault.kind, held as Held, record.sandbox, scope);
    delete record.held[id];
    this.#save(living);
    if (!isTold) return;
    const { tenant, sandbox } = record;
    this.#parts.events.publish({ type: 'fault-healed', tenant, sandbox, data: { fault: id, kind: fault.kind } });
    this.#parts.onHealed?.(sandbox, id);
  }
}

function turnOf(
  { episode, record, earlier, later }: Living,
  { injection, lasting }: Decided,
  { key, isHeld }: { key: string; isHeld(fault: PlannedFault): boolean },
): Turn {
  const byId = new Map(episode.ready.plan.faults.map((fault) => [fault.id, fault]));
  const others = lasting
    .filter(({ fault }) => fault !== injection?.fault.id)
    .flatMap(({ fault }) => byId.get(fault) ?? [])
    // One that could not begin does not last.
    .filter((fault) => !isHeld(fault) || record.held[fault.id] !== undefined);
  return {
    fault: injection,
    lasting: others,
    held: new Set(Object.keys(record.held)),
    ids: [...(injection ? [injection.fault.id] : []), ...others.map(({ id }) => id)],
    earlier: earlier?.get(key),
    later: (cancel) => later.keep(cancel),
    keep: (answer) => {
      earlier?.delete(key);
      earlier?.set(key, answer);
      const [oldest] = earlier?.keys() ?? [];
      if (earlier && oldest !== undefined && earlier.size > mostEarlier) earlier.delete(oldest);
    },
  };
}

/** Only `#write` and `#save` wrote it. */
const stateOf = ({ state }: FaultRecord): EpisodeState | null => state as EpisodeState | null;

const channels: readonly FaultLabel['channel'][] = ['call', 'lookup', 'connection', 'request'];

/** By what they are about, never by when they came: what goes over the network comes in no order of its own. */
export function inOrder(labels: readonly { number: number; label: FaultLabel }[]): FaultLabel[] {
  const key = ({ label: { channel, name, position } }: { label: FaultLabel }): [number, string, number] => [
    channels.indexOf(channel),
    channel === 'call' ? '' : name,
    position,
  ];
  const compare = (
    one: { number: number; label: FaultLabel },
    other: { number: number; label: FaultLabel },
  ): number => {
    const [a, b] = [key(one), key(other)];
    return a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0) || a[2] - b[2] || one.number - other.number;
  };
  return [...labels].sort(compare).map(({ label }) => label);
}

function cannotHappen({ id, kind }: PlannedFault, why: string): HoldfastError {
  return new HoldfastError('capability-missing', `the fault ${id} (${kind}) cannot happen here: ${why}`, {
    hint: 'Take it out of the plan, or give the sandbox what it needs. `holdfast faults list` says what each needs.',
    details: { fault: id, kind },
  });
}
