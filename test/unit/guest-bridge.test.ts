/** The bridge's command line, and what it does with bytes and ends. Numbers are pair.c's. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guestBinary } from './firecracker-rig.ts';

let directory: string;
let close: (() => void)[];
const at = (name: string): string => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-bridge-'));
  close = [];
});
afterEach(() => {
  for (const one of close) one();
  rmSync(directory, { recursive: true, force: true });
});

describe('the command line', () => {
  it.each([
    ['nothing', [], "missing option '--to'"],
    ['no program', ['--to', '/tmp/nowhere/x', 'y'], "cannot listen on '/tmp/nowhere/x'"],
    ['an option nobody knows', ['--from', '0', 'x'], "unknown option '--from'"],
    ['a door that is no socket', ['--to', '0', 'x', '--', '/bin/true'], "cannot listen on '0'"],
    ['a door that is not there', ['--to', '77', 'x', '--', '/bin/true'], "cannot listen on '77'"],
    ['a door that is no number', ['--to', '1x', 'x', '--', '/bin/true'], "cannot listen on '1x'"],
    ['a port too few', ['--vsock', '0', 'x'], "no place for '--vsock'"],
  ])('refuses %s', (_, words, message) => {
    const { status, stderr } = spawnSync(guestBinary(), ['bridge', ...words], { encoding: 'utf8', input: '' });
    expect([status, stderr.split('\n')[0]]).toEqual([64, `holdfast-guest bridge: ${message}`]);
  });

  it.each(['0', '-1', '4294967295', '99999999999', 'x', '', '1 '])('refuses the port %j', (port) => {
    const words = ['bridge', '--vsock', at('door'), at('to'), port, '--', '/bin/true'];
    const { status, stderr } = spawnSync(guestBinary(), words, { encoding: 'utf8' });
    expect([status, stderr.split('\n')[0]]).toEqual([64, `holdfast-guest bridge: not a port '${port}'`]);
  });

  it('needs a program, and ends as it does', () => {
    const run = (...program: string[]): number | null => {
      rmSync(at('door'), { force: true });
      return spawnSync(guestBinary(), ['bridge', '--to', at('door'), at('to'), ...program]).status;
    };
    expect(run()).toBe(64);
    expect(run('--')).toBe(64);
    expect(run('--', '/bin/sh', '-c', 'exit 7')).toBe(7);
    expect(run('--', '/bin/sh', '-c', 'kill -9 $$')).toBe(137);
    expect(run('--', '/nowhere')).toBe(127);
  });
});

describe('a pair', () => {
  let server: Server;

  async function start(port?: string): Promise<void> {
    const door = port === undefined ? ['--to', at('door'), at('to')] : ['--vsock', at('door'), at('to'), port];
    const bridge = spawn(guestBinary(), ['bridge', ...door, '--', '/bin/sleep', '60'], { stdio: 'inherit' });
    close.push(() => bridge.kill('SIGKILL'));
  }
  async function listen(serve: (socket: Socket) => void): Promise<void> {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    });
    server.listen(at('to'));
    await once(server, 'listening');
    close.push(() => server.close());
  }
  async function client(): Promise<Socket> {
    for (;;) {
      const socket = connect({ path: at('door'), allowHalfOpen: true });
      const made = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      if (made) {
        close.push(() => socket.destroy());
        return socket.on('error', () => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  /** Not by iteration, which would destroy the socket with what it has still to send. */
  const all = async (socket: Socket): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    await once(socket, 'end');
    return Buffer.concat(pieces);
  };

  it('carries megabytes both ways at once, whole and in order, to each end (2)', async () => {
    const up = Buffer.alloc(3 << 20, 'up');
    const down = Buffer.alloc(5 << 20, 'down');
    const received = Promise.withResolvers<Buffer>();
    await listen((socket) => {
      received.resolve(all(socket));
      socket.end(down);
    });
    await start();
    const socket = await client();
    socket.end(up);
    const got = [await all(socket), await received.promise];
    expect(got.map(({ length }) => length)).toEqual([down.length, up.length]);
    expect([got[0]?.equals(down), got[1]?.equals(up)]).toEqual([true, true]);
  });

  it('reads no more than it can pass on (1)', async () => {
    await listen((socket) => void socket.pause());
    await start();
    const socket = await client();
    let sent = 0;
    for (let stuck = 0; stuck < 20; ) {
      const hasRoom = socket.write(Buffer.alloc(64 << 10));
      sent += 64 << 10;
      if (hasRoom) continue;
      const drained = await Promise.race([once(socket, 'drain'), new Promise((resolve) => setTimeout(resolve, 25))]);
      stuck = drained ? 0 : stuck + 20;
    }
    expect(sent).toBeLessThan(4 << 20);
  });

  it('waits for a socket that is not there yet', async () => {
    await start();
    const socket = await client();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await listen((one) => void one.end('late'));
    expect((await all(socket)).toString()).toBe('late');
  });

  it('asks for its port again until somebody listens, and passes what came with the answer', async () => {
    const asked: string[] = [];
    await listen((socket) => {
      socket.once('data', (bytes: Buffer) => {
        asked.push(bytes.toString());
        if (asked.length < 3) socket.destroy();
        else socket.end('OK 1073741824\nOK 2\n');
      });
    });
    await start('1024');
    const socket = await client();
    expect((await all(socket)).toString()).toBe('OK 2\n');
    expect(asked).toEqual(['CONNECT 1024\n', 'CONNECT 1024\n', 'CONNECT 1024\n']);
  });

  it('takes an answer that comes byte by byte, and none that breaks off', async () => {
    let count = 0;
    await listen(async (socket) => {
      const whole = count++ === 0;
      for (const byte of whole ? 'OK 12\nx' : 'OK 1') {
        socket.write(byte);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      socket.end();
    });
    await start('7');
    expect((await all(await client())).toString()).toBe('x');
    expect((await all(await client())).toString()).toBe('');
  });

  it('forgets a client that went away while it was waiting (3)', async () => {
    let connections = 0;
    await start('9');
    // More than there are places.
    for (let i = 0; i < 40; i++) (await client()).destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await listen((socket) => {
      connections++;
      socket.once('data', () => socket.end('OK 1\nyes'));
    });
    expect((await all(await client())).toString()).toBe('yes');
    expect(connections).toBe(1);
  });
});
