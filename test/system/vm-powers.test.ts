/** What a `vm` is for: modules of its kernel, mounts, network namespaces with a cable between them, and containers inside. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKit, kitDirectories, systemKernels } from '../../src/compute/late.ts';
import { Attacker, type Box } from '../fixtures/attacker.ts';
import { buildDebian, debianWith, whyNoMachines } from '../fixtures/machines.ts';

const slow = 300_000;
const [ip, runc] = ['/usr/sbin/ip', '/usr/sbin/runc'];
/** Tells who called. */
const server = `import socket
s = socket.create_server(("10.77.0.2", 80))
open("/tmp/listens", "w").close()
c, peer = s.accept()
c.sendall(peer[0].encode())
c.close()`;
const client = `import socket
print(socket.create_connection(("10.77.0.2", 80), 10).recv(100).decode())`;
const kmodTools = ['modprobe', 'depmod', 'rmmod'];

/** Modules of the kernel a `vm` runs here and the program that loads them: fetched once per machine and kept. */
function provideModules(): { tree: string } | { missing: string } {
  const kit = findKit(kitDirectories(systemKernels, ['debian']));
  if (kit === null) return { missing: 'there is no kernel with modules: holdfast substrate install microvm' };
  const { name } = JSON.parse(readFileSync(join(kit, 'kernel.json'), 'utf8')) as { name: string };
  const release = name.split(' ').at(-1) ?? '';
  const tree = join(tmpdir(), `holdfast-test-modules-${release}`);
  if (existsSync(tree)) return { tree };
  const work = mkdtempSync(join(tmpdir(), 'hf-modules-'));
  try {
    const packages = [`linux-image-${release}`, 'kmod'];
    const fetched = spawnSync('apt-get', ['download', ...packages], { cwd: work, stdio: 'ignore' });
    if (fetched.status !== 0) return { missing: `apt-get cannot fetch ${packages.join(' and ')}` };
    for (const file of readdirSync(work)) execFileSync('dpkg-deb', ['-x', file, 'all'], { cwd: work });
    const kept = { modules: join('usr/lib/modules', release), programs: 'usr/bin' };
    for (const path of Object.values(kept)) mkdirSync(join(work, 'tree', path), { recursive: true });
    for (const part of ['kernel/drivers/net', 'modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
      cpSync(join(work, 'all/lib/modules', release, part), join(work, 'tree', kept.modules, part), { recursive: true });
    }
    cpSync(join(work, 'all/bin/kmod'), join(work, 'tree', kept.programs, 'kmod'));
    renameSync(join(work, 'tree'), tree);
    return { tree };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const noMachines = await whyNoMachines('vm');
const provided = noMachines === null ? provideModules() : { missing: noMachines };
const tree = 'tree' in provided ? provided.tree : null;
const missing = 'missing' in provided ? provided.missing : existsSync(ip) ? null : `this machine has no ${ip}`;

describe.skipIf(missing !== null)(`root of a vm${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let attacker: Attacker;
  let box: Box;
  let directory = '';
  beforeAll(async () => {
    directory = debianWith([ip, join(tree ?? '', 'usr/bin/kmod'), ...(existsSync(runc) ? [runc] : [])], {});
    execFileSync('cp', ['-a', `${tree}/.`, directory]);
    for (const name of kmodTools) execFileSync('ln', ['-s', '../bin/kmod', join(directory, 'usr/sbin', name)]);
    attacker = await Attacker.start({ launcher: 'fork' }, 'vm');
    await buildDebian(attacker.runtime, directory);
    box = await attacker.box({ user: 'root' });
    expect(await sh('depmod -a && echo done')).toBe('done');
  }, slow);
  afterAll(async () => {
    await attacker?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  }, slow);

  const sh = async (command: string): Promise<string> =>
    (await box.sh(command, { cwd: '/tmp', timeoutMs: 120_000 })).trim();

  it('loads a module of its kernel, and that one has no other place to be', { timeout: slow }, async () => {
    expect(await sh('grep -c ^dummy /proc/modules')).toBe('0');
    expect(await sh('modprobe dummy && ip link add d0 type dummy && ip -br link show d0')).toMatch(/^d0 /);
    expect(await sh('grep -c ^dummy /proc/modules; ip link del d0; rmmod dummy && grep -c ^dummy /proc/modules')).toBe(
      '1\n0',
    );
    // A sandbox that shares this kernel's template does not have it.
    const other = await attacker.box({ user: 'root' });
    await sh('modprobe dummy');
    expect((await other.sh('grep -c ^dummy /proc/modules')).trim()).toBe('0');
  });

  it('mounts an overlay over directories of its own', { timeout: slow }, async () => {
    const said = await sh(`mkdir -p layers && mount -t tmpfs none layers && cd layers && mkdir lower upper work merged
echo low > lower/f && mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none merged
echo up > merged/f && cat lower/f upper/f; umount merged && ls merged | wc -l`);
    expect(said).toBe('low\nup\n0');
  });

  it('makes a network namespace, and a cable into it that carries', { timeout: slow }, async () => {
    const said =
      await sh(`ip netns add inner && modprobe veth && ip link add outer0 type veth peer name inner0 netns inner
ip addr add 10.77.0.1/24 dev outer0; ip link set outer0 up; ip -n inner addr add 10.77.0.2/24 dev inner0; ip -n inner link set inner0 up
ip netns exec inner python3 -c '${server}' &
until [ -e /tmp/listens ]; do sleep 0.1; done
python3 -c '${client}'; wait`);
    expect(said).toBe('10.77.0.1');
  });

  it.skipIf(!existsSync(runc))(
    `runs a container as engines do${existsSync(runc) ? '' : ` (skipped: this machine has no ${runc})`}`,
    { timeout: slow },
    async () => {
      const inside = 'cat /proc/sys/kernel/hostname /proc/1/comm; ip -br link | wc -l; cat /proc/self/cgroup';
      const said = await sh(`mkdir -p bundle && mount -t tmpfs none bundle && cd bundle && mkdir rootfs upper work
mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work none rootfs && runc spec
sed -i 's/"terminal": true/"terminal": false/; s#"sh"#"/bin/sh", "-c", "${inside}"#' config.json
runc run one`);
      // A name, a first process, links and control groups of its own.
      expect(said).toBe('runc\nsh\n1\n0::/');
    },
  );
});
