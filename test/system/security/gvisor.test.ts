/**
 * What gVisor adds and what it must not give up: programs meet its kernel and not the machine's, all of it is nobody on the
 * machine, and none of its own doors lead out. The network is in network/bypass.test.ts.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attacker, type Box, bytes, text } from '../../fixtures/attacker.ts';
import { gvisorMissing } from '../../fixtures/gvisor.ts';

const missing = await gvisorMissing();
const firstMappedId = 1_879_048_192;
const isolation = 'userspace-kernel';

let attacker: Attacker;
const boxes = new Map<string, Box>();

describe.skipIf(missing !== null)('gVisor', () => {
  beforeAll(async () => {
    attacker = await Attacker.start({}, isolation);
    for (const user of ['agent', 'root'] as const) boxes.set(user, await attacker.box({ user }));
  });
  afterAll(() => attacker?.[Symbol.asyncDispose]());

  const box = (user = 'agent'): Box => {
    const found = boxes.get(user);
    if (!found) throw new Error(`no sandbox of ${user}`);
    return found;
  };

  describe.each(['agent', 'root'])('as %s inside', (user) => {
    it('F4: no capability is in any set, and none can come back', async () => {
      const status = await box(user).sh("grep -E '^(Cap|NoNewPrivs)' /proc/self/status");
      expect(status.trim().split('\n')).toEqual([
        ...['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:\t0000000000000000`),
        'NoNewPrivs:\t1',
      ]);
    });

    // What gVisor lets through is of its own kernel: namespaces of ids and of time in there, a key ring and a log of its own.
    it.each([
      ['namespaces', ['clone-user', 'clone-user-mount', 'clone3-user', 'unshare-time', 'unshare-user']],
      ['uring', []],
      ['kernel', ['keyctl', 'syslog']],
    ])('F4, F9: nothing of %s is let through but what is gVisor’s own', async (group, own) => {
      const outcomes = await box(user).attempts(group);
      expect(Object.keys(outcomes).length).toBeGreaterThan(own.length);
      const through = Object.keys(outcomes).filter((name) => outcomes[name] === '0');
      expect(through.sort()).toEqual(own);
    });

    it('F4: who is root of a namespace of its own in there still has no way out', async () => {
      const tried = await box(user).sh(
        "unshare -Urm sh -c 'id -u; mount -t proc proc /mnt && ls /mnt/1/cmdline; ls /dev/mem /dev/disk; cat /proc/sys/kernel/core_pattern; ip link 2>/dev/null | grep -v lo | grep -c :' 2>&1",
      );
      expect(tried).not.toMatch(/^\/dev\//m);
      expect(tried).not.toContain(attacker.home);
    });

    it('F3: no device and no overlay mark can be made', async () => {
      const outcomes = await box(user).attempts('rights');
      const marks = [
        'mknod-memory',
        'mknod-disk',
        'mknod-whiteout',
        'rename-whiteout',
        'xattr-opaque',
        'xattr-redirect',
      ];
      expect(marks.filter((name) => outcomes[name] === '0' || outcomes[name] === undefined)).toEqual([]);
    });

    it('F8: no socket family leads to the machine', async () => {
      const outcomes = await box(user).attempts('sockets');
      const families = 'packet vsock alg xdp key bluetooth can tipc rds kcm qipcrtr smc ppp ax25 nfc mctp'.split(' ');
      expect(families.filter((name) => outcomes[`socket-${name}`] === '0')).toEqual([]);
    });
  });

  it('F4: programs meet another kernel, and see nothing of the machine’s processes and mounts', async () => {
    expect(await box().sh('uname -r')).not.toContain(release());
    expect(await box().sh('dmesg')).toContain('gVisor');
    const processes = await box().sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
    expect(processes).not.toMatch(/vitest|node|runsc/);
    const told = await box().sh('cat /proc/mounts /proc/self/mountinfo /proc/1/cmdline /proc/1/environ 2>&1');
    expect(told).not.toContain(attacker.home);
    expect(told).not.toContain('/work');
  });

  it('F6: the devices there are gVisor’s own, and none is the machine’s', async () => {
    const listed = await box().sh('ls /dev | tr "\\n" " "; ls /dev/disk /dev/mem /dev/kvm /dev/sda /dev/vda 2>&1');
    expect(listed).not.toMatch(/^\/dev\/(disk|mem|kvm|sda|vda)$/m);
    expect(await box('root').sh('mount -t tmpfs none /mnt; mount --bind / /mnt; echo $?')).not.toMatch(/^0$/m);
  });

  it('F1: everything of it is nobody on the machine, and under a filter where it meets hostile bytes', async () => {
    const { id } = box();
    const processes = processesOf(id);
    expect(processes.length).toBeGreaterThan(3);
    for (const { uid, noNewPrivileges } of processes) {
      expect(uid).toBeGreaterThanOrEqual(firstMappedId);
      expect(uid).toBeLessThan(firstMappedId + 65_536);
      expect(noNewPrivileges).toBe(true);
    }
    const filtered = processes.filter(({ name }) => /^(runsc-sandbox|runsc-gofer|exe)/.test(name));
    expect(filtered.filter(({ filter }) => !filter)).toEqual([]);
    expect(filtered.length).toBeGreaterThanOrEqual(2);
  });

  it('F1: what its processes hold of the machine is its own root, program and bundle, and no socket of the host', async () => {
    const processes = processesOf(box().id);
    const roots = new Set(processes.map(({ pid }) => readlinkSync(`/proc/${pid}/ns/mnt`)));
    expect(roots.has(readlinkSync('/proc/self/ns/mnt'))).toBe(false);
    const nets = new Set(processes.map(({ pid }) => readlinkSync(`/proc/${pid}/ns/net`)));
    expect(nets.has(readlinkSync('/proc/self/ns/net'))).toBe(false);
    const [relay] = processes.filter(({ name }) => name === 'holdfast-relay');
    const sources = readFileSync(`/proc/${relay?.pid}/mountinfo`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({ place: line.split(' ')[4] ?? '', options: line.split(' ')[5] ?? '' }));
    const writable = sources.filter(({ options }) => options.split(',').includes('rw')).map(({ place }) => place);
    expect(writable.filter((place) => !/^\/($|proc|state\/|rootfs$|rootfs\/run\/holdfast\/trust)/.test(place))).toEqual(
      [],
    );
  });

  it('F3: links where gVisor mounts by name are followed by nobody', async () => {
    const { service } = attacker;
    const plain = await attacker.box({ user: 'root', isolation: 'namespace' });
    await plain.sh('mv /tmp /gone && ln -s /etc /tmp');
    const snapshot = await service.createSnapshot(plain.id);
    await expect(service.createSandbox({ template: snapshot.id, isolation })).rejects.toMatchObject({
      code: 'launch-failed',
      message: expect.stringContaining('has no usable /tmp to mount on'),
    });
    const links = await attacker.box();
    await links.sh('for way in /etc /proc/1/root /bundle /state; do ln -s $way /workspace/out$(basename $way); done');
    const seen = await links.sh('ls /bundle /state /program /rootfs 2>&1; ls /workspace/outbundle/ 2>&1');
    expect(seen.match(/No such file/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it('F12: who ends process 1, or floods gVisor’s log, harms that sandbox only', async () => {
    const victim = await attacker.box();
    const bystander = await attacker.box();
    const before = diskOf(attacker.home);
    await victim
      .sh('for i in $(seq 1 300); do : > /dev/null; unshare -U true 2>/dev/null; done')
      .catch(() => undefined);
    expect(diskOf(attacker.home) - before).toBeLessThan(8 * 2 ** 20);
    await victim.sh('kill -9 1').catch(() => undefined);
    await expect
      .poll(async () => (await attacker.service.getSandbox(victim.id)).state, { timeout: 15_000 })
      .toBe('gone');
    expect(await bystander.sh('echo here')).toBe('here\n');
    expect(processesOf(victim.id)).toEqual([]);
  });

  it('S7: a hostile agent’s bytes end its own connection, and the daemon goes on', async () => {
    const { service } = attacker;
    const hostile = await attacker.box({ user: 'root' });
    // The agent's descriptors are closed to programs; what they can do is read and write its files.
    const tried = await hostile.sh(
      'for fd in 0 1 3 4 5; do echo junk > /proc/1/fd/$fd; done 2>&1; cat /proc/1/mem 2>&1 | head -c 10',
    );
    expect(tried).not.toContain('junk');
    await service.writeFile(hostile.id, '/workspace/still', bytes('there'));
    const { stdout } = await hostile.run(['cat', '/workspace/still'], { cwd: '/' });
    expect(text(stdout)).toBe('there');
  });
});

interface HostProcess {
  pid: number;
  name: string;
  uid: number;
  noNewPrivileges: boolean;
  filter: boolean;
}

/** Every process of a sandbox as the machine sees it, by its control group. */
function processesOf(sandbox: string): HostProcess[] {
  const found: HostProcess[] = [];
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (!readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(sandbox)) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
      found.push({
        pid: Number(pid),
        name: command.startsWith('runsc') ? command : field('Name'),
        uid: Number(field('Uid')),
        noNewPrivileges: field('NoNewPrivs') === '1',
        filter: field('Seccomp') === '2',
      });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function diskOf(directory: string): number {
  let total = 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && /log|gvisor/.test(join(entry.parentPath, entry.name))) {
      total += readFileSync(join(entry.parentPath, entry.name)).length;
    }
  }
  return total;
}
