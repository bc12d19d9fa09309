/**
 * The host's end of a machine's own channel against a first process that says anything: an input is a list of steps, of it and of
 * the host's callers, as bytes. After each input the channel is closed, and then:
 *
 * 1. Nothing was thrown, and no failure is one of this program's own mistakes.
 * 2. Everybody who waited has an answer, and no timer is left.
 * 3. What the host sent are whole frames, and of a layer no more than was asked for.
 * 4. Nobody was given what was sent for another.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type OwnedScope, rootScope } from '../../src/base/index.ts';
import { MachineClient } from '../../src/compute/machine/client.ts';
import {
  encodeFrame,
  FieldWriter,
  FrameDecoder,
  launcherTags,
  launcherTypes,
  messageTypes,
  tags,
} from '../../src/guest/index.ts';
import { isHoldfastError } from '../../src/schema/index.ts';
import { TestClock } from '../fixtures/test-clock.ts';
import { Choices, describe, patternOf, turn } from './bytes.ts';

const { ok, error, data, end, credit } = messageTypes;
const answers = [ok, error, data, end, credit, launcherTypes.exited, 0, 255] as const;
const tagNumbers = [...Object.values(tags), ...Object.values(launcherTags)] as [number, ...number[]];
const numbers = [0, 1, 2, 255, 65_536, 0x8000_0000, 0xffff_ffff, Number.MAX_SAFE_INTEGER] as const;
const durations = [1, 1000, 20_000, 60_000, 600_000] as const;
const lengths = [1, 64, 4096, 65_536] as const;
const uploads = [1, 100_000, 1_048_576] as const;
const firstCredit = 1024 * 1024;
const mostSteps = 256;
const turnsToEnd = 40;

export async function fuzz(input: Buffer): Promise<void> {
  await new Session(new Choices(input)).run();
}

/** Reads whatever is written at once. */
class FirstProcess extends Duplex {
  newest = 0;
  readonly uploaded = new Map<number, number>();
  readonly #decoder = new FrameDecoder((type, id, payload) => {
    if (type === data) this.uploaded.set(id, (this.uploaded.get(id) ?? 0) + payload.length);
    else this.newest = id;
  });

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#decoder.push(chunk);
    done();
  }

  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

class Session {
  readonly #choices: Choices;
  readonly #clock = new TestClock();
  readonly #peer = new FirstProcess();
  readonly #scope: OwnedScope;
  readonly #client: MachineClient;
  readonly #waiting = new Map<Promise<unknown>, string>();
  readonly #credits = new Map<number, number>();
  readonly #problems: string[] = [];
  /** DATA was the pattern of its id, nothing else. */
  #isPlain = true;
  #pieceBytes = 65_536;

  constructor(choices: Choices) {
    this.#choices = choices;
    this.#scope = rootScope({ name: 'fuzz', clock: this.#clock });
    // As much of a socket as it is used for.
    this.#client = MachineClient.over(this.#peer as unknown as Socket, () => undefined);
  }

  async run(): Promise<void> {
    for (let steps = 0; this.#choices.left > 1 && steps < mostSteps; steps++) await this.#step(this.#choices.byte());
    await turn();
    for (const [id, sent] of this.#peer.uploaded) {
      if (sent > firstCredit + (this.#credits.get(id) ?? 0)) this.#problems.push(`${sent} bytes were sent for ${id}`);
    }
    if (this.#choices.byte() % 2 === 0) this.#client.close();
    else this.#peer.destroy();
    for (let turns = 0; turns < turnsToEnd && this.#waiting.size > 0; turns++) await turn();
    for (const name of this.#waiting.values()) this.#problems.push(`${name} has no answer`);
    await this.#scope.close();
    await turn();
    if (this.#clock.timers > 0) this.#problems.push(`${this.#clock.timers} timers are left`);
    if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'));
  }

  async #step(kind: number): Promise<void> {
    const choices = this.#choices;
    switch (kind % 9) {
      case 0:
        return this.#begin(choices.byte());
      case 1:
        return this.#say(choices.of(answers), this.#id(), this.#fields(2));
      case 2: {
        const id = this.#id();
        return this.#deliver(encodeFrame(data, id, Buffer.alloc(choices.of(lengths), patternOf(id))));
      }
      case 3:
        this.#isPlain = false;
        return this.#deliver(choices.bytes(choices.byte()));
      case 4:
        return this.#deliver(encodeFrame(ok, this.#id(), likely()));
      case 5:
        return this.#giveCredit();
      case 6:
        this.#pieceBytes = Math.max(1, choices.byte());
        return;
      case 7:
        return await turn();
      default:
        this.#clock.advance(choices.of(durations));
    }
  }

  #begin(which: number): void {
    const [client, scope, choices] = [this.#client, this.#scope, this.#choices];
    const inside = { pid: 2, startTicks: 1, cgroup: '/a' };
    const view = { layers: ['x'], generation: '1' };
    const renewal = { incarnation: 'i', leaseMs: 1, hostname: 'h', machineId: '0'.repeat(32), limits: {} };
    const begun: readonly [string, () => Promise<unknown>][] = [
      ['configure', () => client.configure(scope)],
      ['launch', () => client.launch({ ...renewal, sandbox: 's', view, user: 'agent', keepsPowers: false }, scope)],
      ['renew', () => client.renew(renewal, scope)],
      ['setClock', () => client.setClock(1, scope)],
      ['counters', () => client.counters(inside, scope)],
      ['snapshot', () => client.snapshot(inside, view, 'l', scope)],
      ['swap', () => client.swap(inside, view, undefined, scope)],
      ['freeze', () => client.freeze(inside, scope)],
      ['thaw', () => client.thaw(inside, scope)],
      ['deleteTree', () => client.deleteTree('/rw/x', scope)],
      ['send', () => this.#download(choices.byte())],
      ['take', () => client.take('/rw/x', layer(choices.byte() % 16, choices.of(uploads)), scope)],
    ];
    const [name, begin] = begun[which % begun.length] ?? ['', () => Promise.resolve()];
    const settled = begin().catch((failure: unknown) => {
      if (!isHoldfastError(failure)) this.#problems.push(`${name} failed with ${describe(failure)}`);
    });
    this.#waiting.set(settled, name);
    void settled.then(() => this.#waiting.delete(settled));
  }

  /** All of it has the pattern of one id. */
  async #download(pace: number): Promise<void> {
    let pattern: number | null = null;
    await this.#client.send(
      '/rw/x',
      (piece) => {
        pattern ??= piece[0] ?? null;
        if (this.#isPlain && piece.some((byte) => byte !== pattern))
          this.#problems.push('a layer was given a piece of another');
        return pace % 2 === 0 ? undefined : turn();
      },
      this.#scope,
    );
  }

  #id(): number {
    const byte = this.#choices.byte();
    return byte < 128 ? byte : byte < 252 ? this.#peer.newest : (numbers[byte - 245] ?? 0);
  }

  #giveCredit(): void {
    const [id, bytes] = [this.#id(), this.#choices.of(numbers) % 2 ** 32];
    this.#credits.set(id, (this.#credits.get(id) ?? 0) + bytes);
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(bytes);
    this.#deliver(encodeFrame(credit, id, payload));
  }

  #say(type: number, id: number, payload: Buffer): void {
    if (type === data) this.#isPlain = false;
    // Four bytes that are no fields may be credit all the same.
    if (type === credit) this.#credits.set(id, Number.POSITIVE_INFINITY);
    this.#deliver(encodeFrame(type, id, payload));
  }

  #deliver(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#peer.destroyed; at += this.#pieceBytes)
      this.#peer.emit('data', Buffer.from(bytes.subarray(at, at + this.#pieceBytes)));
  }

  #fields(depth: number): Buffer {
    const choices = this.#choices;
    const writer = new FieldWriter();
    for (let count = choices.byte() % 8; count > 0; count--) {
      const tag = choices.of(tagNumbers);
      const kind = choices.byte() % 3;
      if (kind === 0) writer.int(tag, choices.of(numbers));
      else if (kind === 1 || depth === 0) writer.bytes(tag, choices.bytes(choices.byte() % 32));
      else writer.bytes(tag, this.#fields(depth - 1));
    }
    return Buffer.from(writer.payload());
  }
}

/** What an honest one answers, to anything. */
function likely(): Uint8Array {
  const writer = new FieldWriter().int(tags.pid, 2).int(launcherTags.startTicks, 1).int(launcherTags.pauseUs, 5);
  return writer.int(launcherTags.files, 1).int(launcherTags.bytes, 2).payload();
}

async function* layer(pieces: number, length: number): AsyncGenerator<{ type: 'data' | 'end'; payload: Uint8Array }> {
  for (let piece = 0; piece < pieces; piece++) yield { type: 'data', payload: new Uint8Array(length) };
  yield { type: 'end', payload: new Uint8Array(0) };
}
