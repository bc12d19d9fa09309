/**
 * Counts and slows what rules limit. One per sandbox, for as long as its session lives: a policy change does not give a
 * rule its minute anew.
 *
 * 1. `requestsPerMinute`: no 60 seconds in a row (to the second) admit more. So many greetings of the outside are let through
 *    besides, of which no request may come.
 * 2. `bytesPerSecond`: all connections and both directions of a rule share one bucket.
 * 3. `bytesUp` / `bytesDown`: exactly so many bytes pass, a head before them included, then the stream fails.
 * 4. `bytesUpPerMinute` / `bytesDownPerMinute`: no 60 seconds in a row pass more, over all connections of a rule; what would be
 *    too much fails its stream.
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
    if (this.#admits('requests', grant, { most, amount: 1 })) return null;
    return limitDecision(grant.rule, 'rate-limit', `The rule allows ${most} connections or requests a minute.`);
  }

  admitGreeting(grants: readonly Grant[]): boolean {
    return grants.some((grant) =>
      this.#admits('greetings', grant, { most: grant.limits.requestsPerMinute, amount: 1 }),
    );
  }

  stream(grant: Grant, direction: 'up' | 'down', headBytes = 0): Transform | null {
    const { bytesPerSecond } = grant.limits;
    const most = grant.limits[direction === 'up' ? 'bytesUp' : 'bytesDown'];
    const perMinute = grant.limits[direction === 'up' ? 'bytesUpPerMinute' : 'bytesDownPerMinute'];
    if (most === undefined && bytesPerSecond === undefined && perMinute === undefined) return null;
    const bucket =
      bytesPerSecond === undefined
        ? null
        : kept(this.#buckets, `${bytesPerSecond} ${ruleKey(grant.rule)}`, () => new Bucket(bytesPerSecond));
    const way = direction === 'up' ? 'sent' : 'received';
    const stream = new MeteredStream({
      clock: this.#clock,
      bucket,
      most: most ?? Number.POSITIVE_INFINITY,
      tooMany: limitDecision(grant.rule, 'byte-limit', `The rule allows ${most} bytes to be ${way}, and no more.`),
      admits: (amount) => this.#admits(way, grant, { most: perMinute, amount }),
      tooFast: limitDecision(grant.rule, 'rate-limit', `The rule allows ${perMinute} bytes a minute to be ${way}.`),
    });
    stream.countHead(headBytes);
    return stream;
  }

  #admits(what: string, { rule }: Grant, { most, amount }: { most: number | undefined; amount: number }): boolean {
    if (most === undefined) return true;
    const window = kept(this.#windows, `${what} ${ruleKey(rule)}`, () => new Window());
    return window.admit(this.#clock.monotonicMs(), most, amount);
  }
}

/** Counts of the last 60 seconds, one per second. */
class Window {
  readonly #counts: number[] = Array.from({ length: 60 }, () => 0);
  #second = 0;
  #total = 0;

  /** All of it or nothing. */
  admit(nowMs: number, most: number, amount: number): boolean {
    const second = Math.floor(nowMs / 1000);
    for (let passed = Math.max(this.#second + 1, second - 59); passed <= second; passed++) {
      this.#total -= this.#counts[passed % 60] ?? 0;
      this.#counts[passed % 60] = 0;
    }
    this.#second = second;
    if (this.#total + amount > most) return false;
    this.#counts[second % 60] = (this.#counts[second % 60] ?? 0) + amount;
    this.#total += amount;
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
  tooMany: Decision;
  admits(bytes: number): boolean;
  tooFast: Decision;
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

  /** Not passed here; what follows waits for it. @throws HoldfastError `forbidden` when it is too much alone */
  countHead(bytes: number): void {
    const { admits, bucket, clock, tooFast, tooMany } = this.#metering;
    if (bytes > this.#left) throw refusedError(tooMany);
    if (!admits(bytes)) throw refusedError(tooFast);
    this.#left -= bytes;
    bucket?.take(bytes, clock.monotonicMs());
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { admits, tooFast, tooMany } = this.#metering;
    const isTooMuch = chunk.length > this.#left;
    const passing = isTooMuch ? chunk.subarray(0, this.#left) : chunk;
    if (!admits(passing.length)) {
      done(refusedError(tooFast));
      return;
    }
    this.#left -= passing.length;
    this.#pass(passing, () => done(isTooMuch ? refusedError(tooMany) : null));
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
