/**
 * What runs a machine and makes its sockets itself, locked down by the launcher: the bridge executed from a descriptor, doors
 * handed in, sockets made inside where nobody else sees them. An agent stands for Firecracker here.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { type Decoded, encode, type Fields, message, tag } from './launcher-frames.ts';
import { connectAgent, Rig } from './launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const [file, listener] = [106, 109];

describe.skipIf(!isRoot).each([
  { name: 'root', uid: undefined },
  { name: 'ordinary user', uid: 1000 },
])('a bridge behind the launcher: $name (needs root)', ({ uid }) => {
  let rig: Rig;
  let guest: string;
  const launched: Decoded[] = [];

  beforeAll(async () => {
    rig = new Rig(uid === undefined ? {} : { uid });
    guest = join(rig.home, 'bridge');
    copyFileSync(buildGuest(), guest);
    chmodSync(guest, 0o755);
    await rig.start();
  });
  afterAll(async () => {
    for (const answer of launched) await rig.channel.ask(message.kill, identity(answer));
    await rig.close();
  });

  const identity = (answer: Decoded): Fields => [
    [tag.pid, answer.int(tag.pid)],
    [tag.startTicks, answer.int(tag.startTicks)],
    ...(answer.text(tag.cgroup) === '' ? [] : [[tag.cgroup, answer.text(tag.cgroup)] as const]),
    [tag.limitGroup, answer.texts(tag.limitGroup)],
  ];
  const fields = (...list: Fields): Buffer => encode(list);

  let count = 0;
  async function launch(more: Fields): Promise<Decoded> {
    const name = `bridged-${count++}`;
    const directory = join(rig.home, 'sandboxes', name);
    mkdirSync(directory, { mode: 0o700 });
    if (uid !== undefined) chownSync(directory, uid, uid);
    const answer = await rig.channel.ask(message.launch, [
      [tag.sandbox, name],
      [tag.lower, [rig.template]],
      [tag.upper, join(directory, 'upper')],
      [tag.work, join(directory, 'work')],
      [tag.bind, [fields([tag.path, '/usr'], [tag.target, '/usr'])]],
      [tag.socket, join(directory, 'relay.sock')],
      [tag.hostname, 'machine'],
      [tag.machineId, '0'.repeat(32)],
      [tag.user, 1000],
      [tag.incarnation, name],
      ...more,
    ]);
    launched.push(answer);
    return answer;
  }

  it('carries clients of the host to a socket made inside', async () => {
    const door = join(rig.home, 'sandboxes', `door-${uid ?? 0}.sock`);
    const inside = '/dev/shm/made-inside';
    const agent = ['/proc/self/fd/16', 'agent', '--listen', inside, '--incarnation', 'inside'];
    const answer = await launch([
      [tag.argv, ['/proc/self/fd/16', 'bridge', '--to', '17', inside, '--', ...agent]],
      [file, fields([tag.path, guest], [tag.flags, 0])],
      [listener, door],
    ]);
    const clients = await Promise.all([connectAgent(door), connectAgent(door), connectAgent(door)]);
    for (const client of clients) {
      await client.ask(message.ping, Buffer.from('x'));
      client.close();
    }
    await rig.channel.ask(message.kill, identity(answer));
    await expect(connectAgent(door)).rejects.toThrow();
  });

  it.each([
    ['shows the machine’s kvm when told to, where the launcher may open it', 16],
    ['shows no kvm otherwise', 0],
  ])('%s', async (_, flags) => {
    const said = join(rig.home, `said-${uid ?? 0}-${flags}`);
    writeFileSync(said, '');
    const owner = uid ?? 1_879_048_192 + 1000;
    chownSync(said, owner, owner);
    const script =
      '(exec 3<>/dev/kvm) 2>/dev/null && echo open >&16 || { ls /dev/kvm >&16 2>&1; echo closed >&16; }; sleep 60';
    await launch([
      [tag.argv, ['/bin/bash', '-c', script]],
      [tag.flags, flags],
      [file, fields([tag.path, said], [tag.flags, 1])],
    ]);
    await vi.waitFor(() => expect(readFileSync(said, 'utf8')).toMatch(/open|closed/), { timeout: 5000 });
    const isThere = flags === 16 && existsSync('/dev/kvm') && (uid === undefined || mayOpen('/dev/kvm', uid));
    expect(readFileSync(said, 'utf8').includes('open')).toBe(isThere);
    if (!isThere) expect(readFileSync(said, 'utf8')).toContain('No such file');
  });

  it('shows kvm to no agent', async () => {
    await expect(launch([[tag.flags, 16]])).rejects.toThrow(/not to an agent/);
  });
});

const mayOpen = (path: string, uid: number): boolean =>
  spawnSync('/bin/sh', ['-c', `: 3<>${path}`], { uid, gid: uid }).status === 0;
