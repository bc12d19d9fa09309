/** OUTPUT and EXIT frames of a process, checked: offsets only go forward, and an exit says exactly one way it ended. */
import { Buffer } from 'node:buffer';
import { type ExitReason, exitReasons, type OutputChunk, type ProcessExit } from '../schema/index.ts';
import { Fields } from './fields.ts';
import { protocolError, readUint64 } from './frames.ts';
import { signalName } from './signals.ts';
import { tags } from './wire.ts';

const headBytes = 9;
const streams = ['stdout', 'stderr'] as const;
/** What only the host can know is not the guest's to claim. */
const guestReasons: readonly ExitReason[] = [
  'exited',
  'signalled',
  'timed-out',
  'silent-timeout',
  'oom',
  'disk-full',
  'pid-limit',
  'output-limit',
  'cancelled',
];

/** Follows both streams of one attachment. */
export class OutputTracker {
  readonly #next: Record<OutputChunk['stream'], number>;

  constructor(stdoutOffset: number, stderrOffset: number) {
    this.#next = { stdout: stdoutOffset, stderr: stderrOffset };
  }

  chunk(payload: Buffer): OutputChunk {
    const stream = streams[(payload[0] ?? 0) - 1];
    if (!stream || payload.length < headBytes) throw protocolError('an OUTPUT frame from the guest is malformed');
    const offset = readUint64(payload, 1);
    const data = payload.subarray(headBytes);
    const gapBytes = offset - this.#next[stream];
    if (gapBytes < 0 || offset + data.length > Number.MAX_SAFE_INTEGER) {
      throw protocolError(`the guest's ${stream} went back to offset ${offset}`);
    }
    this.#next[stream] = offset + data.length;
    return { stream, offset, data, gapBytes };
  }

  exit(payload: Buffer): ProcessExit {
    const exit = readExit(new Fields(payload));
    if (exit.stdoutBytes < this.#next.stdout || exit.stderrBytes < this.#next.stderr) {
      throw protocolError('the guest reported less output than it sent');
    }
    return exit;
  }
}

export function readExit(fields: Fields): ProcessExit {
  const reason = exitReasons[fields.int(tags.reason) - 1];
  const exitCode = fields.optionalInt(tags.exitCode) ?? null;
  const signal = fields.optionalInt(tags.signal) ?? null;
  if (!reason || !guestReasons.includes(reason))
    throw protocolError('the guest gave an exit reason that is not its own');
  if ((exitCode === null) === (signal === null) || (exitCode !== null && exitCode > 255)) {
    throw protocolError('the guest reported an exit without exactly one of status and signal');
  }
  return {
    reason,
    exitCode,
    signal: signal === null ? null : signalName(signal),
    durationMs: fields.int(tags.durationMs),
    stdoutBytes: fields.int(tags.stdoutBytes),
    stderrBytes: fields.int(tags.stderrBytes),
  };
}

const blockBytes = 4096;

/** Joins small pieces, so that a flood of one-byte frames costs memory for its bytes and not for its frames. */
export class Coalescer {
  #block: Buffer = Buffer.alloc(0);
  #joined: Uint8Array | null = null;

  /** Both as one piece, or null when that would be more than a block. */
  join(newest: Uint8Array, more: Uint8Array): Uint8Array | null {
    const length = newest.length + more.length;
    if (length > blockBytes) return null;
    if (newest !== this.#joined) {
      this.#block = Buffer.allocUnsafeSlow(blockBytes);
      this.#block.set(newest);
    }
    this.#block.set(more, newest.length);
    this.#joined = this.#block.subarray(0, length);
    return this.#joined;
  }
}
