/** What a sandbox sees of the machine: processes, descriptors, /proc, /dev, control groups, sockets, networks. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attackedBy, launchers } from '../../fixtures/attacker.ts';

describe.each(launchers)('launched by %s', (launcher) => {
  const { box, home } = attackedBy(launcher);

  const lines = (shown: string): string[] => shown.split('\n').filter((line) => line !== '');

  describe.each(['agent', 'root'])('as %s inside', (user) => {
    it('F10: only its own processes are there', async () => {
      const pids = lines(await box(user).sh('for p in /proc/[0-9]*; do cat $p/comm; done'));
      expect(pids[0]).toBe('holdfast-agent');
      expect(pids.length).toBeLessThanOrEqual(3);
      expect(await box(user).sh(`kill -0 ${process.pid}; ls /proc/${process.pid}; kill -9 -1; echo`)).toMatch(
        /No such/,
      );
      expect(await box(user).sh('echo alive')).toBe('alive\n');
    });

    it('F10: memory, environment, descriptors, root and maps of the agent are closed', async () => {
      // Bubblewrap executes the agent in the user namespace of this root, who may list names there, and read none of them.
      const isOwner = launcher === 'bwrap' && user === 'root';
      const listed = isOwner ? ['fd', 'ns', 'map_files'] : [];
      const names = 'environ mem maps smaps auxv stack syscall fd fdinfo root cwd exe ns map_files pagemap'.split(' ');
      for (const name of names) {
        const path = `/proc/1/${name}`;
        const way = listed.includes(name)
          ? `readlink ${path}/* | grep .`
          : `cat ${path} || ls ${path}/ || readlink ${path}`;
        const shown = await box(user).sh(`${way}; true`);
        if (listed.includes(name)) expect(shown, name).toBe('');
        else expect(shown, name).toMatch(/Permission denied|Operation not permitted/);
        expect(shown, name).not.toContain('holdfast');
      }
      const steering = ['mem', 'clear_refs', 'comm', 'uid_map', ...(isOwner ? [] : ['oom_score_adj'])];
      for (const name of steering) {
        const written = await box(user).sh(`echo 0 > /proc/1/${name}`);
        expect(written, name).toMatch(/Permission denied|not permitted|I\/O error/);
      }
      expect(await box(user).sh("tr -d '\\0' < /proc/1/cmdline")).toBe('agent');
    });

    it('F6: a program starts with descriptors 0 to 2 and nothing else', async () => {
      expect(lines(await box(user).sh('ls /proc/$$/fd'))).toEqual(['0', '1', '2']);
      expect(await box(user).sh('readlink /proc/self/cwd /proc/self/root')).toBe('/workspace\n/\n');
    });

    it('F6: what steers the machine in /proc cannot be read or written', async () => {
      const writable = await box(user).sh(
        'find /proc/sys /proc/irq /proc/bus /proc/fs -type f 2>/dev/null | while read f; do (: >> $f) 2>/dev/null && echo $f; done; true',
      );
      expect(writable).toBe('');
      const names = [
        'sys/kernel/core_pattern',
        'sys/kernel/hostname',
        'sys/vm/drop_caches',
        'sys/user/max_user_namespaces',
      ];
      for (const name of names)
        expect(await box(user).sh(`echo x > /proc/${name}`), name).toMatch(/Read-only|Permission/);
      // Covered by the null device: writing is swallowed, reading gives nothing. Bubblewrap's covers cannot even be opened.
      const covered = [
        'sysrq-trigger kcore keys key-users timer_list latency_stats sched_debug schedstat',
        'modules config.gz diskstats partitions swaps softirqs interrupts',
      ].flatMap((names) => names.split(' '));
      for (const name of covered) {
        const shown = await box(user).sh(`[ -e /proc/${name} ] && head -c 100 /proc/${name}; true`);
        expect(shown, name).toMatch(launcher === 'bwrap' ? /^(|head: .*Permission denied\n)$/ : /^$/);
      }
      expect(await box(user).sh('cat /proc/sys/user/max_user_namespaces')).toBe('0\n');
      expect(await box(user).sh('cat /proc/kmsg /proc/kpagecount /proc/slabinfo | head -c 10')).toMatch(
        /denied|not permitted/,
      );
      expect(await box(user).sh('ls -A /proc/acpi /proc/scsi /proc/asound 2>/dev/null')).not.toMatch(/^[a-z]+$/m);
    });

    it('F6: mounts name no directory of the machine, and none can be written but its own', async () => {
      const mounts = await box(user).sh('cat /proc/self/mountinfo');
      expect(mounts).not.toContain(home());
      // Bubblewrap's /dev is made of the machine's own, one by one.
      const devices = ['full', 'null', 'random', 'tty', 'urandom', 'zero'].map((name) => `/${name}`);
      const points = lines(mounts).map((line) => line.split(' ').slice(3, 6));
      expect(points.map(([, point]) => point)).not.toContain('/sys');
      for (const [root, point, options] of points) {
        if (point === '/usr') expect(options).toMatch(/^ro,nosuid,nodev/);
        else if (root !== '/' && !devices.includes(root ?? '')) expect(options, point).toMatch(/^ro,/);
        expect(options, point).toContain('nosuid');
      }
    });

    it('F6: /dev holds seven harmless devices and cannot be changed', async () => {
      // Each is asked itself: what it was mounted on is a plain file.
      const each = 'for f in $(find /dev ! -type l); do [ -c $f ] || [ -b $f ] && echo $f; done | sort';
      const nodes = lines(await box(user).sh(each));
      expect(nodes.filter((node) => !node.startsWith('/dev/pts/'))).toEqual(
        ['full', 'null', 'random', 'tty', 'urandom', 'zero'].map((name) => `/dev/${name}`),
      );
      const changes =
        'touch /dev/x; rm -f /dev/null; chmod 600 /dev/null; mv /dev/zero /dev/null; ln -sf x /dev/urandom';
      expect(lines(await box(user).sh(changes)).every((line) => /Read-only|denied|not permitted/.test(line))).toBe(
        true,
      );
      expect(await box(user).sh('stat -c %a:%t:%T /dev/null')).toBe('666:1:3\n');
    });

    it('F4: no control group can be reached, so none can be left or given a release agent', async () => {
      expect(await box(user).sh('ls -A /sys; grep -c cgroup /proc/self/mountinfo')).toBe('0\n');
      const groups = lines(await box(user).sh('cut -d: -f3 /proc/self/cgroup'));
      expect(groups.every((group) => /^\/(p\d+)?$/.test(group))).toBe(true);
    });

    it('F4: neither a copied program, the loader, a script, nor /proc/self/root goes around anything', async () => {
      const ways = [
        'cp /usr/bin/unshare /tmp/u && /tmp/u -r true',
        '/lib64/ld-linux-x86-64.so.2 /usr/bin/unshare -r true',
        '/proc/self/root/usr/bin/unshare -r true',
        'setarch -R unshare -r true',
        'nsenter -t 1 -a true',
        'unshare -Urm true',
        'mount -t proc none /tmp',
      ];
      for (const way of ways) expect((await box(user).run(['sh', '-c', way])).exitCode, way).not.toBe(0);
    });
  });

  describe('sockets', () => {
    let directory = '';
    const servers: Server[] = [];
    const accepted: string[] = [];
    const abstract = `\0holdfast-attack-${process.pid}`;
    const ports: number[] = [];

    async function serveAt(name: string, where: { path: string } | { host: string; port: number }): Promise<Server> {
      const server = createServer((socket) => {
        accepted.push(name);
        socket.destroy();
      });
      servers.push(server);
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where, resolve));
      return server;
    }

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'hf-socket-'));
      await serveAt('path', { path: join(directory, 's') });
      await serveAt('abstract', { path: abstract });
      for (const host of ['127.0.0.1', '0.0.0.0']) {
        const address = (await serveAt(`tcp ${host}`, { host, port: 0 })).address();
        if (typeof address === 'object' && address) ports.push(address.port);
      }
    });
    afterAll(async () => {
      for (const server of servers) server.close();
      await rm(directory, { recursive: true });
    });

    const connect = (address: string): string => `import socket
s = socket.socket(socket.AF_UNIX)
try: s.connect(${address}); print("connected")
except OSError as e: print(e.errno)`;

    it('F8: no unix socket of the machine is there, by path or abstract', async () => {
      for (const address of [
        `"${join(directory, 's')}"`,
        `"\\0holdfast-attack-${process.pid}"`,
        '"/run/docker.sock"',
        '"/var/run/docker.sock"',
        '"/run/systemd/private"',
        '"/run/dbus/system_bus_socket"',
      ]) {
        const result = await box('root').run(['python3', '-c', connect(address)]);
        expect(new TextDecoder().decode(result.stdout), address).toMatch(/^(2|111)\n$/);
      }
      expect(lines(await box().sh('cat /proc/net/unix')).length).toBe(1);
      expect(accepted).toEqual([]);
    });

    it('S7: the agent is not reachable from inside', async () => {
      expect(await box('root').sh(`find / -xdev -type s 2>/dev/null; ls -A ${home()}`)).toMatch(/No such file/);
      expect(await box('root').sh('find / -xdev -type s 2>/dev/null')).toBe('');
    });

    it('N5: there is no route: not to the machine, its metadata, its neighbours or the world', async () => {
      const targets = [
        ...ports.map((port) => `/dev/tcp/127.0.0.1/${port}`),
        '/dev/tcp/169.254.169.254/80',
        '/dev/tcp/10.0.0.1/80',
        '/dev/tcp/192.168.65.7/2375',
        '/dev/tcp/1.1.1.1/443',
        '/dev/udp/1.1.1.1/53',
        '/dev/udp/169.254.169.254/80',
      ];
      for (const target of targets) {
        const { exitCode, durationMs } = await box('root').run(['bash', '-c', `exec 3<>${target} && echo x >&3`]);
        expect(exitCode, target).not.toBe(0);
        expect(durationMs, target).toBeLessThan(1000);
      }
      const v6 = `import socket
for host, port in (("fd00:ec2::254", 80), ("2606:4700:4700::1111", 443), ("fe80::1", 80), ("::ffff:169.254.169.254", 80)):
  for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    s = socket.socket(socket.AF_INET6, kind)
    try: s.connect((host, port)); print("reached", host)
    except OSError as e: pass`;
      expect(await box().sh(`python3 -c '${v6}'`)).toBe('');
      expect(accepted).toEqual([]);
    });

    it('N13: what is not TCP leaves no more: QUIC, ICMP and names fail at once', async () => {
      const tries = `import socket
try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("1.1.1.1", 443)); print("sent")
except OSError as e: print(e.errno)
try: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).sendto(b"\\x08\\x00" + b"\\x00" * 6, ("1.1.1.1", 0)); print("sent")
except OSError as e: print("icmp")
try: socket.getaddrinfo("example.com", 80); print("resolved")
except OSError as e: print("no name")`;
      expect(await box().sh(`python3 -c '${tries}'`)).toBe('101\nicmp\nno name\n');
    });

    it("N4: only loopback is up, and it is the sandbox's own", async () => {
      expect(lines(await box().sh('ls /sys/class/net 2>/dev/null; cut -d: -f1 /proc/net/dev | tail -n +3'))).toEqual([
        '    lo',
      ]);
      expect(lines(await box().sh('tail -n +2 /proc/net/route; grep -v " lo$" /proc/net/ipv6_route; true'))).toEqual(
        [],
      );
      const changes = [
        'ip link add d0 type dummy',
        'ip link set lo down',
        'ip addr add 10.9.9.9/8 dev lo',
        'ip route add default dev lo',
      ];
      for (const change of changes) expect((await box('root').run(['sh', '-c', change])).exitCode, change).not.toBe(0);
    });
  });
});
