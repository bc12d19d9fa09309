/**
 * The launcher and the sandboxes it makes, on the real kernel: what is visible inside, what an attacker gets, limits and
 * life. One suite for each way to launch (root or ordinary user, own fork server or bubblewrap).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, tag } from './launcher-frames.ts';
import { own, Rig, type Sandbox } from './launcher-rig.ts';
import { refusal, variants } from './launcher-variants.ts';

const probes = mkdtempSync(join(tmpdir(), 'hf-attack-'));

beforeAll(() => {
  const source = join(import.meta.dirname, '../fixtures/attack/calls.c');
  execFileSync('gcc', ['-O1', '-static', '-o', join(probes, 'calls'), source]);
});
afterAll(() => rmSync(probes, { recursive: true, force: true }));

/** The probe's answers by name. */
async function attack(sandbox: Sandbox): Promise<Map<string, string>> {
  const { out } = await sandbox.run(['/attack']);
  return new Map(
    out
      .trim()
      .split('\n')
      .map((line) => line.split(' ', 2) as [string, string]),
  );
}

async function status(sandbox: Sandbox, name: string): Promise<string> {
  const { out } = await sandbox.shell(`grep ^${name}: /proc/self/status`);
  return out.split(':')[1]?.trim() ?? '';
}

/** Prints how many processes there were when the next one was refused. */
const forkBomb = `
import os, time
count = 1
while count < 100:
  try: child = os.fork()
  except OSError: break
  if child == 0: time.sleep(20); os._exit(0)
  count += 1
print(count)
`;

const refusedCalls = [
  'io_uring_setup',
  'bpf',
  'perf_event_open',
  'keyctl',
  'add_key',
  'userfaultfd',
  'fsopen',
  'open_tree',
  'mount_setattr',
  'setns',
  'init_module',
  'kexec_load',
  'swapon',
  'reboot',
  'syslog',
  'open_by_handle_at',
  'name_to_handle_at',
  'process_vm_readv',
  'pidfd_getfd',
  'process_madvise',
  'kcmp',
  'fanotify_init',
  'chroot',
  'quotactl',
  'acct',
  'settimeofday',
  'unshare-user',
  'unshare-net',
  'clone-user',
  'clone-mount',
  'mount',
  'umount',
  'bind',
  'pivot_root',
  'ptrace-init',
  'ptrace-self',
  'mknod-device',
  'tiocsti',
  'tiocsti-high',
  'tioclinux',
  'personality-no-randomize',
  'setgroups',
  'sethostname',
  'socket-raw',
];
const refusedSockets = ['vsock', 'alg', 'packet', 'bluetooth', 'xdp', 'tipc', 'key'];
const closedFiles = [
  '/proc/1/environ',
  '/proc/1/mem',
  '/proc/1/maps',
  '/proc/1/root/etc',
  '/proc/1/fd/3',
  '/proc/1/ns/mnt',
  '/proc/sysrq-trigger',
  '/proc/kcore',
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/hostname',
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/user/max_user_namespaces',
  '/sys/kernel',
  '/dev/kmsg',
  '/dev/mem',
  '/usr/bin/x',
  '/dev/x',
  '/run/holdfast/hostname',
];

describe.each(variants)('$name', ({ options, possible }) => {
  let rig: Rig;
  const mode = options.uid === undefined ? 'root' : 'user';

  beforeAll(async () => {
    if (!possible) return;
    rig = await new Rig(options).start();
    copyFileSync(join(probes, 'calls'), join(rig.template, 'attack'));
    chmodSync(join(rig.template, 'attack'), 0o755);
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

  describe('what is seen inside', () => {
    withSandbox('an unprivileged user with no way up', async (sandbox) => {
      expect((await sandbox.run(['/usr/bin/id', '-u'])).out).toBe('1000\n');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect([set, await status(sandbox, set)]).toEqual([set, '0000000000000000']);
      expect(await status(sandbox, 'NoNewPrivs')).toBe('1');
      expect(await status(sandbox, 'Seccomp')).toBe('2');
    });

    withSandbox(
      'uid 0 without powers when asked for',
      async (sandbox) => {
        expect((await sandbox.run(['/usr/bin/id', '-u'])).out).toBe('0\n');
        expect(await status(sandbox, 'CapBnd')).toBe('0000000000000000');
        expect((await sandbox.shell('echo x > /etc/new && cat /etc/new')).out).toBe('x\n');
        const answers = await attack(sandbox);
        for (const name of refusedCalls) expect([name, answers.get(name)]).toEqual([name, 'EPERM']);
      },
      { user: 0 },
    );

    withSandbox('its own name, machine id, hosts and no interface but lo', async (sandbox) => {
      const { out } = await sandbox.shell(
        'hostname; cat /etc/hostname /etc/machine-id /etc/hosts; ls /sys /proc/sys/net/ipv4/conf',
      );
      expect(out).toMatch(/^testbox\ntestbox\n[0-9a-f]{32}\n127\.0\.0\.1\tlocalhost\n127\.0\.1\.1\ttestbox\n/);
      const interfaces = (await sandbox.shell('tail -n +3 /proc/net/dev | cut -d: -f1')).out.trim();
      expect(interfaces).toBe('lo');
    });

    withSandbox('its own processes only, with the agent as the first', async (sandbox) => {
      const { out } = await sandbox.shell('ls /proc | grep -c "^[0-9]"; cat /proc/1/cmdline | tr "\\0" " "');
      const [count, first] = out.split('\n');
      expect(Number(count)).toBeLessThan(10);
      expect(first).not.toContain(rig.home);
    });

    withSandbox('a root it can write and no path of the machine in its mounts', async (sandbox) => {
      expect((await sandbox.shell('echo kept > /home/user/file; cat /home/user/file')).out).toBe('kept\n');
      const { out } = await sandbox.shell('cat /proc/self/mountinfo');
      expect(out).not.toContain(rig.home);
      expect(
        out
          .split('\n')
          .filter((line) => / \/usr /.test(line))
          .every((line) => /\bro\b/.test(line)),
      ).toBe(true);
    });

    withSandbox('a working terminal device and shared memory', async (sandbox) => {
      const { out } = await sandbox.shell(
        'echo x > /dev/shm/a && cat /dev/shm/a; head -c 4 /dev/urandom | wc -c; echo > /dev/null; readlink /dev/ptmx',
      );
      expect(out).toMatch(/^x\n4\n/);
    });

    withSandbox('nothing inherited: three descriptors and the environment it was given', async (sandbox) => {
      const { out } = await sandbox.run(['/bin/sh', '-c', 'ls /proc/$$/fd; env | sort'], ['PATH=/usr/bin', 'A=b']);
      expect(out.split('\n').slice(0, 3)).toEqual(['0', '1', '2']);
      expect(out).not.toMatch(/^([3-9]|\d\d+)$/m);
      expect(out).not.toContain('HOLDFAST_GUEST');
    });
  });

  describe('what an attacker gets', () => {
    withSandbox('F3 F4 F6 F8 F9 F10 no call, socket or file beyond its walls', async (sandbox) => {
      const answers = await attack(sandbox);
      for (const name of refusedCalls) expect([name, answers.get(name)]).toEqual([name, 'EPERM']);
      for (const name of refusedSockets) expect([name, answers.get(`socket-${name}`)]).toEqual([name, 'EAFNOSUPPORT']);
      for (const name of ['audit', 'uevent'])
        expect([name, answers.get(`socket-${name}`)]).toEqual([name, 'EPROTONOSUPPORT']);
      for (const path of closedFiles)
        expect([path, answers.get(`open:${path}`)]).toEqual([
          path,
          expect.stringMatching(/^(EACCES|EPERM|ENOENT|EROFS)$/),
        ]);
      expect([answers.get('clone3'), answers.get('nothing')]).toEqual(['ENOSYS', 'ENOSYS']);
      expect([answers.get('x32'), answers.get('int80')]).toEqual(['SIGSYS', 'SIGSYS']);
      for (const name of ['unix', 'inet', 'inet6', 'route'])
        expect([name, answers.get(`socket-${name}`)]).toEqual([name, '0']);
    });

    withSandbox('signals to the first process do nothing', async (sandbox) => {
      await sandbox.shell('kill -9 1; kill -TERM 1; kill -STOP 1; kill -INT 1; kill -ABRT 1');
      expect((await sandbox.run(['/bin/echo', 'alive'])).out).toBe('alive\n');
    });

    withSandbox('the network reaches nothing', async (sandbox) => {
      const { out } = await sandbox.shell(
        'cat /proc/net/route | wc -l; (exec 3<>/dev/tcp/169.254.169.254/80) 2>&1; bash -c "exec 3<>/dev/tcp/10.0.0.1/80" 2>&1',
      );
      expect(out).toMatch(/unreachable/);
    });

    it.runIf(possible)('a link left in a layer moves no mount: the launch fails and leaves nothing', async () => {
      const layer = join(rig.home, 'layers', 'hostile');
      mkdirSync(layer);
      symlinkSync('/tmp', join(layer, 'dev'));
      own(layer, options.uid ?? 1879048192);
      const failed = await refusal(rig.launch({ lower: [layer, rig.template] }));
      expect(failed.message).toContain('/dev');
      expect((await rig.channel.ask(message.strays, [])).nested(tag.entry)).toHaveLength(0);
    });
  });

  describe('limits', () => {
    /** Of tests that are for one of the two only, the other has none. */
    const only = (wanted: typeof mode, name: string, test: () => Promise<void>): void => {
      if (mode === wanted) it.runIf(possible)(name, test);
    };

    it.runIf(possible)('F12 a fork bomb is held, and the agent goes on', async () => {
      const sandbox = await rig.launch({ limits: { processes: 40 } });
      try {
        const { out } = await sandbox.run(['/usr/bin/python3', '-c', forkBomb]);
        expect(Number(out)).toBeGreaterThan(20);
        expect(Number(out)).toBeLessThanOrEqual(40);
        await sandbox.agent.ask(message.ping, Buffer.from('x'));
        if (mode === 'root')
          expect((await rig.channel.ask(message.counters, sandbox.identity())).int(tag.pidsDenied)).toBeGreaterThan(0);
      } finally {
        await rig.kill(sandbox);
      }
    });

    only('root', 'F12 a memory hog is killed, and the agent goes on', async () => {
      const sandbox = await rig.launch({ limits: { memoryBytes: 96 << 20 } });
      try {
        const { code, signal } = await sandbox.run([
          '/usr/bin/python3',
          '-c',
          'b = bytearray(400 << 20)\nfor i in range(0, len(b), 4096): b[i] = 1',
        ]);
        expect([code, signal]).toEqual([Number.NaN, 9]);
        expect((await sandbox.run(['/bin/echo', 'alive'])).out).toBe('alive\n');
        expect((await rig.channel.ask(message.counters, sandbox.identity())).int(tag.oomKills)).toBeGreaterThan(0);
        expect((await sandbox.shell('grep MemTotal /proc/meminfo')).out).toMatch(/ 98304 kB/);
      } finally {
        await rig.kill(sandbox);
      }
    });

    only('root', 'half a CPU is half a CPU, and counts as one', async () => {
      const sandbox = await rig.launch({ limits: { cpuMillis: 500 } });
      try {
        const { out } = await sandbox.run([
          '/usr/bin/python3',
          '-c',
          'import time\nt=time.time()\nwhile time.time()-t < 1: pass\nprint(time.process_time())',
        ]);
        expect(Number(out)).toBeLessThan(0.75);
        expect((await sandbox.run(['/usr/bin/nproc'])).out).toBe('1\n');
      } finally {
        await rig.kill(sandbox);
      }
    });

    only('root', 'a full disk is ENOSPC inside, and a snapshot of it is whole', async () => {
      const sandbox = await rig.launch({ limits: { diskBytes: 32 << 20 } });
      try {
        const { out } = await sandbox.shell(
          'echo first > /home/user/first; dd if=/dev/zero of=/home/user/big bs=1M count=100 2>&1 | head -1',
        );
        expect(out).toContain('No space left');
        const layer = join(rig.home, 'layers', `${sandbox.name}-full`);
        const taken = await rig.channel.ask(message.snapshot, [
          ...sandbox.identity(),
          ...sandbox.view(sandbox.lower, sandbox.upper),
          [tag.path, layer],
        ]);
        expect(taken.text(tag.method)).toBe('copy');
        expect(readFileSync(join(layer, 'home/user/first'), 'utf8')).toBe('first\n');
        await sandbox.agent.ask(message.reset, []);
        const fresh = sandbox.view([rig.template], join(sandbox.directory, 'fresh'));
        const unlimited = await refusal(rig.channel.ask(message.swap, [...sandbox.identity(), ...fresh]));
        expect(unlimited.message).toContain('diskBytes');
        await rig.channel.ask(message.swap, [...sandbox.identity(), ...fresh, [tag.diskBytes, 32 << 20]]);
        expect((await sandbox.shell('ls -A /home/user; df -m / | tail -1')).out).toMatch(/^\S+ +3\d /);
      } finally {
        await rig.kill(sandbox);
      }
      await expect.poll(() => execFileSync('losetup', ['-a'], { encoding: 'utf8' }).includes(sandbox.name)).toBe(false);
    });

    it.runIf(possible)('open files', async () => {
      const sandbox = await rig.launch({ limits: { openFiles: 64 } });
      try {
        expect((await sandbox.shell('ulimit -n; ulimit -Hn')).out).toBe('64\n64\n');
      } finally {
        await rig.kill(sandbox);
      }
      const failed = await refusal(rig.launch({ limits: { openFiles: 1e9 } }));
      expect(failed.message).toMatch(/openFiles 1000000000/);
    });

    only('user', 'one that cannot be enforced is refused with its fix', async () => {
      const failed = await refusal(rig.launch({ limits: { memoryBytes: 1 << 28 } }));
      expect(failed.errno).toBe(95);
      expect(failed.message).toMatch(/memory.*systemd-run --user --scope -p Delegate=yes/);
    });
  });

  describe('life', () => {
    withSandbox('stands still and goes on', async (sandbox) => {
      const process = await sandbox.start(['/bin/sh', '-c', 'while :; do echo x >> /tmp/ticks; sleep 0.01; done']);
      const size = (): number => lstatSync(join(sandbox.upper, 'tmp/ticks')).size;
      await expect.poll(() => existsSync(join(sandbox.upper, 'tmp/ticks'))).toBe(true);
      await rig.channel.ask(message.freeze, sandbox.identity());
      const before = size();
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(size()).toBe(before);
      await rig.channel.ask(message.thaw, sandbox.identity());
      await expect.poll(size).toBeGreaterThan(before);
      await sandbox.agent.ask(message.signal, [
        [tag.processId, process],
        [tag.signal, 9],
        [tag.flags, 3],
      ]);
    });

    it.runIf(possible)('KILL ends everything, twice is fine, and nothing is left', async () => {
      const sandbox = await rig.launch({ limits: { processes: 50 } });
      await sandbox.start(['/bin/sh', '-c', 'setsid sleep 1000 & sleep 1000']);
      const identity = sandbox.identity();
      await rig.kill(sandbox);
      await rig.channel.ask(message.kill, identity);
      await expect.poll(() => existsSync(`/proc/${sandbox.pid}`)).toBe(false);
      const cgroup = sandbox.launched.text(tag.cgroup);
      if (cgroup !== '') expect(existsSync(cgroup)).toBe(false);
      for (const group of sandbox.launched.texts(tag.limitGroup)) expect(existsSync(group)).toBe(false);
      await expect.poll(() => rig.exits.some((exit) => exit.int(tag.pid) === sandbox.pid)).toBe(true);
    });

    withSandbox('a frozen sandbox can be killed', async (sandbox) => {
      await sandbox.start(['/bin/sleep', '1000']);
      await rig.channel.ask(message.freeze, sandbox.identity());
    });

    withSandbox('a number used again is not touched', async (sandbox) => {
      const wrong = [
        [tag.pid, sandbox.pid],
        [tag.startTicks, 1],
      ] as const;
      await rig.channel.ask(message.kill, wrong);
      expect((await sandbox.run(['/bin/echo', 'alive'])).out).toBe('alive\n');
      const entries = (await rig.channel.ask(message.check, [])).nested(tag.entry);
      expect(entries).toHaveLength(0);
    });

    it.runIf(possible)('refuses groups that are not its own', async () => {
      const failed = await refusal(
        rig.channel.ask(message.kill, [
          [tag.pid, 0],
          [tag.cgroup, '/sys/fs/cgroup/unified/somebody'],
        ]),
      );
      expect(failed.errno).toBe(1);
    });

    it.runIf(possible)('S9 sandboxes outlive the launcher, and the next one manages them', async () => {
      const sandbox = await rig.launch();
      const process = await sandbox.start(['/bin/sh', '-c', 'sleep 0.5; echo survived']);
      await rig.leave();
      await rig.start();
      const identity = sandbox.identity();
      expect((await sandbox.follow(process)).out).toBe('survived\n');
      await rig.channel.ask(message.freeze, identity);
      await rig.channel.ask(message.thaw, identity);
      await sandbox.shell('echo mine > /home/user/file');
      const swapped = await rig.channel.ask(message.swap, [
        ...identity,
        ...sandbox.view([rig.template], join(sandbox.directory, 'upper2')),
      ]);
      expect(swapped.int(tag.pauseUs)).toBeGreaterThan(0);
      expect((await sandbox.shell('ls /home/user')).out).toBe('');
      const entry = (await rig.channel.ask(message.strays, []))
        .nested(tag.entry)
        .find((one) => one.text(tag.sandbox) === sandbox.name);
      if (sandbox.launched.text(tag.cgroup) !== '') expect(entry?.int(tag.count)).toBeGreaterThan(0);
      await rig.kill(sandbox);
    });

    it.runIf(possible)('32 at once', async () => {
      const sandboxes = await Promise.all(Array.from({ length: 32 }, () => rig.launch()));
      const outs = await Promise.all(sandboxes.map((sandbox) => sandbox.run(['/bin/echo', sandbox.name])));
      expect(outs.map(({ out }) => out.trim())).toEqual(sandboxes.map(({ name }) => name));
      await Promise.all(sandboxes.map((sandbox) => rig.kill(sandbox)));
    });
  });

  it.runIf(possible)('ext4 is told to keep sandboxes apart, below home only', async () => {
    const isExt4 = spawnSync('stat', ['-f', '-c', '%T', rig.home], { encoding: 'utf8' }).stdout.startsWith('ext');
    const marks = spawnSync('lsattr', ['-d', join(rig.home, 'sandboxes')], { encoding: 'utf8' });
    if (isExt4 && marks.status === 0) expect(marks.stdout.split(' ')[0]).toContain('T');
    const outside = new Rig({ ...options, keepApart: '/var' });
    expect((await refusal(outside.start())).errno).toBe(1);
    await outside.close();
  });

  it.runIf(possible)('bad requests are refused and named', async () => {
    expect((await refusal(rig.channel.ask(0x7e, []))).errno).toBe(38);
    expect((await refusal(rig.channel.ask(message.launch, []))).errno).toBe(22);
    expect((await refusal(rig.channel.ask(message.launch, Buffer.from([1, 255, 255, 255, 255])))).message).toContain(
      'malformed',
    );
    expect((await refusal(rig.launch({ lower: ['/etc'] }))).message).toContain('/etc');
    expect((await refusal(rig.launch({ lower: [join(rig.home, 'absent')] }))).message).toContain('absent');
    expect((await refusal(rig.launch({ binds: [['/absent', '/usr']] }))).message).toContain('/absent');
    expect((await refusal(rig.launch({ user: 7 }))).message).toContain('7');
    expect((await rig.channel.ask(message.strays, [])).nested(tag.entry)).toHaveLength(0);
  });
});
