/**
 * What may be why something failed, besides the agent: a fault plan's hand in a step, in a process or in a connection, and
 * destinations that broke.
 *
 * 1. Only what can make something fail counts: a delay hides no other cause, and is none.
 * 2. A process is its step's: what had its hand in the step had it in the process, however long that runs on. What lasts
 *    has its hand in all that run meanwhile, and what is done to the sandbox in all that run then: from before it is done,
 *    since what it ends has ended when it is told.
 * 3. A connection that is to fail of the plan is one connection of its host, soon. Where its step is over, or nobody knows
 *    whose it was, one that fails is the plan's and the destination counts as broken too: an outage is nobody else's doing.
 */
import { isHarmful } from '../noise/index.ts';
import type { FaultEvent, FaultKind, PlannedFault } from '../schema/index.ts';

interface Running {
  step: number | null;
  faulted: boolean;
  startedMs: number;
}

/** A connection or a lookup that is still to fail of the plan. */
interface Due {
  host: string;
  isLookup: boolean;
  step: number | null;
  atMs: number;
  isStepOver: boolean;
}

const mostBroken = 1000;
/** Of more the oldest count as nobody's, and what fails then as an outage. */
const mostDue = 1000;
/** What ends or fails long after that did so of something else. */
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
  /** What is just being done to the sandbox. */
  readonly #coming = new Set<string>();
  readonly #processes = new Map<string, Running>();
  #due: Due[] = [];
  #broken: number[] = [];

  get running(): string[] {
    return [...this.#processes.keys()];
  }

  fault(
    step: number | null,
    { fault, means, draw }: Pick<FaultEvent, 'fault' | 'means' | 'draw'>,
    nowMs: number,
  ): void {
    if (!isHarmful(fault)) return;
    if (step !== null) {
      this.#steps.add(step);
      this.#mark((each) => each.step === step);
    }
    const { id, name: host, channel } = draw;
    if (typeof id === 'string' && this.#coming.delete(id)) this.#mark(() => true);
    if (typeof id === 'string' && means === 'physical' && lasting.has(fault)) {
      this.#lasting.add(id);
      this.#mark(() => true);
    }
    if (typeof host !== 'string' || !breaking.has(fault)) return;
    const due = { host, isLookup: channel === 'lookup', step, atMs: nowMs, isStepOver: false };
    this.#due = [...this.#due, due].slice(-mostDue);
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
    const faulted = this.#steps.delete(step) || injected === true;
    if (faulted) this.#mark((each) => each.step === step);
    // The gateway tells a lookup that failed with its fault; most are told to the resolver inside, and are no flow at all.
    this.#due = this.#due.filter((each) => each.step !== step || !each.isLookup);
    for (const each of this.#due) if (each.step === step) each.isStepOver = true;
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

  /** A lookup or connection failed. Answers whether that was the plan's doing. */
  broke({ host, isLookup }: Pick<Due, 'host' | 'isLookup'>, nowMs: number): boolean {
    this.#due = this.#due.filter(({ atMs }) => atMs >= nowMs - recentMs);
    const due = this.#due.find((each) => each.host === host && each.isLookup === isLookup);
    this.#due = this.#due.filter((each) => each !== due);
    const isSure = due !== undefined && due.step !== null && !due.isStepOver;
    if (!isSure) this.#broken = [...this.#broken, nowMs].slice(-mostBroken);
    return due !== undefined;
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
