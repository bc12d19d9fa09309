/** Long work in one turn: what a model is given stays within what its manifest says. */
import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import { expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import type { AgentManifestInput, ModelFacts } from '../schema/index.ts';
import { readConversation } from './conversation.ts';
import { type OpenModel, openModel } from './models/open.ts';
import { promptOf } from './prompt.ts';

const aboveBytes = 8000;
const page = 'x'.repeat(1500);

/** Calls `note` time after time, by what it sees of the last one. @param each how many at once */
function working(times: number, each: number, more: Partial<AgentManifestInput>): AgentManifestInput {
  const call = (time: number): Record<string, unknown>[] =>
    Array.from({ length: each }, (_, at) => ({ tool: 'note', input: { text: `n${time}-${at}: ${page}` } }));
  const rules = Array.from({ length: times - 1 }, (_, time) => ({ sees: `n${time}-0: `, call: call(time + 1) }));
  return agentData('a', [{ sees: 'go', call: call(0) }, ...rules, { say: 'done' }], { tools: ['note'], ...more });
}

/** Every prompt, as the model got it. */
function listening(prompts: LanguageModelV4Prompt[]): OpenModel {
  return async (facts: ModelFacts) => {
    const model = await openModel(facts);
    return {
      ...model,
      doStream: (options) => {
        prompts.push(options.prompt);
        return model.doStream(options);
      },
    };
  };
}

interface Worked {
  world: AgentWorld;
  id: string;
  prompts: LanguageModelV4Prompt[];
}

async function worked(agent: AgentManifestInput, then: (worked: Worked) => Promise<void> | void): Promise<void> {
  const prompts: LanguageModelV4Prompt[] = [];
  await using world = openWorld({ open: listening(prompts) });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'go', { task: false });
  await world.settled(id, 'waiting');
  await then({ world, id, prompts });
}

const bytesOf = (prompt: LanguageModelV4Prompt): number => Buffer.byteLength(JSON.stringify(prompt));
const partsOf = (prompt: LanguageModelV4Prompt): { type: string; toolCallId?: string }[] =>
  prompt.flatMap(({ content }): { type: string; toolCallId?: string }[] =>
    typeof content === 'string' ? [] : content,
  );
const idsOf = (prompt: LanguageModelV4Prompt, type: string): (string | undefined)[] =>
  partsOf(prompt)
    .filter((part) => part.type === type)
    .map(({ toolCallId }) => toolCallId);
const systemOf = (prompt: LanguageModelV4Prompt | undefined): string => String(prompt?.[0]?.content);

it('leaves out the oldest calls of a long turn, with their results, and tells the model (1, 4)', async () => {
  const compaction = { aboveBytes, keepTurns: 1, keepCalls: 2 };
  await worked(working(20, 1, { compaction }), ({ world, id, prompts }) => {
    expect(world.notes()).toHaveLength(20);
    expect(prompts).toHaveLength(21);
    // What stands around a text on its way to a model is not counted by the manifest.
    for (const prompt of prompts) {
      expect(bytesOf(prompt)).toBeLessThan(aboveBytes + 2000);
      expect(idsOf(prompt, 'tool-call')).toEqual(idsOf(prompt, 'tool-result'));
      expect(prompt[1]).toEqual({ role: 'user', content: [{ type: 'text', text: 'go' }] });
    }
    const last = prompts.at(-1) ?? [];
    const kept = idsOf(last, 'tool-call').length;
    expect(kept).toBeGreaterThanOrEqual(2);
    expect(kept).toBeLessThan(20);
    expect(systemOf(last)).toContain(
      `${20 - kept} earlier calls are left out, with their results. They were made all the same.`,
    );
    expect(systemOf(prompts[0])).toBe('You are a.');
    // Whoever reads the log later leaves out the same.
    const entries = world.entries(id);
    const before = entries.slice(
      0,
      entries.findLastIndex(({ kind, data }) => kind === 'intent' && data['name'] === 'model'),
    );
    expect(promptOf(readConversation(before, 'a'), 'You are a.')).toEqual(last);
  });
});

it('keeps all calls where it does not say how many', async () => {
  await worked(working(10, 1, { compaction: { aboveBytes, keepTurns: 1 } }), ({ prompts }) => {
    expect(idsOf(prompts.at(-1) ?? [], 'tool-call')).toHaveLength(10);
  });
});

it('keeps calls that were made at once together, and the newest whole (1)', async () => {
  const compaction = { aboveBytes, keepTurns: 1, keepCalls: 1 };
  await worked(working(6, 3, { compaction }), ({ prompts }) => {
    const last = prompts.at(-1) ?? [];
    expect(idsOf(last, 'tool-call')).toHaveLength(3);
    expect(idsOf(last, 'tool-result')).toEqual(idsOf(last, 'tool-call'));
    expect(systemOf(last)).toContain('15 earlier calls are left out');
  });
});

it('keeps what was said and answered in turns that stay (2)', async () => {
  const compaction = { aboveBytes, keepTurns: 5, keepCalls: 1 };
  await worked(working(4, 1, { compaction }), async ({ world, id, prompts }) => {
    world.engine.deliver(id, { event: 'message', data: 'go on' });
    await expect.poll(() => prompts.length).toBe(10);
    await world.settled(id, 'waiting');
    const last = prompts.at(-1) ?? [];
    expect(idsOf(last, 'tool-call').length).toBeLessThan(4);
    const texts = JSON.stringify(last.filter(({ role }) => role === 'user' || role === 'assistant'));
    for (const text of ['"go"', '[scripted] done', '"go on"']) expect(texts).toContain(text);
    expect(idsOf(last, 'tool-result')).toEqual(idsOf(last, 'tool-call'));
  });
});

it('keeps what a rule sent elsewhere and what came of it: that was the answer (2)', async () => {
  const compaction = { aboveBytes, keepTurns: 5, keepCalls: 1 };
  const desk = working(4, 1, {
    compaction,
    tools: ['note', 'delegate'],
    delegates: ['billing'],
    routes: [{ words: ['refund'], to: 'billing' }],
  });
  const billing = agentData('billing', [{ say: `refunded ${page}` }], { limits: { ...desk.limits, depth: 0 } });
  const prompts: LanguageModelV4Prompt[] = [];
  await using world = openWorld({ open: listening(prompts) });
  const { id } = world.start({ entry: 'a', agents: [desk, billing] }, 'refund', { task: false });
  await expect.poll(() => world.engine.get(id).waitsFor, { timeout: 10_000 }).toEqual(['message']);
  world.engine.deliver(id, { event: 'message', data: 'go' });
  await expect.poll(() => prompts.length).toBe(6);
  const last = prompts.at(-1) ?? [];
  expect(systemOf(last)).toContain('earlier calls are left out');
  expect(JSON.stringify(last)).toContain('refunded xxx');
  expect(idsOf(last, 'tool-result')).toEqual(idsOf(last, 'tool-call'));
});

it('takes a message that joined a turn under way for no turn of its own: the task stays', async () => {
  const compaction = { aboveBytes, keepTurns: 1, keepCalls: 2 };
  const prompts: LanguageModelV4Prompt[] = [];
  const heard = listening(prompts);
  // It stands behind the result of the call under way, and goes on as that would have.
  const said: Record<number, string> = { 3: 'hurry n2-0: ', 8: 'please n7-0: ' };
  let session = '';
  await using world = openWorld({
    open: (facts) => {
      const text = said[prompts.length + 1];
      if (text !== undefined) world.engine.deliver(session, { event: 'message', data: text });
      return heard(facts);
    },
  });
  session = world.start({ entry: 'a', agents: [working(12, 1, { compaction })] }, 'go').id;
  await world.settled(session, 'done');
  expect(world.notes()).toHaveLength(12);
  const last = prompts.at(-1) ?? [];
  expect(last[1]).toEqual({ role: 'user', content: [{ type: 'text', text: 'go' }] });
  for (const text of Object.values(said)) expect(JSON.stringify(last)).toContain(text);
  expect(systemOf(last)).toContain('earlier calls are left out');
  expect(systemOf(last)).not.toContain('The oldest');
  for (const prompt of prompts) expect(idsOf(prompt, 'tool-result')).toEqual(idsOf(prompt, 'tool-call'));
});
