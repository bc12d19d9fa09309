/**
 * Credit under any interleaving: uploads, downloads and attachments at once, against a guest that grants, sends and
 * pauses as the generated moves say. The fake guest keeps the books; the content proves that nothing is lost or mixed.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { connectFake, type FakeGuest, settled } from '../../test/fixtures/fake-guest.ts';
import type { GuestClient } from './guest-client.ts';
import { messageTypes, tags } from './wire.ts';

interface Stream {
  kind: 'upload' | 'download' | 'attachment';
  sizeBytes: number;
}

const windowBytes = 2 * 1024 * 1024;
const pattern = Buffer.from(Uint32Array.from({ length: 1_000_000 }, (_, n) => Math.imul(n, 2_654_435_761)).buffer);

it('is never exceeded by either side, and all content arrives', async () => {
  const stream = fc.record({
    kind: fc.constantFrom<Stream['kind'][]>('upload', 'download', 'attachment'),
    sizeBytes: fc.oneof(fc.nat(2000), fc.integer({ min: 3_000_000, max: 3_500_000 })),
  });
  // What the guest does next, to the stream it picks: so many bytes of credit or of data.
  const move = fc.record({
    stream: fc.nat(5),
    bytes: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200_000 })),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream as fc.Arbitrary<Stream>, { minLength: 1, maxLength: 5 }),
      fc.array(move, { minLength: 1, maxLength: 60 }),
      async (streams, moves) => {
        const { client, guest } = connectFake();
        const model = new Model(guest, streams);
        const outcomes = Promise.all(streams.map((one, n) => transfer(client, one, n)));
        await settled(3);
        for (const { stream: picked, bytes } of moves) {
          model.move(picked % streams.length, bytes);
          if (bytes % 3 === 0) await settled(1);
        }
        while (!model.finished && !client.closed) {
          for (const n of streams.keys()) model.move(n, 200_000);
          await settled(1);
        }
        const received = await outcomes;
        expect(guest.violations).toEqual([]);
        expect(model.mostOutstanding).toBeLessThanOrEqual(windowBytes);
        for (const [n, one] of streams.entries()) {
          const content = one.kind === 'upload' ? model.uploaded(n) : (received[n] ?? Buffer.alloc(0));
          expect(content.equals(contentOf(one, n))).toBe(true);
        }
        expect(client.closed).toBeNull();
        client.close();
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

async function transfer(client: GuestClient, stream: Stream, n: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  if (stream.kind === 'upload') {
    await client.files.write(`/${n}`, contentOf(stream, n));
  } else if (stream.kind === 'download') {
    for await (const part of (await client.files.readStream(`/${n}`)).stream) parts.push(part);
  } else {
    for await (const chunk of client.attach(`p${n}`).output) parts.push(chunk.data);
  }
  return Buffer.concat(parts);
}

/** Differs at every offset within any window and from stream to stream. */
function contentOf(stream: Stream, n: number): Buffer {
  return pattern.subarray(n * 101, n * 101 + stream.sizeBytes);
}

class Model {
  readonly #guest: FakeGuest;
  readonly #streams: Stream[];
  readonly #ids = new Map<number, number>();
  readonly #sent = new Map<number, number>();
  readonly #ended = new Set<number>();
  /** The most the host ever had granted and not yet got. */
  mostOutstanding = 0;

  constructor(guest: FakeGuest, streams: Stream[]) {
    this.#guest = guest;
    this.#streams = streams;
    guest.on('write', ({ id }, fields) => {
      this.#ids.set(Number(fields.text(tags.path).slice(1)), id);
      guest.okWithCredit(id, 0);
    });
    guest.on('read', ({ id }, fields) => {
      this.#ids.set(Number(fields.text(tags.path).slice(1)), id);
      guest.ok(id, (ok) => ok.int(tags.size, 0).int(tags.mode, 0o644));
    });
    guest.on('attach', ({ id }, fields) => this.#ids.set(Number(fields.text(tags.processId).slice(1)), id));
    guest.on('end', ({ id }) => guest.end(id, (end) => end.int(tags.size, this.#uploadedBytes(id))));
  }

  get finished(): boolean {
    return this.#streams.every((stream, n) => {
      if (stream.kind !== 'upload') return this.#ended.has(n);
      return this.#hasUploaded(this.#ids.get(n));
    });
  }

  move(n: number, bytes: number): void {
    const id = this.#ids.get(n);
    const stream = this.#streams[n];
    if (id === undefined || !stream) return;
    if (stream.kind !== 'upload') this.#send(n, id, bytes);
    else if (!this.#hasUploaded(id)) this.#guest.credit(id, bytes);
  }

  #hasUploaded(id: number | undefined): boolean {
    return this.#guest.seen.some((frame) => frame.type === messageTypes.end && frame.id === id);
  }

  uploaded(n: number): Buffer {
    const id = this.#ids.get(n);
    return Buffer.concat(
      this.#guest.seen
        .filter((frame) => frame.type === messageTypes.data && frame.id === id)
        .map((frame) => frame.payload),
    );
  }

  #send(n: number, id: number, most: number): void {
    const stream = this.#streams[n];
    if (!stream || this.#ended.has(n)) return;
    const credit = this.#guest.weMaySend.get(id) ?? 0;
    this.mostOutstanding = Math.max(this.mostOutstanding, credit);
    const at = this.#sent.get(n) ?? 0;
    const length = Math.min(most, credit, stream.sizeBytes - at);
    const bytes = contentOf(stream, n).subarray(at, at + length);
    this.#guest.weMaySend.set(id, credit - length);
    this.#sent.set(n, at + length);
    if (length > 0 && stream.kind === 'download') this.#guest.send('data', id, bytes);
    if (length > 0 && stream.kind === 'attachment') this.#guest.output(id, 1, at, bytes);
    if (at + length < stream.sizeBytes) return;
    this.#ended.add(n);
    if (stream.kind === 'download') this.#guest.end(id);
    else {
      this.#guest.exit(id, (exit) =>
        exit
          .int(tags.reason, 1)
          .int(tags.exitCode, 0)
          .int(tags.durationMs, 1)
          .int(tags.stdoutBytes, stream.sizeBytes)
          .int(tags.stderrBytes, 0),
      );
    }
  }

  #uploadedBytes(id: number): number {
    return this.#guest.seen.reduce(
      (sum, frame) => sum + (frame.type === messageTypes.data && frame.id === id ? frame.payload.length : 0),
      0,
    );
  }
}
