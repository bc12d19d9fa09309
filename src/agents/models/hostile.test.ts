/** Servers that speak a model's wire and mean no good: what they send without end is not gathered, and is no call. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { afterEach, expect, it } from 'vitest';
import { agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import type { SessionOutcome } from '../../schema/index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** @param flood what is sent again and again until the connection is closed, after `head` */
async function answered(head: string, flood: string): Promise<{ outcome: SessionOutcome | null; sentBytes: number }> {
  let sentBytes = 0;
  const send = (response: ServerResponse): void => {
    while (!response.destroyed && sentBytes < 64 * 1024 * 1024) {
      sentBytes += flood.length;
      if (!response.write(flood)) return;
    }
    response.destroy();
  };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.on('drain', () => send(response));
      if (flood === '') return response.end(head);
      response.write(head);
      return send(response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  await using world = openWorld();
  const agent = {
    ...agentData('a', [], { attempts: 1, tools: ['note'] }),
    model: { provider: 'compatible' as const, id: 'm', baseUrl, price: 'unpriced' as const, maxOutputTokens: 50 },
  };
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'hi');
  await expect.poll(() => world.engine.get(id).endedAt, { timeout: 20_000 }).not.toBe(null);
  expect(world.notes()).toEqual([]);
  return { outcome: world.engine.get(id).outcome, sentBytes };
}

const event = (delta: unknown): string =>
  `data: ${JSON.stringify({ id: '1', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;

it('ends with a line without an end', async () => {
  const { outcome, sentBytes } = await answered('data: ', 'x'.repeat(64 * 1024));
  expect(outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
  expect(sentBytes).toBeLessThan(32 * 1024 * 1024);
}, 30_000);

it('ends with texts that are empty, each another one, and never end', async () => {
  let said = 0;
  const model = {
    specificationVersion: 'v4' as const,
    provider: 'test',
    modelId: 'test',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('is not asked for whole answers')),
    doStream: async () => ({
      stream: new ReadableStream<LanguageModelV4StreamPart>({
        pull: (controller) => {
          if (++said > 100_000) controller.error(new Error('nobody stops it'));
          else controller.enqueue({ type: 'text-delta', id: String(said), delta: '' });
        },
      }),
    }),
  };
  await using world = openWorld({ open: () => model });
  const { id } = world.start(
    { entry: 'a', agents: [agentData('a', [{ say: 'x' }], { attempts: 1, tools: [] })] },
    'hi',
  );
  await expect.poll(() => world.engine.get(id).endedAt, { timeout: 20_000 }).not.toBe(null);
  expect(JSON.stringify(world.engine.get(id).outcome)).toContain('the answer is longer than');
  expect(said).toBeLessThan(20_000);
}, 30_000);

it('ends with more calls at once than any agent makes', async () => {
  let index = 0;
  const calls = Array.from({ length: 500 }, () => {
    const call = { index, id: `c${index++}`, type: 'function', function: { name: 'note', arguments: '{"text":"x"}' } };
    return event({ tool_calls: [call] });
  });
  const end = { id: '1', created: 1, model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] };
  const { outcome } = await answered(`${calls.join('')}data: ${JSON.stringify(end)}\n\ndata: [DONE]\n\n`, '');
  expect(outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
  expect(JSON.stringify(outcome)).toContain('more than 64 calls');
}, 30_000);
