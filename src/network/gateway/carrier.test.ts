/** What becomes of a connection, by policy and first bytes: real policies, streams in memory, an outside that is a pair. */
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { rootScope, systemClock } from '../../base/index.ts';
import { noNetworkYet } from '../../noise/index.ts';
import {
  type FaultPlanInput,
  HoldfastError,
  type NetworkPolicyInput,
  networkPolicySchema,
  sandboxFaultsSchema,
} from '../../schema/index.ts';
import { GatewayNoise } from '../noise/gateway-noise.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { FlowReport, GatewaySandbox, MediatedConnection } from '../types.ts';
import { type Arrival, Carrier } from './carrier.ts';
import { OpenConnections } from './connections.ts';
import { RuleMeter } from './meter.ts';

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const vector = (...parts: Buffer[]): Buffer => Buffer.concat([u16(Buffer.concat(parts).length), ...parts]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), vector(body)]);

/** A greeting with this server name, or none; with an encrypted one inside when told. */
function greeting(name: string | null, encrypted = false): Buffer {
  const parts = name === null ? [] : [extension(0, vector(Buffer.from([0]), vector(Buffer.from(name))))];
  if (encrypted) parts.push(extension(0xfe0d, Buffer.alloc(20)));
  const body = Buffer.concat([
    u16(0x303),
    Buffer.alloc(33),
    vector(u16(0x1301)),
    Buffer.from([1, 0]),
    vector(...parts),
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), vector(message)]);
}

class Scene {
  readonly flows: FlowReport[] = [];
  readonly mediated: string[] = [];
  /** Of the last that was mediated: how it tells its flows, and the way to the client. */
  tellMediated: (flow: FlowReport) => void = () => undefined;
  toMediated: Duplex | null = null;
  readonly dialled: string[] = [];
  readonly connections = new OpenConnections();
  readonly client: Duplex;
  readonly got: Buffer[] = [];
  readonly outcome: string[] = [];
  server: Duplex | null = null;
  dialError: HoldfastError | null = null;
  state: GatewaySandbox;
  readonly #stream: Duplex;
  readonly #scope = rootScope({ name: 'scene' });

  constructor(policy: NetworkPolicyInput) {
    [this.client, this.#stream] = duplexPair();
    this.client.on('data', (chunk: Buffer) => this.got.push(chunk));
    for (const stream of [this.client, this.#stream]) stream.on('error', () => undefined);
    this.state = this.stateOf(policy);
  }

  stateOf(policy: NetworkPolicyInput): GatewaySandbox {
    const compiled = compilePolicy(networkPolicySchema.parse(policy));
    const meter = new RuleMeter(systemClock);
    return { sandbox: 's', policy: compiled, broker: null, recorder: null, player: null, meter };
  }

  async carry(host: string, port: number, sent?: Buffer | string): Promise<string> {
    const carrier = new Carrier({
      clock: systemClock,
      scope: this.#scope,
      connections: this.connections,
      current: () => this.state,
      dialler: { dial: async () => this.#dial(`${host}:${port}`) },
      mediate: ({ protocol, stream, report }: MediatedConnection) => {
        this.tellMediated = report;
        this.toMediated = stream;
        this.mediated.push(`${protocol} ${stream.read()?.length ?? 0}`);
        return { recheck: () => undefined, close: () => stream.destroy() };
      },
      report: (_via, flow) => this.flows.push(flow),
      pump: null,
    });
    const arrival: Arrival = {
      stream: this.#stream,
      via: 'proxy',
      destination: { host, port },
      expected: 'tls',
      refuse: ({ code }) => this.outcome.push(`refused ${code}`),
      unreachable: ({ code }) => this.outcome.push(code),
      accept: () => this.outcome.push('accepted'),
    };
    if (sent !== undefined) this.client.write(sent);
    void carrier.carry(arrival);
    await systemClock.sleep(30);
    return this.outcome.join(' ');
  }

  get answer(): string {
    return Buffer.concat(this.got).toString('latin1');
  }

  close(): Promise<void> {
    return this.#scope.close();
  }

  #dial(place: string) {
    this.dialled.push(place);
    if (this.dialError) throw this.dialError;
    const [server, socket] = duplexPair();
    for (const stream of [server, socket]) stream.on('error', () => undefined);
    this.server = server;
    return { socket, address: '93.184.216.34', bare: null };
  }
}

const https = { allow: [{ host: 'a.example' }] };
const tcp = { allow: [{ host: 'a.example', protocol: 'tcp' as const, ports: [443] }] };
const never = (): never => {
  throw new Error('nothing is asked of it');
};
const alert = '\x15\x03\x03\x00\x02\x02';

describe('a connection', () => {
  it('is refused before anything is accepted where no rule has its place', async () => {
    const scene = new Scene(https);
    expect(await scene.carry('b.example', 443)).toBe('refused no-rule');
    expect(scene.flows).toMatchObject([
      { kind: 'refused', host: 'b.example', port: 443, decision: { code: 'no-rule' } },
    ]);
  });

  it('that no tape can have is refused and counted while one is played', async () => {
    const scene = new Scene({ ...tcp, tape: { mode: 'replay', tape: 'tap-1' } });
    const missed: string[] = [];
    const answer = async () => ({ allowed: false as const, decision: scene.flows[0]?.decision ?? never() });
    const player = { tape: 'tap-1', knows: () => true, ports: () => [443], answer };
    scene.state = { ...scene.state, player: { ...player, missed: ({ message }) => missed.push(message) } };
    await scene.carry('a.example', 443, 'SSH-2.0-x\r\n');
    expect(scene.flows).toMatchObject([{ kind: 'refused', decision: { code: 'tape-miss' } }]);
    expect(scene.dialled).toEqual([]);
    expect(missed).toEqual(['The tape that is played has nothing but HTTP, and nothing is sent to a.example:443.']);
  });

  it('is tunnelled when its greeting names the destination, with every byte of it', async () => {
    const scene = new Scene(https);
    const hello = greeting('A.example');
    expect(await scene.carry('a.example', 443, hello)).toBe('accepted');
    expect(scene.server?.read()).toEqual(hello);
    scene.server?.resume().end('bye');
    scene.client.end();
    await systemClock.sleep(20);
    expect(scene.answer).toBe('bye');
    expect(scene.flows).toMatchObject([
      { kind: 'tunnel', protocol: 'https', bytesUp: hello.length, bytesDown: 3, address: '93.184.216.34', error: null },
    ]);
    expect(scene.connections.size).toBe(0);
  });

  it.each([
    ['another name', greeting('b.example'), 'name-mismatch', `${alert}p`],
    ['a name below', greeting('x.a.example'), 'name-mismatch', `${alert}p`],
    ['no name', greeting(null), 'name-mismatch', `${alert}p`],
    ['another name around an encrypted one', greeting('public.example', true), 'name-mismatch', `${alert}p`],
    [
      'plain HTTP',
      'GET / HTTP/1.1\r\n',
      'protocol-not-allowed',
      'HTTP/1.1 403 Forbidden by network policy (protocol-not-allowed)',
    ],
    ['other bytes', '\x00\x01', 'protocol-not-allowed', ''],
    [
      'half a greeting that cannot be one',
      Buffer.from('16030100ff02000010', 'hex'),
      'protocol-not-allowed',
      `${alert}1`,
    ],
  ])('is refused, undialled, with %s', async (_, sent, code, answer) => {
    const scene = new Scene(https);
    await scene.carry('a.example', 443, sent);
    expect(scene.flows).toMatchObject([{ kind: 'refused', decision: { code } }]);
    expect(scene.answer.startsWith(answer)).toBe(true);
    expect(scene.dialled).toEqual([]);
  });

  it('is mediated when it may hide another name', async () => {
    const scene = new Scene(https);
    const hello = greeting('a.example', true);
    await scene.carry('a.example', 443, hello);
    expect(scene.mediated).toEqual([`https ${hello.length}`]);
  });

  it('to an address is greeted without a name', async () => {
    const policy = { allow: [{ host: '93.184.216.35' }] };
    const scene = new Scene(policy);
    await scene.carry('93.184.216.35', 443, greeting(null));
    expect(scene.dialled).toEqual(['93.184.216.35:443']);
    const named = new Scene(policy);
    await named.carry('93.184.216.35', 443, greeting('a.example'));
    expect(named.flows).toMatchObject([{ decision: { code: 'name-mismatch' } }]);
  });

  it('is mediated where a rule looks inside', async () => {
    const scene = new Scene({ allow: [{ host: 'a.example', paths: ['/x/**'] }] });
    await scene.carry('a.example', 443, greeting('a.example'));
    expect(scene.mediated).toHaveLength(1);
  });

  it('is dialled at once, and told only then, where one tcp rule takes all', async () => {
    const scene = new Scene(tcp);
    expect(await scene.carry('a.example', 443)).toBe('accepted');
    expect(scene.dialled).toEqual(['a.example:443']);
    const dead = new Scene(tcp);
    dead.dialError = new HoldfastError('network-unreachable', 'refused');
    expect(await dead.carry('a.example', 443)).toBe('network-unreachable');
    const error = { error: 'refused', endedBy: 'outside' };
    expect(dead.flows).toMatchObject([{ kind: 'tunnel', decision: { allowed: true }, ...error }]);
  });

  it('cannot hide what a rule wants to read behind a silence (3)', async () => {
    const mixed = {
      allow: [
        { host: 'a.example', protocol: 'tcp' as const, ports: [443] },
        { host: 'a.example', paths: ['/x'] },
      ],
    };
    const scene = new Scene(mixed);
    await scene.carry('a.example', 443);
    await systemClock.sleep(350);
    expect(scene.dialled).toHaveLength(1);
    scene.server?.write('220 hello');
    scene.client.write(greeting('a.example'));
    await systemClock.sleep(30);
    expect(scene.answer).toBe('220 hello');
    expect(scene.server?.read() ?? null).toBeNull();
    expect(scene.flows).toMatchObject([{ kind: 'tunnel', decision: { allowed: false } }]);
    const honest = new Scene(mixed);
    await honest.carry('a.example', 443);
    await systemClock.sleep(350);
    honest.client.write('\x00plain');
    await systemClock.sleep(30);
    expect(String(honest.server?.read())).toBe('\x00plain');
  });

  it('ends when the policy does not allow it any more, and stays when it does', async () => {
    const scene = new Scene(tcp);
    await scene.carry('a.example', 443, 'x');
    await scene.connections.recheck(scene.stateOf({ allow: [...tcp.allow, { host: 'b.example' }] }).policy);
    await systemClock.sleep(5);
    expect(scene.flows).toEqual([]);
    await scene.connections.recheck(scene.stateOf(https).policy);
    await systemClock.sleep(5);
    expect(scene.flows).toMatchObject([{ kind: 'tunnel', bytesUp: 1, decision: { code: 'policy-changed' } }]);
    expect(scene.client.destroyed || scene.client.readableEnded).toBe(true);
  });

  it('ends when nothing passes for too long', async () => {
    const scene = new Scene(tcp);
    await scene.carry('a.example', 443, 'x');
    scene.connections.sweepIdle(2);
    scene.client.write('y');
    await systemClock.sleep(5);
    for (let sweep = 0; sweep < 3; sweep++) scene.connections.sweepIdle(2);
    await systemClock.sleep(5);
    expect(scene.flows).toMatchObject([{ kind: 'tunnel', bytesUp: 2, error: 'no byte passed for too long' }]);
    expect(scene.flows[0]).not.toHaveProperty('endedBy');
  });

  it('is refused past its rate', async () => {
    const limited = { allow: [{ ...tcp.allow[0], host: 'a.example', limits: { requestsPerMinute: 1 } }] };
    const first = new Scene(limited);
    await first.carry('a.example', 443);
    const second = new Scene(limited);
    second.state = first.state;
    expect(await second.carry('a.example', 443)).toBe('refused rate-limit');
  });
});

describe('what its fault plan breaks is told as the plan’s doing (4)', () => {
  function under(policy: NetworkPolicyInput, fault: FaultPlanInput['faults'][number]): Scene {
    const scene = new Scene(policy);
    const plan = { format: 'holdfast-faults/1' as const, seed: 1, faults: [{ ...fault, rate: 1 }] };
    const given = sandboxFaultsSchema.parse({ plan });
    const noise = new GatewayNoise({ given, generation: 1, before: noNetworkYet }, () => undefined);
    scene.state = { ...scene.state, noise };
    return scene;
  }
  const reset = { id: 'f', kind: 'network.reset', afterBytes: 4 } as const;

  it.each([
    { id: 'f', kind: 'network.no-name' },
    { id: 'f', kind: 'network.refuse' },
    { id: 'f', kind: 'network.drop', mostMs: 1 },
  ] as const)('where nothing is dialled: $kind', async (fault) => {
    const scene = under(tcp, fault);
    await scene.carry('a.example', 443);
    expect(scene.flows).toMatchObject([{ kind: 'tunnel', error: expect.any(String), injected: true }]);
  });

  it('and what the policy does not allow when the plan’s delay is over is not begun', async () => {
    const scene = under(tcp, { id: 'f', kind: 'network.slow-name', delay: { minMs: 60, maxMs: 60 } });
    await scene.carry('a.example', 443);
    expect(scene.outcome).toEqual([]);
    scene.state = scene.stateOf({ allow: [{ host: 'b.example' }] });
    await expect.poll(() => scene.outcome).toEqual(['refused no-rule']);
    expect(scene.dialled).toEqual([]);
  });

  it('also where the sandbox’s network ends while nobody answers', async () => {
    const scene = under(tcp, { id: 'f', kind: 'network.drop', mostMs: 3_600_000 });
    await scene.carry('a.example', 443);
    expect(scene.flows).toEqual([]);
    await scene.close();
    await expect.poll(() => scene.flows).toMatchObject([{ error: expect.any(String), injected: true }]);
  });

  it('once it has broken what was connected', async () => {
    const scene = under(tcp, reset);
    await scene.carry('a.example', 443);
    scene.server?.write('12345678');
    await expect.poll(() => scene.flows).toMatchObject([{ error: expect.any(String), injected: true }]);
    expect(scene.answer).toBe('1234');
  });

  it('and in what is mediated, from then on', async () => {
    const scene = under({ allow: [{ host: 'a.example', paths: ['/x/**'] }] }, { id: 'f', kind: 'network.tls-failure' });
    await scene.carry('a.example', 443, greeting('a.example'));
    const flow = { error: 'broke' } as FlowReport;
    scene.tellMediated(flow);
    scene.toMediated?.write('a greeting');
    scene.tellMediated(flow);
    scene.tellMediated({ ...flow, error: null });
    expect(scene.flows.map(({ injected }) => injected)).toEqual([undefined, true, undefined]);
  });

  it('and not what broke before it could', async () => {
    const scene = under(tcp, reset);
    scene.dialError = new HoldfastError('network-unreachable', 'refused');
    await scene.carry('a.example', 443);
    expect(scene.flows).toMatchObject([{ kind: 'tunnel', error: 'refused' }]);
    expect(scene.flows[0]).not.toHaveProperty('injected');
  });
});
