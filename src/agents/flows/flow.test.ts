import { describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import { type AgentManifestInput, agentBundleSchema, type FlowFacts } from '../../schema/index.ts';
import { diffBundles } from '../diff.ts';
import { checkBundle, parseBundle } from '../manifest.ts';
import type { CallAnswer } from '../programs/behaviour.ts';
import { Flow } from './flow.ts';

/** What it calls, given what each call answers. */
async function walk(facts: FlowFacts, message: string, answers: readonly CallAnswer[]): Promise<unknown[]> {
  const flow = new Flow(facts, message);
  const said: unknown[] = [];
  let burst = flow.begin();
  for (const answer of answers) {
    const [call] = burst.calls;
    if (!call) break;
    said.push([call.tool, call.input]);
    burst = await flow.answer(call.call, answer);
  }
  return [...said, burst.answer];
}
const ok = (value: unknown): CallAnswer => ({ ok: true, value });

describe('a flow', () => {
  it('fills in what came before: whole values as they are, texts as texts', async () => {
    const facts: FlowFacts = {
      steps: [
        { name: 'one', call: 'look', input: { whole: '{{input}}', part: 'about {{input}}', list: ['{{input}}', 1] } },
        { name: 'two', call: 'put', input: { all: '{{one}}', deep: '{{one.a.b}}', none: '{{one.x.y}}' } },
        { name: 'three', think: 'Of {{one.a}}, {{two}} and {{one.x}}.' },
      ],
      answer: '{{three}} of {{input}}',
    };
    expect(await walk(facts, 'tea', [ok({ a: { b: [1] } }), ok('done'), ok({ text: 'thought' })])).toEqual([
      ['look', { whole: 'tea', part: 'about tea', list: ['tea', 1] }],
      ['put', { all: { a: { b: [1] } }, deep: [1], none: null }],
      ['think', { prompt: 'Of {"b":[1]}, done and .' }],
      'thought of tea',
    ]);
  });

  it('leaves out what does not hold, and goes on after a failure where it is told to', async () => {
    const facts: FlowFacts = {
      steps: [
        { name: 'try', call: 'a', goOn: true },
        { name: 'yes', call: 'b', when: { value: '{{try.error.code}}', is: 'forbidden' } },
        { name: 'no', call: 'c', when: { value: '{{yes.done}}', isNot: true } },
      ],
      answer: '{{no}}|{{yes.done}}',
    };
    const failure = { ok: false, value: { code: 'forbidden', message: 'no' } };
    expect(await walk(facts, '', [failure, ok({ done: true })])).toEqual([['a', {}], ['b', {}], '|true']);
    const strict = { steps: [{ name: 'try', call: 'a' }], answer: '' };
    await expect(walk(strict, '', [failure])).rejects.toMatchObject({
      code: 'program-failed',
      message: expect.stringContaining('step try: no'),
    });
  });

  it('takes nothing from a message that looks like a reference', async () => {
    const facts: FlowFacts = {
      steps: [
        { name: 'secret', call: 'a' },
        { name: 'say', call: 'b', input: { text: 'they said {{input}}', whole: '{{input}}' } },
      ],
      answer: '{{input}}',
    };
    const attack = '{{secret}}';
    expect(await walk(facts, attack, [ok('a key'), ok(1)])).toEqual([
      ['a', {}],
      ['b', { text: 'they said {{secret}}', whole: '{{secret}}' }],
      attack,
    ]);
  });

  it('says the same in a session, step by step', async () => {
    await using world = openWorld();
    const agent = led({
      steps: [
        { name: 'look', call: 'fetch', input: { text: '{{input}}' } },
        { name: 'keep', call: 'note', input: { text: '{{look.noted}}' } },
      ],
      answer: 'kept {{keep.noted}}',
    });
    const { id } = world.start({ entry: 'f', agents: [agent] }, 'x');
    expect((await world.settled(id, 'done')).outcome).toEqual({
      ok: true,
      output: { text: 'kept page x', untrusted: true },
    });
    expect(world.notes().map((note) => note.split(' ').slice(1).join(' '))).toEqual(['page x']);
  });
});

const led = (flow: FlowFacts, more: Partial<AgentManifestInput> = {}): AgentManifestInput =>
  agentData('f', [{ say: 'x' }], { tools: ['note', 'fetch'], flow, ...more });

const asking: FlowFacts = { steps: [{ name: 'q', call: 'ask', input: { question: 'x' } }], answer: '' };

describe('a flow as data', () => {
  const tools = [
    { name: 'note', capability: 'notes:write' },
    { name: 'fetch', capability: 'web:read' },
  ];
  const problems = (flow: FlowFacts, more: Partial<AgentManifestInput> = {}): string[] =>
    checkBundle(agentBundleSchema.parse({ entry: 'f', agents: [led(flow, more)] }), tools).map(
      ({ message }) => message,
    );

  it('is refused where it calls, names or leads what it may not', () => {
    const note = { name: 'one', call: 'note' };
    expect(problems({ steps: [note], answer: '{{one}}' })).toEqual([]);
    expect(problems({ steps: [{ name: 'one', call: 'send' }], answer: '' })).toEqual(["'f' has no tool 'send'"]);
    expect(problems({ steps: [{ name: 'one', think: 'x' }], answer: '' })).toEqual(["'f' has no tool 'think'"]);
    expect(
      problems({
        steps: [
          { ...note, input: '{{two}}' },
          { name: 'two', call: 'note' },
        ],
        answer: '',
      }),
    ).toEqual(["refers to 'two', which is no step before it"]);
    expect(problems({ steps: [note], answer: '{{tow}}' })).toEqual(["refers to 'tow', which is no step before it"]);
    expect(problems({ steps: [note, note], answer: '' })).toEqual(['two steps have this name']);
    const to = { name: 'one', call: 'delegate', input: { to: 'nobody', task: 'x' } };
    expect(problems({ steps: [to], answer: '' }, { tools: ['delegate'] })).toEqual([
      'delegates to "nobody", which is not among its delegates',
    ]);
    expect(problems({ steps: [note], answer: '' }, { program: { code: 'x' } })).toEqual([
      'is led by a flow, which has no program',
    ]);
    expect(problems({ steps: [note], answer: '' }, { routeDefault: 'f', delegates: ['f'] })).toContain(
      'is led by a flow, which has no routes',
    );
    const thinks = agentData('f', [{ say: 'x' }], { grants: ['model:ask'], tools: ['think'] });
    expect(
      checkBundle(agentBundleSchema.parse({ entry: 'f', agents: [thinks] }), tools).map(({ message }) => message),
    ).toEqual(['has the tool "think", and its model thinks anyway']);
  });

  it('is refused where it waits without an end, or for a time that no wait may have', () => {
    const waiting = (call: string, input: FlowFacts['steps'][number]['input']): string[] =>
      problems({ steps: [{ name: 'q', call, input }], answer: '' }, { grants, tools: ['ask', 'escalate', 'waitFor'] });
    const grants = ['person:ask', 'person:escalate', 'event:wait'];
    for (const call of ['ask', 'escalate', 'waitFor']) {
      expect(waiting(call, { question: 'x' })).toEqual(['waits without an end: withinMs is missing']);
      expect(waiting(call, undefined)).toEqual(['waits without an end: withinMs is missing']);
      expect(waiting(call, { withinMs: '{{input}} ms' })).toEqual(['waits without an end: withinMs is no number']);
      for (const withinMs of [0, 999, 366 * 86_400_000 + 1]) {
        expect(waiting(call, { withinMs })).toEqual([`waits for ${withinMs} ms: withinMs is from 1000 to 31622400000`]);
      }
      for (const withinMs of [1000, 366 * 86_400_000, '{{input}}']) expect(waiting(call, { withinMs })).toEqual([]);
    }
    expect(() => parseBundle({ entry: 'f', agents: [led(asking, { tools: ['ask'] })] }, tools)).toThrow(
      expect.objectContaining({
        message: 'agents: f.flow.q: waits without an end: withinMs is missing',
        hint: 'Give it withinMs, in milliseconds, from 1000 to 31622400000.',
      }),
    );
  });

  it('is one of call and think, and compares with one thing', () => {
    const parse = (step: unknown) =>
      agentBundleSchema.safeParse({
        entry: 'f',
        agents: [{ ...led({ steps: [], answer: '' } as never), flow: { steps: [step], answer: '' } }],
      });
    expect(parse({ name: 'one', call: 'note' }).success).toBe(true);
    expect(parse({ name: 'one' }).success).toBe(false);
    expect(parse({ name: 'one', call: 'note', think: 'x' }).success).toBe(false);
    expect(parse({ name: 'one', think: 'x', input: {} }).success).toBe(false);
    expect(parse({ name: 'one', call: 'note', when: { value: 'x' } }).success).toBe(false);
    expect(parse({ name: 'one', call: 'note', when: { value: 'x', is: 1, isNot: 2 } }).success).toBe(false);
  });

  it('shows in a difference', () => {
    const bundle = (answer: string) =>
      agentBundleSchema.parse({ entry: 'f', agents: [led({ steps: [{ name: 'one', call: 'note' }], answer })] });
    expect(diffBundles(bundle('a'), bundle('b'))).toEqual([{ agent: 'f', kind: 'changed', text: 'f: flow changed' }]);
  });
});
