/**
 * What recordings show of the runtime they were made in: which calls failed of it, with which error, and what broke in the
 * network. What the agent did wrong itself is no fault of a plan, and what a plan did is not what production does.
 */
import { type EventOf, HoldfastError, type RecordingEvent } from '../schema/index.ts';
import type { Seen, SeenFailure } from './calibrate.ts';

interface Counted {
  calls: number;
  failures: Map<string, SeenFailure>;
  okMs: number[];
  /** In their order, over all recordings. */
  outcomes: boolean[];
}

/** Those of a network's flow that are counted; a flow comes from our own gateway. */
interface FlowFacts {
  kind: string;
  host: string;
  status: number | null;
  error: string | null;
  timing: { connectedMs: number | null };
  decision: { allowed: boolean };
}

export class Observed {
  readonly #byName = new Map<string, Counted>();
  readonly #begun = new Map<string, string>();

  /** @param recording its id, to tell its steps from those of others */
  take(recording: string, event: RecordingEvent): void {
    if (event.type === 'fault')
      throw new HoldfastError('invalid-argument', `the recording ${recording} was made under a fault plan`, {
        hint: 'Give recordings of production: what a plan did would be counted as what the runtime does.',
      });
    if (event.type === 'step-begun') this.#begun.set(`${recording} ${event.step}`, event.name);
    else if (event.type === 'step-ended') this.#step(recording, event);
    // Facts of a flow are what the gateway wrote: NetworkFlow.
    else if (event.type === 'network-flow') this.#flow(event.flow as unknown as FlowFacts);
  }

  /** By name, so that the same recordings give the same plan in whatever order they come. */
  seen(): Seen[] {
    return [...this.#byName]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, { calls, failures, okMs, outcomes }]) => {
        const isNetwork = name === 'lookup' || name === 'connection';
        return {
          operation: name,
          ...(isNetwork ? { about: 'network' as const } : { about: 'tools' as const, names: [name] }),
          calls,
          failures: [...failures.values()],
          ...(name === 'connection' ? spreadOf(okMs) : { medianMs: 0, p99Ms: 0 }),
          burstIndex: burstIndex(outcomes),
        };
      });
  }

  #step(recording: string, { step, durationMs, failure, cause }: EventOf<'step-ended'>): void {
    const name = this.#begun.get(`${recording} ${step}`);
    if (name === undefined) return;
    this.#begun.delete(`${recording} ${step}`);
    // A command that ended with another status failed by itself, or of what its connections met.
    const isOurs = failure !== null && cause === 'infrastructure';
    this.#count(name, isOurs ? { kind: 'tool.error', code: failure.code } : null, durationMs);
  }

  /**
   * Each connection looks its name up, here or inside. Inside every allowed name has an address, so whether it has one is seen here;
   * what was asked there is told once a minute for each name, and would count less than what is told each time.
   */
  #flow({ kind, host, status, error, timing, decision }: FlowFacts): void {
    if (!decision.allowed || kind === 'dns') return;
    const unresolved = error?.includes('does not resolve') ?? false;
    if (!isAddress(host)) this.#count('lookup', unresolved ? { kind: 'network.no-name', code: null } : null, null);
    if (!unresolved) this.#count('connection', brokenBy(error, status), timing.connectedMs);
  }

  #count(name: string, failure: Omit<SeenFailure, 'count'> | null, ms: number | null): void {
    const counted: Counted = this.#byName.get(name) ?? { calls: 0, failures: new Map(), okMs: [], outcomes: [] };
    this.#byName.set(name, counted);
    counted.calls++;
    counted.outcomes.push(failure !== null);
    if (failure === null) {
      if (ms !== null) counted.okMs.push(ms);
      return;
    }
    const key = `${failure.kind} ${failure.code}`;
    counted.failures.set(key, { ...failure, count: (counted.failures.get(key)?.count ?? 0) + 1 });
  }
}

/** As the gateway spells hosts: no name has a colon, or digits alone. */
const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);

function brokenBy(error: string | null, status: number | null): Omit<SeenFailure, 'count'> | null {
  if (error === null) return status !== null && status >= 500 ? { kind: 'network.server-error', code: null } : null;
  if (/refuses connections/.test(error)) return { kind: 'network.refuse', code: null };
  if (/did not answer|does not answer/.test(error)) return { kind: 'network.drop', code: null };
  return { kind: 'network.reset', code: null };
}

export function spreadOf(values: readonly number[]): { medianMs: number; p99Ms: number } {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { medianMs: at(0.5), p99Ms: at(0.99) };
}

/**
 * How much failures keep together: the chance of one right after another, over the chance of one at all. 1 is no
 * memory, 5 is bursts. Null when there are too few to say.
 */
export function burstIndex(failed: readonly boolean[]): number | null {
  const count = failed.filter(Boolean).length;
  const followed = failed.slice(0, -1).filter(Boolean).length;
  if (followed < 5 || count === failed.length) return null;
  const pairs = failed.filter((now, at) => now && failed[at - 1] === true).length;
  return pairs / followed / (count / failed.length);
}
