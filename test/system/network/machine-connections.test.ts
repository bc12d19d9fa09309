/**
 * Connections of machines that go on from one memory: they stay the parent's, and end at once in its children, and in what
 * wakes from disk.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { debianWith, whyNoMachines } from '../../fixtures/machines.ts';
import { sh, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const missing = worldMissing() ?? (await whyNoMachines('microvm'));
const patienceMs = 60_000;
const port = 9000;
/** From when a child's programs go on, by its own clock. */
const mostMs = 1000;

/** Says when its connection ends, counted from when it finds itself in a child; asks over it when it is told to. */
const holder = `
import os, select, socket, sys, time
def say(what, text):
    with open('/workspace/new-' + what, 'w') as f: f.write(text)
    os.rename('/workspace/new-' + what, '/workspace/' + what)
kind = sys.argv[1]
if kind == 'out': s = socket.create_connection(('friend.test', 80))
else:
    listening = socket.socket()
    listening.bind(('127.0.0.1', ${port}))
    listening.listen()
    say('listens', '')
    s, _ = listening.accept()
def take(word):
    got = b''
    while word not in got:
        piece = s.recv(4096)
        if not piece: raise EOFError('end of file')
        got += piece
def ask():
    if kind == 'out':
        s.sendall(b'GET /ok/1 HTTP/1.1\\r\\nHost: friend.test\\r\\n\\r\\n')
        take(b'hello\\n')
    else:
        s.sendall(b'ping')
        take(b'pong')
def word():
    with open('/run/holdfast/generation') as f: return f.read()
known, since = word(), None
try:
    ask()
    say(kind + '-open', '')
    while True:
        if word() != known:
            known, since = word(), time.time()
        if select.select([s], [], [], 0.02)[0]:
            if not s.recv(1): raise EOFError('end of file')
        if os.path.exists('/workspace/go-' + kind):
            os.unlink('/workspace/go-' + kind)
            ask()
            say(kind + '-again', '')
except (OSError, EOFError) as error:
    # Those of a port end before it sleeps.
    since = since or time.time()
    say(kind + '-ended', '%d %s' % ((time.time() - since) * 1000, error))
`;

describe.skipIf(missing !== null)('connections of a machine that is forked', { timeout: 300_000 }, () => {
  let world: World;
  let inside: Inside;
  let parent: Box;
  let tree = '';
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    tree = debianWith([], { 'opt/holder.py': holder });
    await inside.service.buildTemplate({ name: 'debian', from: 'directory', directory: tree });
    const network: NetworkPolicyInput = { allow: [{ host: 'friend.test', protocol: 'http', paths: ['/**'] }] };
    parent = await inside.boxes.create({ isolation: 'microvm', network, lifetimeMs: 3_600_000 });
  }, 300_000);
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    rmSync(tree, { recursive: true, force: true });
  }, 60_000);

  async function told(box: Box, what: string): Promise<string> {
    const there = async (): Promise<boolean> =>
      (await sh(box, `test -e /workspace/${what} && echo there`, patienceMs)) === 'there';
    await until(there, `${what} is there`, patienceMs);
    return await sh(box, `cat /workspace/${what}`, patienceMs);
  }

  async function endedSoon(box: Box): Promise<void> {
    for (const kind of ['out', 'in']) {
      const [ms = '', ...why] = (await told(box, `${kind}-ended`)).split(' ');
      expect(Number(ms), why.join(' ')).toBeLessThan(mostMs);
    }
  }

  it('end there within a second, to the outside and of a port, go on in the parent, and end when that wakes from disk', async () => {
    await parent.start(['python3', '/opt/holder.py', 'out']);
    await parent.start(['python3', '/opt/holder.py', 'in']);
    await told(parent, 'listens');
    const connection = await inside.service.connectPort(parent.id, port);
    const answering = (async () => {
      for await (const _ of connection.output) await connection.write(Buffer.from('pong'));
    })();
    answering.catch(() => undefined);
    for (const kind of ['out', 'in']) await told(parent, `${kind}-open`);
    const children = await parent.fork({ count: 2, memory: true });
    for (const child of children) await endedSoon(child);
    for (const kind of ['out', 'in']) {
      await sh(parent, `touch /workspace/go-${kind}`, patienceMs);
      await told(parent, `${kind}-again`);
      expect(await sh(parent, `ls /workspace | grep -c ${kind}-ended`, patienceMs)).toBe('0');
    }
    for (const child of children) await child.destroy();
    // Nobody is at their other end when it wakes.
    await parent.suspend({ disk: true });
    await parent.resume();
    await endedSoon(parent);
    await connection.close();
  });
});
