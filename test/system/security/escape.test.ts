/** F4, F6, F7, F8, F10, F11: the ways out of test/suite/escapes.ts, tried on every substrate that works here; and outside of any, to see that they are noticed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attacker, type Box, text } from '../../fixtures/attacker.ts';
import { EscapeHost } from '../../fixtures/escape-host.ts';
import { gvisorMissing } from '../../fixtures/gvisor.ts';
import { buildDebian, whyNoMachines } from '../../fixtures/machines.ts';
import { argumentsOf, type Escape, escapes, notMade, remaining } from '../../suite/escapes.ts';

const slow = 240_000;
const substrates = [
  { isolation: 'namespace', missing: null },
  { isolation: 'userspace-kernel', missing: await gvisorMissing() },
  { isolation: 'microvm', missing: await whyNoMachines('microvm') },
  { isolation: 'vm', missing: await whyNoMachines('vm') },
] as const;

/** What is a kernel's own and of no machine: in gVisor namespaces, whose root is root of nothing, a proc of it and its log. */
const ofGvisor = [/^ESCAPED netlink$/];
/** By whom. A `vm` is for who needs the powers of a kernel: they are over that machine, its one disk and its memory, and no other. */
const own: Readonly<Record<string, readonly RegExp[]>> = {
  'agent of userspace-kernel': ofGvisor,
  'root of userspace-kernel': ofGvisor,
  'agent of vm': [/^ESCAPED no_new_privs$/],
  'root of vm': [
    /^ESCAPED (capabilities|no_new_privs)$/,
    /^ESCAPED (disk|\/dev\/(mem|console|kmsg)|handle below .*)$/,
    /^ESCAPED (\/proc\/sys\/kernel\/(core_pattern|modprobe)|mounted|bind|proc|v2|chroot)$/,
    /^ESCAPED (module (of a file|of memory|removed)|bpf)$/,
    /^ESCAPED (packet|raw|xdp)$/,
  ],
};

/** Where root has powers of its own, each attempt as root has a sandbox of its own: it may leave nothing there to try another in. */
const hasPowers = (isolation: string): boolean => isolation === 'vm';
/** What such a root may do to its own machine: end it. */
const endings: readonly string[] = ['sysrq'];

let host: EscapeHost;
beforeAll(async () => {
  host = await EscapeHost.open();
});
afterAll(() => host?.[Symbol.asyncDispose]());

/** What it says; that each of its steps was made is expected. */
async function tried({ steps }: Escape, box: Box): Promise<string> {
  const all = steps(host.prize);
  const input = { timeoutMs: 120_000, cwd: '/' };
  const said = text((await box.run(['/tmp/escape', ...argumentsOf(all)], input)).stdout);
  expect(said, 'the attempt came to its end').toMatch(/^tried$/m);
  expect(notMade(all, said), said.slice(0, 4000)).toEqual([]);
  return said;
}

describe('outside of any sandbox', () => {
  it.each(escapes.filter(({ proof }) => typeof proof === 'string' && proof !== 'vm'))(
    '$id gets through and is noticed',
    async (way) => {
      const { made, said } = await host.prove(way);
      expect(host.lost(said), said.slice(0, 4000)).not.toEqual([]);
      expect(notMade(made, said)).toEqual([]);
    },
    60_000,
  );

  it('verbs that no proof lets through say so where nothing stops them', async () => {
    const { made, said } = await host.prove(remaining);
    const noticed = host.lost(said);
    for (const { name } of made.filter((one) => one.name !== 'execute')) expect(noticed).toContain(`ESCAPED ${name}`);
    expect(noticed, 'what was executed has made it').toContain('a file was made on the machine');
  });

  it('are named once', () => {
    expect(new Set(escapes.map(({ id }) => id)).size).toBe(escapes.length);
    expect(escapes.length).toBeGreaterThanOrEqual(21);
    for (const { id, steps } of escapes) {
      const names = steps(host.prize).map(({ name }) => name);
      expect(
        names.filter((name, at) => names.indexOf(name) !== at),
        id,
      ).toEqual([]);
    }
  });
});

describe.each(substrates.filter(({ missing }) => missing === null))('out of $isolation', ({ isolation }) => {
  let attacker: Attacker;
  const boxes: Box[] = [];
  const users = hasPowers(isolation) ? (['agent'] as const) : (['agent', 'root'] as const);
  beforeAll(async () => {
    attacker = await Attacker.start({ launcher: 'fork' }, isolation);
    if (isolation === 'microvm' || isolation === 'vm') await buildDebian(attacker.runtime);
    for (const user of users) boxes.push(await attacker.box({ user }));
    for (const box of boxes) await box.bring('escape');
  }, slow);
  afterAll(() => attacker?.[Symbol.asyncDispose](), slow);

  it.each(escapes)(
    '$id: $scenario',
    async (way) => {
      const tries = async (box: Box, user: string): Promise<string[]> => {
        const said = await tried(way, box);
        const allowed = own[`${user} of ${isolation}`] ?? [];
        const noticed = host.lost(said);
        const lost = noticed.filter((one) => !allowed.some((pattern) => pattern.test(one)));
        expect(lost, said.slice(0, 4000)).toEqual([]);
        return noticed;
      };
      for (const [at, box] of boxes.entries()) await tries(box, users[at] ?? '');
      if (!hasPowers(isolation)) return;
      const box = await attacker.box({ user: 'root' });
      await box.bring('escape');
      if (!endings.includes(way.id)) {
        const noticed = await tries(box, 'root');
        if (way.proof === 'vm') expect(noticed, 'the power of its root is noticed').not.toEqual([]);
      } else {
        await expect(tried(way, box)).rejects.toThrow();
        expect(host.lost('')).toEqual([]);
        await expect
          .poll(async () => (await attacker.service.getSandbox(box.id)).state, { timeout: slow })
          .toBe('gone');
        // Nobody else's.
        for (const other of boxes) expect(await other.sh('echo here')).toBe('here\n');
      }
      await attacker.service.destroySandbox(box.id);
    },
    slow,
  );

  // A vm gives its root what it may do, and the others have suites of their own for it.
  if (isolation === 'microvm') {
    it(
      'F4: makes and enters no namespace there, by clone3 either: its own kernel is guarded as a host is',
      async () => {
        for (const box of boxes) {
          const { 'clone3-user': clone3, 'setns-init': init, ...rest } = await box.attempts('namespaces');
          expect(new Set(Object.values(rest))).toEqual(new Set(['EPERM']));
          expect([clone3, init]).toEqual(['ENOSYS', 'EACCES']);
        }
      },
      slow,
    );
  }

  it(
    'leads no file verb and no working directory of a command to the machine',
    async () => {
      const { service } = attacker;
      const [box] = boxes;
      if (!box) throw new Error('no sandbox');
      await box.sh(`ln -sf ${host.prize.flagPath} /workspace/log; ln -sf / /workspace/root`);
      for (const path of [
        '/workspace/log',
        `/workspace/root${host.prize.flagPath}`,
        `/proc/self/root${host.prize.flagPath}`,
      ]) {
        await expect(service.readFile(box.id, path)).rejects.toThrow();
      }
      for (const fd of [3, 7, 8, 9]) {
        const cwd = `/proc/self/fd/${fd}${'/..'.repeat(12)}`;
        const result = await box.run(['cat', `.${host.prize.flagPath}`], { cwd }).catch(() => null);
        expect(result?.exitCode ?? 1).not.toBe(0);
      }
      expect(host.lost('')).toEqual([]);
    },
    slow,
  );
});

for (const { isolation, missing } of substrates) {
  if (missing !== null) it.skip(`out of ${isolation} is not tried: ${missing}`, () => undefined);
}
