/** The first process of a machine as a liar: whatever it sends, its client ends or waits no longer than its scope. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildGuest } from '../../../scripts/build-guest.ts';
import { TestClock } from '../../../test/fixtures/test-clock.ts';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import {
  encodeFrame,
  FieldWriter,
  FrameDecoder,
  launcherTags,
  launcherTypes,
  messageTypes,
  tags,
} from '../../guest/index.ts';
import { MachineClient } from './client.ts';
import { LayerMover } from './layers.ts';

const binary = buildGuest();
let directory: string;
let server: Server;
let peer: Socket;
let client: MachineClient;
let scope: OwnedScope;
let closed: boolean;
let heard: { type: number; id: number; payload: Buffer }[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hf-client-'));
  const path = join(directory, 'm');
  server = createServer().listen(path);
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  closed = false;
  client = await MachineClient.connect(path, () => (closed = true), scope);
  [peer] = await accepted;
  peer.on('error', () => undefined);
  heard = [];
  const decoder = new FrameDecoder((type, id, payload) => heard.push({ type, id, payload: Buffer.from(payload) }));
  peer.on('data', (chunk: Buffer) => decoder.push(chunk));
});
afterEach(async () => {
  client.close();
  peer.destroy();
  server.close();
  await scope.close();
  rmSync(directory, { recursive: true });
});

/** What rejects before anybody waits for it is no error of nobody's. */
function caught<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const identity = { pid: 2, startTicks: 1, cgroup: '' };
const next = async (): Promise<{ type: number; id: number }> => {
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  const frame = heard.shift();
  if (!frame) throw new Error('nothing heard');
  return frame;
};

describe('the client of a machine', () => {
  it.each([
    ['a frame past its bound', () => Buffer.from([255, 255, 255, 255, 1, 0, 0, 0, 0])],
    ['noise', () => Buffer.alloc(4096, 0xa5)],
  ])('ends on %s', async (_, bytes) => {
    const asked = caught(client.counters(identity, scope));
    await next();
    peer.write(bytes());
    await expect(asked).rejects.toMatchObject({ code: 'launch-failed' });
    await expect.poll(() => closed).toBe(true);
    await expect(client.counters(identity, scope)).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('refuses an answer that is no answer, and goes on', async () => {
    const asked = caught(client.swap(identity, { layers: [], generation: '1' }, undefined, scope));
    const { id } = await next();
    peer.write(encodeFrame(messageTypes.ok, id, Buffer.from([1, 2, 3])));
    await expect(asked).rejects.toMatchObject({ code: 'guest-protocol' });
    const again = caught(client.counters(identity, scope));
    const second = await next();
    peer.write(encodeFrame(messageTypes.ok, second.id, new Uint8Array(0)));
    await expect(again).resolves.toEqual({ oomKills: 0, processesDenied: 0 });
  });

  it('says what was refused, in bounded words, and drops answers to nothing', async () => {
    const asked = caught(client.deleteTree('/rw/layers/x', scope));
    const { id, type } = await next();
    expect(type).toBe(launcherTypes.layerDelete);
    for (let other = 1000; other < 1100; other++) peer.write(encodeFrame(messageTypes.data, other, Buffer.alloc(1000)));
    const refusal = new FieldWriter().int(tags.errno, 5).text(tags.message, 'no');
    peer.write(encodeFrame(messageTypes.error, id, refusal.payload()));
    await expect(asked).rejects.toMatchObject({ code: 'launch-failed', message: 'layerDelete: no' });
  });

  it('waits for a silent one no longer than it may', async () => {
    await using short = scope.child({ name: 'short', timeoutMs: 100 });
    await expect(client.counters(identity, short)).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  it('hears how what changes the sandbox ended, also when who asked for it has given up', async () => {
    const leaving = scope.child({ name: 'leaving' });
    const asked = client.swap(identity, { layers: [], generation: '1' }, undefined, leaving);
    const { id } = await next();
    await leaving.close();
    const answer = new FieldWriter().int(launcherTags.pauseUs, 3000);
    peer.write(encodeFrame(messageTypes.ok, id, answer.payload()));
    expect(await asked).toBe(3);
    await expect(client.freeze(identity, leaving)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    [1, true],
    [undefined, false],
  ])(
    'is held at rest where the first process says that it knows that (%s), else let go at once',
    async (flags, held) => {
      const asked = client.freezeAtRest(identity, scope);
      const freeze = await next();
      peer.write(encodeFrame(messageTypes.ok, freeze.id, new FieldWriter().int(tags.flags, flags).payload()));
      if (!held) {
        const thaw = await next();
        expect(thaw.type).toBe(launcherTypes.thaw);
        peer.write(encodeFrame(messageTypes.ok, thaw.id, new Uint8Array(0)));
      }
      expect(await asked).toBe(held);
    },
  );

  it('leaves no copy in the machine when who wanted it has given up', async () => {
    const mover = new LayerMover({ binary: '/bin/true', home: directory, mode: 'user' });
    const leaving = scope.child({ name: 'leaving' });
    const shape = { memoryMib: 1, workMib: 0 };
    const record = { inside: identity, layers: [], generation: '0', uppers: 1, frozen: false, shape } as never;
    const copied = mover.copyOut(record, client, join(directory, 'tree'), leaving);
    copied.catch(() => undefined);
    const { id } = await next();
    await leaving.close();
    const taken = new FieldWriter().int(launcherTags.pauseUs, 1).int(launcherTags.files, 1).int(launcherTags.bytes, 1);
    peer.write(encodeFrame(messageTypes.ok, id, taken.payload()));
    const last = await next();
    expect(last.type).toBe(launcherTypes.layerDelete);
    peer.write(encodeFrame(messageTypes.ok, last.id, new FieldWriter().int(launcherTags.files, 1).payload()));
    await expect(copied).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('sends a layer only as far as it is given credit, whatever credit is claimed', async () => {
    let sent = 0;
    async function* frames(): AsyncGenerator<{ type: 'data'; payload: Uint8Array }> {
      for (;;) {
        sent += 100_000;
        yield { type: 'data', payload: new Uint8Array(100_000) };
      }
    }
    const clock = new TestClock();
    await using short = rootScope({ name: 'short', timeoutMs: 1500, clock });
    const asked = caught(client.take('/rw/layers/x', frames(), short));
    const { id } = await next();
    await expect.poll(() => heard.length).toBe(10);
    expect(sent).toBeLessThan(1_300_000);
    peer.write(encodeFrame(messageTypes.credit, id, Buffer.from([255, 255, 255, 255])));
    await expect.poll(() => heard.length).toBe(20);
    expect(sent).toBeLessThan(2_500_000);
    clock.advance(1500);
    await expect(asked).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });

  it('takes no more of a layer than a machine can hold, and none that is none', async () => {
    const mover = new LayerMover({ binary, home: directory, mode: 'user' });
    const tree = join(directory, 'tree');
    const large = caught(mover.fetch(client, '/rw/layers/x', tree, 500_000, scope));
    const { id } = await next();
    for (let i = 0; i < 8; i++) peer.write(encodeFrame(messageTypes.data, id, new Uint8Array(100_000)));
    await expect(large).rejects.toMatchObject({ details: expect.anything() });
    const nonsense = caught(mover.fetch(client, '/rw/layers/x', tree, 500_000, scope));
    const second = await next();
    const entry = new FieldWriter().nested(tags.entry, (one) => one.text(tags.path, '../../etc').int(tags.fileType, 2));
    peer.write(encodeFrame(messageTypes.data, second.id, entry.payload()));
    peer.write(encodeFrame(messageTypes.end, second.id, new Uint8Array(0)));
    await expect(nonsense).rejects.toMatchObject({ code: 'launch-failed' });
    expect(existsSync(tree)).toBe(false);
  });
});
