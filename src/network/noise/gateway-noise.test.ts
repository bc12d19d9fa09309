import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Episode, type NetworkState, noNetworkYet, readyPlan } from '../../noise/index.ts';
import { type FaultLabel, type FaultPlanInput, sandboxFaultsSchema } from '../../schema/index.ts';
import { answerOf } from './answers.ts';
import { GatewayNoise } from './gateway-noise.ts';

function noiseOf(
  faults: FaultPlanInput['faults'],
  generation = 1,
  more: Partial<FaultPlanInput> = {},
  before: NetworkState = noNetworkYet,
): { noise: GatewayNoise; told: FaultLabel[] } {
  const told: FaultLabel[] = [];
  const given = sandboxFaultsSchema.parse({ plan: { format: 'holdfast-faults/1', seed: 1, faults, ...more } });
  return { noise: new GatewayNoise({ given, generation, before }, (labels) => told.push(...labels)), told };
}

const question = { host: 'a.example', port: 8080, scheme: 'http' as const, method: 'GET', target: '/x?y' };

describe('faults drawn by the gateway', () => {
  it('are told before they happen, and counted by host', () => {
    const { noise, told } = noiseOf([{ id: 'reset', kind: 'network.reset', rate: 1, hosts: ['*.example'] }]);
    expect(noise.connection({ host: 'a.example', port: 443 }, true)?.fault.kind).toBe('network.reset');
    expect(noise.connection({ host: 'example', port: 443 }, true)).toBeNull();
    noise.connection({ host: 'b.example', port: 443 }, true);
    expect(told.map(({ channel, name, position }) => [channel, name, position])).toEqual([
      ['connection', 'a.example', 1],
      ['connection', 'b.example', 1],
    ]);
  });

  it('do not depend on the order among hosts, bursts neither', () => {
    const draws = (hosts: readonly string[]): string[] => {
      const { noise, told } = noiseOf([{ id: 'nx', kind: 'network.no-name', rate: 0.1, dependency: 'web' }], 1, {
        dependencies: { web: { enter: 0.2, leave: 0.3, factor: 8 } },
      });
      for (const host of hosts) noise.lookup(host);
      return told.map((label) => JSON.stringify(label)).sort();
    };
    const hosts = Array.from({ length: 60 }, (_, at) => 'abc'[at % 3] ?? 'a');
    expect(draws(hosts).length).toBeGreaterThan(10);
    expect(draws([...hosts].sort())).toEqual(draws(hosts));
    expect(draws([...hosts].reverse())).toEqual(draws(hosts));
  });

  it('come as often as the plan says, over 10,000 connections and requests', () => {
    const rates = { cut: 0.03, slow: 0.08, down: 0.05 };
    const { noise, told } = noiseOf(
      [
        { id: 'cut', kind: 'network.refuse', rate: rates.cut },
        { id: 'slow', kind: 'network.latency', rate: rates.slow },
        { id: 'down', kind: 'network.server-error', rate: rates.down },
      ],
      1,
      { seed: 4 },
    );
    const count = 10_000;
    for (let at = 0; at < count; at++) {
      noise.connection({ host: `h${at % 7}.example`, port: 80 }, false);
      noise.request({ ...question, host: `h${at % 7}.example` });
    }
    for (const [id, rate] of Object.entries(rates)) {
      const measured = told.filter(({ fault }) => fault === id).length / count;
      // Wilson's bounds of 95 in 100.
      const [z, middle] = [1.96, (measured + 1.96 ** 2 / (2 * count)) / (1 + 1.96 ** 2 / count)];
      const half =
        (z / (1 + z ** 2 / count)) * Math.sqrt((measured * (1 - measured)) / count + z ** 2 / (4 * count ** 2));
      expect(Math.abs(rate - middle), `${id}: ${measured}`).toBeLessThanOrEqual(half);
    }
  });

  it('hit one host at most so often in a row, over lookups, connections and requests', () => {
    const all: FaultPlanInput['faults'] = [
      { id: 'nx', kind: 'network.no-name' },
      { id: 'late', kind: 'network.slow-name' },
      { id: 'cut', kind: 'network.refuse' },
      { id: 'down', kind: 'network.server-error' },
    ];
    const rates = fc.array(fc.constantFrom(0, 0.3, 1), { minLength: all.length, maxLength: all.length });
    const attempts = fc.array(fc.record({ looksUp: fc.boolean(), requests: fc.nat(2) }), { maxLength: 40 });
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 2 }), rates, attempts, (seed, consecutive, given, tries) => {
        const faults = all.map((fault, at) => ({ ...fault, rate: given[at] ?? 0 }));
        const { noise, told } = noiseOf(faults, 1, { seed, consecutive: consecutive === 1 ? 1 : 2 });
        let inARow = 0;
        for (const { looksUp, requests } of tries) {
          const before = told.filter(({ applied }) => applied).length;
          const found = !looksUp || noise.lookup('a.example')?.fault.kind !== 'network.no-name';
          // What follows on a kept connection is an attempt of its own, and comes only after one that went well.
          const connected = found && noise.connection({ host: 'a.example', port: 80 }, false) === null;
          if (connected && requests > 0) noise.request(question);
          const hits = told.filter(({ applied }) => applied).length - before;
          inARow = hits === 0 ? 0 : inARow + hits;
          expect(inARow).toBeLessThanOrEqual(consecutive);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('spare a host only until something went well', () => {
    const { noise } = noiseOf([{ id: 'cut', kind: 'network.refuse', rate: 1 }]);
    const hits = Array.from({ length: 7 }, () => {
      noise.lookup('a.example');
      return noise.connection({ host: 'a.example', port: 80 }, false) !== null;
    });
    expect(hits).toEqual([true, true, false, true, true, false, true]);
  });

  it('keep to the budget, and to what one fault may do, under a later gateway', () => {
    const faults: FaultPlanInput['faults'] = [
      { id: 'nx', kind: 'network.no-name', rate: 1, most: 2 },
      { id: 'cut', kind: 'network.refuse', rate: 1 },
    ];
    const { plan, episode } = sandboxFaultsSchema.parse({
      plan: { format: 'holdfast-faults/1', seed: 1, faults, budget: 3 },
    });
    const daemon = new Episode(readyPlan(plan, episode));
    let before = noNetworkYet;
    const told: FaultLabel[] = [];
    for (let generation = 1; generation <= 4; generation++) {
      const gateway = noiseOf(faults, generation, { budget: 3 }, before);
      for (const host of ['a', 'b', 'c']) gateway.noise.lookup(host);
      for (const host of ['a', 'b', 'c']) gateway.noise.connection({ host, port: 80 }, false);
      daemon.hear(gateway.told);
      told.push(...gateway.told);
      before = new Episode(daemon.ready, JSON.parse(JSON.stringify(daemon.state))).state.network;
    }
    const applied = told.filter((label) => label.applied);
    expect(applied.map(({ fault, name }) => `${fault} ${name}`)).toEqual(['nx a', 'nx b', 'cut a']);
    // No place is told twice.
    expect(
      new Set(told.map(({ fault, channel, name, position }) => [fault, channel, name, position].join())).size,
    ).toBe(told.length);
  });

  it('hit no host more often in a row because its gateway ended', () => {
    const faults: FaultPlanInput['faults'] = [{ id: 'cut', kind: 'network.refuse', rate: 1 }];
    const connect = (noise: GatewayNoise): boolean => noise.connection({ host: 'a', port: 80 }, false) !== null;
    const first = noiseOf(faults);
    expect([connect(first.noise), connect(first.noise)]).toEqual([true, true]);
    const { plan, episode } = first.noise.given.given;
    const daemon = new Episode(readyPlan(plan, episode));
    daemon.hear(first.told);
    const second = noiseOf(faults, 2, {}, daemon.state.network);
    expect([connect(second.noise), connect(second.noise)]).toEqual([false, true]);
  });

  it('go on by another key under another gateway', () => {
    const first = noiseOf([{ id: 'nx', kind: 'network.no-name', rate: 1 }]);
    const second = noiseOf([{ id: 'nx', kind: 'network.no-name', rate: 1 }], 2);
    first.noise.lookup('a');
    second.noise.lookup('a');
    expect(first.told[0]?.draw).not.toBe(second.told[0]?.draw);
  });

  it('break a greeting only where there will be one', () => {
    const { noise } = noiseOf([{ id: 'tls', kind: 'network.tls-failure', rate: 1 }]);
    expect(noise.connection({ host: 'a', port: 80 }, false)).toBeNull();
    expect(noise.connection({ host: 'a', port: 443 }, true)).not.toBeNull();
  });

  it('keep a delay as the correlation says', () => {
    const delays = (correlation: number): number[] => {
      const { noise, told } = noiseOf([
        { id: 'late', kind: 'network.latency', rate: 1, delay: { minMs: 0, maxMs: 1000 }, correlation },
      ]);
      // Every third connection of a row is spared.
      const drawn = Array.from({ length: 30 }, (_, at) => noise.connection({ host: 'a', port: 80 + at }, false));
      expect(told.filter(({ applied }) => applied).map(({ parameters }) => parameters['delayMs'])).toEqual(
        drawn.flatMap((one) => one?.parameters['delayMs'] ?? []),
      );
      return drawn.flatMap((one) => (one ? [Number(one.parameters['delayMs'])] : []));
    };
    const jumps = (values: number[]): number =>
      values.slice(1).reduce((sum, value, at) => sum + Math.abs(value - (values[at] ?? 0)), 0);
    expect(new Set(delays(1)).size).toBe(1);
    expect(jumps(delays(0.9))).toBeLessThan(jumps(delays(0)) / 3);
  });

  it('come in bursts of what they depend on, which begin and end with the traffic', () => {
    const rate = 0.02;
    const hits = (dependencies: FaultPlanInput['dependencies'] = {}): boolean[] => {
      const fault = { id: 'reset', kind: 'network.reset' as const, rate };
      const { noise } = noiseOf([dependencies['web'] ? { ...fault, dependency: 'web' } : fault], 1, {
        dependencies,
        group: 'independent',
      });
      return Array.from({ length: 4000 }, () => noise.connection({ host: 'a', port: 443 }, true) !== null);
    };
    const followedBy = (drawn: boolean[]): number => {
      const followed = drawn.slice(1).filter((_, at) => drawn[at]);
      return followed.filter(Boolean).length / followed.length;
    };
    const [steady, bursty] = [hits(), hits({ web: { enter: 0.01, leave: 0.1, factor: 25 } })];
    expect(steady.filter(Boolean).length).toBeGreaterThan(40);
    // Far more often than one in fifty, although every third in a row is spared.
    expect(followedBy(steady)).toBeLessThan(0.1);
    expect(followedBy(bursty)).toBeGreaterThan(0.15);
  });

  it('say where they stand, by channel and host', () => {
    const { noise } = noiseOf([{ id: 'nx', kind: 'network.no-name', rate: 0 }]);
    noise.lookup('a');
    noise.lookup('a');
    noise.connection({ host: 'a', port: 443 }, true);
    expect(noise.places).toEqual({ 'lookup a': 2, 'connection a': 1 });
  });

  it('send a request round so often, and then let it pass', () => {
    const { noise, told } = noiseOf([{ id: 'loop', kind: 'network.redirect-loop', rate: 1, most: 1, hops: 3 }]);
    const answers = Array.from({ length: 4 }, () => noise.request(question));
    expect(answers.map((drawn) => drawn !== null)).toEqual([true, true, true, false]);
    expect(told.filter(({ applied }) => applied)).toHaveLength(1);
    const [first] = answers;
    if (!first) throw new Error('nothing was drawn');
    expect(answerOf(first, question).head).toMatchObject({ status: 302, reason: 'Found' });
    expect(answerOf(first, question).head.headers).toContain('http://a.example:8080/x?y');
  });

  it('answer as a server in trouble does', () => {
    const { noise } = noiseOf([{ id: 'down', kind: 'network.server-error', rate: 1, status: 502 }]);
    const drawn = noise.request(question);
    expect(drawn && answerOf(drawn, question)).toMatchObject({ head: { status: 502, reason: 'Bad Gateway' } });
    expect(JSON.stringify(drawn && answerOf(drawn, question).head)).not.toMatch(/holdfast/);
  });
});
