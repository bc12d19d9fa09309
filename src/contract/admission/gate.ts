/**
 * Whether a latency ceiling of a contract is kept, judged by what was measured: the answer decides whether one more sandbox
 * is let in. Nothing is ever made slower or faster by it.
 *
 * 1. Only what was measured within the window counts. Without measurements there is no refusal.
 * 2. It closes when more calls were late than the promise allows, beyond what chance explains; one late call never does.
 * 3. It opens only after a stretch in which all was well below the ceiling, so that it does not flap.
 * 4. One sandbox fills only a part of the window: what is slow in one alone is that one's matter.
 */
import type { Contract } from '../document/contract.ts';
import { quantile } from '../statistics/describe.ts';
import { wilson } from '../statistics/proportions.ts';

export const windowMs = 60_000;
/** Of a ceiling on the 99th percentile. */
const allowedShare = 0.01;
const fewestSamples = 20;
const mostSamples = 2048;
const mostOfOne = 64;
/** All below this part of the ceiling, for so long and so often, opens it again. */
const wellBelow = 0.8;
const calmMs = 15_000;

export interface Ceiling {
  operation: string;
  /** The upper end of what is promised of the 99th percentile. */
  p99Ms: number;
}

export function ceilingsOf({ latency }: Contract): Ceiling[] {
  return Object.entries(latency).flatMap(([operation, { level, p99Ms }]) =>
    level === 'free' || p99Ms === undefined ? [] : [{ operation, p99Ms: p99Ms[1] }],
  );
}

interface Sample {
  atMs: number;
  sandbox: string;
  ms: number;
}

export interface GateState {
  open: boolean;
  samples: number;
  /** Above the ceiling. */
  late: number;
  /** Null without samples. */
  p99Ms: number | null;
}

export class CeilingGate {
  readonly ceilingMs: number;
  #samples: Sample[] = [];
  readonly #counts = new Map<string, number>();
  #open = true;

  constructor(ceilingMs: number) {
    this.ceilingMs = ceilingMs;
  }

  /** @param nowMs of a clock that only goes forward */
  add(sandbox: string, ms: number, nowMs: number): void {
    this.#forget(nowMs);
    const own = this.#counts.get(sandbox) ?? 0;
    if (own >= mostOfOne) this.#drop(this.#samples.findIndex((sample) => sample.sandbox === sandbox));
    else if (this.#samples.length >= mostSamples) this.#drop(0);
    this.#samples.push({ atMs: nowMs, sandbox, ms });
    this.#counts.set(sandbox, (this.#counts.get(sandbox) ?? 0) + 1);
  }

  look(nowMs: number): GateState {
    this.#forget(nowMs);
    const values = this.#samples.map(({ ms }) => ms);
    const late = values.filter((ms) => ms > this.ceilingMs).length;
    if (this.#open && values.length >= fewestSamples && wilson(late, values.length).low > allowedShare)
      this.#open = false;
    else if (!this.#open && this.#isCalm(nowMs)) this.#reopen(nowMs);
    return { open: this.#open, samples: values.length, late, p99Ms: values.length > 0 ? quantile(values, 0.99) : null };
  }

  /** What closed it has been answered by the calm since, and does not close it again. */
  #reopen(nowMs: number): void {
    this.#open = true;
    this.#keep(this.#recent(nowMs));
  }

  #recent(nowMs: number): Sample[] {
    return this.#samples.filter(({ atMs }) => atMs > nowMs - calmMs);
  }

  #isCalm(nowMs: number): boolean {
    if (this.#samples.length < fewestSamples) return true;
    const recent = this.#recent(nowMs);
    return recent.length >= fewestSamples && recent.every(({ ms }) => ms <= this.ceilingMs * wellBelow);
  }

  #forget(nowMs: number): void {
    for (let [oldest] = this.#samples; oldest && oldest.atMs <= nowMs - windowMs; [oldest] = this.#samples)
      this.#drop(0);
  }

  #drop(at: number): void {
    const [gone] = this.#samples.splice(at, 1);
    if (!gone) return;
    const left = (this.#counts.get(gone.sandbox) ?? 1) - 1;
    if (left === 0) this.#counts.delete(gone.sandbox);
    else this.#counts.set(gone.sandbox, left);
  }

  #keep(samples: Sample[]): void {
    this.#samples = samples;
    this.#counts.clear();
    for (const { sandbox } of samples) this.#counts.set(sandbox, (this.#counts.get(sandbox) ?? 0) + 1);
  }
}
