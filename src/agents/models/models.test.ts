import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { afterEach, describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import type { ModelFacts } from '../../schema/index.ts';
import { openModel } from './open.ts';
import { recordingModel, replayModel } from './replay.ts';
import { scriptedModel } from './scripted.ts';

const left: (() => void)[] = [];
afterEach(() => {
  for (const close of left.splice(0)) close();
});

interface WireAnswer {
  status: number;
  text?: string;
  /** The connection breaks after the text. */
  breaks?: true;
}

/** A server that speaks the chat completions wire, as a stream. */
async function serveAnswers(answers: WireAnswer[]): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { status, text, breaks } = answers[Math.min(asked++, answers.length - 1)] ?? { status: 500 };
      response.writeHead(status, { 'content-type': status === 200 ? 'text/event-stream' : 'application/json' });
      if (status !== 200) return response.end(JSON.stringify({ error: { message: 'said no' } }));
      const send = (choices: unknown[], more = {}): boolean =>
        response.write(`data: ${JSON.stringify({ id: '1', created: 1, model: 'm', choices, ...more })}\n\n`);
      send([{ index: 0, delta: { role: 'assistant', content: text }, finish_reason: null }]);
      if (breaks) return setTimeout(() => response.destroy(), 20);
      send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
      send([], { usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 } });
      return response.end('data: [DONE]\n\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  left.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked: () => asked };
}

const compatible = (baseUrl: string): ModelFacts => ({
  provider: 'compatible',
  id: 'm',
  baseUrl,
  price: { inputCentsPerMillion: 1_000_000, outputCentsPerMillion: 2_000_000 },
  maxOutputTokens: 50,
});
const asking = (model: ModelFacts, more = {}): { entry: string; agents: ReturnType<typeof agentData>[] } => ({
  entry: 'a',
  agents: [{ ...agentData('a', [{ say: 'x' }], { tools: [], grants: [], limits: wide, ...more }), model }],
});
const wide = { steps: 100, tokens: 1_000_000, cents: 1_000_000, wallMs: 600_000, depth: 0 };

describe('a model over the wire', () => {
  it('answers, and what it used is counted by its own numbers and price', async () => {
    const { url } = await serveAnswers([{ status: 200, text: 'hello' }]);
    await using world = openWorld();
    const { id } = world.start(asking(compatible(url)), 'hi');
    const { outcome, spent } = await world.settled(id);
    expect(outcome).toMatchObject({ ok: true, output: { text: 'hello' } });
    expect(spent).toMatchObject({ steps: 1, tokens: 18, cents: 11 + 14 });
  });

  it('is asked again after a passing failure, and not after another', async () => {
    const passing = await serveAnswers([{ status: 503 }, { status: 200, text: 'late' }]);
    const lasting = await serveAnswers([{ status: 401 }]);
    await using world = openWorld();
    const good = world.start(asking(compatible(passing.url)), 'hi');
    expect((await world.settled(good.id)).outcome).toMatchObject({ ok: true });
    expect(passing.asked()).toBe(2);
    const bad = world.start(asking(compatible(lasting.url)), 'hi');
    expect((await world.settled(bad.id)).outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    expect(lasting.asked()).toBe(1);
  });

  it('is asked again when its answer broke off, and what came of that one is not in the log', async () => {
    const { url, asked } = await serveAnswers([
      { status: 200, text: 'half of', breaks: true },
      { status: 200, text: 'whole' },
    ]);
    await using world = openWorld();
    const { id } = world.start(asking(compatible(url)), 'hi');
    expect((await world.settled(id)).outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
    expect(asked()).toBe(2);
    expect(JSON.stringify(world.entries(id))).not.toContain('half of');
  });

  it('is stood in for by the next one, and the log says which answered', async () => {
    const broken = await serveAnswers([{ status: 500 }]);
    await using world = openWorld();
    const rules = [{ say: 'standing in' }];
    const fallbacks = [{ provider: 'scripted', rules, price: 'unpriced', maxOutputTokens: 10 }];
    const { id } = world.start(asking(compatible(broken.url), { fallbacks, attempts: 1 }), 'hi');
    expect((await world.settled(id)).outcome).toMatchObject({ output: { text: '[scripted] standing in' } });
    expect(world.entries(id).find(({ kind }) => kind === 'outcome')?.data['model']).toBe('scripted');
  });

  it('costs all that was held when nobody says what it used', async () => {
    const broken = await serveAnswers([{ status: 500 }]);
    await using world = openWorld();
    const { id } = world.start(asking(compatible(broken.url), { attempts: 1 }), 'hi');
    expect((await world.settled(id)).spent.tokens).toBeGreaterThan(50);
  });
});

describe('a model on tape', () => {
  it('answers what was recorded, whoever is gone, and nothing else', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hf-tape-'));
    left.push(() => rmSync(home, { recursive: true, force: true }));
    const tape = join(home, 'tape.jsonl');
    const live = scriptedModel([{ answered: 0, call: [{ tool: 'note', input: { text: 'x' } }] }, { say: 'done' }]);
    const bundle = { entry: 'a', agents: [{ ...agentData('a', []), model: { provider: 'replay', tape } as const }] };
    const play = async (open: (facts: ModelFacts) => LanguageModelV4 | Promise<LanguageModelV4>, message: string) => {
      await using world = openWorld({ open });
      const { id } = world.start(bundle, message);
      return (await world.settled(id)).outcome;
    };
    const recorded = await play(() => recordingModel(live, tape), 'go');
    expect(recorded).toMatchObject({ ok: true, output: { text: '[scripted] done' } });
    expect(await play(openModel, 'go')).toEqual(recorded);
    expect(await play(openModel, 'go elsewhere')).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'other' }] }];
    await expect((await replayModel(tape)).doGenerate({ prompt })).rejects.toMatchObject({
      code: 'model-failed',
      message: expect.stringContaining('is not on the tape'),
    });
  });
});

it('streams what a scripted model says as its parts', async () => {
  const model = scriptedModel([{ say: 'hi', call: [{ tool: 'note', input: {} }] }]);
  const { stream } = await model.doStream({ prompt: [] });
  const types: string[] = [];
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    types.push(value.type);
  }
  expect(types).toEqual(['stream-start', 'text-start', 'text-delta', 'text-end', 'tool-call', 'finish']);
});

it('leaves out the oldest turns when the manifest says so, and tells the model', async () => {
  await using world = openWorld();
  const long = 'x'.repeat(3000);
  const agent = agentData('a', [{ say: long }], { tools: [], compaction: { aboveBytes: 8000, keepTurns: 1 } });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'one', { task: false });
  for (const text of ['two', 'three', 'four', 'five']) {
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: text });
    await expect.poll(() => world.engine.get(id).state).toBe('waiting');
  }
  const compacted = world.entries(id).filter(({ kind }) => kind === 'compacted');
  expect(compacted.length).toBeGreaterThanOrEqual(1);
  expect(compacted[0]?.data['messages']).toBeGreaterThanOrEqual(2);
});
