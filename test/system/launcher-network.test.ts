/** What a sandbox has of a network before anybody tunnels: a loopback with every port free, and a place for what to trust. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, tag } from './launcher-frames.ts';
import { Rig, type RigOptions, type Sandbox } from './launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const bubblewrap = spawnSync('bwrap', ['--version']).status === 0;
const trust = '/run/holdfast/trust';

const variants: { name: string; options: RigOptions; possible: boolean }[] = [
  { name: 'root, fork', options: {}, possible: isRoot },
  { name: 'ordinary user, fork', options: { uid: 1000 }, possible: isRoot },
  { name: 'root, bwrap', options: { launcher: 'bwrap' }, possible: isRoot && bubblewrap },
  { name: 'ordinary user, bwrap', options: { uid: 1000, launcher: 'bwrap' }, possible: isRoot && bubblewrap },
];

/** Listens on one address and connects to itself there, by TCP and by UDP. */
const listens = `
import socket
for port in (53, 80):
  server = socket.socket(); server.bind(('127.64.0.1', port)); server.listen()
  client = socket.create_connection(('127.64.0.1', port)); client.sendall(b'x')
  assert server.accept()[0].recv(1) == b'x'
server = socket.socket(type=socket.SOCK_DGRAM); server.bind(('127.64.0.1', 53))
client = socket.socket(type=socket.SOCK_DGRAM); client.sendto(b'x', ('127.64.0.1', 53))
assert server.recv(9) == b'x'
server = socket.socket(socket.AF_INET6); server.bind(('::1', 443))
print('all')
`;

/** Takes the loopback down; prints the error's number. */
const takesDown = `
import fcntl, socket, struct
try: fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 0)); print('done')
except OSError as error: print(error.errno)
`;

/** Networks the launcher keeps open: those made ahead, and its own. */
function keptNetworks(launcher: number): string[] {
  const links = readdirSync(`/proc/${launcher}/fd`).map((fd) => readlinkSync(`/proc/${launcher}/fd/${fd}`));
  return links.filter((link) => link.startsWith('net:['));
}

describe.each(variants)('$name', ({ options, possible }) => {
  let rig: Rig;
  beforeAll(async () => {
    if (possible) rig = await new Rig(options).start();
  });
  afterAll(async () => rig?.close());

  const withSandbox = (name: string, test: (sandbox: Sandbox) => Promise<void>, launch = {}): void => {
    it.runIf(possible)(name, async () => {
      const sandbox = await rig.launch(launch);
      try {
        await test(sandbox);
      } finally {
        await rig.kill(sandbox);
      }
    });
  };

  for (const user of [1000, 0]) {
    withSandbox(
      `user ${user} listens on ports 53 and 80 of any loopback address`,
      async (sandbox) => {
        expect(await sandbox.run(['/usr/bin/python3', '-c', listens])).toMatchObject({ out: 'all\n', err: '' });
        const { out } = await sandbox.shell(
          'cat /proc/sys/net/ipv4/ip_unprivileged_port_start; echo 80 > /proc/sys/net/ipv4/ip_unprivileged_port_start; tail -n +3 /proc/net/dev | cut -d: -f1',
        );
        expect(out.trim().split(/\s+/)).toEqual(['0', 'lo']);
      },
      { user },
    );

    withSandbox(
      `user ${user} writes a little to ${trust}, and executes nothing there`,
      async (sandbox) => {
        expect((await sandbox.shell(`stat -c '%a %u %g %F' ${trust}`)).out).toBe(`755 ${user} ${user} directory\n`);
        await sandbox.shell(`cp /usr/bin/true ${trust}/program && chmod 4755 ${trust}/program`);
        const { code, err } = await sandbox
          .run([`${trust}/program`])
          .catch((error: Error) => ({ code: 126, err: error.message }));
        expect([code, err]).toEqual([126, expect.stringMatching(/EACCES|[Pp]ermission|^13/)]);
        const { out } = await sandbox.shell(`grep ' ${trust} ' /proc/self/mountinfo`);
        for (const flag of ['rw', 'nosuid', 'nodev', 'noexec']) expect(out.split(' ')[5]?.split(',')).toContain(flag);
        expect((await sandbox.shell(`head -c 3000000 /dev/zero > ${trust}/big`)).err).toMatch(/No space left/);
        expect((await sandbox.shell('echo x > /run/holdfast/x')).err).toMatch(/Read-only/);
      },
      { user },
    );
  }

  it.runIf(possible)('networks made ahead go to one sandbox each, which has no power over it', async () => {
    await sleep(200);
    const own = readlinkSync(`/proc/${rig.launcherPid}/ns/net`);
    const ahead = keptNetworks(rig.launcherPid).filter((network) => network !== own);
    expect(ahead.length).toBeGreaterThan(0);
    const sandboxes = await Promise.all(
      Array.from({ length: ahead.length + 2 }, (_, n) => rig.launch({ user: n % 2 === 0 ? 0 : 1000 })),
    );
    const theirs = sandboxes.map(({ pid }) => readlinkSync(`/proc/${pid}/ns/net`));
    expect(new Set([...theirs, own, readlinkSync('/proc/self/ns/net')]).size).toBeGreaterThanOrEqual(theirs.length + 1);
    for (const network of ahead) expect(theirs).toContain(network);
    for (const sandbox of sandboxes) {
      expect((await sandbox.run(['/usr/bin/python3', '-c', takesDown])).out).toBe('1\n');
      await rig.kill(sandbox);
    }
  });

  withSandbox(`${trust} outlives a rollback and a snapshot`, async (sandbox) => {
    await sandbox.shell(`echo kept > ${trust}/ca.crt; echo gone > /home/user/file`);
    const swapped = join(sandbox.directory, 'upper-2');
    const rotated = join(sandbox.directory, 'upper-3');
    await sandbox.agent.ask(message.reset, []);
    await rig.channel.ask(message.swap, [...sandbox.identity(), ...sandbox.view(sandbox.lower, swapped)]);
    const taken = await rig.channel.ask(message.snapshot, [
      ...sandbox.identity(),
      ...sandbox.view(sandbox.lower, swapped),
      [tag.path, join(rig.home, 'layers', sandbox.name)],
      [tag.target, rotated],
      [tag.freshWork, `${rotated}.work`],
    ]);
    expect(taken.text(tag.method)).toBe('rotate');
    const script = `ls /home/user; cat ${trust}/ca.crt; echo more >> ${trust}/ca.crt; cat ${trust}/ca.crt`;
    expect((await sandbox.shell(script)).out).toBe('kept\nkept\nmore\n');
  });
});
