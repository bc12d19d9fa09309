/** What is told of the network: to people by `net log`, as it happens and afterwards, and to programs by what refuses them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkFlow, NetworkPolicyInput } from '../../../src/schema/index.ts';
import { runCli } from '../../fixtures/cli.ts';
import { sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const program = join(import.meta.dirname, '../../../src/cli/main.mjs');
const policy: NetworkPolicyInput = {
  allow: [
    { host: 'friend.test', methods: ['GET'], paths: ['/ok', '/ok/**'] },
    { host: 'friend.test', protocol: 'http', methods: ['GET'], paths: ['/ok', '/ok/**'] },
    { host: '*.friend.test' },
    { host: 'no.friend.test', protocol: 'http' },
  ],
  deny: [{ host: 'no.friend.test' }, { host: 'friend.test', paths: ['/ok/not/**'] }],
};
/** All that the proxy answers to CONNECT, to the end of the connection. */
const connect = (host: string): string => `python3 -c "
import socket
link = socket.create_connection(('127.0.0.1', 3128))
link.sendall(b'CONNECT ${host}:443 HTTP/1.1\\r\\nHost: ${host}:443\\r\\n\\r\\n')
while piece := link.recv(65536): print(piece.decode(), end='')
"`;

describe.skipIf(worldMissing() !== null)('the network', { timeout: 60_000 }, () => {
  let world: World;
  let inside: Inside;
  let box: Box;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    box = await inside.boxes.create({ network: policy, name: 'told' });
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('is followed by `net log -f`, as it happens', async () => {
    expect(await status(box, 'https://friend.test/ok/before')).toBe('200');
    await using all = follow();
    await using denied = follow('--denied');
    await until(() => all.said().includes('GET https     friend.test:443/ok/before  200'), 'what is kept is shown');
    expect(await status(box, 'https://friend.test/ok/followed')).toBe('200');
    expect(await status(box, 'https://friend.test/refused')).toBe('403');
    await until(
      () => /^.*GET https {5}friend\.test:443\/refused {2}DENIED path-not-allowed \[allow/m.test(all.said()),
      'it',
    );
    await until(() => /^.*friend\.test:443\/refused {2}DENIED path-not-allowed/m.test(denied.said()), 'the denial');
    expect(all.said()).toMatch(/^.*GET https {5}friend\.test:443\/ok\/followed {2}200 /m);
    expect(denied.said()).not.toMatch(/followed|before/);
    expect(
      denied
        .said()
        .split('\n')
        .filter((line) => !line.includes(' DENIED ')),
    ).toEqual(['']);
    expect([await all.end('SIGINT'), await denied.end('SIGINT')]).toEqual([0, 0]);
  });

  it('is kept over a restart of the daemon, and shown from where one was', async () => {
    await status(box, 'https://friend.test/ok/one');
    await until(async () => (await logged()).at(-1)?.path === '/ok/one', 'it is kept');
    const { id } = (await logged()).at(-1) as NetworkFlow;
    await inside.kill();
    await inside.start();
    await until(async () => (await status(box, 'https://friend.test/ok/two')) === '200', 'it works again');
    await until(async () => (await logged('--since', id)).some(({ path }) => path === '/ok/two'), 'it is shown');
    const since = await logged('--since', id);
    expect(since.some(({ path }) => path === '/ok/one' || path === '/ok/followed')).toBe(false);
    expect((await logged()).map((flow) => flow.path)).toContain('/ok/one');
    expect((await logged('--since', id, '--denied')).filter(({ decision }) => decision.allowed)).toEqual([]);
    const unknown = await runCli(['net', 'log', box.id, '--since', 'flw-unknown'], inside.service);
    expect(unknown.status).not.toBe(0);
  });

  it('has nothing of what the kernel inside refuses by itself', async () => {
    for (const place of ['192.0.2.1/direct', 'friend.test:444/direct'])
      expect(await status(box, `https://${place}`, "--noproxy '*'")).toBe('000');
    await status(box, 'https://friend.test/ok/after-direct');
    await until(
      async () => (await logged()).some(({ path }) => path === '/ok/after-direct'),
      'what came later is kept',
    );
    const told = (await logged()).filter(({ host, port }) => host === '192.0.2.1' || port === 444);
    expect(told).toEqual([]);
  });

  it.each([
    ['CONNECT, by a deny rule', connect('no.friend.test'), 'denied-by-rule', 'deny no.friend.test'],
    ['plain HTTP, by a deny rule', 'curl -si http://no.friend.test/', 'denied-by-rule', 'deny no.friend.test'],
    [
      'plain HTTP, by a deny rule with paths',
      'curl -si http://friend.test/ok/not/this',
      'denied-by-rule',
      'deny friend.test /ok/not/**',
    ],
    [
      'plain HTTP, by the paths of a rule',
      'curl -si http://friend.test/other',
      'path-not-allowed',
      'allow http friend.test GET /ok,/ok/**',
    ],
    [
      'HTTPS, by a deny rule with paths',
      'curl -si --http1.1 https://friend.test/ok/not/this',
      'denied-by-rule',
      'deny friend.test /ok/not/**',
    ],
    [
      'HTTPS, by the paths of a rule',
      'curl -si https://friend.test/other',
      'path-not-allowed',
      'allow https friend.test GET /ok,/ok/**',
    ],
    [
      'HTTPS without a proxy, by the methods of a rule',
      "curl -si --noproxy '*' -d a=b https://friend.test/ok",
      'method-not-allowed',
      'allow https friend.test GET /ok,/ok/**',
    ],
  ])('names the rule that refuses: %s', async (_, command, decision, rule) => {
    const answer = await sh(box, command);
    const [, length] = /^content-length: (\d+)\r?$/im.exec(answer.slice(answer.lastIndexOf('403'))) ?? [];
    const body = answer.slice(answer.lastIndexOf('\n{') + 1);
    expect(answer).toMatch(new RegExp(`^x-holdfast-decision: ${decision}\\r?$`, 'm'));
    expect(Buffer.byteLength(`${body}\n`)).toBe(Number(length));
    expect(JSON.parse(body)).toMatchObject({
      error: { code: 'forbidden', decision, rule, retryable: false, message: expect.stringContaining('does not help') },
    });
  });

  async function logged(...flags: string[]): Promise<NetworkFlow[]> {
    const { stdout } = await runCli(['net', 'log', box.id, '--json', ...flags], inside.service);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as NetworkFlow);
  }

  function follow(...flags: string[]): Following {
    const env = { PATH: process.env['PATH'] ?? '', HOLDFAST_HOME: inside.home };
    return new Following(spawn(process.execPath, [program, 'net', 'log', '-f', 'told', ...flags], { env }));
  }
});

class Following implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #said = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => {
        this.#said += piece.toString();
      });
  }

  said(): string {
    return this.#said;
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}
