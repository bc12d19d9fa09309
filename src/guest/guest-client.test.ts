/** Verbs against a guest that lies, lags or fails; test/unit/guest-channel-real.test.ts has the honest one. */
import { describe, expect, it } from 'vitest';
import { connectFake, type FakeGuest, ManualClock, settled } from '../../test/fixtures/fake-guest.ts';
import { rootScope } from '../base/index.ts';
import { Fields, FieldWriter } from './fields.ts';
import { encodeFrame } from './frames.ts';
import type { ExecRequest } from './types.ts';
import { messageTypes, tags } from './wire.ts';

const protocol = { code: 'guest-protocol' };
const request: ExecRequest = {
  processId: 'p1',
  argv: ['/bin/x', 'y'],
  cwd: '/w',
  environment: { A: '1', B: 'two words' },
  graceMs: 100,
  retainBytes: 4096,
  outputCapBytes: 10,
};

describe('exec', () => {
  it('sends start, attachment and input together, before any answer', async () => {
    const { client, guest } = connectFake();
    const running = client.exec({
      ...request,
      stdin: Buffer.from('in'),
      timeoutMs: 5,
      silenceMs: 6,
      outputLimitBytes: 7,
      tag: 't',
    });
    await settled();
    expect(guest.seen.map((frame) => frame.type)).toEqual([
      messageTypes.hello,
      messageTypes.spawn,
      messageTypes.attach,
      messageTypes.stdin,
    ]);
    client.close();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('forgets with the next request, before it, or soon without one, and never over a channel that ended', async () => {
    const { client, guest } = connectFake();
    await settled();
    guest.seen.length = 0;
    client.forgetLater('p1');
    client.forgetLater('p2');
    await settled();
    expect(guest.seen).toEqual([]);
    client.listProcesses().catch(() => undefined);
    await settled();
    const { forget, listProcesses } = messageTypes;
    expect(guest.seen.map(({ type }) => type)).toEqual([forget, forget, listProcesses]);
    expect(new Fields(guest.seen[1]?.payload ?? Buffer.alloc(0)).text(tags.processId)).toBe('p2');
    client.forgetLater('p3');
    await expect.poll(() => guest.seen.length).toBe(4);
    for (let n = 0; n < 16; n++) client.forgetLater(`q${n}`);
    await settled();
    expect(guest.seen).toHaveLength(20);
    client.forgetLater('last');
    client.close();
    await settled(50);
    expect(guest.seen).toHaveLength(20);
  });

  it('renews a lease with the next request, and says when that failed', async () => {
    const { client, guest } = connectFake();
    await settled();
    guest.seen.length = 0;
    const failures: unknown[] = [];
    client.leaseLater(5000, (error) => failures.push(error));
    await settled();
    expect(guest.seen).toEqual([]);
    client.listProcesses().catch(() => undefined);
    await settled();
    expect(guest.seen.map(({ type }) => type)).toEqual([messageTypes.lease, messageTypes.listProcesses]);
    client.close();
    await expect.poll(() => failures.length).toBe(1);
  });

  it('says everything about the process that was asked', async () => {
    const { client, guest } = connectFake();
    const seen: Record<string, unknown>[] = [];
    guest.on('spawn', ({ id }, fields) => {
      const ints = ['flags', 'timeoutMs', 'silenceMs', 'graceMs', 'outputLimit', 'retain', 'rows', 'columns'] as const;
      seen.push({
        argv: fields.texts(tags.argv),
        env: fields.texts(tags.env),
        cwd: fields.text(tags.cwd),
        tag: fields.optionalText(tags.tag),
        ...Object.fromEntries(ints.map((name) => [name, fields.optionalInt(tags[name])])),
      });
      guest.ok(id, (ok) => ok.text(tags.processId, 'p1').int(tags.pid, 9).int(tags.startedMs, 8).int(tags.flags, 1));
    });
    const full = { ...request, timeoutMs: 5, silenceMs: 6, outputLimitBytes: 7, tag: 't', stdin: false };
    const spawned = await client.spawn({ ...full, pty: { rows: 24, columns: 80 } });
    expect(spawned).toEqual({ processId: 'p1', pid: 9, startedMs: 8, existed: true });
    expect(seen).toEqual([
      {
        argv: ['/bin/x', 'y'],
        env: ['A=1', 'B=two words'],
        cwd: '/w',
        tag: 't',
        flags: 3,
        timeoutMs: 5,
        silenceMs: 6,
        graceMs: 100,
        outputLimit: 7,
        retain: 4096,
        rows: 24,
        columns: 80,
      },
    ]);
  });

  it('counts gaps and what the guest did not keep as cut', async () => {
    const { client, guest } = connectFake();
    answersSpawn(guest).on('attach', ({ id }) => {
      guest.output(id, 1, 100, Buffer.from('abc'));
      guest.output(id, 2, 0, Buffer.from('0123456789ABCDEF'));
      guest.output(id, 1, 110, Buffer.from('def'));
      guest.exit(id, exited({ stdoutBytes: 200, stderrBytes: 16 }));
    });
    const result = await client.exec(request);
    expect([String(result.stdout), result.stdoutCutBytes]).toEqual(['abcdef', 194]);
    expect([String(result.stderr), result.stderrCutBytes]).toEqual(['01234BCDEF', 6]);
  });

  it('does not feed a process that existed', async () => {
    const { client, guest } = connectFake();
    answersSpawn(guest, 1).on('stdin', ({ id }) => guest.okWithCredit(id, 100));
    const running = client.exec({ ...request, stdin: Buffer.from('in') });
    await settled();
    expect(guest.seen.some((frame) => frame.type === messageTypes.data)).toBe(false);
    expect(guest.last('cancel').id).toBe(guest.last('stdin').id);
    guest.exit(guest.last('attach').id, exited({}));
    expect((await running).exitCode).toBe(0);
  });

  it('gives the reason of a failed start, once', async () => {
    const { client, guest } = connectFake();
    guest.on('spawn', ({ id }) => guest.error(id, 2)).on('attach', ({ id }) => guest.error(id, 3));
    await expect(client.exec(request)).rejects.toMatchObject({
      code: 'executable-not-found',
      message: expect.stringContaining('/bin/x'),
    });
    await settled();
    expect(guest.seen.some((frame) => frame.type === messageTypes.signal)).toBe(false);
  });

  it('ends 5 s after deadline and grace when the guest does not, and kills the tree', async () => {
    const clock = new ManualClock();
    const { client, guest } = connectFake(clock);
    answersSpawn(guest);
    const running = client.exec({ ...request, timeoutMs: 1000 });
    await settled();
    clock.advance(6099);
    await settled();
    expect(guest.seen.some((frame) => frame.type === messageTypes.signal)).toBe(false);
    clock.advance(1);
    await expect(running).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await settled();
    expect(guest.last('cancel').id).toBe(guest.last('attach').id);
    guest.ok(guest.last('signal').id);
    await settled();
    expect(clock.pending).toBe(0);
  });

  it('kills the tree when its scope ends, and fails when the attachment does', async () => {
    const { client, guest } = connectFake();
    answersSpawn(guest);
    const scope = rootScope({ name: 'test' });
    const running = client.exec(request, scope);
    await settled();
    await scope.close();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    await settled();
    expect(guest.last('signal').payload.length).toBeGreaterThan(0);
    guest.on('attach', ({ id }) => guest.error(id, 11));
    await expect(client.exec(request)).rejects.toMatchObject({ code: 'busy' });
  });

  it('refuses lies about output and exit', async () => {
    const lies: ((guest: FakeGuest, id: number) => void)[] = [
      (guest, id) => guest.exit(id, exited({ reason: 9 })),
      (guest, id) => guest.exit(id, exited({ reason: 13 })),
      (guest, id) => guest.exit(id, exited({ exitCode: 256 })),
      (guest, id) => guest.exit(id, exited({ signal: 9 })),
      (guest, id) => guest.exit(id, exited({ exitCode: undefined })),
      (guest, id) => guest.exit(id, exited({ exitCode: undefined, signal: 65 })),
      (guest, id) => {
        guest.output(id, 1, 0, Buffer.from('abc'));
        guest.exit(id, exited({ stdoutBytes: 2 }));
      },
      (guest, id) => {
        guest.output(id, 1, 5, Buffer.from('abc'));
        guest.output(id, 1, 7, Buffer.from('abc'));
      },
      (guest, id) => guest.output(id, 3 as 1, 0, Buffer.from('abc')),
      (guest, id) => guest.output(id, 1, Number.MAX_SAFE_INTEGER, Buffer.from('abc')),
    ];
    for (const lie of lies) {
      const { client, guest } = connectFake();
      answersSpawn(guest).on('attach', ({ id }) => lie(guest, id));
      await expect(client.exec(request)).rejects.toMatchObject(protocol);
      expect(client.closed).toMatchObject(protocol);
    }
  });
});

describe('attach', () => {
  it('starts at the offsets asked for and names each gap', async () => {
    const { client, guest } = connectFake();
    guest.on('attach', ({ id }, fields) => {
      expect([fields.int(tags.offset), fields.int(tags.length)]).toEqual([10, 20]);
      guest.output(id, 1, 15, Buffer.from('a'));
      guest.output(id, 2, 20, Buffer.from('b'));
      guest.output(id, 1, 16, Buffer.from('c'));
      guest.exit(id, exited({ exitCode: undefined, signal: 15, reason: 2, stdoutBytes: 17, stderrBytes: 21 }));
    });
    const attachment = client.attach('p', { stdoutOffset: 10, stderrOffset: 20 });
    const chunks = [];
    for await (const { stream, offset, data, gapBytes } of attachment.output)
      chunks.push([stream, offset, String(data), gapBytes]);
    expect(chunks).toEqual([
      ['stdout', 15, 'a', 5],
      ['stderr', 20, 'b', 0],
      ['stdout', 16, 'c', 0],
    ]);
    expect(await attachment.exit).toMatchObject({ reason: 'signalled', signal: 'SIGTERM', exitCode: null });
  });

  it('grants as the reader takes, and detaches when it leaves', async () => {
    const { client, guest } = connectFake();
    const attachment = client.attach('p');
    await settled();
    const { id } = guest.last('attach');
    for (let n = 0; n < 16; n++) guest.output(id, 1, n * 65_536, Buffer.alloc(65_536));
    await settled();
    expect(guest.weMaySend.get(id)).toBe(1024 * 1024);
    let taken = 0;
    for await (const chunk of attachment.output) {
      taken += chunk.data.length;
      if (taken >= 512 * 1024) break;
    }
    await settled();
    expect(guest.weMaySend.get(id)).toBe(1024 * 1024 + 512 * 1024);
    expect(guest.last('cancel').id).toBe(id);
    await expect(attachment.exit).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('stdin', () => {
  it('waits for credit, keeps the order of writes, and ends with a receipt', async () => {
    const { client, guest } = connectFake();
    guest.on('stdin', ({ id }) => guest.okWithCredit(id, 3)).on('end', ({ id }) => guest.end(id));
    const input = await client.stdin('p');
    const writes = [input.write(Buffer.from('abcde')), input.write(Buffer.from('fg'))];
    const ended = input.end();
    await settled();
    expect(sentText(guest)).toBe('abc');
    guest.credit(guest.last('stdin').id, 100);
    await Promise.all([...writes, ended]);
    expect([sentText(guest), guest.violations]).toEqual(['abcdefg', []]);
  });

  it('fails what is unwritten when the process stops reading, and lets go on release', async () => {
    const { client, guest } = connectFake();
    guest.on('stdin', ({ id }) => guest.okWithCredit(id, 1));
    const input = await client.stdin('p');
    const write = input.write(Buffer.from('ab'));
    await settled();
    guest.error(guest.last('stdin').id, 32);
    await expect(write).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(input.end()).rejects.toMatchObject({ code: 'wrong-state' });
    const next = await client.stdin('p');
    next.release();
    await settled();
    expect(guest.last('cancel').id).toBe(guest.last('stdin').id);
  });
});

describe('files', () => {
  it('refuse names that would climb, and lists that do not advance', async () => {
    for (const name of ['..', '.', '', 'a/b', '/etc', 'a\0b']) {
      const { client, guest } = connectFake();
      guest.on('list', ({ id }) =>
        guest.ok(id, (ok) => ok.nested(tags.entry, (entry) => statFields(entry).bytes(tags.path, Buffer.from(name)))),
      );
      await expect(client.files.list('/d').all()).rejects.toMatchObject(protocol);
    }
    const { client, guest } = connectFake();
    guest.on('list', ({ id }) => guest.ok(id, (ok) => ok.int(tags.more, 1).int(tags.cursor, 1)));
    await expect(client.files.list('/d').all()).rejects.toMatchObject(protocol);
  });

  it('page by the cursor', async () => {
    const { client, guest } = connectFake();
    guest.on('list', ({ id }, fields) => {
      const cursor = fields.optionalInt(tags.cursor) ?? 0;
      guest.ok(id, (ok) =>
        ok
          .nested(tags.entry, (entry) => statFields(entry).text(tags.path, `n${cursor}`))
          .int(tags.more, cursor < 2 ? 1 : 0)
          .int(tags.cursor, cursor + 1),
      );
    });
    expect((await client.files.list('/').all()).map((stat) => stat.path)).toEqual(['/n0', '/n1', '/n2']);
    await expect(client.files.list('/').all({ maxEntries: 2 })).rejects.toMatchObject({ code: 'file-too-large' });
    for await (const entry of client.files.list('/')) {
      expect(entry).toEqual({
        path: '/n0',
        type: 'file',
        sizeBytes: 1,
        mode: 0o644,
        uid: 1,
        gid: 2,
        modifiedMs: 1.5,
        target: null,
      });
      break;
    }
  });

  it('refuse more content than asked for or allowed', async () => {
    const { client, guest } = connectFake();
    guest.on('read', ({ id }) => {
      guest.ok(id, (ok) => ok.int(tags.size, 5).int(tags.mode, 0o644));
      guest.send('data', id, Buffer.from('abcdefgh'));
      guest.end(id);
    });
    await expect(client.files.readAll('/f', { maxBytes: 4 })).rejects.toMatchObject({ code: 'file-too-large' });
    await expect(client.files.readAll('/f', { maxBytes: 7 })).rejects.toMatchObject({ code: 'file-too-large' });
    expect(String(await client.files.readAll('/f'))).toBe('abcdefgh');
    expect(client.closed).toBeNull();
    const { stream } = await client.files.readStream('/f', { length: 7 });
    await expect(allOf(stream)).rejects.toMatchObject(protocol);
  });

  it('join what came in one go, for who waits for it as for who comes later', async () => {
    const { client, guest } = connectFake();
    const part = Buffer.alloc(64 * 1024, 'abcde');
    const fourParts = (id: number): Buffer =>
      Buffer.concat(Array.from({ length: 4 }, () => encodeFrame(messageTypes.data, id, part)));
    guest.on('read', ({ id }) => {
      guest.ok(id, (ok) => ok.int(tags.size, 8 * part.length).int(tags.mode, 0o644));
      setTimeout(() => guest.stream.write(fourParts(id)), 10);
      setTimeout(() => guest.stream.write(fourParts(id), () => guest.end(id)), 20);
    });
    const { stream } = await client.files.readStream('/f');
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) {
      pieces.push(piece);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(pieces.map(({ length }) => length)).toEqual([4 * part.length, 4 * part.length]);
    expect(Buffer.concat(pieces).equals(Buffer.concat(Array(8).fill(part)))).toBe(true);
  });

  it('give a read or a write up when the guest stalls for a minute', async () => {
    const clock = new ManualClock();
    const { client, guest } = connectFake(clock);
    guest.on('read', ({ id }) => guest.ok(id, (ok) => ok.int(tags.size, 5).int(tags.mode, 0o644)));
    guest.on('write', ({ id }) => guest.okWithCredit(id, 1));
    const { stream } = await client.files.readStream('/f');
    const outcomes = [allOf(stream), client.files.readAll('/f'), client.files.write('/f', Buffer.from('abc'))];
    await settled();
    clock.advance(60_000);
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await settled();
    expect([clock.pending, guest.seen.filter((frame) => frame.type === messageTypes.cancel).length]).toEqual([0, 3]);
  });

  it('do not believe a receipt for another length', async () => {
    const { client, guest } = connectFake();
    guest
      .on('write', ({ id }) => guest.okWithCredit(id, 100))
      .on('end', ({ id }) => guest.end(id, (end) => end.int(tags.size, 2)));
    await expect(client.files.write('/f', Buffer.from('abc'))).rejects.toMatchObject(protocol);
    expect(await client.files.write('/f', Buffer.from('ab'))).toEqual({ sizeBytes: 2 });
  });

  it('end a write with the reason the guest gave, while it is under way', async () => {
    const { client, guest } = connectFake();
    guest.on('write', ({ id }) => guest.okWithCredit(id, 2)).on('data', ({ id }) => guest.error(id, 28));
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.from('abc');
    };
    await expect(client.files.write('/f', pieces())).rejects.toMatchObject({
      code: 'disk-full',
      details: { path: '/f' },
    });
  });

  it('search no more than asked for', async () => {
    const { client, guest } = connectFake();
    const match = (fields: FieldWriter): FieldWriter =>
      fields.text(tags.path, '/a').int(tags.line, 1).text(tags.text, 'x');
    let matches = 2;
    guest.on('search', ({ id }) => {
      for (let n = 0; n < matches; n++) guest.send('data', id, match(new FieldWriter()).payload());
      guest.end(id, (end) => end.int(tags.count, 7).int(tags.more, 1));
    });
    const search = { path: '/', pattern: 'x', regex: false, ignoreCase: false, maxMatches: 2 };
    expect(await client.files.search(search)).toEqual({
      matches: [
        { path: '/a', line: 1, text: 'x' },
        { path: '/a', line: 1, text: 'x' },
      ],
      truncated: true,
      filesSearched: 7,
    });
    matches = 3;
    await expect(client.files.search(search)).rejects.toMatchObject(protocol);
  });

  it('watch until closed, or until the guest ends it', async () => {
    const { client, guest } = connectFake();
    guest.on('watch', ({ id }) => {
      guest.ok(id);
      guest.send('data', id, new FieldWriter().text(tags.path, '/w/a').int(tags.flags, 4).payload());
    });
    const watch = client.files.watch('/w');
    await watch.ready;
    const seen = [];
    for await (const event of watch) {
      seen.push(event);
      watch.close();
    }
    expect(seen).toEqual([{ kind: 'moved', path: '/w/a' }]);
    const reset = client.files.watch('/w');
    await settled();
    guest.error(guest.last('watch').id, 125);
    await expect(allOf(reset)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

function answersSpawn(guest: FakeGuest, flags = 0): FakeGuest {
  return guest.on('spawn', ({ id }) =>
    guest.ok(id, (ok) => ok.text(tags.processId, 'p1').int(tags.pid, 2).int(tags.startedMs, 3).int(tags.flags, flags)),
  );
}

const exited =
  (exit: {
    reason?: number;
    exitCode?: number | undefined;
    signal?: number;
    stdoutBytes?: number;
    stderrBytes?: number;
  }) =>
  (fields: FieldWriter): FieldWriter =>
    fields
      .int(tags.reason, exit.reason ?? 1)
      .int(tags.exitCode, 'exitCode' in exit ? exit.exitCode : 0)
      .int(tags.signal, exit.signal)
      .int(tags.durationMs, 1)
      .int(tags.stdoutBytes, exit.stdoutBytes ?? 0)
      .int(tags.stderrBytes, exit.stderrBytes ?? 0);

const statFields = (fields: FieldWriter): FieldWriter =>
  fields
    .int(tags.fileType, 1)
    .int(tags.size, 1)
    .int(tags.mode, 0o100644)
    .int(tags.uid, 1)
    .int(tags.gid, 2)
    .int(tags.mtimeNs, 1_500_000);

const sentText = (guest: FakeGuest): string =>
  Buffer.concat(
    guest.seen.filter((frame) => frame.type === messageTypes.data).map((frame) => frame.payload),
  ).toString();

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
