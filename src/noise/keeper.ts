/**
 * Keeps the episodes of all sandboxes that have a fault plan: asks them about each call, writes down what they say before
 * it is done, has done what is physical, and has undone what lasts (acts.ts).
 *
 * 1. What was drawn is in the store before any of it happens; a restart goes on with the same draws.
 * 2. What was changed about a sandbox is put back: when its calls are over, when faults are stopped, and at the next start
 *    after a crash. What could not be then is by the next call, or when the sandbox goes on.
 * 3. A sandbox without a plan costs one look into a map, and no stage of the door.
 * 4. What was to happen and could not is kept as such; nothing else happens in its place, and nobody hears that it came.
 *    What cannot be put back has come once something of it has.
 */
import { canonicalDigest, KeyedLock, rootScope, type Scope } from '../base/index.ts';
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
import type { FaultRecord, Store } from '../state/index.ts';
import { type ActParts, Acts } from './acts.ts';
import type { Decided, NetworkState } from './episode.ts';
import { effectOf, familyOf, kindFacts } from './kinds.ts';
import { type Living, livingOf, stateOf } from './living.ts';
import { passingKinds } from './means.ts';
import { readyPlan } from './plan.ts';
import { inOrder } from './report.ts';
import { type NoisyCall, type Turn, turnOf } from './turn.ts';

export interface NoiseParts extends ActParts {
  store: Pick<Store, 'faults' | 'transaction'>;
  /** Hears what is about to be done to a sandbox: what ends meanwhile may end of it. `onFault` or `onMissed` comes next. */
  onComing?(sandbox: string, fault: PlannedFault): void;
  onMissed?(sandbox: string, fault: PlannedFault): void;
  /** Hears of each fault before the call meets it: for a recording. */
  onFault?(sandbox: string, told: FaultTold): void;
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

/** What was drawn for one call. */
interface Dealt {
  decided: Decided;
  /** Number of its first label. */
  first: number;
  /** Something has come that cannot be put back. */
  hasCome: boolean;
}

export class Noise {
  readonly #parts: NoiseParts;
  readonly #living = new Map<string, Living>();
  readonly #turns = new KeyedLock();
  readonly #acts: Acts;

  constructor(parts: NoiseParts) {
    this.#parts = parts;
    this.#acts = new Acts(parts);
  }

  /** After a start: goes on with what lives, and puts back what the last run of the daemon left changed. */
  async open(scope: Scope): Promise<void> {
    for (const record of this.#parts.store.faults.living()) {
      const living = this.#load(record);
      for (const id of Object.keys(record.held)) living.episode.end(id);
      await this.#acts.undoPast(living, scope);
      await this.#acts
        .letGo(living, scope)
        .catch((error: unknown) =>
          this.#parts.log.error({ error, sandbox: record.sandbox }, 'what stands still was not let go'),
        );
      this.#acts.save(living);
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
    const dealt: Dealt = { decided, first: this.#write(living, decided.labels), hasCome: false };
    living.underway++;
    try {
      const come = await this.#come(living, dealt, call.callId, scope);
      return turnOf(living, come, {
        key,
        isHeld: (fault) => this.#parts.means.isHeld(fault, call.sandbox),
        calledOff: () => void this.#miss(living, dealt, stopped),
      });
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
    await using scope = rootScope({ name: `heal ${sandbox}`, timeoutMs: living.actTimeoutMs });
    await this.#turns.run(sandbox, scope, async () => {
      for (const { fault } of past) await this.#acts.tryToUndo(living, fault, scope);
    });
    this.#acts.save(living);
  }

  /** The sandbox goes on after it slept: what could not be put back meanwhile is now. */
  async awake(sandbox: string): Promise<void> {
    const living = this.#living.get(sandbox);
    if (!living || !this.holds(sandbox)) return;
    await using scope = rootScope({ name: `heal ${sandbox}`, timeoutMs: living.actTimeoutMs });
    await this.#turns.run(sandbox, scope, () => this.#acts.undoPast(living, scope));
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
    await this.#turns.run(sandbox, scope, () => this.#acts.undoAll(living, scope));
  }

  /** @throws what keeps something from being undone; then the plan goes on, without what was still to hit programs */
  async stop(sandbox: string, scope: Scope): Promise<void> {
    const living = this.#living.get(sandbox);
    if (!living) return;
    await this.#turns.run(sandbox, scope, async () => {
      await this.#acts.undoAll(living, scope);
      living.later.callOff();
      await this.#acts.letGo(living, scope);
      living.later.end();
      living.episode.endAll();
      this.#living.delete(sandbox);
    });
    this.#acts.save(living);
    this.#parts.store.faults.update(sandbox, { stopped: true });
    this.#parts.events.publish({ type: 'faults-stopped', tenant: living.record.tenant, sandbox, data: {} });
  }

  /** It is gone: nothing is left to be put back. */
  forget(sandbox: string): void {
    this.#living.get(sandbox)?.later.drop();
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
    const living = livingOf(record);
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

  /** Waits for its turn, then begins what was drawn, and tells it. Answers what came of it. */
  async #come(living: Living, dealt: Dealt, callId: string, scope: Scope): Promise<Decided> {
    const { record, actTimeoutMs: timeoutMs } = living;
    const tell = (labels: readonly FaultLabel[]): void => {
      for (const label of labels) this.#tell(record, label, callId);
    };
    await using waiting = scope.child({ name: 'turn', timeoutMs });
    try {
      const come = await this.#turns.run(record.sandbox, waiting, async () => {
        await using acting = scope.child({ name: 'act', timeoutMs });
        return await this.#prepare(living, dealt, acting);
      });
      tell(come.labels);
      return come;
    } catch (error) {
      if (dealt.hasCome) tell(dealt.decided.labels);
      else this.#miss(living, dealt, error);
      throw error;
    }
  }

  /** Ends what is over, then begins what was drawn. Answers what came of it. */
  async #prepare(living: Living, dealt: Dealt, scope: Scope): Promise<Decided> {
    const { ending, injection, lasting } = dealt.decided;
    const { sandbox } = living.record;
    // The call waited while faults were stopped: whoever stopped them relies on it.
    if (this.#living.get(sandbox) !== living) return { ...this.#miss(living, dealt, stopped), lasting: [] };
    for (const { fault } of ending) await this.#acts.tryToUndo(living, fault, scope);
    const stays = (await this.#acts.undoPast(living, scope, lasting)).map(({ id }) => ({ fault: id, until: null }));
    dealt.decided = { ...dealt.decided, lasting: [...lasting, ...stays] };
    if (!injection) return dealt.decided;
    const { fault } = injection;
    const isHeld = this.#parts.means.isHeld(fault, sandbox);
    if (!isHeld && !passingKinds.has(fault.kind)) return dealt.decided;
    this.#parts.onComing?.(sandbox, fault);
    const hasCome = (): void => {
      dealt.hasCome = true;
    };
    try {
      await (isHeld ? this.#acts.hold(living, fault, scope) : this.#acts.pass(living, fault, hasCome, scope));
      return dealt.decided;
    } catch (error) {
      if (!dealt.hasCome) this.#parts.onMissed?.(sandbox, fault);
      scope.throwIfEnded();
      return dealt.hasCome ? dealt.decided : this.#miss(living, dealt, error);
    }
  }

  /** What was drawn did not come. */
  #miss({ record: { sandbox } }: Living, { decided, first }: Dealt, error: unknown): Decided {
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
}

const stopped = 'faults were stopped';

function cannotHappen({ id, kind }: PlannedFault, why: string): HoldfastError {
  return new HoldfastError('capability-missing', `the fault ${id} (${kind}) cannot happen here: ${why}`, {
    hint: 'Take it out of the plan, or give the sandbox what it needs. `holdfast faults list` says what each needs.',
    details: { fault: id, kind },
  });
}
