/** Channels whose agents greet late: a sandbox that stands still is never waited for. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeGuest } from '../../test/fixtures/fake-guest.ts';
import { type OwnedScope, rootScope } from '../base/index.ts';
import { tags } from '../guest/index.ts';
import { Connections } from './connections.ts';

let directory: string;
let server: Server;
let scope: OwnedScope;
let greet: () => void;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-connections-'));
  scope = rootScope({ name: 'test', timeoutMs: 20_000 });
  const said = new Promise<void>((resolve) => {
    greet = resolve;
  });
  server = createServer((socket: Socket) => {
    const guest = new FakeGuest(socket);
    guest.on('hello', ({ id }) => {
      void said.then(() =>
        guest.ok(id, (fields) =>
          fields.int(tags.version, 1).text(tags.incarnation, 'one').int(tags.pid, 1).int(tags.startedMs, 1),
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(join(directory, 'socket'), resolve));
});
afterEach(async () => {
  server.close();
  await scope.close();
  rmSync(directory, { recursive: true });
});

it('are had at once or not at all', async () => {
  const lost: string[] = [];
  const connections = new Connections((sandbox) => lost.push(sandbox));
  const opening = connections.open('box', join(directory, 'socket'), 'one', scope);
  expect(connections.greeted('box')).toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(connections.greeted('box')).toBeNull();
  greet();
  const client = await opening;
  expect(connections.greeted('box')).toBe(client);
  client.close();
  expect(connections.greeted('box')).toBeNull();
  expect(lost).toEqual(['box']);
});

it('that are closed while they greet are nobody’s afterwards', async () => {
  const connections = new Connections(() => undefined);
  const opening = connections.open('box', join(directory, 'socket'), 'one', scope);
  connections.close('box');
  greet();
  await opening;
  expect(connections.greeted('box')).toBeNull();
});
