/** What is written as lent, while the kernel takes its time: invariant 3 of tunnel-stream.ts. */
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { settled } from '../../test/fixtures/fake-guest.ts';
import { GuestChannel } from './channel.ts';
import { FrameDecoder } from './frames.ts';
import { TunnelStream } from './tunnel-stream.ts';
import { messageTypes } from './wire.ts';

/** A socket whose bytes are looked at only when the kernel gets to them. */
class SlowKernel extends Duplex {
  readonly received = new Map<number, Buffer[]>();
  readonly #waiting: (() => void)[] = [];
  readonly #decoder = new FrameDecoder((type, id, payload) => {
    if (type !== messageTypes.data) return;
    this.received.set(id, [...(this.received.get(id) ?? []), Buffer.from(payload)]);
  });

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#waiting.push(() => {
      this.#decoder.push(Buffer.from(chunk));
      done();
    });
  }

  /** Takes one piece. */
  takePiece(): boolean {
    const next = this.#waiting.shift();
    next?.();
    return next !== undefined;
  }
}

const ids = [0x8000_0000, 0x8000_0001] as const;

type Step = { write: number; stream: 0 | 1 } | { grant: number; stream: 0 | 1 } | { take: number };

/** What arrived, and what was sent, of each stream. */
async function carried(steps: readonly Step[]): Promise<[Buffer, Buffer][]> {
  const kernel = new SlowKernel();
  const channel = new GuestChannel(kernel);
  const subject = { kind: 'port', action: 'a tunnel', name: '1' } as const;
  const [remotePort, localPort, localAddress, credit] = [1, 2, '127.0.0.1', 0];
  const streams = ids.map((id) => {
    const released = (): void => channel.release(id);
    const options = { channel, id, subject, budget: { extraBytes: 0 }, remotePort, localAddress, localPort, credit };
    const stream = new TunnelStream({ ...options, released });
    channel.adopt(id, stream);
    return stream;
  });
  const sent: Buffer[][] = [[], []];
  /** One piece of memory for all that is read, as a lending socket has it. */
  const lent = Buffer.alloc(65_536);
  let fill = 0;
  const grant = (stream: 0 | 1, bytes: number): void => {
    const payload = Buffer.alloc(4);
    payload.writeUInt32LE(bytes);
    streams[stream]?.receive(messageTypes.credit, payload);
  };
  for (const step of steps) {
    if ('write' in step) {
      const bytes = lent.subarray(0, step.write).fill(++fill & 0xff);
      sent[step.stream]?.push(Buffer.from(bytes));
      streams[step.stream]?.writeLent(bytes);
    } else if ('grant' in step) grant(step.stream, step.grant);
    else for (let taken = 0; taken < step.take; taken++) kernel.takePiece();
    await settled();
  }
  for (const stream of [0, 1] as const) grant(stream, 2 ** 24);
  for (let idle = 0; idle < 3; ) {
    await settled();
    idle = kernel.takePiece() ? 0 : idle + 1;
  }
  channel.close();
  return ids.map((id, at) => [Buffer.concat(kernel.received.get(id) ?? []), Buffer.concat(sent[at] ?? [])]);
}

it('the end of a block that is copied does not free what of it still waits', async () => {
  const one = { stream: 0 as const };
  const [first] = await carried([
    { write: 65_536, ...one },
    { grant: 65_536 - 100, ...one },
    { grant: 100, ...one },
    { write: 65_536, ...one },
    { grant: 65_536, ...one },
  ]);
  expect(first?.[0].equals(first[1])).toBe(true);
});

it('whatever is written, granted and taken in whatever order arrives as it was', async () => {
  const stream = fc.constantFrom(0 as const, 1 as const);
  const size = fc.oneof(fc.integer({ min: 1, max: 65_536 }), fc.constantFrom(1, 4095, 4096, 4097, 16_384, 65_536));
  const steps = fc.array(
    fc.oneof(
      fc.record({ write: size, stream }),
      fc.record({ grant: size, stream }),
      fc.record({ take: fc.integer({ min: 1, max: 5 }) }),
    ),
    { minLength: 4, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      for (const [arrived, sent] of await carried(list)) expect(arrived.equals(sent)).toBe(true);
    }),
    { numRuns: 100 },
  );
});
