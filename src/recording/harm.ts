/**
 * What may be why something failed, besides the agent: a fault plan's hand in a step or in a process, and destinations that broke.
 *
 * 1. Only what can make something fail counts. A delay is why something ended too late, and of nothing else: it hides no other cause.
 * 2. A process is its step's: what had its hand in the step had it in the process, however long that runs on. What lasts
 *    has its hand in all that run meanwhile, and what is done to the sandbox in all that run then: from before it is done,
 *    since what it ends has ended when it is told.
 * 3. What the plan does in the network and nobody knows the step of had its hand in all that is under way. A connection that it broke
 *    says so itself: no destination did.
 * 4. A connection is that of who was under way when it began: what an earlier step left running is not why a later one failed.
 */
import { handOf } from '../noise/index.ts';
import type { FaultEvent, FaultKind, PlannedFault } from '../schema/index.ts';

/** What the plan did to something: it may have failed of it, or of being late. */
export interface Hands {
  faulted: boolean;
  slowed: boolean;
}

/** What the network did to something. */
interface Network {
  networkBroke: boolean;
  tapeMissed: boolean;
}

interface Connection {
  beganMs: number;
  atMs: number;
}

interface Running extends Hands {
  step: number | null;
  tag: string | null;
  startedMs: number;
}

/** A program that runs, by its id and what its starter called it. */
export interface RunningProgram {
  processId: string;
  tag: string | null;
}

const mostBroken = 1000;
/** What ends long after that did so of something else. */
const recentMs = 60_000;
/** Two clocks say when something began. */
const slackMs = 2;

export class Harm {
  /** Steps under way. */
  readonly #open = new Map<number, Hands>();
  readonly #lasting = new Map<string, keyof Hands>();
  /** What is just being done to the sandbox. */
  readonly #coming = new Set<string>();
  readonly #processes = new Map<string, Running>();
  readonly #broken: Connection[] = [];
  readonly #missed: Connection[] = [];

  get running(): RunningProgram[] {
    return [...this.#processes].map(([processId, { tag }]) => ({ processId, tag }));
  }

  /** What harms and lasts the door says at the end. */
  stepBegun(step: number): void {
    this.#open.set(step, { faulted: false, slowed: this.#lasts('slowed') });
  }

  /** @param step null where nobody knows */
  fault(step: number | null, { fault, means, draw }: Pick<FaultEvent, 'fault' | 'means' | 'draw'>): void {
    const hand = hands[handOf(fault) ?? 'none'];
    if (hand === null) return;
    const { id } = draw;
    const lasts = typeof id === 'string' && means === 'physical' && lasting.has(fault);
    if (step !== null) {
      const open = this.#open.get(step);
      if (open) open[hand] = true;
      this.#mark(hand, (each) => each.step === step);
    }
    if (isEverywhere(fault, step) || (lasts && hand === 'slowed')) {
      for (const each of this.#open.values()) each[hand] = true;
      this.#mark(hand, () => true);
    }
    if (typeof id === 'string' && this.#coming.delete(id)) this.#mark(hand, () => true);
    if (lasts) {
      this.#lasting.set(id, hand);
      this.#mark(hand, () => true);
    }
  }

  /** It is being done, and is told when it was. */
  coming({ id, kind }: Pick<PlannedFault, 'id' | 'kind'>): void {
    if (handOf(kind) === 'harms') this.#coming.add(id);
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
  stepEnded(step: number, injected: boolean | undefined): Hands {
    const { faulted = false, slowed = false } = this.#open.get(step) ?? {};
    this.#open.delete(step);
    if (faulted || injected === true) this.#mark('faulted', (each) => each.step === step);
    return { faulted: faulted || injected === true, slowed };
  }

  processStarted({ processId, tag }: RunningProgram, step: number | null, startedMs: number): void {
    const of = step === null ? undefined : this.#open.get(step);
    this.#processes.set(processId, {
      step,
      tag,
      faulted: this.#lasts('faulted') || of?.faulted === true,
      slowed: this.#lasts('slowed') || of?.slowed === true,
      startedMs,
    });
  }

  /** Null for one that is not known. */
  processEnded(processId: string, nowMs: number): (Hands & Network) | null {
    const running = this.#processes.get(processId);
    if (!running || !this.#processes.delete(processId)) return null;
    const { startedMs, slowed } = running;
    const faulted = running.faulted || this.#coming.size > 0;
    return { faulted, slowed, ...this.network(startedMs, nowMs - recentMs) };
  }

  forgetProcesses(): void {
    this.#processes.clear();
  }

  /** A lookup or connection failed, and neither of the plan nor of the sandbox; or a tape did not know what was asked. */
  connection(what: 'broke' | 'missed', connection: Connection): void {
    const kept = what === 'broke' ? this.#broken : this.#missed;
    if (kept.push(connection) > mostBroken) kept.shift();
  }

  /** @param sinceMs what was told before counts no more */
  network(startedMs: number, sinceMs: number = startedMs): Network {
    const leastMs = Math.max(startedMs, sinceMs);
    const isOwn = ({ beganMs, atMs }: Connection): boolean => beganMs >= startedMs - slackMs && atMs >= leastMs;
    return { networkBroke: this.#broken.some(isOwn), tapeMissed: this.#missed.some(isOwn) };
  }

  #lasts(hand: keyof Hands): boolean {
    return [...this.#lasting.values()].includes(hand);
  }

  #mark(hand: keyof Hands, which: (running: Running) => boolean): void {
    for (const each of this.#processes.values()) if (which(each)) each[hand] = true;
  }
}

const isEverywhere = (fault: string, step: number | null): boolean =>
  step === null ? fault.startsWith('network.') : fault === 'lifecycle.suspend-gap';

const hands = { harms: 'faulted', slows: 'slowed', none: null } as const;

/** What the whole sandbox is under until it is put back; done to a call only, it is that call's. */
const lasting: ReadonlySet<string> = new Set<FaultKind>([
  'filesystem.no-space',
  'filesystem.read-only',
  'resources.memory',
  'resources.processes',
  'resources.cpu',
  'clock.jump',
]);
