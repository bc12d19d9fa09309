import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { NetworkFlow } from '../../schema/index.ts';
import { boundedFlow, FlowQueue } from './flows.ts';

const flow: NetworkFlow = {
  id: 'flow_1',
  sandbox: 'sbx_1',
  at: '2026-01-01T00:00:00.000Z',
  durationMs: 1,
  kind: 'request',
  via: 'proxy',
  host: 'api.example.com',
  port: 443,
  protocol: 'https',
  address: null,
  method: 'GET',
  path: '/a',
  status: 200,
  bytesUp: 0,
  bytesDown: 0,
  timing: { connectedMs: null, firstByteMs: null },
  tls: { serverName: 'api.example.com', protocols: ['h2'] },
  decision: { allowed: true, code: 'allowed', rule: null, message: 'Allowed.', hint: null },
  error: null,
  secrets: [],
  tape: null,
};

describe('a flow', () => {
  it('stays as it is when it is of an ordinary size', () => {
    expect(boundedFlow(flow)).toEqual(flow);
  });

  it('does not grow with what the sandbox wrote into it', () => {
    const long = 'x'.repeat(65_000);
    const protocols = Array.from({ length: 8000 }, () => 'x');
    const grown = boundedFlow({
      ...flow,
      path: `/${long}`,
      method: long,
      error: long,
      tls: { serverName: null, protocols },
      decision: { ...flow.decision, message: long, hint: long },
    });
    expect(JSON.stringify(grown).length).toBeLessThan(12_000);
    expect(grown.path).toMatch(/^\/x+\.\.\. \(65001 characters\)$/);
    expect(grown.tls?.protocols.at(-1)).toBe('... (8000)');
  });
});

it('flows all leave when they are asked to', async () => {
  const told: NetworkFlow[] = [];
  const queue = new FlowQueue(systemClock, async (batch) => {
    await systemClock.sleep(5);
    told.push(...batch);
  });
  for (let count = 0; count < 250; count++) queue.push({ ...flow });
  await queue.drain();
  expect(told).toHaveLength(250);
});

describe('flows that nobody takes', () => {
  it('displace none of another sandbox, and are counted', async () => {
    const told: NetworkFlow[] = [];
    const first = Promise.withResolvers<void>();
    const queue = new FlowQueue(systemClock, async (batch) => {
      told.push(...batch);
      await first.promise;
    });
    for (let count = 0; count < 20_000; count++) queue.push({ ...flow });
    queue.push({ ...flow, sandbox: 'sbx_2' });
    first.resolve();
    await expect.poll(() => told.length).toBe(1101);
    expect(told.filter(({ sandbox }) => sandbox === 'sbx_2')).toEqual([{ ...flow, sandbox: 'sbx_2' }]);
    // In the place where they are missing.
    expect(told.flatMap(({ missing }, index) => (missing ? [[index, missing]] : []))).toEqual([[1099, 18_900]]);
    queue.push({ ...flow });
    await expect.poll(() => told.at(-1)).toEqual(flow);
  });

  it('are told of each sandbox, also of those that came when there was no room at all', async () => {
    const told: NetworkFlow[] = [];
    const first = Promise.withResolvers<void>();
    const queue = new FlowQueue(systemClock, async (batch) => {
      told.push(...batch);
      await first.promise;
    });
    for (let count = 0; count < 13_000; count++) queue.push({ ...flow, sandbox: `sbx_${count % 13}` });
    for (let count = 0; count < 3; count++) queue.push({ ...flow, sandbox: 'late' });
    first.resolve();
    const counted = (): number => told.reduce((sum, { missing = 0 }) => sum + missing, told.length);
    await expect.poll(counted).toBe(13_003);
    expect(told.find(({ sandbox }) => sandbox === 'late')?.missing).toBe(2);
    expect(told.length).toBeLessThanOrEqual(10_101);
  });
});
