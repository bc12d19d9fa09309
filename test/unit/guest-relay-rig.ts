/** The compiled relay with a program behind it, and an agent on a bare port: the two ends of a channel, each for itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../../scripts/build-guest.ts';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { Peer } from './guest-agent-peer.ts';

export const restartId = 0x7fff_ffff;

const binary = (): string => process.env['HOLDFAST_TEST_GUEST'] ?? buildGuest();

export function frameOf(type: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(payload.length, 0);
  header[4] = type;
  header.writeUInt32LE(id, 5);
  return Buffer.concat([header, payload]);
}

/** A relay whose program is the agent, or what the caller names; its first channel is at `socketPath`. */
export class TestRelay {
  readonly root: string = mkdtempSync(join(tmpdir(), 'holdfast-relay-'));
  readonly socketPath: string = join(this.root, '.socket');
  readonly process: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly #sockets: Socket[] = [];

  constructor(program?: string[], options: string[] = [], ports: string[] = ['8']) {
    const guest = binary();
    const channels = ports.flatMap((port) => ['--port-fd', port]);
    const agent = [guest, 'agent', ...channels, '--root', this.root, '--incarnation', 'relayed'];
    const words = ['relay', '--listen', this.socketPath, ...options, '--', ...(program ?? agent)];
    this.process = spawn(guest, words, { stdio: ['ignore', 'inherit', 'inherit'] });
    this.exited = new Promise((resolve) => this.process.once('exit', (status) => resolve(status)));
  }

  async socket(path: string = this.socketPath): Promise<Socket> {
    for (let tries = 0; ; tries++) {
      try {
        const socket = await open(path);
        socket.on('error', () => undefined);
        this.#sockets.push(socket);
        return socket;
      } catch (error) {
        if (tries === 400) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  async peer(greet = true): Promise<Peer> {
    const peer = new Peer(await this.socket());
    if (greet) await peer.ask(m.hello, { version: 1 });
    return peer;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.process.kill('SIGKILL');
    await this.exited;
    rmSync(this.root, { recursive: true, force: true });
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The agent with a port of its own and nobody between: a `Peer` sees each frame it sends. */
export class PortAgent {
  readonly root: string = mkdtempSync(join(tmpdir(), 'holdfast-port-'));
  readonly process: ChildProcess;
  readonly peer: Peer;
  /** On a second port. */
  readonly other: Peer;
  readonly exited: Promise<number | null>;

  constructor() {
    const argv = ['agent', '--port-fd', '3', '--port-fd', '4', '--root', this.root, '--incarnation', 'port'];
    this.process = spawn(binary(), argv, { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'] });
    this.exited = new Promise((resolve) => this.process.once('exit', (status) => resolve(status)));
    const [first, second] = this.process.stdio.slice(3);
    // What Node makes of a pipe past 2 is a socket.
    if (!(first instanceof Socket) || !(second instanceof Socket)) throw new Error('a port is no socket');
    this.peer = new Peer(first);
    this.other = new Peer(second);
  }

  /** Sends RESTART and waits until it is answered. */
  async restart(): Promise<number> {
    this.peer.send(m.restart, {}, restartId);
    return (await this.peer.next(restartId)).type;
  }

  async stop(): Promise<void> {
    this.peer.socket.destroy();
    this.other.socket.destroy();
    this.process.kill('SIGKILL');
    await this.exited;
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Somebody else's end of a channel: a program that connects its descriptor with a socket of the test. */
export async function rawGuest(
  relay: (program: string[]) => TestRelay,
  descriptor = 8,
): Promise<{ relay: TestRelay; guest: Socket }> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-raw-'));
  const path = join(directory, 'guest');
  const server: Server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const started = relay([
    process.execPath,
    join(import.meta.dirname, 'guest-relay-pipe.mjs'),
    path,
    String(descriptor),
  ]);
  const guest = await connected;
  guest.on('error', () => undefined);
  server.close();
  rmSync(directory, { recursive: true, force: true });
  return { relay: started, guest };
}
