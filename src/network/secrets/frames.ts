/** A WebSocket's frames: placeholders may not leave in them, and secrets come back as placeholders. */
import type { FrameGuard, FrameVerdict, Grant } from '../types.ts';
import type { Keyring } from './keyring.ts';
import { Scrubber, type ScrubTable } from './scrub.ts';

const place = { words: 'a WebSocket message', position: null };
const firstControl = 8;
const controlBytes = 125;

export class Frames implements FrameGuard {
  readonly #keyring: Keyring;
  readonly #table: ScrubTable;
  readonly #grant: Grant;
  #held: Buffer = Buffer.alloc(0);
  #scrubber: Scrubber;

  constructor({ keyring, table, grant }: { keyring: Keyring; table: ScrubTable; grant: Grant }) {
    this.#keyring = keyring;
    this.#table = table;
    this.#grant = grant;
    this.#scrubber = new Scrubber(table);
  }

  up(opcode: number, payload: Uint8Array, final: boolean): FrameVerdict {
    const isControl = opcode >= firstControl;
    const buffer = isControl ? asBuffer(payload) : Buffer.concat([this.#held, payload]);
    const found = this.#keyring.finder.find(buffer, final || isControl);
    if ('owner' in found) {
      return { allowed: false, decision: this.#keyring.misplacedDecision(found.owner, place, this.#grant) };
    }
    if (!isControl) this.#held = Buffer.from(buffer.subarray(found.safe));
    return { allowed: true, payload: buffer.subarray(0, found.safe) };
  }

  down(opcode: number, payload: Uint8Array, final: boolean): Uint8Array {
    const bytes = asBuffer(payload);
    // A control frame has no room for more; half a placeholder tells nobody anything.
    if (opcode >= firstControl) return this.#table.whole(bytes).subarray(0, controlBytes);
    if (!final) return this.#scrubber.push(bytes);
    const whole = this.#scrubber.end(bytes);
    this.#scrubber = new Scrubber(this.#table);
    return whole;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
