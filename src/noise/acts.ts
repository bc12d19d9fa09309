/**
 * What faults do to the sandbox itself, and how that is put back. Neighbours: means.ts can do it, keeper.ts says when.
 *
 * 1. What was changed is in the store before it is changed, and stays there until it is put back.
 * 2. What passes is put back first: one that sleeps has to wake before anything else can be.
 */
import type { Log, Scope } from '../base/index.ts';
import type { PlannedFault } from '../schema/index.ts';
import type { EventBus, Store } from '../state/index.ts';
import type { Lasting } from './episode.ts';
import type { Living } from './living.ts';
import { type Held, type Means, passingKinds, stallingKinds } from './means.ts';

export interface ActParts {
  store: Pick<Store, 'faults'>;
  events: Pick<EventBus, 'publish'>;
  means: Means;
  log: Log;
  /** Hears what no longer lasts. */
  onHealed?(sandbox: string, fault: string): void;
}

export class Acts {
  readonly #parts: ActParts;

  constructor(parts: ActParts) {
    this.#parts = parts;
  }

  /** Begins what lasts. */
  async hold(living: Living, fault: PlannedFault, scope: Scope): Promise<void> {
    const { record } = living;
    if (record.held[fault.id]) await this.undo(living, fault.id, scope);
    const { means } = this.#parts;
    const held = await means.measure(fault, record.sandbox, scope);
    record.held[fault.id] = held;
    this.save(living);
    try {
      await means.begin(fault, held, record.sandbox, scope);
    } catch (error) {
      // Half of it may have been done. What cannot be put back now stays held, for the next that heals.
      await this.tryToUndo(living, fault.id, scope, false);
      throw error;
    }
  }

  /**
   * What passes, to its end. A crash in between leaves the sandbox standing: the next start lets it go on.
   * @param hasCome called once something of it has come
   */
  async pass(living: Living, fault: PlannedFault, hasCome: () => void, scope: Scope): Promise<void> {
    const { record } = living;
    record.held[fault.id] = {};
    this.save(living);
    try {
      await this.#parts.means.happen(fault, record.sandbox, hasCome, scope);
      delete record.held[fault.id];
      this.save(living);
    } catch (error) {
      await this.tryToUndo(living, fault.id, scope, false);
      throw error;
    }
  }

  /** Whoever was to let go of what stands still may have died. */
  async letGo({ episode, record }: Living, scope: Scope): Promise<void> {
    const stalling = episode.ready.faults.find(({ fault }) => stallingKinds.has(fault.kind));
    if (stalling) await this.#parts.means.undo(stalling.fault.kind, {}, record.sandbox, scope);
  }

  /** @throws what keeps something from being undone; what came before it is */
  async undoAll(living: Living, scope: Scope): Promise<void> {
    for (const { id } of heldBy(living)) await this.undo(living, id, scope);
  }

  /** What is held and lasts no longer: it could not be undone when it ended. Answers what still cannot be. */
  async undoPast(
    living: Living,
    scope: Scope,
    lasting: readonly Lasting[] = living.episode.state.lasting,
  ): Promise<PlannedFault[]> {
    const isPast = ({ id }: PlannedFault): boolean => !lasting.some(({ fault }) => fault === id);
    for (const { id } of heldBy(living).filter(isPast)) await this.tryToUndo(living, id, scope);
    return heldBy(living).filter(isPast);
  }

  /** In the midst of calls, which are not to fail of it: what stays is undone by the next that asks, or told by it. */
  async tryToUndo(living: Living, id: string, scope: Scope, isTold = true): Promise<void> {
    try {
      await this.undo(living, id, scope, isTold);
    } catch (error) {
      this.#parts.log.error({ error, sandbox: living.record.sandbox, fault: id }, 'a fault is not undone yet');
    }
  }

  /** @param isTold somebody heard that it came */
  async undo(living: Living, id: string, scope: Scope, isTold = true): Promise<void> {
    const { record } = living;
    const held = record.held[id];
    const fault = heldBy(living).find((one) => one.id === id);
    if (held === undefined || !fault) return;
    // What the store gives back is what `begin` answered.
    await this.#parts.means.undo(fault.kind, held as Held, record.sandbox, scope);
    delete record.held[id];
    this.save(living);
    if (!isTold) return;
    const { tenant, sandbox } = record;
    this.#parts.events.publish({ type: 'fault-healed', tenant, sandbox, data: { fault: id, kind: fault.kind } });
    this.#parts.onHealed?.(sandbox, id);
  }

  save({ episode, record }: Living): void {
    this.#parts.store.faults.update(record.sandbox, { state: { ...episode.state }, held: record.held });
  }
}

function heldBy({ record: { given, held } }: Living): PlannedFault[] {
  const faults = given.plan.faults.filter(({ id }) => held[id] !== undefined);
  const isPassing = ({ kind }: PlannedFault): boolean => passingKinds.has(kind);
  return [...faults.filter(isPassing), ...faults.filter((fault) => !isPassing(fault))];
}
