/** Which model the demo asks, by what the environment says; and that it is asked over its own wire, through the door. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { ToolResult } from '../../schema/index.ts';
import { factsOf, modelPolicy } from './model.ts';
import { goals } from './policy.ts';

it.each([
  [{}, null],
  [{ HOLDFAST_MODEL: 'm' }, null],
  [{ ANTHROPIC_API_KEY: 'a' }, { provider: 'anthropic', id: 'claude-sonnet-5-5' }],
  [
    { ANTHROPIC_API_KEY: 'a', HOLDFAST_MODEL: 'm' },
    { provider: 'anthropic', id: 'm' },
  ],
  [{ OPENAI_API_KEY: 'o' }, { provider: 'openai', id: 'gpt-5.6' }],
  [{ OPENAI_API_KEY: 'o', ANTHROPIC_API_KEY: 'a' }, { provider: 'anthropic' }],
  [
    { OPENAI_BASE_URL: 'http://localhost/v1', ANTHROPIC_API_KEY: 'a', HOLDFAST_MODEL: 'm' },
    { provider: 'compatible', id: 'm' },
  ],
])('%j chooses %j', (environment, chosen) => {
  const facts = factsOf(environment);
  if (chosen === null) expect(facts).toBe(null);
  else expect(facts).toMatchObject(chosen);
});

it('an address needs the name of a model', () => {
  expect(() => factsOf({ OPENAI_BASE_URL: 'http://localhost/v1' })).toThrow('HOLDFAST_MODEL is not');
});

/** Anthropic's messages, not as a stream: one call, then an end. */
async function serveMessages(): Promise<{ url: string; asked: { key: unknown; body: string }[] }> {
  const asked: { key: unknown; body: string }[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ key: request.headers['x-api-key'], body: await bodyOf(request) });
    const call = { type: 'tool_use', id: 'toolu_1', name: 'shell', input: { command: 'sh test/run' } };
    const content = asked.length === 1 ? [call] : [{ type: 'text', text: 'Two tests fail.' }];
    const stop_reason = asked.length === 1 ? 'tool_use' : 'end_turn';
    const usage = { input_tokens: 1, output_tokens: 1 };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, stop_reason, usage }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

it('is asked by its key over its wire, calls the door, and is answered', async () => {
  const { url, asked } = await serveMessages();
  const policy = await modelPolicy({ ANTHROPIC_API_KEY: 'a-key', ANTHROPIC_BASE_URL: url, HOLDFAST_MODEL: 'm' });
  const calls: [string, unknown][] = [];
  const input = { type: 'object', properties: { command: { type: 'string' } } };
  const facts = { output: {}, risk: 'write', idempotent: false, timing: 'blocking' } as const;
  await policy?.pursue(
    { id: 'test', variant: 0, text: goals.test },
    {
      tools: [{ name: 'shell', description: 'runs a command', input, ...facts }],
      call: async (tool, given): Promise<ToolResult> => {
        calls.push([tool, given]);
        return { ok: true, callId: 'cal-1', output: { stdout: '5 passed, 2 failed' }, durationMs: 1 };
      },
    },
  );
  expect(policy?.name).toBe('m');
  expect(calls).toEqual([['shell', { command: 'sh test/run' }]]);
  expect(asked.map(({ key }) => key)).toEqual(['a-key', 'a-key']);
  expect(asked[1]?.body).toContain('5 passed, 2 failed');
});
