/**
 * Boots a machine under plain QEMU, without anything of the host's side, and drives what runs in it by raw frames: for
 * machine*.test.ts. Everything is emulated, so that it runs wherever QEMU does.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildGuest } from '../../scripts/build-guest.ts';
import type { Scope } from '../../src/base/index.ts';
import { packInitramfs } from '../../src/compute/machine/initramfs.ts';
import { findKit, type KernelKit, kitDirectories, kitsFor } from '../../src/compute/machine/kernel.ts';
import { QmpClient } from '../../src/compute/machine/qmp.ts';
import { Channel, Decoded, type Fields, message, tag } from './launcher-frames.ts';
import { Sandbox } from './launcher-rig.ts';

const firstMappedId = 1879048192;
const restartId = 0x7fffffff;
/** Where kits are that tests may use; the second is the machine's own place for them. */
const kits = kitDirectories(process.env['HOLDFAST_KERNELS'] ?? '/var/lib/holdfast-kernels', kitsFor.microvm);

export const machineMessage = { restart: 0x04, credit: 0x74, renew: 0x8b, scan: 0x90, send: 0x96, take: 0x97 } as const;
export const machineTag = {
  startedMs: 44,
  leaseMs: 46,
  generation: 50,
  entropy: 107,
  clockNs: 108,
  seed: 112,
  graceMs: 15,
} as const;

/** Why no machine can be booted here, or null. */
export function whyNoMachine(kind: 'own' | 'debian' | 'any' = 'any'): string | null {
  if (process.arch !== 'x64') return 'needs x86-64';
  if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) return 'needs qemu-system-x86_64';
  if (spawnSync('mksquashfs', ['-version']).status === null) return 'needs mksquashfs (squashfs-tools)';
  if (process.getuid?.() !== 0) return 'needs root, for the owners of the base image';
  return kitOf(kind) === null
    ? `needs a kernel kit: node scripts/build-kernel.ts ${kind === 'any' ? 'own' : kind} ...`
    : null;
}

function kitOf(kind: 'own' | 'debian' | 'any'): string | null {
  return findKit(kits.filter((directory) => kind === 'any' || directory.endsWith(`/${kind}`)));
}

/* ---- what machines are made of, once per file of tests ---- */

const programs =
  'cat chmod chown cp date dash dd df echo env false find grep head hostname id kill ln ls mkdir mknod mount mv od rm sha256sum sleep stat sync touch tr true uname umount wc'.split(
    ' ',
  );

export class MachineParts {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'hf-machine-'));
  readonly guest: string = buildGuest();
  readonly #images = new Map<string, string>();

  /** The smallest system with a shell; owners as they lie in a store, or as a sandbox sees them. */
  image(owners: 'moved' | 'plain' = 'moved'): string {
    const known = this.#images.get(owners);
    if (known) return known;
    const tree = join(this.directory, 'tree');
    if (!existsSync(tree)) makeTree(tree);
    const first = owners === 'moved' ? firstMappedId : 0;
    execFileSync('chown', ['-hR', `${first}:${first}`, tree]);
    execFileSync('chown', ['-R', `${first + 1000}:${first + 1000}`, join(tree, 'workspace')]);
    const image = join(this.directory, `${owners}.squashfs`);
    execFileSync('mksquashfs', [tree, image, '-comp', 'lz4', '-noappend', '-quiet', '-no-progress', '-all-time', '0']);
    this.#images.set(owners, image);
    return image;
  }

  kernel(kind: 'own' | 'debian' | 'any'): { image: string; initramfs: string; acpi: boolean } {
    const directory = kitOf(kind) ?? '';
    const kit = JSON.parse(readFileSync(join(directory, 'kernel.json'), 'utf8')) as KernelKit;
    const initramfs = join(this.directory, `initramfs-${kit.needsAcpi}`);
    if (existsSync(initramfs)) return { image: join(directory, kit.image), initramfs, acpi: kit.needsAcpi };
    const modules = kit.modules.map((name) => ({
      name: name.replace(/\.ko$/, ''),
      bytes: readFileSync(join(directory, name)),
    }));
    writeFileSync(initramfs, packInitramfs(readFileSync(this.guest), modules));
    return { image: join(directory, kit.image), initramfs, acpi: kit.needsAcpi };
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function makeTree(tree: string): void {
  for (const path of [
    'bin',
    'etc',
    'proc',
    'sys',
    'dev',
    'run/holdfast',
    'tmp',
    'root',
    'workspace',
    'mnt',
    'home/user',
  ])
    mkdirSync(join(tree, path), { recursive: true });
  chmodSync(join(tree, 'tmp'), 0o1777);
  symlinkSync('dash', join(tree, 'bin/sh'));
  for (const name of ['machine-id', 'hostname', 'hosts']) symlinkSync(`/run/holdfast/${name}`, join(tree, 'etc', name));
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n');
  for (const name of programs) copyProgram(name, tree);
}

function copyProgram(name: string, tree: string): void {
  const found = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((place) => join(place, name)).find(existsSync);
  if (found === undefined) throw new Error(`this machine has no ${name} for the base image`);
  copyFileSync(found, join(tree, 'bin', name));
  const libraries = spawnSync('ldd', [found], { encoding: 'utf8' }).stdout.match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    mkdirSync(dirname(join(tree, library)), { recursive: true });
    copyFileSync(library, join(tree, library));
  }
}

/* ---- one machine ---- */

export interface MachineOptions {
  kernel?: 'own' | 'debian' | 'any';
  board?: 'microvm' | 'q35';
  image?: string | null;
  /** Without them the machine lacks what its agent speaks over. */
  agentPorts?: boolean;
  /** A file that is its memory: of its own, or of a saved machine to go on from, whose state lies beside it. */
  memory?: { file: string; restored: boolean };
}

const memoryMib = 256;

export class Machine {
  readonly control: Channel;
  readonly agents: [Channel, Channel];
  readonly monitor: QmpClient;
  readonly exited: Promise<number | null>;
  readonly events: Decoded[] = [];
  readonly startedMs: number;
  readonly #process: ChildProcess;

  constructor(parts: MachineParts, options: MachineOptions = {}) {
    const argv = ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...qemuArguments(parts, options)];
    this.startedMs = performance.now();
    const child = spawn('setpriv', argv, {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    // Not at its exit: what it said last may still be on its way then.
    this.exited = new Promise((resolve) => child.once('close', resolve));
    // Pipes past the standard ones are sockets in both directions.
    const [control, first, second, monitor] = child.stdio.slice(3) as unknown as [Socket, Socket, Socket, Socket];
    this.monitor = new QmpClient(monitor);
    this.control = new Channel(control);
    this.agents = [new Channel(first), new Channel(second)];
    this.control.stray = (frame) => {
      if (frame.type === message.exited) this.events.push(new Decoded(frame.payload));
    };
  }

  get agent(): Channel {
    return this.agents[0];
  }

  sinceMs(): number {
    return Math.round(performance.now() - this.startedMs);
  }

  configure(): Promise<Decoded> {
    return this.control.ask(message.configure, [
      [tag.home, '/rw'],
      [tag.launchMode, 'root'],
      [tag.launcher, 'fork'],
    ]);
  }

  async launch(fields: Fields = [], lower: readonly string[] = ['/rw/layers/base']): Promise<Sandbox> {
    const launched = await this.control.ask(message.launch, launchFields(lower, fields));
    await this.agent.ask(message.hello, [[tag.version, 1]]);
    return new Sandbox('box', '/rw/box', '/rw/box/upper', lower, launched, this.agent);
  }

  /** Who speaks over the port next. */
  restart(channel: Channel): Promise<Decoded> {
    return channel.open(machineMessage.restart, [], undefined, undefined, restartId).answer;
  }

  /** Stops it for good; its memory file and the state beside it are what it can go on from. */
  async save(file: string, scope: Scope): Promise<void> {
    await this.monitor.execute('stop', undefined, scope);
    await this.#ignoreShared(scope);
    await this.#migrate('migrate', `exec:cat > ${file}.state`, scope);
    this.close();
    await this.exited;
  }

  /** Goes on from there. */
  async wake(file: string, scope: Scope): Promise<void> {
    await this.#ignoreShared(scope);
    await this.#migrate('migrate-incoming', `exec:cat ${file}.state`, scope);
    await this.monitor.execute('cont', undefined, scope);
  }

  async #ignoreShared(scope: Scope): Promise<void> {
    const capabilities = [{ capability: 'x-ignore-shared', state: true }];
    await this.monitor.execute('migrate-set-capabilities', { capabilities }, scope);
  }

  async #migrate(command: string, uri: string, scope: Scope): Promise<void> {
    await this.monitor.execute(command, { uri }, scope);
    for (;;) {
      const { status } = await this.monitor.execute('query-migrate', undefined, scope);
      if (status === 'completed') return;
      if (status === 'failed') throw new Error(`${command} failed`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  close(): void {
    this.monitor.close();
    this.#process.kill('SIGKILL');
  }
}

export function launchFields(lower: readonly string[], more: Fields): Fields {
  const given = new Set(more.map(([number]) => number));
  const usual: Fields = [
    [tag.sandbox, 'box'],
    [tag.lower, lower],
    [tag.upper, '/rw/box/upper'],
    [tag.work, '/rw/box/work'],
    [tag.hostname, 'box'],
    [tag.machineId, randomBytes(16).toString('hex')],
    [tag.user, 1000],
    [tag.incarnation, 'first'],
  ];
  return [...usual.filter(([number]) => !given.has(number)), ...more];
}

function qemuArguments(parts: MachineParts, options: MachineOptions): string[] {
  const { image: kernel, initramfs, acpi } = parts.kernel(options.kernel ?? 'any');
  const micro = options.board !== 'q35';
  const device = (kind: string): string => `virtio-${kind}-${micro ? 'device' : 'pci'}`;
  const khz = execFileSync(parts.guest, ['clock'], { encoding: 'utf8' }).trim();
  const image = options.image === undefined ? parts.image() : options.image;
  const port = (name: string, id: string, fd: number): string[] => [
    '-chardev',
    `socket,id=${id},fd=${fd}`,
    '-device',
    `virtserialport,chardev=${id},name=${name}`,
  ];
  const { memory } = options;
  const board = micro ? `microvm${acpi ? '' : ',acpi=off'}` : 'q35';
  const shared = memory?.restored ? 'off' : 'on';
  return [
    ...(memory
      ? ['-object', `memory-backend-file,id=ram,size=${memoryMib}M,mem-path=${memory.file},share=${shared}`]
      : []),
    ...['-M', memory ? `${board},memory-backend=ram` : board, '-accel', 'tcg', '-cpu', 'max', '-smp', '1'],
    ...['-m', String(memoryMib), '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ...['-kernel', kernel, '-initrd', initramfs, '-append'],
    `quiet loglevel=0 panic=-1 reboot=t tsc_early_khz=${khz} tsc=reliable no_timer_check nokaslr mitigations=off noreplace-smp random.trust_cpu=on cryptomgr.notests`,
    ...(image === null ? [] : ['-drive', `if=none,id=base,format=raw,readonly=on,file=${image}`]),
    ...(image === null ? [] : ['-device', `${device('blk')},drive=base,serial=base`]),
    ...['-device', `${device('serial')},max_ports=8`],
    ...(options.agentPorts === false ? [] : port('holdfast.agent', 'agent', 4)),
    ...(options.agentPorts === false ? [] : port('holdfast.agent.2', 'agent2', 5)),
    // Not `machine`: of that name QEMU's microvm board has something else already, and crashes.
    ...port('holdfast.machine', 'control', 3),
    ...['-device', device('rng')],
    ...['-chardev', 'socket,id=monitor,fd=6', '-mon', 'chardev=monitor,mode=control'],
    ...(memory?.restored ? ['-incoming', 'defer'] : []),
  ];
}
