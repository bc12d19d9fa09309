/** What recorders and the thread that writes tapes say to each other. Buffers are handed over, not copied. */
import type { ErrorBody } from '../../schema/index.ts';
import type { TokenSecrets } from '../secrets/redactor.ts';
import type { CutReason, Exchange, TapeLimits } from './format.ts';

/** Tape numbers are the writer thread's own, one per opened recorder. */
export type ToWriter =
  | { kind: 'open'; tape: number; directory: string; limits: TapeLimits; budget: Budget }
  /** Before the first exchange, and again when there are more. */
  | { kind: 'secrets'; tape: number; secrets: TokenSecrets }
  | { kind: 'part'; tape: number; exchange: number; side: Side; data: Uint8Array; isCoded: boolean }
  /** `head` is a `FinishedExchange` as JSON: one string crosses faster than many. */
  | { kind: 'end'; tape: number; head: string; request: Uint8Array | null; response: Uint8Array | null }
  | { kind: 'frames'; tape: number; exchange: number; frames: string; data: Uint8Array }
  | { kind: 'name'; tape: number; host: string; answered: boolean }
  | { kind: 'flush'; tape: number; ticket: number }
  /** `dropped` exchanges were not handed over at all. */
  | { kind: 'close'; tape: number; dropped: number };

export type FromWriter =
  /** So many bytes are out of the writer's memory. */
  | { kind: 'taken'; tape: number; bytes: number }
  | { kind: 'flushed'; tape: number; ticket: number }
  | { kind: 'closed'; tape: number }
  | { kind: 'failed'; tape: number; error: ErrorBody };

export type Side = 'request' | 'response';

/** Bytes of all tapes that share an allowance, counted across threads. */
export interface Budget {
  used: BigInt64Array;
  limit: number;
}

export interface FrameHead {
  direction: 'up' | 'down';
  opcode: number;
  atMs: number;
  bytes: number;
}

interface BodyCount {
  bytes: number;
  cut: CutReason | null;
}

/** An exchange before its bodies have a place. */
export type FinishedExchange = Omit<Exchange, 'request' | 'response'> & {
  request: Omit<Exchange['request'], 'body' | 'canonical'> & { body: BodyCount };
  response: (Omit<NonNullable<Exchange['response']>, 'body'> & { body: BodyCount }) | null;
};
