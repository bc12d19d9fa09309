/** A daemon that keeps what its models answer, and one that answers from that when they are gone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { unixTransport } from '../../src/base/http.ts';
import { createClient, type HoldfastClient } from '../../src/client/index.ts';
import type { Session } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { runCli } from '../fixtures/cli.ts';
import { serveWire } from '../fixtures/model-wires.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-serve-models-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function serving<T>(words: string[], use: (client: HoldfastClient) => Promise<T>): Promise<T> {
  let send: (signal: NodeJS.Signals) => void = () => undefined;
  const ended = runCli(['serve', ...words], null, {
    directory: home,
    environment: { HOLDFAST_HOME: home, PATH: process.env['PATH'] ?? '' },
    onSignals: (given) => {
      send = given;
    },
  });
  const transport = unixTransport(join(home, 'run/holdfastd.sock'));
  const client = createClient(transport);
  try {
    await expect.poll(() => client.version().then(Boolean, () => false), { timeout: 20_000 }).toBe(true);
    return await use(client);
  } finally {
    transport.close();
    send('SIGTERM');
    expect((await ended).status).toBe(0);
  }
}

it('records what models answer, and needs no model to answer the same', async () => {
  const { url, asked, ...server } = await serveWire('compatible', [
    { call: { tool: 'ask', input: { question: 'Which one?', withinMs: 60_000 } } },
    { text: 'the blue one, then' },
  ]);
  const model = { provider: 'compatible' as const, id: 'm', baseUrl: url, price: 'unpriced' as const };
  const agent = { ...agentData('a', [], { grants: ['person:ask'], tools: ['ask'] }), model };
  const talk = async (client: HoldfastClient, answer: string): Promise<Session> => {
    const { id } = await client.startSession({ bundle: { entry: 'a', agents: [agent] }, message: 'go', task: true });
    await expect.poll(async () => (await client.getSession(id)).state, { timeout: 10_000 }).not.toBe('running');
    await client.sendToSession(id, { data: answer }).catch(() => undefined);
    await expect.poll(async () => (await client.getSession(id)).endedAt, { timeout: 10_000 }).not.toBe(null);
    return client.getSession(id);
  };
  const whole = { ok: true, output: { text: 'the blue one, then' } };
  const recorded = await serving(['--record-models', 'models.jsonl'], (client) => talk(client, 'blue'));
  expect(recorded.outcome).toMatchObject(whole);
  expect(asked).toHaveLength(2);
  await server[Symbol.asyncDispose]();
  await serving(['--replay-models', 'models.jsonl'], async (client) => {
    expect((await talk(client, 'blue')).outcome).toMatchObject(whole);
    expect((await talk(client, 'green')).outcome).toMatchObject({
      ok: false,
      error: { code: 'model-failed', message: expect.stringContaining('is not on the tape') },
    });
  });
  expect(asked).toHaveLength(2);
}, 90_000);

it('does not do both', async () => {
  const words = ['serve', '--record-models', 'a', '--replay-models', 'b'];
  const { status, stderr } = await runCli(words, null, { directory: home, environment: { HOLDFAST_HOME: home } });
  expect([status, stderr]).toEqual([2, expect.stringContaining('--replay-models asks none')]);
});
