/** The whole way: programs inside, agent, gateway process, origins outside. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayWorld } from '../../../test/fixtures/gateway-world.ts';
import type { AllowRule, NetworkPolicyInput } from '../../schema/index.ts';
import { openTapeStore } from '../tape/store.ts';

let world: GatewayWorld;

beforeAll(async () => {
  world = await GatewayWorld.start();
  await world.attach(policy());
});
afterAll(() => world.stop());

function policy(without: string[] = []): NetworkPolicyInput {
  const { http, tls, echo, greeter } = world.origins;
  const rule = (host: string, protocol: AllowRule['protocol'], port: number) => ({
    host: `${host}.example.test`,
    protocol,
    ports: [port],
    addresses: ['127.0.0.0/8'],
  });
  const rules = [
    rule('api', 'https', tls),
    rule('web', 'http', http),
    rule('echo', 'tcp', echo),
    rule('mail', 'tcp', greeter),
    { host: 'private.example.test', protocol: 'tcp' as const, ports: [echo] },
    { host: 'missing.example.test', protocol: 'tcp' as const, ports: [echo] },
    { host: 'missing.example.test', protocol: 'https' as const, ports: [443] },
  ];
  return { allow: rules.filter(({ host }) => !without.some((name) => host.startsWith(name))) };
}

const curl = (...args: string[]) => world.inside('curl', '-sS', '-k', '--max-time', '10', ...args);
const viaProxy = ['-x', 'http://127.0.0.1:3128'];
const viaSocks = ['--socks5-hostname', '127.0.0.1:1080'];
const resolve = `
  import { Resolver } from 'node:dns/promises';
  const resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers(['127.0.0.1']);
  const resolve = (name) => resolver.resolve4(name);
`;

describe('the gateway', () => {
  it('tunnels https by CONNECT', async () => {
    const { stdout, status } = await curl(...viaProxy, `https://api.example.test:${world.origins.tls}/`);
    expect({ stdout, status }).toEqual({ stdout: 'secret', status: 0 });
    const flow = await world.flow(({ kind, host }) => kind === 'tunnel' && host === 'api.example.test');
    expect(flow).toMatchObject({
      via: 'proxy',
      protocol: 'https',
      address: '127.0.0.1',
      error: null,
      sandbox: 'sbx-test',
    });
    expect(flow.bytesDown).toBeGreaterThan(500);
  });

  it('tunnels https by SOCKS5', async () => {
    const { stdout } = await curl(...viaSocks, `https://api.example.test:${world.origins.tls}/`);
    expect(stdout).toBe('secret');
  });

  it('passes plain HTTP on by the proxy, request by request', async () => {
    const { stdout } = await curl(...viaProxy, `http://web.example.test:${world.origins.http}/a?b`);
    expect(stdout).toBe('GET /a?b');
    const flow = await world.flow(({ kind, host }) => kind === 'request' && host === 'web.example.test');
    expect(flow).toMatchObject({ via: 'proxy', method: 'GET', status: 200 });
  });

  it('connects programs that know no proxy, through the synthetic address of the name', async () => {
    const out = await world.script(`${resolve}
      const [address] = await resolve('API.example.test');
      console.log(address);
      const tls = await import('node:tls');
      const socket = tls.connect({ host: address, port: ${world.origins.tls}, servername: 'api.example.test', rejectUnauthorized: false });
      socket.on('data', (data) => process.stdout.write(data.subarray(-6)));
      socket.write('GET / HTTP/1.1\\r\\n\\r\\n');
    `);
    expect(out).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+\nsecret$/);
  });

  it('lets the other side speak first', async () => {
    const out = await world.script(`${resolve}
      const [address] = await resolve('mail.example.test');
      const net = await import('node:net');
      net.connect(${world.origins.greeter}, address).once('data', (data) => { process.stdout.write(data); process.exit(); });
    `);
    expect(out).toBe('220 hello\r\n');
  });

  it('says who refused, and why', async () => {
    const { stdout } = await curl(...viaProxy, '-D', '-', 'http://evil.example.test/');
    expect(stdout).toContain('HTTP/1.1 403');
    expect(stdout).toContain('x-holdfast-decision: no-rule');
    const body = JSON.parse(stdout.slice(stdout.indexOf('{')));
    expect(body.error).toMatchObject({ decision: 'no-rule', host: 'evil.example.test', port: 80, retryable: false });
    const connect = await curl(...viaProxy, 'https://evil.example.test/');
    expect(connect.stderr).toMatch(/403/);
    const socks = await curl(...viaSocks, 'https://evil.example.test/');
    expect(socks.status).toBe(97);
    expect(
      await world.flow(({ via, kind, host }) => via === 'socks' && kind === 'refused' && host.startsWith('evil')),
    ).toBeTruthy();
  });

  it('knows no name that no rule knows', async () => {
    const out = await world.script(`${resolve}
      await resolve('evil.example.test').catch((error) => console.log(error.code));
      const six = await resolver.resolve6('api.example.test').catch((error) => error.code);
      console.log(six);
    `);
    expect(out).toBe('ENOTFOUND\nENODATA\n');
    const flow = await world.flow(({ kind, host }) => kind === 'dns' && host === 'evil.example.test');
    expect(flow).toMatchObject({ via: 'dns', host: 'evil.example.test', decision: { code: 'no-rule' } });
  });

  it('refuses another server name than the destination', async () => {
    const { tls } = world.origins;
    const { status, stderr } = await curl(
      ...viaProxy,
      '--connect-to',
      `evil.test:443:api.example.test:${tls}`,
      'https://evil.test/',
    );
    expect({ status, stderr }).toMatchObject({ status: 35 });
    const flow = await world.flow(({ decision }) => decision.code === 'name-mismatch');
    expect(flow.decision.message).toContain('evil.test');
  });

  it('refuses an allowed name at a private address, and says what does not resolve', async () => {
    const { echo } = world.origins;
    const refused = await curl(...viaProxy, '-p', `telnet://private.example.test:${echo}`);
    expect(refused.stderr).toContain('403');
    expect(await world.flow(({ decision }) => decision.code === 'address-refused')).toMatchObject({
      host: 'private.example.test',
    });
    const missing = await curl(...viaProxy, '-p', `telnet://missing.example.test:${echo}`);
    expect(missing.stderr).toContain('502');
    const flow = await world.flow(({ host, error }) => host === 'missing.example.test' && error !== null);
    expect(flow).toMatchObject({ kind: 'tunnel', decision: { allowed: true } });
  });

  it('cuts a tunnel that a new policy does not allow, and leaves the others', async () => {
    const { echo } = world.origins;
    const running = world.script(`${resolve}
      const net = await import('node:net');
      const [address] = await resolve('echo.example.test');
      const socket = net.connect(${echo}, address);
      socket.on('data', (data) => process.stdout.write(data));
      socket.on('error', () => undefined);
      socket.on('close', () => console.log(' closed'));
      socket.write('hello');
    `);
    await new Promise((done) => setTimeout(done, 700));
    await world.update(policy(['echo']));
    expect(await running).toBe('hello closed\n');
    const flow = await world.flow(({ decision }) => decision.code === 'policy-changed');
    expect(flow).toMatchObject({ kind: 'tunnel', host: 'echo.example.test', bytesUp: 5, bytesDown: 5 });
    const gone = await world.script(`${resolve}
      console.log(await resolve('echo.example.test').catch((error) => error.code));
    `);
    expect(gone).toBe('ENOTFOUND\n');
    await world.update(policy());
  });

  it('is the only way: while it is dead nothing passes, and the names keep their addresses', async () => {
    const { echo } = world.origins;
    const running = world.script(`${resolve}
      const net = await import('node:net');
      const [address] = await resolve('echo.example.test');
      const once = () => new Promise((done) => {
        const socket = net.connect(${echo}, address, () => socket.write('x'));
        socket.once('data', () => { console.log('through'); socket.on('close', () => done('dropped')); });
        socket.on('error', (error) => done(error.code));
        socket.once('close', () => done('closed'));
      });
      console.log(await once());
      for (;;) {
        const socket = net.connect(${echo}, address);
        const result = await new Promise((done) => {
          socket.once('connect', () => socket.write('y'));
          socket.once('data', () => done('back'));
          socket.once('error', (error) => done(error.code));
          socket.once('close', () => done('closed'));
        });
        socket.destroy();
        if (result === 'back') { console.log('back'); break; }
        await new Promise((done) => setTimeout(done, 20));
      }
    `);
    await new Promise((done) => setTimeout(done, 700));
    const before = world.supervisor.pid ?? 0;
    process.kill(before, 'SIGKILL');
    expect((await running).split('\n').slice(0, 3)).toEqual([
      'through',
      expect.stringMatching(/ECONNRESET|closed|dropped/),
      'back',
    ]);
    expect(world.supervisor.pid).not.toBe(before);
    expect(world.downs).toHaveLength(1);
  });
});

describe('a gateway that is ended in good order', () => {
  it('tells what was open, and keeps what was under way on its tape', async () => {
    const ending = await GatewayWorld.start();
    try {
      const { http, echo } = ending.origins;
      const rule = (protocol: 'http' | 'tcp', port: number): NetworkPolicyInput['allow'] => [
        { host: 'web.example.test', protocol, ports: [port], addresses: ['127.0.0.0/8'] },
      ];
      const allow = [...(rule('http', http) ?? []), ...(rule('tcp', echo) ?? [])];
      await ending.attach({ allow, tape: { mode: 'record' } });
      const held = ending.script(`
        const net = await import('node:net');
        const open = (target, first) => new Promise((heard) => {
          const socket = net.connect(3128, '127.0.0.1', () => socket.write(target));
          socket.on('error', () => undefined).on('close', () => console.log('closed'));
          socket.once('data', () => first ? (socket.write(first), socket.once('data', heard)) : heard());
        });
        await open('GET http://web.example.test:${http}/never HTTP/1.1\\r\\nHost: web.example.test:${http}\\r\\n\\r\\n');
        await open('CONNECT web.example.test:${echo} HTTP/1.1\\r\\n\\r\\n', '\\x00hello');
        const { writeFileSync } = await import('node:fs');
        writeFileSync('${ending.agent.root}/held', '');
      `);
      await expect.poll(() => existsSync(join(ending.agent.root, 'held'))).toBe(true);
      await ending.supervisor.close();
      expect(await held).toBe('closed\nclosed\n');
      const told = ending.flows.filter(({ kind }) => kind === 'tunnel' || kind === 'request');
      expect(told.map(({ kind, error }) => [kind, error !== null]).sort()).toEqual([
        ['request', true],
        ['tunnel', true],
      ]);
      const store = await openTapeStore({ home: ending.agent.root });
      expect(await store.list('default')).toMatchObject([{ open: false, exchanges: 1 }]);
      await store.close();
    } finally {
      await ending.stop();
    }
  });
});
