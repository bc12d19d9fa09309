/** One timed operation, and which clock inside it is timed by. */
import type { Clock } from '../../base/index.ts';
import type { Operation } from '../probes/operations.ts';
import type { InsideClock, Loss, Sample } from '../profile/index.ts';
import { runLocal } from '../targets/local-process.ts';
import {
  asTargetError,
  isRefusal,
  type TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from '../targets/target.ts';
import { guarded } from './guarded.ts';

export interface Timing {
  session: TargetSession;
  features: TargetFeatures;
  insideClock: InsideClock;
  mark: string;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

/** Why something could not be measured; by which trouble, unless the runtime says so itself. */
export interface Problem {
  reason: string;
  trouble?: Loss;
}

type Measured = Omit<Sample, 'round'> & { problem: Problem | null };

/** How each clock is read into a variable, and how many of its units are a millisecond. */
const clocks: Record<InsideClock, { read: (variable: string) => string; perMs: number } | null> = {
  epochrealtime: { read: (name) => `${name}=$EPOCHREALTIME`, perMs: 0.001 },
  'date-nanoseconds': { read: (name) => `${name}=$(date +%s%N)`, perMs: 1_000_000 },
  uptime: { read: (name) => `read -r ${name} _ </proc/uptime`, perMs: 0.001 },
  none: null,
};

type Asking = Omit<Timing, 'insideClock'>;

const coarse = '{ [ -r /proc/uptime ] && echo uptime || echo none; }';

/** The finest that this runtime's shell has. It is asked by a session's first command, whose time is taken. */
export function findInsideClock(timing: Asking): Promise<InsideClock> {
  const script =
    `case \${EPOCHREALTIME-} in *[.,][0-9]*) echo epochrealtime; exit;; esac; ` +
    'case $(date +%N 2>/dev/null) in [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) echo date-nanoseconds; exit;; esac; ' +
    coarse;
  return clockSaid(timing, script);
}

/** Nanoseconds that are the same at two programs' starts are no clock's: there are interpreters that print nine zeros. */
export async function movingClock(timing: Asking, found: InsideClock): Promise<InsideClock> {
  if (found !== 'date-nanoseconds') return found;
  const script = `t0=$(date +%N); t1=$(date +%N); [ "$t0" != "$t1" ] && echo date-nanoseconds || ${coarse}`;
  return clockSaid(timing, script);
}

async function clockSaid(timing: Asking, script: string): Promise<InsideClock> {
  const request = { command: script, timeoutMs: timing.timeoutMs };
  const { stdout } = await call({ ...timing, insideClock: 'none' }, request).catch((error: unknown) => {
    // A runtime without a shell has no clock for it either, and other things may still be measured.
    if (asTargetError(error, 'clock').trouble === 'refused') return { stdout: new Uint8Array() };
    throw error;
  });
  const word = new TextDecoder().decode(stdout.subarray(0, 64)).trim();
  return word === 'epochrealtime' || word === 'date-nanoseconds' || word === 'uptime' ? word : 'none';
}

/** Null where the runtime or the target has no such thing. */
export async function measure(timing: Timing, operation: Operation): Promise<Measured | null> {
  const work = workOf(timing, operation);
  if (work === null) return null;
  const startedMs = timing.clock.monotonicMs();
  const since = (): number => rounded(timing.clock.monotonicMs() - startedMs);
  try {
    const result = await work();
    const clientMs = since();
    if (result?.timedOut) return { clientMs: timing.timeoutMs, insideMs: null, outcome: 'timed-out', problem: null };
    const insideMs = result && operation.script !== undefined ? insideOf(timing, result) : null;
    const status = result === null || operation.call === 'not-found' ? 0 : result.exitCode;
    if (status === 0) return { clientMs, insideMs, outcome: 'ok', problem: null };
    const problem = { reason: `it leaves with ${status ?? 'no status'}` };
    return { clientMs, insideMs: null, outcome: 'error', problem };
  } catch (thrown) {
    const error = asTargetError(thrown, operation.id);
    const clientMs = since();
    if (error.side === 'harness' || error.trouble === 'died') throw error;
    const problem = problemOf(error);
    if (error.trouble === 'hung') return { clientMs: timing.timeoutMs, insideMs: null, outcome: 'timed-out', problem };
    const expected = operation.call === 'not-found' && error.trouble === 'refused';
    return { clientMs, insideMs: null, outcome: expected ? 'ok' : 'error', problem: expected ? null : problem };
  }
}

function problemOf(error: TargetError): Problem {
  const { message: reason, side, trouble: code } = error;
  return isRefusal(error) ? { reason } : { reason, trouble: { side, code } };
}

const small = new Uint8Array(4096).fill(0x61);
const large = new Uint8Array(1024 * 1024).fill(0x61);
const input = new Uint8Array(65_536).fill(0x61);

function workOf(timing: Timing, { script, call: kind }: Operation): (() => Promise<TargetResult | null>) | null {
  const { session, features, timeoutMs, clock, signal } = timing;
  const path = `/tmp/holdfast-${timing.mark}-timed`;
  const exec = (command: TargetExec['command'], stdin?: Uint8Array) => (): Promise<TargetResult> =>
    call(timing, { command, timeoutMs, ...(stdin === undefined ? {} : { stdin }) });
  const file = (work: (own: AbortSignal) => Promise<unknown>): (() => Promise<null>) | null =>
    features.files === 'exec'
      ? null
      : () => guarded(work, { during: 'file', timeoutMs, clock, signal }).then(() => null);
  if (script !== undefined) return exec(timed(timing, script, path));
  switch (kind) {
    case 'noop':
      return exec(':');
    case 'program':
      return exec(['true']);
    case 'not-found':
      return exec(['no-such-program']);
    case 'stdin':
      return features.stdin === 'yes' ? exec('cat >/dev/null', input) : null;
    case 'output':
      return exec("dd if=/dev/zero bs=65536 count=4 2>/dev/null | tr '\\0' x");
    case 'write-small':
      return file((own) => session.writeFile(path, small, own));
    case 'read-small':
      return file((own) => session.readFile(path, 65_536, own));
    case 'write-large':
      return file((own) => session.writeFile(`${path}-large`, large, own));
    case 'control':
      return () => runLocal({ words: ['/bin/sh', '-c', ':'], timeoutMs }, clock, signal);
    default:
      return null;
  }
}

function call({ session, clock, signal }: Timing, request: TargetExec): Promise<TargetResult> {
  return guarded((own) => session.exec(request, own), { during: 'exec', timeoutMs: request.timeoutMs, clock, signal });
}

function timed({ insideClock, mark }: Timing, script: string, path: string): string {
  const place = `w=${path}-work; `;
  const clock = clocks[insideClock];
  if (clock === null) return `${place}${script}`;
  return `${place}${clock.read('t0')}; ${script}; s=$?; ${clock.read('t1')}; echo "=${mark} $t0 $t1"; [ $s = 0 ]`;
}

function insideOf({ insideClock, mark }: Timing, { stdout }: TargetResult): number | null {
  const text = new TextDecoder().decode(stdout.subarray(0, 65_536));
  const [, from = '', to = ''] = new RegExp(`=${mark} ([0-9.,]{1,40}) ([0-9.,]{1,40})\\s*$`).exec(text) ?? [];
  const clock = clocks[insideClock];
  // Beyond 2^53, which nanoseconds since 1970 are, only the difference is exact.
  const digits = (word: string): bigint | null => (/^\d+$/.test(word) ? BigInt(word) : null);
  if (clock === null || from === '' || to === '') return null;
  const [a, b] = [digits(from), digits(to)];
  const units =
    a !== null && b !== null ? Number(b - a) : Number(to.replace(',', '.')) - Number(from.replace(',', '.'));
  const ms = units / clock.perMs;
  return Number.isFinite(ms) && ms >= 0 && ms < 86_400_000 ? rounded(ms) : null;
}

/** To a thousandth of a millisecond: what is finer is noise, and makes files large. */
export const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
