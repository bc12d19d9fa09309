/** What the kernel lets a sandbox ask for: rights, system calls, socket families. Every attempt is made, not looked up. */
import { describe, expect, it } from 'vitest';
import { attackedBy, launchers } from '../../fixtures/attacker.ts';

describe.each(launchers)('launched by %s', (launcher) => {
  const { box } = attackedBy(launcher);

  /** The attempts that did not end as they must. */
  function others(outcomes: Record<string, string>, ...refusals: string[]): Record<string, string> {
    return Object.fromEntries(Object.entries(outcomes).filter(([, outcome]) => !refusals.includes(outcome)));
  }

  describe.each(['agent', 'root'])('as %s inside', (user) => {
    it('F4: no capability is in any set and none can come back', async () => {
      const status = await box(user).sh("grep -E '^(Cap|NoNewPrivs)' /proc/self/status");
      expect(status.trim().split('\n')).toEqual([
        ...['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'].map((set) => `Cap${set}:\t0000000000000000`),
        'NoNewPrivs:\t1',
      ]);
      const { ambient, keepcaps, securebits, 'unset-nnp': nnp } = await box(user).attempts('rights');
      expect({ ambient, keepcaps, securebits, nnp }).toEqual({
        ambient: 'EPERM',
        keepcaps: 'EPERM',
        securebits: 'EPERM',
        nnp: 'EINVAL',
      });
    });

    it('F4: a filter is installed, and everything started inside has it', async () => {
      const modes = await box(user).sh("for p in /proc/[0-9]*; do grep '^Seccomp:' $p/status; done | sort -u");
      expect(modes).toBe('Seccomp:\t2\n');
    });

    it('F4: no namespace, mount or root can be made, entered or changed, by any of the ways', async () => {
      const outcomes = await box(user).attempts('namespaces');
      expect(Object.keys(outcomes)).toHaveLength(24);
      const { 'clone3-user': clone3, 'setns-init': init, ...rest } = outcomes;
      expect(others(rest, 'EPERM')).toEqual({});
      expect([clone3, init]).toEqual(['ENOSYS', 'EACCES']);
    });

    it('F9: io_uring is refused with EPERM', async () => {
      const outcomes = await box(user).attempts('uring');
      expect(outcomes).toEqual({ io_uring_setup: 'EPERM', io_uring_enter: 'EPERM', io_uring_register: 'EPERM' });
    });

    it('F4: what steers the machine is refused: bpf, keys, modules, kexec, clocks, handles and others', async () => {
      const { unknown, ...outcomes } = await box(user).attempts('kernel');
      expect(Object.keys(outcomes)).toHaveLength(26);
      expect(others(outcomes, 'EPERM')).toEqual({});
      expect(unknown).toBe('ENOSYS');
    });

    it('F10: nobody is traced, read or robbed of a descriptor, not even an own child', async () => {
      const { 'prlimit-init': ownLimits, ...outcomes } = await box(user).attempts('processes');
      expect(Object.keys(outcomes)).toHaveLength(9);
      expect(others(outcomes, 'EPERM')).toEqual({});
      // The agent shares the sandbox's user: what is done to it there harms this sandbox only.
      expect(ownLimits).toBe('0');
    });

    it('F3: no device, whiteout or overlay mark can be made', async () => {
      const outcomes = await box(user).attempts('rights');
      expect(outcomes).toMatchObject({
        'mknod-memory': 'EPERM',
        'mknod-disk': 'EPERM',
        'mknod-whiteout': 'EPERM',
        'rename-whiteout': 'EINVAL',
        'xattr-opaque': 'EPERM',
        'xattr-redirect': 'EPERM',
        'xattr-capability': 'EINVAL',
      });
    });

    it('F4: input cannot be pushed into a terminal', async () => {
      const outcomes = await box(user).attempts('rights');
      expect(outcomes).toMatchObject({
        tiocsti: 'EPERM',
        'tiocsti-high': 'EPERM',
        tioclinux: 'EPERM',
        tiocsetd: 'EPERM',
      });
    });
  });

  it.skipIf(process.arch !== 'x64')(
    'F4: the 32-bit ways into the kernel kill whoever tries (skipped: x86 only)',
    async () => {
      expect(await box().attempts('architectures')).toEqual({ x32: 'signal 31', int80: 'signal 31' });
    },
  );

  it('F4: an ordinary user cannot become another', async () => {
    const outcomes = await box().attempts('rights');
    expect(outcomes).toMatchObject({ 'chown-root': 'EPERM', setuid: 'EPERM', setresuid: 'EPERM' });
  });

  it('F4: set-id programs are inert', async () => {
    const ids = await box().sh('sleep 1 | su -c id & sleep 0.2; cat /proc/$!/comm; grep ^Uid /proc/$!/status');
    expect(ids).toBe('su\nUid:\t1000\t1000\t1000\t1000\n');
  });

  it('F8: of sockets there are unix, TCP, UDP, ICMP and routes, alone and in pairs', async () => {
    const outcomes = await box().attempts('sockets');
    const allowed = ['unix', 'inet', 'inet6', 'route'];
    expect(allowed.map((name) => outcomes[`socket-${name}`])).toEqual(['0', '0', '0', '0']);
    expect(outcomes['pair-unix']).toBe('0');
    const protocols = ['raw', 'sctp', 'dccp', 'udplite', 'audit', 'uevent', 'netfilter', 'diag', 'crypto'];
    const families = 'packet vsock alg xdp key bluetooth can tipc rds kcm qipcrtr smc ppp ax25 nfc mctp'.split(' ');
    for (const way of ['socket', 'pair']) {
      expect(protocols.map((name) => outcomes[`${way}-${name}`])).toEqual(protocols.map(() => 'EPROTONOSUPPORT'));
      expect(families.map((name) => outcomes[`${way}-${name}`])).toEqual(families.map(() => 'EAFNOSUPPORT'));
    }
    expect(outcomes['socket-raw-icmp']).toBe('EPERM');
  });
});
