/** Requests whose scope ends: what is sent, and when who asked hears of it. Numbers are launcher-connection.ts's. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../base/index.ts';
import {
  encodeFrame,
  FieldWriter,
  FrameDecoder,
  type LauncherType,
  launcherTypes,
  messageTypes,
  tags,
} from '../guest/index.ts';
import { LauncherConnection } from './launcher-connection.ts';

let directory: string;
let server: Server;
let peer: Socket;
let socket: Socket;
let scope: OwnedScope;
let heard: { type: number; id: number }[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hf-launcher-'));
  const path = join(directory, 's');
  server = createServer().listen(path);
  await once(server, 'listening');
  socket = connect(path);
  [peer] = (await once(server, 'connection')) as [Socket];
  heard = [];
  const decoder = new FrameDecoder((type, id) => heard.push({ type, id }));
  peer.on('data', (chunk: Buffer) => decoder.push(chunk));
  scope = rootScope({ name: 'test' });
});
afterEach(async () => {
  socket.destroy();
  peer.destroy();
  server.close();
  await scope.close();
  rmSync(directory, { recursive: true });
});

const ask = (connection: LauncherConnection, type: LauncherType, within: OwnedScope = scope) =>
  connection.request({ type, fill: () => undefined }, within);
const hears = (count: number) => expect.poll(() => heard.length).toBe(count);
const answer = (id: number) => peer.write(encodeFrame(messageTypes.ok, id, new Uint8Array(0)));
/** The state of a promise, once whatever is under way has had its turn. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const turn = new Promise((resolve) => setTimeout(resolve, 50, 'waits'));
  return String(
    await Promise.race([
      promise.then(
        () => 'done',
        ({ code }) => code,
      ),
      turn,
    ]),
  );
}

describe('a request to the launcher', () => {
  it('is not sent when its scope has ended, also not once a place is free (1)', async () => {
    const connection = new LauncherConnection(socket, () => undefined);
    const others = Array.from({ length: 64 }, () => ask(connection, 'swap'));
    await hears(64);
    const leaving = scope.child({ name: 'leaving' });
    const waiting = ask(connection, 'swap', leaving);
    await leaving.close();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    for (const { id } of heard) answer(id);
    await Promise.all(others);
    await expect(ask(connection, 'swap', leaving)).rejects.toMatchObject({ code: 'cancelled' });
    const last = ask(connection, 'check');
    await hears(65);
    expect(heard.at(-1)?.type).toBe(launcherTypes.check);
    answer(heard.at(-1)?.id ?? 0);
    await last;
  });

  it.each(['launch', 'swap', 'snapshot', 'freeze'] as const)(
    '%s, once begun, is answered as it ended (1)',
    async (type) => {
      const connection = new LauncherConnection(socket, () => undefined);
      const leaving = scope.child({ name: 'leaving' });
      const asked = ask(connection, type, leaving);
      await hears(1);
      await leaving.close();
      expect(await stateOf(asked)).toBe('waits');
      answer(heard[0]?.id ?? 0);
      expect(await stateOf(asked)).toBe('done');
      expect(heard).toHaveLength(1);
    },
  );

  it('about a tree is stopped, and over when the launcher says so (1)', async () => {
    const connection = new LauncherConnection(socket, () => undefined);
    const leaving = scope.child({ name: 'leaving' });
    const asked = ask(connection, 'layerSquash', leaving);
    await hears(1);
    await leaving.close();
    await hears(2);
    const [{ id } = { id: 0 }, stop] = heard;
    expect(stop).toEqual({ type: messageTypes.cancel, id });
    expect(await stateOf(asked)).toBe('waits');
    const refused = new FieldWriter().int(tags.errno, 125).text(tags.message, 'cancelled');
    peer.write(encodeFrame(messageTypes.error, id, refused.payload()));
    expect(await stateOf(asked)).toBe('cancelled');
  });

  it('that a hostile peer does not answer ends with its scope (2)', async () => {
    const connection = new LauncherConnection(socket, () => undefined, 'hostile');
    const leaving = scope.child({ name: 'leaving' });
    const asked = ask(connection, 'swap', leaving);
    await hears(1);
    await leaving.close();
    expect(await stateOf(asked)).toBe('cancelled');
  });
});
