/** Pumps (guest/pump), the agents of test/fixtures/network/pump_agent.py that they ask, and a server for what they are given. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { vi } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { connectLending, systemClock } from '../../src/base/index.ts';
import { Pump } from '../../src/network/gateway/pump.ts';
import { type Pumped, PumpProcess, type PumpProcessOptions } from '../../src/network/gateway/pump-process.ts';

const program = join(import.meta.dirname, '../fixtures/network/pump_agent.py');
const gateway = join(import.meta.dirname, '../fixtures/network/pump_gateway.py');
const confinedProgram = join(import.meta.dirname, '../fixtures/network/confined.c');
const guestSources = join(import.meta.dirname, '../../guest/pump');
const run = promisify(execFile);
export const token = '0123456789abcdef0123456789abcdef';

export interface Agent {
  path: string;
  pid: number;
  /** The next line that it says. */
  says(): Promise<string>;
  /** That it goes on with what it does next. */
  goOn(): void;
}

interface Far {
  socket: Socket;
  got: number;
}

export class PumpRig {
  /** The far ends of what is given to the pump, and how much came there. */
  readonly far: Far[] = [];
  readonly directory: string = mkdtempSync(join(tmpdir(), 'hf-pump-'));
  readonly #server: Server;
  readonly #children: ChildProcess[] = [];
  readonly #pumps: PumpProcess[] = [];
  readonly #owners: Pump[] = [];
  #agents = 0;

  static async start(): Promise<PumpRig> {
    const rig = new PumpRig();
    await once(rig.#server.listen(0, '127.0.0.1'), 'listening');
    return rig;
  }

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const one = { socket, got: 0 };
      this.far.push(one);
      socket
        .on('error', () => undefined)
        .on('data', ({ length }) => {
          one.got += length;
        });
    });
  }

  async stop(): Promise<void> {
    // Whoever waits for a lock that an agent holds ends after it.
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
    for (const pump of this.#pumps.splice(0)) {
      pump.kill();
      await pump.ended;
    }
    for (const pump of this.#owners.splice(0)) await pump.close();
    for (const { socket } of this.far) socket.destroy();
    this.#server.close();
    rmSync(this.directory, { recursive: true });
  }

  async agent(kind: string): Promise<Agent> {
    const path = join(this.directory, `agent-${++this.#agents}`);
    const agent = { path, ...this.#script(path, kind) };
    await agent.says();
    return agent;
  }

  /** What a gateway is told that says these lines, all before the pump hears the first. */
  async gateway(lines: string[]): Promise<{ told: unknown[]; status: number }> {
    const { program: binary, agentSocket } = this.optionsOf(await this.agent('honest'));
    const { port } = this.#server.address() as { port: number };
    const { stdout } = await run('python3', [gateway, binary, agentSocket, `${port}`, ...lines]);
    return JSON.parse(stdout);
  }

  /** How a process ends that has given up what the pump gives up and then makes a call: its status, or the signal. */
  async confined(...call: string[]): Promise<number | string | null> {
    const confined = join(guestSources, 'confine.c');
    const binary = join(this.directory, 'confined');
    await run('cc', [
      '-std=c11',
      '-O1',
      '-Wall',
      '-Werror',
      '-I',
      guestSources,
      '-o',
      binary,
      confinedProgram,
      confined,
    ]);
    const child = spawn(binary, call, { stdio: 'ignore' });
    const [status, signal] = await once(child, 'exit');
    return signal ?? status;
  }

  /** The other end of such an agent's connections, where it is no usual one, or what is in the way of all. */
  async peer(kind: string): Promise<{ port: number } & Omit<Agent, 'path'>> {
    const peer = this.#script('-', kind);
    return { port: Number(await peer.says()), ...peer };
  }

  optionsOf({ path }: { path: string }): PumpProcessOptions {
    return { clock: systemClock, program: buildGuest(), agentSocket: path };
  }

  begin(agent: { path: string }, program: string = this.optionsOf(agent).program): PumpProcess {
    const pump = new PumpProcess({ ...this.optionsOf(agent), program });
    this.#pumps.push(pump);
    return pump;
  }

  /** What is no pump: it says these lines once it was given a socket. */
  liar(...lines: string[]): PumpProcess {
    const path = join(this.directory, `liar-${++this.#agents}`);
    const say = (words: string[]): string => `printf '%s\\n' ${words.map((line) => `'${line}'`).join(' ')} >&3\n`;
    const ready = say(['{"pump":"ready"}']);
    writeFileSync(
      path,
      `#!/bin/sh\n${ready}read line <&3\n${say(['{"cmd":"NODE_HANDLE_ACK"}', ...lines])}exec sleep 60\n`,
    );
    chmodSync(path, 0o755);
    return this.begin({ path: '' }, path);
  }

  async pumpOf(kind: string): Promise<PumpProcess> {
    const pump = this.begin(await this.agent(kind));
    if (!(await pump.ready)) throw new Error('it does not get ready');
    return pump;
  }

  /** As the gateway has one for a sandbox. */
  owner(agent: { path: string }): Pump {
    const pump = new Pump(this.optionsOf(agent));
    pump.isPossible = true;
    this.#owners.push(pump);
    return pump;
  }

  /** Without what the gateway does around it. */
  async bare(gateway: number, daemon: number | undefined): Promise<ChildProcess> {
    const { program: binary, agentSocket } = this.optionsOf(await this.agent('honest'));
    const argv = ['pump', '--agent', agentSocket, '--gateway', `${gateway}`, '--daemon', `${daemon}`];
    const child = spawn(binary, argv, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: {} });
    this.#children.push(child);
    return child;
  }

  /** A process that is not there for long. */
  sleeper(): ChildProcess {
    const child = spawn('sleep', ['60']);
    this.#children.push(child);
    return child;
  }

  /** A connection to the server, as the gateway hands one over. */
  async outside(port?: number): Promise<Socket> {
    const before = this.far.length;
    const own = (this.#server.address() as { port: number }).port;
    const socket = connectLending({ host: '127.0.0.1', port: port ?? own, allowHalfOpen: true });
    await once(socket, 'connect');
    if (port === undefined)
      await vi.waitFor(() => this.far.length > before || Promise.reject(new Error('nobody came')));
    return socket.on('error', () => undefined);
  }

  /** As the gateway gives one away that has nothing left to be passed on there. */
  async carry(pump: PumpProcess, port?: number): Promise<Pumped> {
    const socket = await this.outside(port);
    const carried = pump.carry(socket, token);
    void carried.startUp().then(() => socket.destroy());
    return carried;
  }

  #script(...words: string[]): Omit<Agent, 'path'> {
    const child = spawn('python3', [program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
      pid: child.pid ?? 0,
      says: async () => String((await lines.next()).value),
      goOn: () => void child.stdin.write('\n'),
    };
  }
}

/** Whether an agent here can hold a socket's lock for as long as it likes. */
export const canLock: boolean = spawnSync('python3', [program, '-', 'locked'], { stdio: 'ignore' }).status === 0;
export const pidOf = (pump: PumpProcess): number => pump.pid ?? 0;
export const descriptors = (pump: PumpProcess): number => readdirSync(`/proc/${pidOf(pump)}/fd`).length;
