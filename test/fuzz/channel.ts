/**
 * The daemon's end of a channel against a guest that says anything: an input is a list of steps, of the guest and of the
 * daemon's callers, as bytes. After each input the channel is closed, and then:
 *
 * 1. Nothing was thrown, and no failure is one of this program's own mistakes.
 * 2. Everybody who waited has an answer, and no timer is left.
 * 3. What the host sent are whole frames.
 * 4. Nobody was given what was sent for another.
 */
import { type OwnedScope, rootScope } from '../../src/base/index.ts';
import {
  encodeFrame,
  FieldWriter,
  GuestChannel,
  GuestClient,
  type GuestStream,
  messageTypes,
  tags,
} from '../../src/guest/index.ts';
import { isHoldfastError } from '../../src/schema/index.ts';
import { TestClock } from '../fixtures/test-clock.ts';
import { Choices, describe, patternOf, turn } from './bytes.ts';
import { type Verb, verbs } from './channel-verbs.ts';
import { Wire } from './wire.ts';

const types = Object.values(messageTypes) as [number, ...number[]];
const answers = [
  messageTypes.ok,
  messageTypes.error,
  messageTypes.data,
  messageTypes.end,
  messageTypes.credit,
  messageTypes.output,
  messageTypes.exit,
  messageTypes.incoming,
  messageTypes.close,
  messageTypes.datagram,
] as const;
/** What they bring is looked at by readers. */
const carriers: ReadonlySet<number> = new Set([messageTypes.data, messageTypes.output, messageTypes.incoming]);
const tagNumbers = Object.values(tags) as [number, ...number[]];
const numbers = [0, 1, 2, 5, 9, 255, 256, 65_536, 0x8000_0000, 0xffff_ffff, Number.MAX_SAFE_INTEGER] as const;
const durations = [1, 50, 5000, 15_000, 60_000, 3_600_000] as const;
const lengths = [1, 9, 64, 4096, 65_536] as const;
const firstPeerId = 0x8000_0000;
const mostSteps = 256;
const mostRepeats = 64;
const turnsToEnd = 40;

export async function fuzz(input: Buffer): Promise<void> {
  const session = new Session(new Choices(input));
  await session.run();
}

export class Session {
  readonly client: GuestClient;
  readonly scope: OwnedScope;
  readonly streams: GuestStream[] = [];
  readonly #clock = new TestClock();
  readonly #wire = new Wire();
  readonly #choices: Choices;
  readonly #waiting = new Map<Promise<unknown>, string>();
  readonly #problems: string[] = [];
  /** Data and output were the pattern of their ids, nothing else. */
  #isPlain = true;
  /** By id and stream: where an honest agent's output goes on. */
  readonly #offsets = new Map<string, number>();
  #closings = 0;
  #pieceBytes = 65_536;
  #last: Buffer = Buffer.alloc(0);

  constructor(choices: Choices) {
    this.#choices = choices;
    this.scope = rootScope({ name: 'fuzz', clock: this.#clock });
    this.client = new GuestClient(new GuestChannel(this.#wire, { clock: this.#clock }));
  }

  async run(): Promise<void> {
    this.wait('hello', this.client.hello(this.#choices.left % 2 === 0 ? this.scope : undefined));
    this.client.onClose(() => this.#closings++);
    // One byte more: how it ends.
    for (let steps = 0; this.#choices.left > 1 && steps < mostSteps; steps++) await this.#step(this.#choices.byte());
    await this.#end(this.#choices.byte());
    if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'));
  }

  /** Whoever waits for it has to be answered in the end, and not by a mistake of ours. */
  wait(name: string, promise: Promise<unknown>): void {
    const settled = promise.catch((error: unknown) => {
      if (!isHoldfastError(error)) this.#problems.push(`${name} failed with ${describe(error)}`);
    });
    this.#waiting.set(settled, name);
    void settled.then(() => this.#waiting.delete(settled));
  }

  /** Bytes that came for whoever has this pattern. */
  received(bytes: Uint8Array, pattern: number, name: string): void {
    if (!this.#isPlain) return;
    const odd = bytes.findIndex((byte) => byte !== pattern);
    if (odd >= 0) this.#problems.push(`${name} was given ${bytes[odd]} among its ${pattern}`);
  }

  take(stream: GuestStream, pattern: number): void {
    this.streams.push(stream);
    stream.on('data', (bytes: Buffer) => this.received(bytes, pattern, 'a stream'));
  }

  /** The id of the newest request of this type, whether or not the guest reads; frames leave at the end of a turn. */
  async idOf(type: number): Promise<number> {
    const id = this.#wire.newest.get(type) ?? 0;
    await turn();
    return id;
  }

  async #step(kind: number): Promise<void> {
    const choices = this.#choices;
    switch (kind % 13) {
      case 0:
        return await this.#begin(choices.of(verbs));
      case 1:
        return this.#say(choices.of(types), this.#id(), this.#fields(2));
      case 2:
        return this.#sayPattern();
      case 3:
        return this.#say(choices.of(answers), this.#id(), choices.bytes(choices.byte()));
      case 4:
        this.#isPlain = false;
        return this.#deliver(choices.bytes(choices.byte()));
      case 5:
        return this.#answer();
      case 6:
        this.#pieceBytes = Math.max(1, choices.byte());
        return;
      case 7:
        return await turn();
      case 8:
        return this.#clock.advance(choices.of(durations));
      case 9:
        return this.#use(choices.byte());
      case 10:
        return this.#accept();
      case 11:
        for (let times = choices.byte() % mostRepeats; times > 0; times--) this.#deliver(this.#last);
        return;
      default:
        if (this.#wire.isStalled) this.#wire.flow();
        else this.#wire.isStalled = true;
    }
  }

  async #begin(verb: Verb): Promise<void> {
    try {
      await verb(this, this.#choices);
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
    }
  }

  /** Ids of ours are small, those of the guest's streams begin at 2^31. */
  #id(): number {
    const byte = this.#choices.byte();
    return byte < 128 ? byte : byte < 252 ? firstPeerId + byte - 128 : (numbers[byte - 245] ?? 0);
  }

  #say(type: number, id: number, payload: Uint8Array, isPattern = false): void {
    if (!isPattern && carriers.has(type)) this.#isPlain = false;
    this.#last = encodeFrame(type, id, payload);
    this.#deliver(this.#last);
  }

  #deliver(bytes: Buffer): void {
    this.#wire.deliver(bytes, this.#pieceBytes);
  }

  #fields(depth: number): Buffer {
    const choices = this.#choices;
    const writer = new FieldWriter();
    for (let count = choices.byte() % 12; count > 0; count--) {
      const tag = choices.of(tagNumbers);
      const kind = choices.byte() % 4;
      if (kind === 0) writer.int(tag, choices.byte());
      else if (kind === 1) writer.int(tag, choices.of(numbers));
      else if (kind === 2 || depth === 0) writer.bytes(tag, choices.bytes(choices.byte() % 32));
      else writer.bytes(tag, this.#fields(depth - 1));
    }
    return writer.payload();
  }

  #sayPattern(): void {
    const choices = this.#choices;
    const id = this.#id();
    const data = Buffer.alloc(choices.of(lengths), patternOf(id));
    const what = choices.byte();
    if (what % 4 > 1) {
      this.#say(messageTypes.data, id, data, true);
      return;
    }
    const head = Buffer.alloc(9);
    head[0] = 1 + (what % 4);
    const place = `${id} ${head[0]}`;
    const offset = (this.#offsets.get(place) ?? 0) + (what < 192 ? 0 : (numbers[what % 8] ?? 0));
    head.writeUIntLE(offset, 1, 6);
    this.#offsets.set(place, offset + data.length);
    this.#say(messageTypes.output, id, Buffer.concat([head, data]), true);
  }

  /** A connection inside, whose port tells the pattern of its bytes. */
  #accept(): void {
    const choices = this.#choices;
    const listeners = this.#wire.sent.filter((frame) => frame.type === messageTypes.listen);
    const listener = listeners[choices.byte() % Math.max(1, listeners.length)];
    const stream = firstPeerId + (choices.byte() & 15);
    const fields = new FieldWriter().int(tags.stream, stream).int(tags.port, patternOf(stream));
    fields.int(tags.credit, choices.of(numbers));
    this.#say(messageTypes.incoming, listener?.id ?? 0, fields.payload(), true);
  }

  /** As an honest agent would answer the request that is chosen, or nearly so. */
  #answer(): void {
    const choices = this.#choices;
    const request = this.#wire.sent[choices.byte() % Math.max(1, this.#wire.sent.length)];
    if (!request) return;
    const writer = new FieldWriter();
    const variant = choices.byte();
    for (const [tag, value] of honest) {
      if (typeof value === 'number') writer.int(tag, value);
      else writer.text(tag, value);
    }
    writer.int(variant & 1 ? tags.signal : tags.exitCode, variant & 1 ? variant >> 2 : variant & 8);
    writer.int(tags.flags, variant & 2 ? 1 : 0).text(tags.processId, variant === 255 ? 'q' : 'p');
    if (variant < 192) writer.int(tags.credit, variant & 4 ? 65_536 : numbers[variant % numbers.length]);
    if (variant % 3 === 0) writer.nested(tags.entry, (entry) => entryOf(entry, variant));
    if (variant & 16) writer.text(tags.message, variant & 32 ? 'cannot enter the working directory' : 'words');
    this.#say(choices.of(answers), request.id, writer.payload());
  }

  /** What a caller does with a connection that stands. */
  #use(choice: number): void {
    const stream = this.streams[choice >> 3];
    if (!stream) return;
    switch (choice & 7) {
      case 0:
        return void stream.end();
      case 1:
        return void stream.destroy();
      case 2:
        return void stream.pause();
      case 3:
        return void stream.resume();
      case 4:
        return void (stream.writable && stream.writeLent(Buffer.alloc(this.#choices.of(lengths), choice)));
      default:
        return void (stream.writable && stream.write(Buffer.alloc(this.#choices.of(lengths), choice)));
    }
  }

  async #end(how: number): Promise<void> {
    const { client } = this;
    await turn();
    if (how % 3 === 0) await this.scope.close();
    if (how % 4 === 0) this.#wire.destroy(new Error('broken off'));
    else if (how % 4 === 1) client.close();
    else if (how % 4 === 2) this.#wire.destroy();
    else this.#wire.push(null);
    for (let turns = 0; turns < turnsToEnd && this.#waiting.size > 0; turns++) await turn();
    await this.scope.close();
    await turn();
    for (const name of this.#waiting.values()) this.#problems.push(`${name} waits for ever`);
    if (this.#clock.timers > 0) this.#problems.push(`${this.#clock.timers} timers are left`);
    for (const stream of this.streams) if (!stream.destroyed) this.#problems.push('a stream outlived its channel');
    const cause = client.closed?.cause;
    if (!client.closed) this.#problems.push('the channel is open');
    else if (this.#closings !== 1) this.#problems.push(`its end was told ${this.#closings} times`);
    if (client.closed?.code === 'guest-protocol' && cause !== undefined && !isHoldfastError(cause))
      this.#problems.push(`it was closed by ${describe(cause)}`);
  }
}

/** Together they are a proper answer to nearly everything. */
const honest: readonly (readonly [number, number | string])[] = [
  [tags.version, 1],
  [tags.incarnation, 'inc'],
  [tags.errno, 2],
  [tags.pid, 7],
  [tags.startedMs, 1000],
  [tags.path, '/a'],
  [tags.size, 64],
  [tags.mode, 0o644],
  [tags.uid, 0],
  [tags.gid, 0],
  [tags.mtimeNs, 1],
  [tags.fileType, 1],
  [tags.count, 1],
  [tags.more, 0],
  [tags.line, 1],
  [tags.text, 'a'],
  [tags.reason, 1],
  [tags.durationMs, 1],
  [tags.stdoutBytes, 4096],
  [tags.stderrBytes, 4096],
  [tags.port, patternOf(firstPeerId)],
  [tags.stream, firstPeerId],
];

function entryOf(entry: FieldWriter, variant: number): void {
  entry
    .text(tags.path, variant & 1 ? 'name' : '../name')
    .text(tags.processId, 'p')
    .text(tags.argv, 'true');
  entry
    .int(tags.pid, 7)
    .int(tags.startedMs, variant & 2 ? 1000 : Number.MAX_SAFE_INTEGER)
    .int(tags.fileType, 1);
  entry.int(tags.size, 1).int(tags.mode, 0o644).int(tags.uid, 0).int(tags.gid, 0).int(tags.mtimeNs, 1);
  if (variant & 4) entry.int(tags.reason, 1).int(tags.exitCode, 0).int(tags.durationMs, 1);
  if (variant & 4) entry.int(tags.stdoutBytes, 0).int(tags.stderrBytes, 0);
}
