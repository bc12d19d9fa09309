/**
 * What may be why something failed, besides the agent: a fault plan's hand in a step, in a process or in a connection, and
 * destinations that broke.
 *
 * 1. Only what can make something fail counts: a delay hides no other cause, and is none.
 * 2. A process is its step's: what had its hand in the step had it in the process, however long that runs on. What lasts
 *    has its hand in all that run meanwhile.
 */
import { isHarmful } from '../noise/index.ts';
import type { FaultEvent, FaultKind } from '../schema/index.ts';

interface Running {
  step: number | null;
  faulted: boolean;
  startedMs: number;
}

const mostBroken = 1000;
const mostHosts = 1000;
/** A process that ends long after a connection broke ended of something else. */
const recentMs = 60_000;
/** Those after which a connection or a lookup has failed, where others answer something. */
const breaking: ReadonlySet<string> = new Set<FaultKind>([
  'network.no-name',
  'network.refuse',
  'network.drop',
  'network.reset',
  'network.tls-failure',
  'network.early-close',
]);

export class Harm {
  readonly #steps = new Set<number>();
  readonly #lasting = new Set<string>();
  readonly #processes = new Map<string, Running>();
  /** Connections and lookups that are still to fail of the plan, by host. */
  readonly #hosts = new Map<string, number>();
  #broken: number[] = [];

  get running(): string[] {
    return [...this.#processes.keys()];
  }

  fault(step: number | null, { fault, means, draw }: Pick<FaultEvent, 'fault' | 'means' | 'draw'>): void {
    if (!isHarmful(fault)) return;
    if (step !== null) {
      this.#steps.add(step);
      this.#mark((each) => each.step === step);
    }
    const { id, name: host } = draw;
    if (typeof id === 'string' && means === 'physical' && lasting.has(fault)) {
      this.#lasting.add(id);
      this.#mark(() => true);
    }
    if (typeof host === 'string' && breaking.has(fault) && this.#hosts.size < mostHosts)
      this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1);
  }

  /** It lasts no more. */
  healed(id: string): void {
    this.#lasting.delete(id);
  }

  /** @param injected what the door says of it; absent: nothing */
  stepEnded(step: number, injected: boolean | undefined): boolean {
    const faulted = this.#steps.delete(step) || injected === true;
    if (faulted) this.#mark((each) => each.step === step);
    return faulted;
  }

  processStarted(processId: string, step: number | null, startedMs: number): void {
    const faulted = this.#lasting.size > 0 || (step !== null && this.#steps.has(step));
    this.#processes.set(processId, { step, faulted, startedMs });
  }

  /** Null for one that is not known. */
  processEnded(processId: string, nowMs: number): { faulted: boolean; networkBroke: boolean } | null {
    const running = this.#processes.get(processId);
    if (!running || !this.#processes.delete(processId)) return null;
    const { faulted, startedMs } = running;
    return { faulted, networkBroke: this.brokeSince(Math.max(startedMs, nowMs - recentMs)) };
  }

  forgetProcesses(): void {
    this.#processes.clear();
  }

  /** A lookup or connection failed. Answers whether that was the plan's doing. */
  broke(host: string, nowMs: number): boolean {
    const due = this.#hosts.get(host) ?? 0;
    if (due > 1) this.#hosts.set(host, due - 1);
    else this.#hosts.delete(host);
    if (due === 0) this.#broken = [...this.#broken, nowMs].slice(-mostBroken);
    return due > 0;
  }

  brokeSince(sinceMs: number): boolean {
    return this.#broken.some((atMs) => atMs >= sinceMs);
  }

  #mark(which: (running: Running) => boolean): void {
    for (const each of this.#processes.values()) if (which(each)) each.faulted = true;
  }
}

/** What the whole sandbox is under until it is put back, and harms; done to a call only, it is that call's. */
const lasting: ReadonlySet<string> = new Set<FaultKind>([
  'filesystem.no-space',
  'filesystem.read-only',
  'resources.memory',
  'resources.processes',
]);
