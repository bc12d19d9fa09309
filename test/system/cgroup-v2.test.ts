/**
 * Limits where control groups are v2 and nothing else, with every controller: not on this machine, which may have them on v1,
 * but in one of our own. Its kernel is Debian's (6.1), its root the checkout beside a Debian, and Holdfast in it stands where it
 * stands in a container: at the top of a tree that is itself a group of another, with others' processes in it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { Attacker, type Box } from '../fixtures/attacker.ts';
import { buildDebian, debianWith, whyNoMachines } from '../fixtures/machines.ts';

const slow = 600_000;
const root = join(import.meta.dirname, '../..');
const place = '/opt/holdfast';
const program = [
  `/usr/bin/${basename(process.execPath)}`,
  '--disable-warning=ExperimentalWarning',
  `${place}/test/fixtures/cgroup-worker.ts`,
];
const cache = `${place}/.holdfast/cache`;
const mebibyte = 1024 * 1024;
const user = 1000;

/** Of a package the most is for its readers. */
const isRun = (path: string): boolean => /\.([cm]?js|json|wasm)$/.test(path);

/** What Holdfast needs of its checkout, at the same place as in a real one. */
function placeCheckout(tree: string): void {
  const to = join(tree, place);
  const copy = (path: string, filter: (path: string) => boolean): void =>
    cpSync(join(root, path), join(to, path), {
      recursive: true,
      filter: (from) => statSync(from).isDirectory() || filter(from),
    });
  for (const path of ['src', 'package.json', 'test/fixtures/cgroup-worker.ts']) copy(path, () => true);
  mkdirSync(join(to, 'guest/build'), { recursive: true });
  cpSync(buildGuest(), join(to, 'guest/build/holdfast-guest'));
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  const isNeeded = (path: string): boolean => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) && !packages[path]?.dev;
  for (const path of Object.keys(packages)) if (isNeeded(path) && existsSync(join(root, path))) copy(path, isRun);
  makeCache(tree);
}

/** As a checkout has it that was used before: to read this much TypeScript anew takes minutes where all is emulated. */
function makeCache(tree: string): void {
  mkdirSync(join(tree, cache), { recursive: true });
  chmodSync(join(tree, cache), 0o1777);
  for (const id of [0, user])
    execFileSync('/usr/sbin/chroot', [`--userspec=${id}:${id}`, tree, ...program], {
      env: { NODE_COMPILE_CACHE: cache },
    });
}

/**
 * Holdfast's home is away from the root, which is an overlay: on the machine's own disk, where another can be. Nothing lies over
 * /proc, as on any machine; in there the kernel mounts no other one for an ordinary user.
 */
const prepare = `set -e
for disk in /sys/block/vd*; do grep -qx work $disk/serial && device=/dev/\${disk##*/}; done
mkdir -p /srv && mount $device /srv && mkdir -p /srv/test/root /srv/test/user
chown ${user}:${user} /srv/test/user && chmod 711 /srv
umount /proc/meminfo
grep -c ' - cgroup2 ' /proc/self/mountinfo; grep -c ' - cgroup ' /proc/self/mountinfo || true
cat /sys/fs/cgroup/cgroup.controllers; wc -c < /sys/fs/cgroup/cgroup.subtree_control`;

/** As a service manager hands a group to a user. */
const handOver = `set -e
group=/sys/fs/cgroup/of-user && mkdir $group && chown ${user}:${user} $group
for file in cgroup.procs cgroup.subtree_control cgroup.threads; do chown ${user}:${user} $group/$file; done
echo 0 > $group/cgroup.procs
exec setpriv --reuid ${user} --regid ${user} --clear-groups -- "$@"`;

const missing = await whyNoMachines('vm');

describe.skipIf(missing !== null)(`control groups v2 alone${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let attacker: Attacker;
  let box: Box;
  let directory = '';
  let facts: string[] = [];
  const said: Record<'first' | 'second' | 'user', Record<string, unknown>> = { first: {}, second: {}, user: {} };

  const worker = async (part: keyof typeof said, before: string[], ...words: string[]): Promise<void> => {
    const home = `/srv/test/${part === 'user' ? 'user' : 'root'}/home`;
    const { stdout, stderr } = await box.run([...before, ...program, part, home, ...words], {
      cwd: '/tmp',
      timeoutMs: slow,
      environment: { NODE_COMPILE_CACHE: cache },
    });
    const text = new TextDecoder().decode(stdout);
    if (!text.startsWith('{')) throw new Error(`${text}\n${new TextDecoder().decode(stderr)}`);
    said[part] = JSON.parse(text) as Record<string, unknown>;
  };

  beforeAll(async () => {
    directory = debianWith([process.execPath], {});
    placeCheckout(directory);
    attacker = await Attacker.start({ launcher: 'fork' }, 'vm');
    await buildDebian(attacker.runtime, directory);
    box = await attacker.box({
      user: 'root',
      limits: { memoryBytes: 1536 * mebibyte, cpus: 2, diskBytes: 2048 * mebibyte },
    });
    facts = (await box.sh(prepare, { cwd: '/' })).trim().split('\n');
    await worker('first', []);
    const { unknown = '' } = said.first['living'] as Record<string, string>;
    await Promise.all([worker('second', [], unknown), worker('user', ['sh', '-c', handOver, 'sh'])]);
  }, slow);
  afterAll(async () => {
    await attacker?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  }, slow);

  it('is a machine with one hierarchy, which has the controllers and hands none down yet', () => {
    expect(facts).toEqual(['1', '0', 'cpu memory pids', '0']);
  });

  describe.each(['first', 'user'] as const)('a daemon of %s', (who) => {
    const of = (part: string): unknown => said[who][part];

    it('ends a memory hog with oom, and the sandbox lives on and sees its limit', () => {
      expect(of('memory')).toEqual({
        files: { max: String(64 * mebibyte), swap: '0' },
        reason: 'oom',
        after: { reason: 'exited', exitCode: 0, out: '65536' },
      });
    });

    it('holds a fork bomb and names it', () => {
      const alive = { reason: 'exited', exitCode: 0, out: 'alive' };
      expect(of('processes')).toEqual({ max: '17', reason: 'pid-limit', after: alive });
    });

    it('gives a CPU hog its quarter, and shows one CPU', () => {
      const { share, throttled, ...rest } = of('cpu') as { share: number; throttled: number };
      expect(rest).toEqual({ max: '25000 100000', seen: '1' });
      expect(throttled).toBeGreaterThan(5);
      expect(share).toBeGreaterThan(0.05);
      expect(share).toBeLessThan(0.3);
    });

    it('stacks, compares, exports, forks and rolls back layers', () => {
      const forked = { reason: 'exited', exitCode: 0, out: 'second\nthird\nf\nh' };
      expect(of('snapshots')).toEqual({
        changes: ['modified /workspace/f', 'deleted /workspace/g', 'added /workspace/h'],
        exported: true,
        forked: [forked, forked],
        back: 'first\ngone\nf\ng',
      });
    });

    it('leaves no group of a sandbox that was destroyed', () => {
      expect(of('destroyed')).toMatchObject({ was: expect.stringMatching(/^\/sys\/fs\/cgroup\/./), isThere: false });
    });
  });

  it('finds every limit, and none of what it counts by signals or not at all', () => {
    expect(said.first['report']).toMatchObject({
      cgroup: true,
      cgroupKill: true,
      limitMemory: true,
      limitCpu: true,
      limitProcesses: true,
      overlay: true,
    });
  });

  it('limits open files and output', () => {
    expect(said.first['others']).toEqual({ files: '64', output: 'output-limit' });
  });

  it('stands a sandbox still and lets it go on', () => {
    const alive = { reason: 'exited', exitCode: 0, out: 'alive' };
    expect(said.first['suspended']).toEqual({ stands: 1, goesOn: 0, after: alive });
  });

  it('lowers ceilings of a living sandbox and puts them back', () => {
    const before = String(256 * mebibyte);
    expect(said.first['ceilings']).toEqual({
      memory: { before, during: expect.not.stringMatching(before), after: before, reason: 'oom' },
      processes: { before: '101', during: expect.stringMatching(/^\d$/), after: '101', reason: 'pid-limit' },
      cpu: { before: '100000 100000', during: '50000 100000', after: '100000 100000', reason: 'exited' },
    });
  });

  it('refuses a disk limit without a loop device, with its code', () => {
    expect(said.first['refusedDisk']).toBe('limit-unsupported');
  });

  it('the next daemon after a kill takes over the sandbox with its limit, and reaps the group that nobody wrote down', () => {
    expect(said.second).toEqual({
      recovered: { adopted: 1, ended: 0, reaped: 1 },
      adopted: { reason: 'exited', exitCode: 0, out: 'alive' },
      hog: 'oom',
      reaped: { was: expect.stringMatching(/^\/sys\/fs\/cgroup\/holdfast-/), isThere: false },
      left: [],
    });
  });

  it('an ordinary user’s next daemon uses the place of the first, though the first had to step aside', () => {
    const base = expect.stringMatching(/^\/sys\/fs\/cgroup\/of-user\/holdfast-[0-9a-f]{8}$/);
    expect(said.user).toMatchObject({ bases: [base, base], left: [] });
  });
});
