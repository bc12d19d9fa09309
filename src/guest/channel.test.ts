/** The numbers in the names are the invariants of channel.ts. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectFake, type FakeGuest, ManualClock, settled } from '../../test/fixtures/fake-guest.ts';
import { rootScope } from '../base/index.ts';
import { isHoldfastError } from '../schema/index.ts';
import { maxOpenRequests } from './channel.ts';
import { FieldWriter } from './fields.ts';
import { encodeFrame } from './frames.ts';
import type { GuestClient } from './guest-client.ts';
import { maxPayloadBytes, messageTypes, tags } from './wire.ts';

const protocol = { code: 'guest-protocol' };

describe('a channel', () => {
  it('greets first, and lets requests follow at once', async () => {
    const { client, guest } = connectFake();
    guest.on('ping', ({ id }) => guest.ok(id));
    await client.ping();
    expect(guest.seen.map((frame) => frame.type)).toEqual([messageTypes.hello, messageTypes.ping]);
    expect(await client.hello()).toEqual({ incarnation: 'inc-fake', pid: 1, startedMs: 1000, handsOver: false });
  });

  it('closes when nobody greets back within 15 s', async () => {
    const clock = new ManualClock();
    const { client, guest } = connectFake(clock);
    guest.on('hello', () => undefined);
    await settled();
    clock.advance(14_999);
    expect(client.closed).toBeNull();
    clock.advance(1);
    await expect(client.hello()).rejects.toMatchObject(protocol);
    expect(client.closed).toMatchObject(protocol);
  });

  it('closes on another version, and on an error', async () => {
    for (const answer of [
      (guest: FakeGuest, id: number) => guest.ok(id, (fields) => fields.int(tags.version, 2)),
      (guest: FakeGuest, id: number) => guest.error(id, 93),
      (guest: FakeGuest, id: number) => guest.ok(id),
    ]) {
      const { client, guest } = connectFake();
      guest.on('hello', ({ id }) => answer(guest, id));
      await expect(client.hello()).rejects.toMatchObject(protocol);
      expect(client.closed).toMatchObject(protocol);
    }
  });

  it('2: ends every open request when the connection is lost, and refuses new ones', async () => {
    const { client, guest } = connectFake();
    const reasons: string[] = [];
    client.onClose((reason) => reasons.push(reason.code));
    await client.hello();
    const open = openOneOfEach(client).slice(1);
    await settled();
    guest.stream.destroy();
    expect(await codesOf(open)).toEqual(open.map(() => 'sandbox-died'));
    await expect(client.ping()).rejects.toMatchObject({ code: 'sandbox-died' });
    expect(() => client.attach('p')).toThrow(expect.objectContaining({ code: 'sandbox-died' }));
    client.onClose((reason) => reasons.push(`late ${reason.code}`));
    expect(reasons).toEqual(['sandbox-died', 'late sandbox-died']);
  });

  it('2: a scope that ends, ends its requests, and tells the guest', async () => {
    const { client, guest } = connectFake();
    const scope = rootScope({ name: 'test', timeoutMs: 30 });
    await expect(client.files.stat('/a', {}, scope)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await expect(client.ping(scope)).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await settled();
    expect(guest.last('cancel').id).toBe(guest.last('stat').id);
    await scope.close();
  });

  it('2: an answer that never comes is a deadline of a minute', async () => {
    const clock = new ManualClock();
    const { client } = connectFake(clock);
    await client.hello();
    const waiting = client.files.stat('/a');
    clock.advance(60_000);
    await expect(waiting).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(clock.pending).toBe(0);
  });

  it('3: closes on the first byte beyond the credit', async () => {
    for (const type of ['read', 'attach'] as const) {
      const { client, guest } = connectFake();
      guest.on('read', ({ id }) => {
        guest.ok(id, (fields) => fields.int(tags.size, 1).int(tags.mode, 0o644));
        for (let left = guest.weMaySend.get(id) ?? 0; left >= 0; left -= 65_536) {
          guest.send('data', id, Buffer.alloc(Math.max(1, Math.min(65_536, left))));
        }
      });
      guest.on('attach', ({ id }) => {
        for (let sent = 0; sent <= (guest.weMaySend.get(id) ?? 0); sent += 65_536) {
          guest.output(id, 1, sent, Buffer.alloc(65_536));
        }
      });
      const unread = type === 'read' ? client.files.readStream('/a') : client.attach('p').exit;
      await unread.catch(() => undefined);
      await settled();
      expect(client.closed).toMatchObject({
        ...protocol,
        message: expect.stringContaining('more than it was granted'),
      });
    }
  });

  it('3: closes on stream frames nobody asked for, or without content', async () => {
    await expectViolation((guest, id) => guest.send('data', id, Buffer.from('x')));
    await expectViolation((guest, id) => guest.output(id, 1, 0, Buffer.from('x')));
    await expectViolation((guest, id) => guest.send('data', id));
    await expectViolation((guest, id) => guest.credit(id, 1));
    await expectViolation((guest, id) => guest.send('credit', id, Buffer.alloc(3)));
  });

  it('closes on ids that are not open, on 0, and on types out of place', async () => {
    await expectViolation((guest, id) => guest.ok(id + 1));
    await expectViolation((guest) => guest.ok(0));
    await expectViolation((guest, id) => guest.end(id));
    await expectViolation((guest, id) => guest.send('exit', id));
    await expectViolation((guest, id) => guest.send('hello', id));
    await expectViolation((guest, id) => guest.send('error', id, Buffer.from('x')));
    await expectViolation((guest, id) => {
      guest.ok(id);
      guest.ok(id);
    });
  });

  it('4: drains a cancelled request unseen, and forgives one late error', async () => {
    const { client, guest } = connectFake();
    const scope = rootScope({ name: 'test' });
    const reading = client.files.readStream('/a', {}, scope);
    await settled();
    await scope.close();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    const { id } = guest.last('read');
    guest.ok(id, (fields) => fields.int(tags.size, 3));
    guest.send('data', id, Buffer.from('abc'));
    guest.end(id);
    guest.error(id, 125);
    await settled();
    expect(client.closed).toBeNull();
    guest.error(id, 125);
    await settled();
    expect(client.closed).toMatchObject(protocol);
  });

  it('4: a cancelled request stays within its credit', async () => {
    const { client, guest } = connectFake();
    const attachment = client.attach('p');
    attachment.detach();
    await settled();
    const { id } = guest.last('attach');
    for (let sent = 0; sent < 2_000_000; sent += 100_000) guest.output(id, 1, sent, Buffer.alloc(100_000));
    await settled();
    expect(client.closed).toMatchObject(protocol);
  });

  it('5: takes so many requests and says so', async () => {
    const { client, guest } = connectFake();
    await client.hello();
    const open = Array.from({ length: maxOpenRequests }, () => client.ping());
    await expect(client.ping()).rejects.toMatchObject({ code: 'busy' });
    await settled();
    for (const frame of guest.seen) if (frame.type === messageTypes.ping) guest.ok(frame.id);
    await Promise.all(open);
    guest.on('ping', ({ id }) => guest.ok(id));
    await client.ping();
  });

  it('5: closes when the guest stops reading', async () => {
    const { client, guest } = connectFake();
    await client.hello();
    guest.stream.pause();
    const outcomes: Promise<unknown>[] = [];
    const long = '/'.padEnd(200_000, 'x');
    for (let n = 0; n < 100; n++) outcomes.push(client.files.stat(long));
    expect(new Set(await codesOf(outcomes))).toEqual(new Set(['guest-protocol']));
  });

  it('shares one scope among many requests without a warning', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', onWarning);
    const { client, guest } = connectFake();
    guest.on('ping', ({ id }) => guest.ok(id));
    const scope = rootScope({ name: 'test' });
    await Promise.all(Array.from({ length: 100 }, () => client.ping(scope)));
    await scope.close();
    await settled();
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});

describe('1: any bytes from the guest', () => {
  it('random ones close the channel or do nothing, and everything open ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), async (chunks) => {
        await expectSurvival((guest) => {
          for (const chunk of chunks) guest.stream.write(chunk);
        });
      }),
      { numRuns: 150 },
    );
  });

  it('valid frames with bytes changed, lost, doubled and split anywhere', async () => {
    const change = fc.record({ at: fc.nat(2000), value: fc.nat(255), kind: fc.constantFrom('set', 'drop', 'double') });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 4 }), fc.nat(2000), async (changes, cut) => {
        await expectSurvival((guest) => {
          const bytes = [...honestAnswers(guest)];
          for (const { at, value, kind } of changes) {
            const place = at % bytes.length;
            if (kind === 'set') bytes[place] = value;
            else if (kind === 'drop') bytes.splice(place, 1 + (value % 20));
            else bytes.splice(place, 0, ...bytes.slice(place, place + (value % 60)));
          }
          const all = Buffer.from(bytes);
          guest.stream.write(all.subarray(0, cut));
          guest.stream.write(all.subarray(cut));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('frames of any type for any open request with any fields', async () => {
    const field = fc.record({
      tag: fc.nat(50),
      value: fc.oneof(fc.maxSafeNat(), fc.nat(20), fc.string({ maxLength: 9 })),
    });
    const frame = fc.record({
      type: fc.constantFrom(...Object.values(messageTypes)),
      id: fc.nat(18),
      fields: fc.array(field, { maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), async (frames) => {
        await expectSurvival((guest) => {
          for (const { type, id, fields } of frames) {
            const writer = new FieldWriter();
            for (const { tag, value } of fields) {
              if (typeof value === 'number') writer.int(tag, value);
              else writer.bytes(tag, Buffer.from(value));
            }
            guest.stream.write(encodeFrame(type, id, writer.payload()));
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('a flood of small frames costs memory for bytes, not for frames', async () => {
    const { client, guest } = connectFake();
    const attachment = client.attach('p');
    await settled();
    const { id } = guest.last('attach');
    const before = heldBytes();
    const flood: Buffer[] = [];
    for (let n = 0; n < 400_000; n++) {
      const payload = Buffer.alloc(10);
      payload[0] = 1 + (n % 2);
      payload.writeBigUInt64LE(BigInt(n >> 1), 1);
      flood.push(encodeFrame(messageTypes.output, id, payload));
    }
    const bytes = Buffer.concat(flood.splice(0));
    for (let at = 0; at < bytes.length; at += maxPayloadBytes)
      guest.stream.write(bytes.subarray(at, at + maxPayloadBytes));
    await settled(200);
    expect(client.closed).toBeNull();
    expect(heldBytes() - before).toBeLessThan(60_000_000);
    let received = 0;
    for await (const chunk of attachment.output) {
      received += chunk.data.length;
      if (received === 400_000) break;
    }
    expect(received).toBe(400_000);
  });
});

/** Without what waits to be collected, which is as much as it likes. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

/** One STAT is open; the guest then does `misdeed`. */
async function expectViolation(misdeed: (guest: FakeGuest, id: number) => void): Promise<void> {
  const { client, guest } = connectFake();
  const waiting = client.files.chmod('/a', 0o644);
  waiting.catch(() => undefined);
  await settled();
  misdeed(guest, guest.last('chmod').id);
  await settled();
  expect(client.closed).toMatchObject(protocol);
}

/** With one request of each kind open, the guest does something and goes away: all of them end, as our errors or well. */
async function expectSurvival(doing: (guest: FakeGuest) => void): Promise<void> {
  const { client, guest } = connectFake();
  const open = openOneOfEach(client);
  await settled(2);
  expect(guest.seen.length).toBeGreaterThanOrEqual(open.length);
  doing(guest);
  guest.stream.end();
  for (const code of await codesOf(open)) expect(code).not.toBe('foreign');
  expect(['guest-protocol', 'sandbox-died']).toContain(client.closed?.code);
  // A mistake of ours would have been wrapped: whatever came must be refused by name.
  expect(client.closed?.message).not.toContain('could not be taken');
}

function openOneOfEach(client: GuestClient): Promise<unknown>[] {
  const attachment = client.attach('p');
  const watch = client.files.watch('/w');
  const request = { argv: ['x'], cwd: '/', environment: {}, graceMs: 1, retainBytes: 4096 };
  return [
    client.hello(),
    drained(attachment.output),
    attachment.exit,
    drained(watch),
    client.ping(),
    client.spawn({ ...request, processId: 's', stdin: false }),
    client.exec({ ...request, processId: 'e', stdin: Buffer.from('in'), outputCapBytes: 100 }),
    client.stdin('i'),
    client.listProcesses(),
    client.files.stat('/s'),
    client.files.list('/l').all(),
    client.files.readStream('/r').then(({ stream }) => drained(stream)),
    client.files.readAll('/a'),
    client.files.write('/w', Buffer.from('content')),
    client.files.search({ path: '/', pattern: 'x', regex: false, ignoreCase: false, maxMatches: 3 }),
    client.quiet(),
  ];
}

/** What an honest guest could answer to the requests of `openOneOfEach`, as bytes. */
function honestAnswers(guest: FakeGuest): Buffer {
  const frames: Buffer[] = [];
  const add = (type: keyof typeof messageTypes, id: number, fill: (fields: FieldWriter) => unknown): void => {
    const fields = new FieldWriter();
    fill(fields);
    frames.push(encodeFrame(messageTypes[type], id, fields.payload()));
  };
  const stat = (fields: FieldWriter): unknown =>
    fields
      .text(tags.path, 'n')
      .int(tags.fileType, 1)
      .int(tags.size, 3)
      .int(tags.mode, 0o644)
      .int(tags.uid, 0)
      .int(tags.gid, 0)
      .int(tags.mtimeNs, 5);
  const exit = (fields: FieldWriter): unknown =>
    fields
      .int(tags.reason, 1)
      .int(tags.exitCode, 0)
      .int(tags.durationMs, 1)
      .int(tags.stdoutBytes, 2)
      .int(tags.stderrBytes, 0);
  for (const { type, id } of guest.seen) {
    if (type === messageTypes.ping) add('ok', id, () => undefined);
    else if (type === messageTypes.spawn)
      add('ok', id, (f) => f.text(tags.processId, 's').int(tags.pid, 2).int(tags.startedMs, 3));
    else if (type === messageTypes.attach) {
      frames.push(encodeFrame(messageTypes.output, id, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0, 65, 66])));
      add('exit', id, exit);
    } else if (type === messageTypes.listProcesses) add('ok', id, (f) => f.nested(tags.entry, exit));
    else if (type === messageTypes.stat) add('ok', id, stat);
    else if (type === messageTypes.list) add('ok', id, (f) => f.nested(tags.entry, stat).int(tags.more, 0));
    else if (type === messageTypes.read) {
      add('ok', id, stat);
      frames.push(encodeFrame(messageTypes.data, id, Buffer.from('abc')));
      add('end', id, () => undefined);
    } else if (type === messageTypes.write || type === messageTypes.stdin) add('ok', id, (f) => f.int(tags.credit, 4));
    else if (type === messageTypes.search)
      add('data', id, (f) => f.text(tags.path, '/x').int(tags.line, 1).text(tags.text, 'x'));
    else if (type === messageTypes.watch) add('ok', id, () => undefined);
  }
  return Buffer.concat(frames);
}

async function drained(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}

async function codesOf(outcomes: Promise<unknown>[]): Promise<string[]> {
  const settledOutcomes = await Promise.allSettled(outcomes);
  return settledOutcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return 'fine';
    return isHoldfastError(outcome.reason) ? outcome.reason.code : 'foreign';
  });
}
