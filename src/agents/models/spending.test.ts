/** What a model says it used is what nobody vouches for: nothing comes back, and what was lost on its way counts. */
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { APICallError } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import type { AgentLimits, AgentManifestInput } from '../../schema/index.ts';
import type { SessionRecord } from '../../state/index.ts';
import { replayModel } from './replay.ts';

type Parts = LanguageModelV4StreamPart[];

/** Answers in turn; the last again and again. An answer without its end breaks off. */
function modelOf(answers: readonly (Parts | Error)[]): LanguageModelV4 & { asked: number } {
  const model = {
    specificationVersion: 'v4' as const,
    provider: 'test',
    modelId: 'test',
    supportedUrls: {},
    asked: 0,
    doGenerate: async () => {
      throw new Error('nobody asks for whole answers');
    },
    doStream: async () => {
      const answer = answers[Math.min(model.asked++, answers.length - 1)] ?? [];
      if (answer instanceof Error) throw answer;
      return { stream: streamOf(answer) };
    },
  };
  return model;
}

function streamOf(parts: Parts): ReadableStream<LanguageModelV4StreamPart> {
  return new ReadableStream({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

const text = (delta: string): Parts => [{ type: 'text-delta', id: '1', delta }];
function finish(input: number | undefined, output: number | undefined): Parts {
  return [
    {
      type: 'finish',
      finishReason: { unified: 'stop', raw: undefined },
      usage: {
        inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
        outputTokens: { total: output, text: undefined, reasoning: undefined },
      },
    },
  ];
}

const wide: AgentLimits = { steps: 100, tokens: 100_000, cents: 10_000, wallMs: 600_000, depth: 0 };
const priced = { inputCentsPerMillion: 1_000_000, outputCentsPerMillion: 1_000_000 };

function agentOn(more: Partial<AgentManifestInput> = {}): AgentManifestInput {
  return {
    ...agentData('a', [], { tools: ['note'], limits: wide, ...more }),
    model: { provider: 'compatible', id: 'test', price: priced, maxOutputTokens: 50 },
  };
}

async function ended(world: AgentWorld, agent: AgentManifestInput): Promise<SessionRecord> {
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'hi');
  await expect.poll(() => world.engine.get(id).endedAt, { timeout: 10_000 }).not.toBe(null);
  return world.engine.get(id);
}

describe('what a model says it used', () => {
  it.each([
    [-1_000_000, 5],
    [5, -1_000_000],
    [Number.NaN, 5],
    [Number.POSITIVE_INFINITY, 5],
    [0.5, 0.5],
    [undefined, undefined],
  ])('gives nothing back where no use can be %s and %s (2)', async (input, output) => {
    await using world = openWorld({ open: () => modelOf([[...text('x'), ...finish(input, output)]]) });
    const { spent, held, outcome } = await ended(world, agentOn());
    expect(outcome).toMatchObject({ ok: true, output: { text: 'x' } });
    expect(spent.tokens).toBeGreaterThanOrEqual(5);
    expect(Number.isSafeInteger(spent.tokens)).toBe(true);
    expect(spent.cents).toBeGreaterThanOrEqual(5);
    expect(held).toEqual({ steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 });
  });
});

describe('an answer that was lost', () => {
  const whole = [...text('whole'), ...finish(10, 10)];

  it('counts beside the one that came (4)', async () => {
    await using once = openWorld({ open: () => modelOf([whole]) });
    const broken = modelOf([text('half of'), whole]);
    await using twice = openWorld({ open: () => broken });
    const [one, two] = [await ended(once, agentOn()), await ended(twice, agentOn())];
    expect(one.spent).toMatchObject({ steps: 1, tokens: 20, cents: 20 });
    expect(two.outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
    expect(two.spent.steps).toBe(1);
    // The most that the lost one can have used: its question byte by byte, and its longest answer.
    expect(two.spent.tokens).toBeGreaterThan(one.spent.tokens + 100);
    expect(two.spent.cents).toBeGreaterThan(one.spent.cents + 100);
    expect(two.held.tokens).toBe(0);
  });

  it('is not asked for again when that cannot be held too (4)', async () => {
    const model = modelOf([text('half of'), whole]);
    await using world = openWorld({ open: () => model });
    const bound = await (async () => {
      await using other = openWorld({ open: () => modelOf([[...text('x'), ...finish(undefined, undefined)]]) });
      return (await ended(other, agentOn())).spent.tokens;
    })();
    const limits = { ...wide, tokens: 2 * bound - 1 };
    const { spent, held, outcome } = await ended(world, agentOn({ limits }));
    expect(outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    expect(JSON.stringify(outcome)).toContain('tokens');
    expect({ asked: model.asked, spent: spent.tokens, held: held.tokens }).toEqual({ asked: 1, spent: bound, held: 0 });
  });

  it('is none where the server said no before anything was done (4)', async () => {
    const no = new APICallError({
      message: 'busy',
      url: 'http://x',
      requestBodyValues: {},
      statusCode: 503,
      isRetryable: true,
    });
    const model = modelOf([no, whole]);
    await using world = openWorld({ open: () => model });
    expect((await ended(world, agentOn())).spent).toMatchObject({ steps: 1, tokens: 20, cents: 20 });
  });

  it('is none where a tape does not have it: nobody worked (4)', async () => {
    const empty = replayModel({ path: 'tape', models: new Set(), answers: new Map() }, 'test');
    const fallback = { provider: 'compatible' as const, id: 'live', price: priced, maxOutputTokens: 50 };
    await using world = openWorld({
      open: (facts) => ('id' in facts && facts.id === 'live' ? modelOf([whole]) : empty),
    });
    const { outcome, spent } = await ended(world, agentOn({ fallbacks: [fallback] }));
    expect(outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
    expect(spent).toMatchObject({ steps: 1, tokens: 20, cents: 20 });
  });
});

it('hands on what is nested deeper than anything means as it stands', async () => {
  const deep = `{"text":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const call: Parts = [{ type: 'tool-call', toolCallId: '1', toolName: 'note', input: deep }];
  const model = modelOf([
    [...call, ...finish(1, 1)],
    [...text('well'), ...finish(1, 1)],
  ]);
  await using world = openWorld({ open: () => model });
  const { outcome } = await ended(world, agentOn({ limits: { ...wide, tokens: 10_000_000, cents: 10_000_000 } }));
  expect(outcome).toMatchObject({ ok: true, output: { text: 'well' } });
  expect(world.notes()).toEqual([]);
});
