/** A crowd that reads one session over real HTTP, come late: all get all of it, whoever else does not read at all. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { createClient } from '../../src/client/index.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { parseKeys, type RunningServer, serve } from '../../src/server/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { Speaker } from '../fixtures/speaker.ts';

const guestBinary = '/bin/true';
const home = mkdtempSync(join(tmpdir(), 'hf-readers-'));
const socketPath = join(home, 'run', 'readers.sock');
const speaker = new Speaker();
const readers = 120;
const stallers = 20;
const piece = `${'kelp '.repeat(200)}\n`;
const pieces = 240;

let runtime: Runtime;
let servers: RunningServer[];

beforeAll(async () => {
  runtime = await createRuntime({
    home,
    substrate: new FakeSubstrate({ binary: guestBinary }),
    guestBinary,
    agents: { open: () => speaker.model },
  });
  const shared = {
    serviceOf: (tenant: string, person?: string | null) => runtime.service(tenant, person),
    keys: parseKeys(`${createHash('sha256').update('key').digest('hex')} default Readers`, 'keys'),
    signingKey: new Uint8Array(32),
    log: silentLog,
  };
  servers = [
    await serve({ ...shared, listen: { host: '127.0.0.1', port: 0 } }),
    await serve({ ...shared, listen: { socketPath } }),
  ];
});
afterAll(async () => {
  for (const server of servers) await server.close({ graceMs: 100 });
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

interface Reading {
  text: string;
  kinds: string[];
}

/** All that the client gets, to the end. @param begun called with its first text */
async function read(id: string, begun: () => void): Promise<Reading> {
  const client = createClient({ baseUrl: servers[0]?.address ?? '', key: 'key' });
  const got: Reading = { text: '', kinds: [] };
  for await (const update of client.sessionUpdates(id)) {
    if (update.type === 'entry') got.kinds.push(update.entry.kind);
    else if (update.type === 'withdrawn') got.text = '';
    else {
      if (got.text === '') begun();
      got.text = got.text.slice(0, update.from) + update.text;
    }
  }
  return got;
}

/** Over the unix socket, whose buffers hold less than is said: it asks and does not read. */
async function stall(id: string): Promise<Socket> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /v1/sessions/${id}/updates HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`);
  return socket;
}

it(`is read whole by ${readers} who come late, while ${stallers} do not read`, async () => {
  const service = runtime.service();
  const bundle = { entry: 'a', agents: [agentData('a', [{ say: 'x' }], { tools: [] })] };
  const { id } = await service.startSession({ bundle, message: 'hi', task: true });
  await expect.poll(() => speaker.asked).toBe(1);
  const say = (count: number): void => {
    for (let said = 0; said < count; said++) speaker.say(piece);
  };
  say(pieces / 2);
  const stalled = await Promise.all(Array.from({ length: stallers }, () => stall(id)));
  let begun = 0;
  const reading = Array.from({ length: readers }, () => read(id, () => begun++));
  // Each has what was said before it came.
  await expect.poll(() => begun, { timeout: 20_000 }).toBe(readers);
  for (let said = 0; said < pieces / 2; said += 20) {
    say(20);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  speaker.finish();
  const got = await Promise.all(reading);
  const whole = piece.repeat(pieces);
  expect(got.filter(({ text }) => text === whole)).toHaveLength(readers);
  expect(new Set(got.map(({ kinds }) => kinds.join(' ')))).toEqual(new Set(['started intent outcome ended']));
  expect((await service.getSession(id)).state).toBe('done');
  expect(stalled.every((socket) => socket.bytesRead < whole.length)).toBe(true);
  // Who reads after all has lost nothing: the answer as its entry has it, and the end.
  for (const socket of stalled) {
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    socket.resume();
    await expect.poll(() => text.includes('"kind":"ended"'), { timeout: 10_000 }).toBe(true);
    expect(text.length).toBeGreaterThan(whole.length);
    socket.destroy();
  }
}, 60_000);
