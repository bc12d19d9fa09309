import { describe, expect, it } from 'vitest';
import { type FaultLabel, type FaultPlanInput, sandboxFaultsSchema } from '../../schema/index.ts';
import { answerOf } from './answers.ts';
import { GatewayNoise } from './gateway-noise.ts';

function noiseOf(
  faults: FaultPlanInput['faults'],
  generation = 1,
  more: Partial<FaultPlanInput> = {},
): { noise: GatewayNoise; told: FaultLabel[] } {
  const told: FaultLabel[] = [];
  const given = sandboxFaultsSchema.parse({ plan: { format: 'holdfast-faults/1', seed: 1, faults, ...more } });
  return { noise: new GatewayNoise({ given, generation }, (labels) => told.push(...labels)), told };
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

  it('do not depend on the order among hosts', () => {
    const draws = (hosts: string[]): unknown => {
      const { noise, told } = noiseOf([{ id: 'nx', kind: 'network.no-name', rate: 0.5 }]);
      for (const host of hosts) noise.lookup(host);
      return told.map(({ name, position, draw }) => `${name} ${position} ${draw}`).sort();
    };
    expect(draws(['a', 'b', 'a', 'c', 'b', 'a', 'c'])).toEqual(draws(['c', 'a', 'a', 'a', 'c', 'b', 'b']));
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
