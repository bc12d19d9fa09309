import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { type RecordingService, recordingService } from '../../test/fixtures/recording-service.ts';
import { HoldfastError } from '../schema/index.ts';

describe('forward', () => {
  it('leads a port of this machine inside until Ctrl-C', async () => {
    const { run, send, output } = start(['forward', 'sbx-default', '0:80', '0:81', '--json']);
    await expect.poll(() => output()).toContain('}\n');
    const { ports } = JSON.parse(output()) as { ports: { local: string; port: number }[] };
    expect(ports.map(({ port }) => port)).toEqual([80, 81]);
    const socket = dial(ports[0]?.local);
    socket.end('round and round');
    let heard = '';
    for await (const piece of socket) heard += String(piece);
    expect(heard).toBe('round and round');
    send('SIGINT');
    const { status } = await run;
    expect(status).toBe(0);
    await expect(once(dial(ports[0]?.local), 'connect')).rejects.toThrow('ECONNREFUSED');
  });

  it('says when nobody listens inside, and breaks such a connection off', async () => {
    const service = recordingService();
    const closed = new HoldfastError('port-closed', 'nothing listens there');
    service.connectPort = () => Promise.reject(closed);
    const { run, send, output } = start(['forward', 'sbx-default', '0:80'], service);
    await expect.poll(() => output()).toMatch(/127\.0\.0\.1:(\d+) leads to 80 in sbx-default/);
    const [, port] = /127\.0\.0\.1:(\d+)/.exec(output()) ?? [];
    await expect(once(dial(`127.0.0.1:${port}`), 'end')).rejects.toThrow('ECONNRESET');
    send('SIGTERM');
    const { stderr } = await run;
    expect(stderr).toContain('nothing listens on 80 inside yet');
    expect(stderr).toContain('a connection to 80 ended: nothing listens there');
  });

  it('refuses what is no port, and a port that is taken', async () => {
    for (const port of ['0', '70000', 'x', '80:0', '1:2:3', '-1:80'])
      expect((await runCli(['forward', 'sbx-default', '--', port], recordingService())).status, port).toBe(2);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const { status, stderr } = await runCli(['forward', 'sbx-default', `${port}:80`], recordingService());
    expect([status, stderr]).toEqual([1, expect.stringContaining(`cannot listen on 127.0.0.1:${port}`)]);
    taken.close();
  });
});

describe('preview', () => {
  it('prints the link and nothing else on stdout', async () => {
    const service = recordingService();
    const { stdout, stderr } = await runCli(['preview', 'sbx-default', '3000', '--expires', '2h', '--public'], service);
    expect(stdout).toBe('http://label.localhost:7421/?holdfast_token=x\n');
    expect(stderr).toContain('prv-1 ends');
    expect(service.calls.at(-1)).toMatchObject({
      verb: 'sharePort',
      args: ['sbx-default', { port: 3000, visibility: 'public', keepHost: false, expiresInMs: 7_200_000 }],
    });
  });

  it('lists and takes back', async () => {
    const service = recordingService();
    const list = await runCli(['preview', '--list', 'sbx-default'], service);
    expect(list.stdout).toMatch(/^ID +PORT +VISIBILITY +ENDS +URL\nprv-1 +8080 +signed /);
    expect((await runCli(['preview', '--list', 'sbx-default', '--json'], service)).stdout).toContain('"id": "prv-1"');
    expect((await runCli(['preview', '--revoke', 'prv-1', 'sbx-default'], service)).stdout).toBe('prv-1\n');
    expect(service.calls.at(-1)).toMatchObject({ verb: 'revokePreview', args: ['sbx-default', 'prv-1'] });
  });

  it('wants one thing at a time, and a port that is one', async () => {
    for (const words of [[], ['80', '--list'], ['--list', '--revoke', 'prv-1'], ['0'], ['x'], ['65536']])
      expect((await runCli(['preview', 'sbx-default', ...words], recordingService())).status, words.join(' ')).toBe(2);
  });
});

interface Started {
  run: ReturnType<typeof runCli>;
  send: (signal: NodeJS.Signals) => void;
  output: () => string;
}

function start(argv: string[], service: RecordingService = recordingService()): Started {
  let send: Started['send'] = () => undefined;
  let text = '';
  const run = runCli(argv, service, {
    onSignals: (given) => {
      send = given;
    },
    onOutput: (piece) => {
      text += piece;
    },
  });
  return { run, send: (signal) => send(signal), output: () => text };
}

function dial(place = ''): Socket {
  const [host = '', port] = place.split(':');
  return connect({ host, port: Number(port), allowHalfOpen: true });
}
