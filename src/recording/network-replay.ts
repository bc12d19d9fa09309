/** What steps of a replay meet in the network: what they met there then, at the same lookups, connections and requests. */
import { asHoldfastError, type FaultPlanInput, HoldfastError } from '../schema/index.ts';
import { faultsInNetwork, networkPlanOf } from './remake.ts';
import type { RecordedStep } from './run.ts';

/** A sandbox with a network of its own. */
export interface NetworkPlace {
  /**
   * What its network has for the steps from now on; null for nothing.
   * @throws HoldfastError `capability-missing` where it cannot be met there
   */
  meetInNetwork(plan: FaultPlanInput | null): Promise<void>;
  /** Ids of faults of the network that came, so far. */
  metInNetwork(): Promise<ReadonlySet<string>>;
}

export class NetworkReplay {
  /** What was not made again, in words. */
  readonly notes: string[] = [];
  readonly #isOff: boolean;
  readonly #missing = new Set<number>();
  /** What was to come, in words, by id. */
  readonly #asked = new Map<string, string>();
  #hasPlan = false;

  constructor(faults: 'on' | 'off') {
    this.#isOff = faults === 'off';
  }

  /** The step met something in the network that it does not meet now. */
  misses({ step }: Pick<RecordedStep, 'step'>): boolean {
    return this.#missing.has(step);
  }

  /** Before the step is executed. */
  async meet(place: NetworkPlace, step: RecordedStep): Promise<void> {
    const events = this.#isOff ? [] : faultsInNetwork(step);
    if (events.length === 0 && !this.#hasPlan) return;
    const plan = events.length === 0 ? null : networkPlanOf(step);
    try {
      if (events.length > 0 && !plan)
        throw new HoldfastError('capability-missing', 'it is not known which of its connections that hit');
      await place.meetInNetwork(plan);
      this.#hasPlan = plan !== null;
      for (const { id, kind, host } of told(plan)) this.#asked.set(id, `${kind} of step ${step.step} at ${host}`);
    } catch (error) {
      const { code, message } = asHoldfastError(error);
      if (code !== 'capability-missing') throw error;
      this.#missing.add(step.step);
      this.notes.push(
        `step ${step.step} is told what it answered: its faults of the network do not come again: ${message}`,
      );
    }
  }

  /** Afterwards: what was to come and had no occasion to. */
  async end(place: NetworkPlace): Promise<void> {
    if (this.#asked.size === 0) return;
    const met = await place.metInNetwork();
    for (const [id, what] of this.#asked)
      if (!met.has(id)) this.notes.push(`${what} did not come again: what it hit then was not done now`);
  }
}

/** Of a plan that was made of a recording: each fault has its host. */
function told(plan: FaultPlanInput | null): { id: string; kind: string; host: string }[] {
  return (plan?.faults ?? []).map((fault) => {
    const { id, kind } = fault;
    return { id, kind, host: 'hosts' in fault && fault.hosts ? fault.hosts.join() : '' };
  });
}
