/**
 * What a process prints on its way into a recording: secrets taken out, pieces that come close together as one event.
 *
 * 1. Offsets are those of the process, whatever stands for its secrets: a reader that goes on from the end of the last event
 *    loses nothing and has nothing twice. So a piece ends where what came and what went on can be told apart, unless that
 *    would keep more than `togetherBytes` waiting.
 */
import type { Clock } from '../base/index.ts';
import type { Recorder } from '../recording/index.ts';
import type { OutputChunk } from '../schema/index.ts';

const togetherMs = 25;
const togetherBytes = 64 * 1024;

type Stream = OutputChunk['stream'];
const streams = ['stdout', 'stderr'] as const satisfies readonly Stream[];

class Pieces {
  bytes = 0;
  #pieces: Uint8Array[] = [];

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.bytes += piece.length;
  }

  take(): Uint8Array {
    this.bytes = 0;
    return Buffer.concat(this.#pieces.splice(0));
  }
}

interface Passing {
  redacted: ReturnType<Recorder['redactor']['stream']>;
  /** Offsets of the process: of what is recorded, of what is ready to be, of what came. */
  recorded: number;
  ready: number;
  came: number;
  readyPieces: Pieces;
  /** Behind it: within what stands for a secret. */
  waiting: Pieces;
}

export interface GatherParts {
  recorder: Pick<Recorder, 'processOutput' | 'redactor'>;
  clock: Clock;
  processId: string;
  /** Where the recording stands. */
  offsets: Record<Stream, number>;
}

export class GatheredOutput {
  readonly #parts: GatherParts;
  readonly #passing: Record<Stream, Passing>;
  #stream: Stream = 'stdout';
  #cancel: (() => void) | null = null;

  constructor(parts: GatherParts) {
    this.#parts = parts;
    const { stdout, stderr } = parts.offsets;
    this.#passing = { stdout: this.#from(stdout), stderr: this.#from(stderr) };
  }

  take({ stream, data, gapBytes }: OutputChunk): void {
    if (stream !== this.#stream) this.#hand();
    this.#stream = stream;
    if (gapBytes > 0) this.#skip(stream, gapBytes);
    const passing = this.#passing[stream];
    const { redacted, waiting, readyPieces } = passing;
    passing.came += data.length;
    waiting.push(redacted.push(data));
    const held = redacted.heldBytes;
    if (held === null && waiting.bytes < togetherBytes) return;
    readyPieces.push(waiting.take());
    passing.ready = passing.came - (held ?? 0);
    if (readyPieces.bytes >= togetherBytes) this.#hand();
    else if (readyPieces.bytes > 0) this.#cancel ??= this.#parts.clock.after(togetherMs, () => this.#hand());
  }

  end(): void {
    for (const stream of streams) this.#finish(stream);
  }

  /** What is ready of the stream that came last; of the other one nothing is. */
  #hand(): void {
    this.#callOff();
    const passing = this.#passing[this.#stream];
    if (passing.readyPieces.bytes > 0) this.#write(this.#stream, passing.readyPieces.take(), passing.ready);
  }

  #callOff(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** All that came. */
  #finish(stream: Stream): void {
    if (stream === this.#stream) this.#callOff();
    const { readyPieces, waiting, redacted, came } = this.#passing[stream];
    readyPieces.push(waiting.take());
    readyPieces.push(redacted.end());
    this.#write(stream, readyPieces.take(), came);
  }

  /** No secret goes on behind a gap. */
  #skip(stream: Stream, gapBytes: number): void {
    this.#finish(stream);
    const { came: offset } = this.#passing[stream];
    const { recorder, processId } = this.#parts;
    recorder.processOutput(processId, stream, { offset, gapBytes, rawBytes: 0 }, new Uint8Array());
    this.#passing[stream] = this.#from(offset + gapBytes);
  }

  #write(stream: Stream, data: Uint8Array, to: number): void {
    const passing = this.#passing[stream];
    const { recorder, processId } = this.#parts;
    const at = { offset: passing.recorded, gapBytes: 0, rawBytes: to - passing.recorded };
    recorder.processOutput(processId, stream, at, data);
    passing.recorded = to;
  }

  #from(offset: number): Passing {
    const redacted = this.#parts.recorder.redactor.stream();
    const at = { recorded: offset, ready: offset, came: offset };
    return { redacted, ...at, readyPieces: new Pieces(), waiting: new Pieces() };
  }
}
