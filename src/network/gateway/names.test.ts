/** Names inside: their addresses, the listeners at them, the resolver, and what is told of lookups. */
import { duplexPair } from 'node:stream';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rootScope, systemClock } from '../../base/index.ts';
import type { GuestListener, GuestStream } from '../../guest/index.ts';
import { type Decision, HoldfastError, type NetworkFlow } from '../../schema/index.ts';
import type { FlowReport, GatewaySandbox } from '../types.ts';
import { framed } from './dns-message.ts';
import { FlowQueue } from './flows.ts';
import { CrowdedReports } from './lookup-reports.ts';
import { type Listens, NamePlaces } from './places.ts';
import { Resolver } from './resolver.ts';
import { SyntheticNames } from './synthetic.ts';

const decision = (allowed: boolean, message = 'said so'): Decision =>
  allowed
    ? { allowed, code: 'allowed', rule: null, message, hint: null }
    : { allowed, code: 'no-rule', rule: null, message, hint: null };

describe('synthetic names', () => {
  it('gives each name one address of 127.64.0.0/10, and each address one name (1)', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.domain(), { maxLength: 50 }), (names) => {
        const table = new SyntheticNames();
        const addresses = names.map((name) => table.assign(name)?.address ?? '');
        expect(new Set(addresses).size).toBe(names.length);
        for (const address of addresses) expect(address).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/);
        expect(addresses.map((address) => table.nameOf(address))).toEqual(names);
        expect(names.map((name) => new SyntheticNames().assign(name)?.address)).toEqual(addresses);
      }),
    );
  });

  it('lets the name go that was used longest ago and is not in use (2)', () => {
    const table = new SyntheticNames(3);
    for (const name of ['a.example', 'b.example', 'c.example']) table.assign(name);
    const release = table.hold('a.example');
    table.assign('b.example');
    expect(table.assign('d.example')).toMatchObject({ evicted: 'c.example' });
    table.hold('b.example');
    table.hold('d.example');
    expect(table.assign('e.example')).toBeNull();
    release();
    expect(table.assign('e.example')).toMatchObject({ evicted: 'a.example' });
  });
});

/** Listens nowhere, and remembers where. */
class FakeGuest implements Listens {
  readonly open = new Set<string>();
  readonly takers = new Map<string, (stream: GuestStream) => void>();
  failing = new Set<number>();

  async listen(
    { address, port }: { address: string; port: number },
    take: (stream: GuestStream) => void,
  ): Promise<GuestListener> {
    await systemClock.sleep(1);
    const key = `${address}:${port}`;
    if (this.failing.has(port) || this.open.has(key)) throw new HoldfastError('in-use', `${key} is taken`);
    this.open.add(key);
    this.takers.set(key, take);
    const close = async (): Promise<void> => void this.open.delete(key);
    return { address, port, closed: Promise.resolve(), close };
  }
}

describe('places of names', () => {
  const place = async (ports: (name: string) => readonly number[]) => {
    const told: string[] = [];
    const met: string[] = [];
    const places = new NamePlaces({
      ports,
      onConnection: (_stream, { host, port }) => met.push(`${host}:${port}`),
      onName: (name) => told.push(name),
    });
    const guest = new FakeGuest();
    const scope = rootScope({ name: 'link' });
    await places.attach(guest, scope);
    return { places, guest, scope, told, met };
  };

  it('answers an address once all its ports are listened at, once for all who ask (1)', async () => {
    const { places, guest, told, met } = await place(() => [80, 443]);
    const answers = await Promise.all([places.open('a.example'), places.open('a.example'), places.open('a.example')]);
    const [address] = answers;
    expect(new Set(answers).size).toBe(1);
    expect([...guest.open]).toEqual([`${address}:80`, `${address}:443`]);
    expect(told).toEqual(['a.example']);
    guest.takers.get(`${address}:443`)?.(duplexPair()[0] as unknown as GuestStream);
    expect(met).toEqual(['a.example:443']);
  });

  it('answers nothing for a name whose listener fails, and leaves none of it open', async () => {
    const { places, guest } = await place(() => [80, 443]);
    guest.failing.add(443);
    await expect(places.open('a.example')).rejects.toThrow(/taken/);
    await systemClock.sleep(5);
    expect(guest.open.size).toBe(0);
    guest.failing.clear();
    expect(await places.open('a.example')).not.toBeNull();
    expect(guest.open.size).toBe(2);
  });

  it('follows the policy', async () => {
    let ports = [80, 443];
    const { places, guest } = await place(() => ports);
    const address = await places.open('a.example');
    ports = [443, 8443];
    await places.recheck();
    expect([...guest.open].sort()).toEqual([`${address}:443`, `${address}:8443`]);
    ports = [];
    await places.recheck();
    expect(guest.open.size).toBe(0);
    expect(await places.open('a.example')).toBeNull();
  });

  it('makes room among its listeners (2)', async () => {
    const { places, guest } = await place(() => Array.from({ length: 500 }, (_, index) => index + 1));
    for (let name = 0; name < 6; name++) expect(await places.open(`n${name}.example`)).not.toBeNull();
    expect(guest.open.size).toBe(1500);
  });

  it('listens for all names again, at the same addresses, when the agent comes back (3)', async () => {
    const { places, scope } = await place(() => [443]);
    const address = await places.open('a.example');
    await scope.close();
    expect(await places.open('a.example')).toBe(null);
    const next = new FakeGuest();
    await places.attach(next, rootScope({ name: 'link' }));
    expect([...next.open]).toEqual([`${address}:443`]);
    expect(await places.open('a.example')).toBe(address);
  });
});

describe('the resolver', () => {
  const refused: string[] = [];
  const resolver = new Resolver({
    clock: systemClock,
    current: () => ({ recorder: null }) as unknown as GatewaySandbox,
    name: (host) => decision(host.endsWith('.allowed.example')),
    place: async (host) => (host.startsWith('full') ? null : '127.64.1.2'),
    nameOf: (address) => (address === '127.64.1.2' ? 'a.allowed.example' : null),
    asked: (host, { allowed }) => {
      if (!allowed) refused.push(host);
    },
  });
  const query = (name: string, type = 'A'): Buffer =>
    dnsPacket.encode({ type: 'query', id: 9, questions: [{ name, type }] } as unknown as dnsPacket.Packet);
  const ask = async (name: string, type?: string) => {
    const { rcode, answers } = dnsPacket.decode(
      (await resolver.answer(query(name, type))) ?? Buffer.alloc(0),
    ) as unknown as {
      rcode: string;
      answers: { data: unknown }[];
    };
    return [rcode, ...answers.map(({ data }) => data)];
  };

  it.each([
    ['A.Allowed.Example', 'A', ['NOERROR', '127.64.1.2']],
    ['a.allowed.example', 'AAAA', ['NOERROR']],
    ['a.allowed.example', 'TXT', ['NOERROR']],
    ['a.allowed.example', 'HTTPS', ['NOERROR']],
    ['full.allowed.example', 'A', ['SERVFAIL']],
    ['localhost', 'A', ['NOERROR', '127.0.0.1']],
    ['2.1.64.127.in-addr.arpa', 'PTR', ['NOERROR', 'a.allowed.example']],
    ['3.1.64.127.in-addr.arpa', 'PTR', ['NXDOMAIN']],
    ['evil.example', 'A', ['NXDOMAIN']],
    ['evil.example', 'AAAA', ['NXDOMAIN']],
    ['evil.example', 'TXT', ['NXDOMAIN']],
    ['127.0.0.1', 'A', ['NXDOMAIN']],
    ['single', 'A', ['NXDOMAIN']],
  ] as const)('answers %s %s', async (name, type, expected) => {
    expect(await ask(name, type)).toEqual(expected);
  });

  it('tells of each refusal', async () => {
    refused.length = 0;
    await ask('data-carried-out.evil.example', 'TXT');
    expect(refused).toEqual(['data-carried-out.evil.example']);
  });

  it('answers over a stream, in order, and ends a stream of nonsense', async () => {
    const [client, stream] = duplexPair();
    const serving = resolver.serve(stream);
    client.end(Buffer.concat([framed(query('a.allowed.example')), framed(query('evil.example'))]));
    const got: Buffer[] = [];
    for await (const chunk of client) got.push(chunk);
    const first = Buffer.concat(got);
    expect(first.readUInt16BE(0)).toBeLessThan(first.length - 2);
    await serving;
    const [liar, other] = duplexPair();
    liar.on('error', () => undefined);
    liar.write(Buffer.from([0xff, 0xff, 1]));
    await resolver.serve(other);
    expect(other.destroyed).toBe(true);
  });
});

const flow = (host: string): FlowReport => ({ host, decision: decision(false) }) as FlowReport;

describe('what is told', () => {
  it('of crowds: each name once, the rest as a number, nothing left out', () => {
    const told: FlowReport[] = [];
    let endWindow = (): void => undefined;
    const after = (_ms: number, fn: () => void): (() => void) => {
      endWindow = fn;
      return () => undefined;
    };
    const reports = new CrowdedReports({ ...systemClock, after }, (report) => told.push(report));
    for (let count = 0; count < 1000; count++) reports.push(flow(`n${count % 100}.example`));
    expect(told).toHaveLength(64);
    endWindow();
    expect(told).toHaveLength(65);
    expect(told.at(-1)?.decision.message).toContain('936 more');
    reports.push(flow('n0.example'));
    expect(told).toHaveLength(66);
  });

  it('of flows: in batches, in order, and what nobody took is counted', async () => {
    const taken: NetworkFlow[][] = [];
    let release: (() => void) | null = null;
    const queue = new FlowQueue(systemClock, (batch) => {
      taken.push(batch);
      return new Promise((resolve) => {
        release = resolve;
      });
    });
    for (let count = 0; count < 12_000; count++)
      queue.push({ id: `${count}`, sandbox: `${count % 20}` } as NetworkFlow);
    expect(taken).toHaveLength(1);
    while (taken.flat().length < 10_100) {
      (release as (() => void) | null)?.();
      await systemClock.sleep(0);
    }
    const all = taken.flat().map(({ id }) => Number(id));
    expect(all).toEqual([...all].sort((one, other) => one - other));
    expect(taken.flat().reduce((sum, { missing = 0 }) => sum + missing, 0)).toBe(12_000 - all.length);
  });
});
