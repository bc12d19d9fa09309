/**
 * What may be why something failed, besides the agent: a fault plan's hand in a step or in a process, and destinations that broke.
 *
 * 1. Only what can make something fail counts: a delay hides no other cause, and is none.
 * 2. A process is its step's: what had its hand in the step had it in the process, however long that runs on. What lasts
 *    has its hand in all that run meanwhile, and what is done to the sandbox in all that run then: from before it is done,
 *    since what it ends has ended when it is told.
 * 3. What the plan does in the network and nobody knows the step of had its hand in all that is under way. A connection that it broke
 *    says so itself: no destination did.
 */
import { isHarmful } from '../noise/index.ts';
import type { FaultEvent, FaultKind, PlannedFault } from '../schema/index.ts';

interface Running {
  step: number | null;
  faulted: boolean;
  startedMs: number;
}

const mostBroken = 1000;
/** What ends long after that did so of something else. */
const recentMs = 60_000;

export class Harm {
  /** Under way. */
  readonly #open = new Set<number>();
  /** Those that the plan had its hand in. */
  readonly #steps = new Set<number>();
  readonly #lasting = new Set<string>();
  /** What is just being done to the sandbox. */
  readonly #coming = new Set<string>();
  readonly #processes = new Map<string, Running>();
  #broken: number[] = [];

  get running(): string[] {
    return [...this.#processes.keys()];
  }

  stepBegun(step: number): void {
    this.#open.add(step);
  }

  /** @param step null where nobody knows */
  fault(step: number | null, { fault, means, draw }: Pick<FaultEvent, 'fault' | 'means' | 'draw'>): void {
    if (!isHarmful(fault)) return;
    if (step !== null) {
      this.#steps.add(step);
      this.#mark((each) => each.step === step);
    } else if (fault.startsWith('network.')) {
      for (const each of this.#open) this.#steps.add(each);
      this.#mark(() => true);
    }
    const { id } = draw;
    if (typeof id === 'string' && this.#coming.delete(id)) this.#mark(() => true);
    if (typeof id === 'string' && means === 'physical' && lasting.has(fault)) {
      this.#lasting.add(id);
      this.#mark(() => true);
    }
  }

  /** It is being done, and is told when it was. */
  coming({ id, kind }: Pick<PlannedFault, 'id' | 'kind'>): void {
    if (isHarmful(kind)) this.#coming.add(id);
  }

  /** It was not to be done. */
  missed(id: string): void {
    this.#coming.delete(id);
  }

  /** It lasts no more. */
  healed(id: string): void {
    this.#lasting.delete(id);
  }

  /** @param injected what the door says of it; absent: nothing */
  stepEnded(step: number, injected: boolean | undefined): boolean {
    this.#open.delete(step);
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
    const { startedMs } = running;
    const faulted = running.faulted || this.#coming.size > 0;
    return { faulted, networkBroke: this.brokeSince(Math.max(startedMs, nowMs - recentMs)) };
  }

  forgetProcesses(): void {
    this.#processes.clear();
  }

  /** A lookup or connection failed, and not of the plan. */
  broke(nowMs: number): void {
    this.#broken = [...this.#broken, nowMs].slice(-mostBroken);
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
