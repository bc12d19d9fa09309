/**
 * Counts and slows what rules limit. One per sandbox, for as long as its session lives: a policy change does not give a
 * rule its minute anew.
 *
 * 1. `requestsPerMinute`: no 60 seconds in a row (to the second) admit more.
 * 2. `bytesPerSecond`: all connections and both directions of a rule share one bucket.
 * 3. `bytesUp` / `bytesDown`: exactly so many bytes pass, then the stream fails.
 */
import type { Buffer } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import type { Clock } from '../../base/index.ts';
import type { Decision, RuleRef } from '../../schema/index.ts';
import type { Grant, Meter } from '../types.ts';
import { refusedError } from './refusals.ts';

export class RuleMeter implements Meter {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admit(grant: Grant): Decision | null {
    const most = grant.limits.requestsPerMinute;
    if (most === undefined) return null;
    const window = kept(this.#windows, ruleKey(grant.rule), () => new Window());
    if (window.admit(this.#clock.monotonicMs(), most)) return null;
    return limitDecision(grant.rule, 'rate-limit', `The rule allows ${most} connections or requests a minute.`);
  }

  stream(grant: Grant, direction: 'up' | 'down'): Transform | null {
    const { bytesUp, bytesDown, bytesPerSecond } = grant.limits;
    const most = direction === 'up' ? bytesUp : bytesDown;
    if (most === undefined && bytesPerSecond === undefined) return null;
    const bucket =
      bytesPerSecond === undefined
        ? null
        : kept(this.#buckets, `${bytesPerSecond} ${ruleKey(grant.rule)}`, () => new Bucket(bytesPerSecond));
    const way = direction === 'up' ? 'sent' : 'received';
    const refusal = limitDecision(grant.rule, 'byte-limit', `The rule allows ${most} bytes to be ${way}, and no more.`);
    return new MeteredStream({ clock: this.#clock, bucket, most: most ?? Number.POSITIVE_INFINITY, refusal });
  }
}

/** Counts of the last 60 seconds, one per second. */
class Window {
  readonly #counts: number[] = Array.from({ length: 60 }, () => 0);
  #second = 0;
  #total = 0;

  admit(nowMs: number, most: number): boolean {
    const second = Math.floor(nowMs / 1000);
    for (let passed = Math.max(this.#second + 1, second - 59); passed <= second; passed++) {
      this.#total -= this.#counts[passed % 60] ?? 0;
      this.#counts[passed % 60] = 0;
    }
    this.#second = second;
    if (this.#total >= most) return false;
    this.#counts[second % 60] = (this.#counts[second % 60] ?? 0) + 1;
    this.#total++;
    return true;
  }
}

/** Tokens may be owed: who takes more than there are waits until they have come in, and so does who comes after. */
class Bucket {
  readonly pieceBytes: number;
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs = 0;

  constructor(bytesPerSecond: number) {
    this.#perMs = bytesPerSecond / 1000;
    this.#burst = bytesPerSecond / 4;
    this.#tokens = this.#burst;
    this.pieceBytes = Math.ceil(bytesPerSecond / 8);
  }

  /** Takes them, and says how long to wait before they may pass. */
  take(bytes: number, nowMs: number): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    this.#tokens -= bytes;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }
}

interface Metering {
  clock: Clock;
  bucket: Bucket | null;
  most: number;
  refusal: Decision;
}

class MeteredStream extends Transform {
  readonly #metering: Metering;
  #left: number;
  #cancelWait: (() => void) | undefined;

  constructor(metering: Metering) {
    super();
    this.#metering = metering;
    this.#left = metering.most;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const isTooMuch = chunk.length > this.#left;
    const passing = isTooMuch ? chunk.subarray(0, this.#left) : chunk;
    this.#left -= passing.length;
    this.#pass(passing, () => done(isTooMuch ? refusedError(this.#metering.refusal) : null));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#cancelWait?.();
    done(error);
  }

  #pass(bytes: Buffer, done: () => void): void {
    const { bucket, clock } = this.#metering;
    if (bytes.length === 0) {
      done();
      return;
    }
    const piece = bucket ? bytes.subarray(0, bucket.pieceBytes) : bytes;
    const proceed = (): void => {
      this.push(piece);
      this.#pass(bytes.subarray(piece.length), done);
    };
    const waitMs = bucket?.take(piece.length, clock.monotonicMs()) ?? 0;
    if (waitMs < 1) proceed();
    else this.#cancelWait = clock.after(waitMs, proceed);
  }
}

function limitDecision(rule: RuleRef, code: 'rate-limit' | 'byte-limit', message: string): Decision {
  return { allowed: false, code, rule, message, hint: `Raise or remove the limit of the rule \`${rule.text}\`.` };
}

const ruleKey = (rule: RuleRef): string => `${rule.preset ?? ''} ${rule.text}`;

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
