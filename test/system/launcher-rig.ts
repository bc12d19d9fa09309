/**
 * Drives the real launcher and the agents it starts with raw frames, for launcher.*.test.ts.
 * A rig owns one launcher, one home and every sandbox started through it; close() ends them all.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../../scripts/build-guest.ts';
import { Channel, Decoded, encode, type Fields, message, tag } from './launcher-frames.ts';

export interface Outcome {
  code: number;
  signal: number;
  out: string;
  err: string;
}

export interface Limits {
  memoryBytes?: number;
  cpuMillis?: number;
  processes?: number;
  openFiles?: number;
  diskBytes?: number;
}

export interface SandboxOptions {
  limits?: Limits;
  user?: number;
  lower?: readonly string[];
  binds?: readonly (readonly [string, string])[];
  flags?: number;
}

export class Sandbox {
  readonly name: string;
  readonly directory: string;
  readonly launched: Decoded;
  readonly agent: Channel;
  upper: string;
  lower: readonly string[];
  #count = 0;

  constructor(
    name: string,
    directory: string,
    upper: string,
    lower: readonly string[],
    launched: Decoded,
    agent: Channel,
  ) {
    this.name = name;
    this.directory = directory;
    this.upper = upper;
    this.lower = lower;
    this.launched = launched;
    this.agent = agent;
  }

  get pid(): number {
    return this.launched.int(tag.pid);
  }

  /** The fields that name this sandbox in every operation. */
  identity(): Fields {
    const cgroup = this.launched.text(tag.cgroup);
    return [
      [tag.pid, this.pid],
      [tag.startTicks, this.launched.int(tag.startTicks)],
      ...(cgroup === '' ? [] : [[tag.cgroup, cgroup] as const]),
      [tag.limitGroup, this.launched.texts(tag.limitGroup)],
    ];
  }

  async start(
    argv: readonly string[],
    env: readonly string[] = ['PATH=/usr/bin:/bin:/usr/sbin:/sbin'],
  ): Promise<string> {
    const processId = `p${++this.#count}-${randomBytes(3).toString('hex')}`;
    await this.agent.ask(message.spawn, [
      [tag.processId, processId],
      [tag.argv, argv],
      [tag.env, env],
      [tag.cwd, '/'],
      [tag.retain, 1 << 20],
    ]);
    return processId;
  }

  async run(argv: readonly string[], env?: readonly string[]): Promise<Outcome> {
    return this.follow(await this.start(argv, env));
  }

  async follow(processId: string): Promise<Outcome> {
    const parts: [Buffer[], Buffer[]] = [[], []];
    const exit = await this.agent.ask(
      message.attach,
      [
        [tag.processId, processId],
        [tag.offset, 0],
        [tag.length, 0],
        [tag.credit, 16 << 20],
      ],
      (frame) => {
        if (frame.type === message.output)
          parts[frame.payload.readUInt8(0) === 2 ? 1 : 0].push(frame.payload.subarray(9));
      },
      [message.exit],
    );
    return {
      code: exit.int(tag.exitCode),
      signal: exit.int(tag.signal),
      out: Buffer.concat(parts[0]).toString(),
      err: Buffer.concat(parts[1]).toString(),
    };
  }

  /** Fields of the view SNAPSHOT and SWAP name: layers, writable directory, binds. */
  view(lower: readonly string[], upper: string): Fields {
    const binds = [
      encode([
        [tag.path, '/usr'],
        [tag.target, '/usr'],
      ]),
    ];
    return [
      [tag.lower, lower],
      [tag.upper, upper],
      [tag.work, `${upper}.work`],
      [tag.bind, binds],
    ];
  }

  async shell(script: string): Promise<Outcome> {
    return this.run(['/bin/sh', '-c', script]);
  }
}

export interface RigOptions {
  launcher?: 'fork' | 'bwrap';
  /** Start the launcher as this ordinary user. */
  uid?: number;
  /** Where that user's launcher is started: a control group of its own, or one below that. */
  group?: string;
  flags?: number;
  keepApart?: string;
  /** A mount of this machine that the launcher does not see. */
  without?: string;
}

const firstMappedId = 1879048192;

/** The smallest root filesystem the machine's own /usr can be bound into. */
export function makeTemplate(directory: string, owner: number | undefined): string {
  const base = join(directory, 'template');
  for (const path of ['', 'usr', 'proc', 'dev', 'run', 'run/holdfast', 'etc', 'tmp', 'home', 'home/user'])
    mkdirSync(join(base, path), { recursive: true, mode: 0o755 });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(base, name));
  for (const name of ['machine-id', 'hostname', 'hosts']) symlinkSync(`/run/holdfast/${name}`, join(base, 'etc', name));
  writeFileSync(join(base, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n');
  writeFileSync(join(base, 'etc/group'), 'root:x:0:\ntty:x:5:\nuser:x:1000:\n');
  chmodSync(join(base, 'tmp'), 0o1777);
  own(base, owner ?? firstMappedId);
  own(join(base, 'home/user'), owner ?? firstMappedId + 1000);
  return base;
}

export function own(path: string, id: number): void {
  const stat = lstatSync(path);
  if (stat.isDirectory()) for (const name of readdirSync(path)) own(join(path, name), id);
  execFileSync('chown', ['-h', `${id}:${id}`, path]);
}

export class Rig {
  readonly home: string;
  readonly mode: 'root' | 'user';
  readonly template: string;
  readonly exits: Decoded[] = [];
  readonly #options: RigOptions;
  readonly #binary: string;
  #process: ChildProcess | undefined;
  #channel: Channel | undefined;
  configured: Decoded | undefined;
  readonly sandboxes: Sandbox[] = [];

  constructor(options: RigOptions = {}) {
    this.#options = options;
    this.mode = options.uid === undefined ? 'root' : 'user';
    this.home = mkdtempSync(join(tmpdir(), 'hf-rig-'));
    // A copy, because the ordinary user may not reach the checkout.
    this.#binary = join(this.home, 'holdfast-guest');
    copyFileSync(process.env['HOLDFAST_GUEST_BINARY'] ?? buildGuest(), this.#binary);
    chmodSync(this.#binary, 0o755);
    this.template = makeTemplate(this.home, options.uid);
    for (const name of ['layers', 'sandboxes']) mkdirSync(join(this.home, name));
    if (options.uid !== undefined)
      for (const path of [this.home, join(this.home, 'layers'), join(this.home, 'sandboxes')])
        chownSync(path, options.uid, options.uid);
  }

  get channel(): Channel {
    if (this.#channel === undefined) throw new Error('the rig is not started');
    return this.#channel;
  }

  get launcherPid(): number {
    return this.#process?.pid ?? 0;
  }

  async start(): Promise<this> {
    const { uid, group, without } = this.#options;
    // Node reads only descriptors past 2; the launcher's channel is its descriptor 0.
    const begin = 'exec "$0" launcher 0<&3 3<&-';
    const command =
      without === undefined
        ? ['/bin/sh', '-c', begin, this.#binary]
        : ['unshare', '--mount', '/bin/sh', '-c', `umount -l ${without} && ${begin}`, this.#binary];
    const [file = '', ...words] = group === undefined ? command : [...startedIn(group, uid ?? 0), ...command];
    const child = spawn(file, words, {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      cwd: '/',
      ...(uid === undefined || group !== undefined ? {} : { uid, gid: uid }),
    });
    this.#process = child;
    this.#channel = new Channel(child.stdio[3] as Socket);
    this.#channel.stray = (frame) => {
      if (frame.type === message.exited) this.exits.push(new Decoded(frame.payload));
    };
    this.configured = await this.configure();
    return this;
  }

  /** Asked again it looks anew at what the machine has. */
  configure({ home = this.home, launcher = this.#options.launcher ?? 'fork' } = {}): Promise<Decoded> {
    return this.channel.ask(message.configure, [
      [tag.home, home],
      [tag.launchMode, this.mode],
      [tag.launcher, launcher],
      [tag.flags, this.#options.flags ?? 0],
      [tag.path, this.#options.keepApart ?? join(this.home, 'sandboxes')],
    ]);
  }

  /** Where the launcher looks at the machine: one of the mount namespaces that it holds, and the only one with programs in it. */
  inItsView(...command: string[]): void {
    const held = `/proc/${this.launcherPid}/fd`;
    const views = readdirSync(held).filter((fd) => readlinkSync(join(held, fd)).startsWith('mnt:'));
    const done = views.some((fd) => spawnSync('nsenter', [`--mount=${join(held, fd)}`, ...command]).status === 0);
    if (!done) throw new Error(`${command.join(' ')} did not work in the view of the launcher`);
  }

  async launch(options: SandboxOptions = {}): Promise<Sandbox> {
    const name = `s-${randomBytes(4).toString('hex')}`;
    const directory = join(this.home, 'sandboxes', name);
    mkdirSync(directory, { mode: 0o700 });
    const id = this.#options.uid;
    if (id !== undefined) chownSync(directory, id, id);
    const lower = options.lower ?? [this.template];
    const [upper, socket] = [join(directory, 'upper'), join(directory, 'agent.sock')];
    const limits = options.limits ?? {};
    const limitFields = (['memoryBytes', 'cpuMillis', 'processes', 'openFiles', 'diskBytes'] as const).flatMap(
      (key) => {
        const value = limits[key];
        return value === undefined ? [] : [[tag[key], value] as const];
      },
    );
    const binds = (options.binds ?? [['/usr', '/usr']]).map(([path, target]) =>
      encode([
        [tag.path, path],
        [tag.target, target],
      ]),
    );
    const launched = await this.channel.ask(message.launch, [
      [tag.sandbox, name],
      [tag.lower, lower],
      [tag.upper, upper],
      [tag.work, `${upper}.work`],
      [tag.bind, binds],
      [tag.socket, socket],
      [tag.hostname, 'testbox'],
      [tag.machineId, randomBytes(16).toString('hex')],
      [tag.user, options.user ?? 1000],
      [tag.incarnation, name],
      ...(options.flags === undefined ? [] : [[tag.flags, options.flags] as const]),
      ...limitFields,
    ]);
    const agent = await connectAgent(socket);
    const sandbox = new Sandbox(name, directory, upper, lower, launched, agent);
    this.sandboxes.push(sandbox);
    return sandbox;
  }

  async kill(sandbox: Sandbox): Promise<void> {
    sandbox.agent.close();
    await this.channel.ask(message.kill, sandbox.identity());
    const at = this.sandboxes.indexOf(sandbox);
    if (at >= 0) this.sandboxes.splice(at, 1);
  }

  /** Ends the launcher alone, as when the daemon dies. */
  async leave(): Promise<void> {
    const child = this.#process;
    this.#channel?.close();
    if (child !== undefined && child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
    this.#process = undefined;
  }

  async close(): Promise<void> {
    if (this.#process !== undefined) for (const sandbox of [...this.sandboxes]) await this.kill(sandbox);
    await this.leave();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Only root moves a process there. */
function startedIn(group: string, uid: number): string[] {
  const enter = `echo 0 > ${group}/cgroup.procs && exec "$@"`;
  return ['/bin/sh', '-c', enter, 'sh', 'setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
}

export async function connectAgent(path: string): Promise<Channel> {
  const socket = connect(path);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const agent = new Channel(socket);
  await agent.ask(message.hello, [[tag.version, 1]]);
  return agent;
}
