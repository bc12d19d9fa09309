/** QEMU's control channel against a peer that keeps the protocol, and one that does not. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { QmpClient } from './qmp.ts';

let directory: string;
let peer: Socket;
let client: QmpClient;
let scope: OwnedScope;
let close: () => void;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-qmp-'));
  const path = join(directory, 'q');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  client = new QmpClient(connect(path));
  [peer] = await accepted;
  peer.on('error', () => undefined);
  close = () => server.close();
  scope = rootScope({ name: 'test', timeoutMs: 2000 });
});

afterEach(async () => {
  client.close();
  peer.destroy();
  close();
  await scope.close();
  await rm(directory, { recursive: true });
});

/** Answers each command with what `reply` makes of it. */
function serve(reply: (command: { execute: string; id: number }) => string): void {
  let rest = '';
  peer.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
  peer.on('data', (bytes: Buffer) => {
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) peer.write(reply(JSON.parse(line)));
  });
}

describe('the QMP client', () => {
  it('negotiates, then matches answers to commands in whatever pieces they come', async () => {
    const seen: string[] = [];
    serve(({ execute, id }) => {
      seen.push(execute);
      return `{"return": {"name": "${execute}"}, "id": ${id}}\r\n`;
    });
    const [a, b] = await Promise.all([
      client.execute('query-status', undefined, scope),
      client.execute('stop', {}, scope),
    ]);
    expect([a['name'], b['name']]).toEqual(['query-status', 'stop']);
    expect(seen).toEqual(['qmp_capabilities', 'query-status', 'stop']);
  });

  it('says what QEMU refused', async () => {
    serve(({ id }) => `{"error": {"class": "GenericError", "desc": "no such thing"}, "id": ${id}}\n`);
    await expect(client.execute('stop', undefined, scope)).rejects.toMatchObject({
      code: 'launch-failed',
      message: 'QEMU refused: no such thing',
    });
  });

  it('hands on the event that was waited for', async () => {
    const done = client.event((event, data) => event === 'MIGRATION' && data['status'] === 'completed', scope);
    peer.write('{"event": "MIGRATION", "data": {"status": "active"}}\n{"event": "STOP"}\n');
    peer.write('{"event": "MIGRATION", "data": {"status": "completed"}}\n');
    await expect(done).resolves.toEqual({ status: 'completed' });
  });

  it.each([
    ['a line without an end', 'x'.repeat(300 * 1024)],
    ['no JSON', 'hello\n'],
    ['JSON that is no object', '[1]\n'],
    ['half a character', Buffer.from([0xff, 0xfe, 0x0a])],
  ])('ends on %s', async (_, bytes) => {
    const waiting = client.execute('query-status', undefined, scope);
    peer.write(bytes);
    await expect(waiting).rejects.toMatchObject({ code: 'launch-failed' });
    await expect(client.execute('stop', undefined, scope)).rejects.toMatchObject({ code: 'launch-failed' });
  });

  it('is not confused by answers to nothing, and ends waiting with its scope', async () => {
    await using short = scope.child({ name: 'short', timeoutMs: 100 });
    const waiting = client.execute('query-status', undefined, short);
    peer.write('{"id": 77, "return": {}}\n{"id": "x"}\n{"return": 3}\n{"id": -1, "error": 4}\n');
    await expect(waiting).rejects.toMatchObject({ code: 'deadline-exceeded' });
  });
});
