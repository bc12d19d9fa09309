/** Each provider's own client against a server that speaks its wire: what comes of calls, of failures, and of answers cut off. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AgentWorld, agentData, openWorld, type WorldOptions } from '../../../test/fixtures/agent-world.ts';
import {
  serveWire,
  type Wire,
  type WireAnswer,
  type WireServer,
  wireUsage,
} from '../../../test/fixtures/model-wires.ts';
import type { ModelFacts } from '../../schema/index.ts';
import type { SessionRecord } from '../../state/index.ts';
import { openModel, withTape } from './open.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

const price = { inputCentsPerMillion: 1_000_000, outputCentsPerMillion: 2_000_000 };
const perAnswer = { tokens: wireUsage.input + wireUsage.output, cents: wireUsage.input + 2 * wireUsage.output };
const limits = { steps: 100, tokens: 1_000_000, cents: 1_000_000, wallMs: 600_000, depth: 0 };

async function serving(wire: Wire, answers: WireAnswer[]): Promise<WireServer> {
  const server = await serveWire(wire, answers);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const prefix = wire === 'anthropic' ? 'ANTHROPIC' : 'OPENAI';
  vi.stubEnv(`${prefix}_BASE_URL`, server.url);
  vi.stubEnv(`${prefix}_API_KEY`, 'a-key');
  return server;
}

async function worked(wire: Wire, options: WorldOptions = {}): Promise<{ world: AgentWorld; session: SessionRecord }> {
  const world = openWorld(options);
  onTestFinished(() => world.close());
  const model: ModelFacts = { provider: wire, id: 'm', price, maxOutputTokens: 50 };
  const { id } = world.start({ entry: 'a', agents: [{ ...agentData('a', [], { attempts: 3, limits }), model }] }, 'go');
  return { world, session: await world.settled(id) };
}

const calling: WireAnswer = { text: 'I note it.', call: { tool: 'note', input: { text: 'kelp' } } };

describe.each(['anthropic', 'openai', 'compatible'] as const)('the wire of %s', (wire) => {
  it('carries key, tools, text, calls and results, and what was used is counted by its numbers', async () => {
    const { asked } = await serving(wire, [calling, { text: 'It is noted.' }]);
    const { world, session } = await worked(wire);
    expect(session.outcome).toMatchObject({ ok: true, output: { text: 'It is noted.' } });
    expect(world.notes().map((line) => line.split(' ')[1])).toEqual(['kelp']);
    expect(session.spent).toMatchObject({ steps: 3, tokens: 2 * perAnswer.tokens, cents: 2 * perAnswer.cents });
    expect(asked.map(({ path }) => path)).toEqual(Array(2).fill(paths[wire]));
    expect(asked.map(({ headers }) => headers['x-api-key'] ?? headers.authorization?.slice(7))).toEqual(
      Array(2).fill('a-key'),
    );
    expect(asked[0]?.body).toMatchObject({ model: 'm', stream: true });
    expect(JSON.stringify(asked[0]?.body['tools'])).toContain('"note"');
    expect(JSON.stringify(asked[1]?.body)).toContain('noted');
  });

  it('is asked again after 429, and after an answer that broke off or just ended, which count in full', async () => {
    const { asked } = await serving(wire, [
      { status: 429 },
      { text: 'half of an answer', breaks: 'reset' },
      { text: 'whole' },
      { text: 'never asked' },
    ]);
    const { world, session } = await worked(wire);
    expect(session.outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
    expect(asked).toHaveLength(3);
    expect(JSON.stringify(world.entries(session.id))).not.toContain('half of');
    expect(session.spent.tokens).toBeGreaterThan(perAnswer.tokens + 50);
    const ended = await serving(wire, [{ text: 'half of an answer', breaks: 'end' }, { text: 'whole' }]);
    const other = await worked(wire);
    expect(other.session.outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
    expect(ended.asked).toHaveLength(2);
    expect(other.session.spent.tokens).toBeGreaterThan(perAnswer.tokens + 50);
  });

  it('takes no call from an answer that ended before its end', async () => {
    const { asked } = await serving(wire, [{ ...calling, breaks: 'end' }, { text: 'nothing was noted' }]);
    const { world, session } = await worked(wire);
    expect(session.outcome).toMatchObject({ ok: true, output: { text: 'nothing was noted' } });
    expect(world.notes()).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it('is recorded as it streams, and answers the same from the tape when it is gone', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hf-model-tape-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const tape = join(home, 'models.jsonl');
    const { asked } = await serving(wire, [calling, { text: 'half', breaks: 'reset' }, { text: 'It is noted.' }]);
    const recorded = await worked(wire, { open: withTape(openModel, { record: tape }) });
    expect(recorded.session.outcome).toMatchObject({ ok: true, output: { text: 'It is noted.' } });
    expect(asked.every(({ body }) => body['stream'] === true)).toBe(true);
    const lines = readFileSync(tape, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { model: `${wire}/m`, result: { content: [{ text: 'I note it.' }, { toolName: 'note' }] } },
      { model: `${wire}/m`, result: { content: [{ text: 'It is noted.' }], finishReason: { unified: 'stop' } } },
    ]);
    vi.unstubAllEnvs();
    const replayed = await worked(wire, { open: withTape(openModel, { replay: tape }) });
    expect(replayed.session.outcome).toEqual(recorded.session.outcome);
    expect(replayed.session.spent).toMatchObject({ tokens: 2 * perAnswer.tokens, cents: 2 * perAnswer.cents });
    expect(asked).toHaveLength(3);
  });
});

const paths = { anthropic: '/v1/messages', openai: '/v1/responses', compatible: '/v1/chat/completions' };

it.each([
  ['anthropic', 'overloaded_error', true],
  ['anthropic', 'invalid_request_error', false],
  ['openai', 'server_error', true],
] as const)('of %s: %s in the middle of an answer passes: %s', async (wire, fails, passes) => {
  const { asked } = await serving(wire, [{ text: 'half', fails }, { text: 'whole' }]);
  const { session } = await worked(wire);
  if (passes) expect(session.outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
  else expect(session.outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
  expect(asked).toHaveLength(passes ? 2 : 1);
});
