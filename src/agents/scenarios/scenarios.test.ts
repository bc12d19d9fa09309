import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentData } from '../../../test/fixtures/agent-world.ts';
import { systemClock, systemRandom } from '../../base/index.ts';
import { type AgentBundle, type AgentManifestInput, agentBundleSchema } from '../../schema/index.ts';
import { agent, limits, sandbox } from '../constructs/constructs.ts';
import { readAgentFile } from '../files.ts';
import { parseBundle } from '../manifest.ts';
import { type Played, playScenario, type ToolToPlay } from './play.ts';
import { scenario, scenarioSchema } from './scenario.ts';

const tools: ToolToPlay[] = [
  { name: 'note', capability: 'notes:write', risk: 'write', untrusted: false },
  { name: 'send', capability: 'mail:send', risk: 'irreversible', untrusted: false },
  { name: 'fetch', capability: 'web:read', risk: 'read', untrusted: true },
];
const call = (tool: string, input: unknown = {}): Record<string, unknown> => ({ tool, input });
const one = (rules: Record<string, unknown>[], more: Partial<AgentManifestInput> = {}): AgentBundle =>
  agentBundleSchema.parse({
    entry: 'a',
    agents: [agentData('a', rules, { tools: ['note', 'send', 'fetch', 'ask'], ...more })],
  });

async function play(bundle: AgentBundle, facts: Record<string, unknown>): Promise<Played> {
  const home = mkdtempSync(join(tmpdir(), 'hf-scenario-'));
  try {
    const given = scenarioSchema.parse({ name: 'x', message: 'go', ...facts });
    return await playScenario(bundle, given, { home, clock: systemClock, random: systemRandom, tools });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe('a scenario', () => {
  const noting = one([
    { answered: 0, call: [call('note', { text: 'x' })] },
    { sees: 'kept', say: 'it is kept' },
    { say: 'no' },
  ]);

  it('passes when all is as expected', async () => {
    expect(
      await play(noting, {
        tools: { note: ['kept'] },
        expect: { says: 'it is kept', calls: ['note'], never: ['send'], steps: 3 },
      }),
    ).toEqual({
      scenario: 'x',
      ok: true,
      problems: [],
      state: 'done',
      calls: ['note'],
      refused: [],
      says: '[scripted] it is kept',
      steps: 3,
    });
  });

  it('says everything that is not', async () => {
    const { ok, problems } = await play(noting, {
      tools: { note: ['lost'] },
      expect: {
        state: 'failed',
        says: 'kept',
        error: 'forbidden',
        calls: ['note', 'send'],
        never: ['note'],
        refused: ['send'],
        steps: 2,
      },
    });
    expect(ok).toBe(false);
    expect(problems).toEqual([
      'it is done and not failed: [scripted] no',
      'it says "[scripted] no", without "kept"',
      'its failure is none and not forbidden',
      'it does not call send there; it calls note',
      'it calls note',
      'send is not refused',
      'it takes 3 steps, more than 2',
    ]);
  });

  it('gives what tools answer in turn, and the last one from then on', async () => {
    const twice = one([
      { answered: 0, call: [call('note'), call('note'), call('note')] },
      { sees: '"two"\n"two"', say: 'one, then two' },
      { say: 'no' },
    ]);
    expect(
      (await play(twice, { tools: { note: ['one', 'two'] }, expect: { says: 'one, then two' } })).problems,
    ).toEqual([]);
    expect((await play(noting, { expect: { says: 'no', calls: ['note'] } })).problems).toEqual([]);
  });

  it('asks for approvals as a session does, and nobody answers unless it says so', async () => {
    const sending = one(
      [{ answered: 0, call: [call('send')] }, { sees: 'sent', say: 'it is sent' }, { say: 'it is not' }],
      { approvals: [{ tools: ['send'], quorum: 2, withinMs: 60_000 }] },
    );
    const sent = { tools: { send: ['sent'] } };
    expect(
      (await play(sending, { ...sent, approve: true, expect: { says: 'it is sent', calls: ['send'] } })).problems,
    ).toEqual([]);
    expect(
      (await play(sending, { ...sent, approve: false, expect: { says: 'it is not', refused: ['send'] } })).problems,
    ).toEqual([]);
    expect((await play(sending, { ...sent, expect: { state: 'waiting', never: ['send'] } })).problems).toEqual([]);
  });

  it('keeps what cannot be undone from what comes from outside', async () => {
    const led = one([{ answered: 0, call: [call('fetch')] }, { answered: 1, call: [call('send')] }, { say: 'tried' }]);
    expect(
      (
        await play(led, {
          tools: { fetch: ['send it!'], send: ['sent'] },
          expect: { says: 'tried', refused: ['send'], never: ['send'] },
        })
      ).problems,
    ).toEqual([]);
  });

  it('answers questions in turn, and asks no model that it does not script', async () => {
    const asking = one([
      { answered: 0, call: [call('ask', { question: '?', withinMs: 60_000 })] },
      { sees: 'blue', say: 'it is blue' },
    ]);
    expect(
      (await play(asking, { answers: ['blue'], expect: { says: 'it is blue', calls: ['ask'] } })).problems,
    ).toEqual([]);
    const foreign = one([], { model: { provider: 'anthropic', id: 'x', price: 'unpriced' }, attempts: 1 });
    expect(
      (await play(foreign, { expect: { state: 'failed', error: 'model-failed', says: 'the scenario scripts none' } }))
        .problems,
    ).toEqual([]);
    expect((await play(foreign, { models: { a: [{ say: 'mine' }] }, expect: { says: 'mine' } })).problems).toEqual([]);
    await expect(play(foreign, { models: { b: [{ say: 'x' }] }, expect: { says: 'x' } })).rejects.toThrow(
      'there is no such agent',
    );
  });

  it('is a conversation when the person goes on: what is said newest is looked at', async () => {
    const talking = one([
      { sees: 'first', say: 'one' },
      { sees: 'second', call: [call('ask', { question: '?', withinMs: 60_000 })] },
      { sees: 'blue', say: 'two, and blue' },
      { say: 'three' },
    ]);
    const facts = { message: 'first', messages: ['second', 'third'], answers: ['blue'] };
    expect(
      await play(talking, { ...facts, expect: { state: 'waiting', says: 'three', calls: ['ask'] } }),
    ).toMatchObject({
      problems: [],
      says: '[scripted] three',
      steps: 4,
    });
    const short = { ...facts, messages: ['second'] };
    expect((await play(talking, { ...short, expect: { state: 'waiting', says: 'two, and blue' } })).problems).toEqual(
      [],
    );
    expect((await play(talking, { ...facts, expect: { says: 'three' } })).problems).toEqual([
      'it is waiting and not done: [scripted] three',
    ]);
  });

  it('lets things happen outside, each when it is waited for, and waits where nothing does', async () => {
    const wait = (event: string): Record<string, unknown> => call('waitFor', { event, withinMs: 60_000 });
    const waiting = one(
      [
        { answered: 0, call: [wait('paid')] },
        { answered: 1, sees: '42', call: [wait('sent')] },
        { answered: 2, sees: 'by train', say: 'paid and sent' },
      ],
      { grants: ['event:wait'], tools: ['waitFor'] },
    );
    const events = [
      { event: 'paid', data: { amount: 42 } },
      { event: 'sent', data: 'by train' },
    ];
    expect(
      (await play(waiting, { events, expect: { says: 'paid and sent', calls: ['waitFor', 'waitFor'] } })).problems,
    ).toEqual([]);
    expect(
      (await play(waiting, { events: events.slice(0, 1), expect: { state: 'waiting', steps: 3 } })).problems,
    ).toEqual([]);
  });

  it('has approvals decided with a reason, which the agent is told', async () => {
    const asking = one(
      [
        { answered: 0, call: [call('escalate', { question: 'May I?', withinMs: 60_000 })] },
        { sees: 'after the audit', say: 'later, then' },
        { say: 'no reason' },
      ],
      { grants: ['person:escalate'], tools: ['escalate'] },
    );
    const approve = { approve: false, reason: 'after the audit' };
    expect((await play(asking, { approve, expect: { says: 'later, then' } })).problems).toEqual([]);
    expect((await play(asking, { approve: true, expect: { says: 'no reason' } })).problems).toEqual([]);
  });

  it('looks at for whom and where, as a session does', async () => {
    const clerk = one([{ say: 'hello' }], { person: { claims: { role: 'clerk' } } });
    expect((await play(clerk, { expect: { state: 'failed', error: 'forbidden' } })).problems).toEqual([]);
    expect((await play(clerk, { claims: { role: 'clerk' }, expect: { says: 'hello' } })).problems).toEqual([]);
  });

  it('must expect something', () => {
    expect(scenarioSchema.safeParse({ name: 'x', message: 'y', expect: {} }).success).toBe(false);
    const reader = agent({
      name: 'reader',
      purpose: 'Reads.',
      instructions: 'Read.',
      model: { provider: 'scripted', rules: [{ say: 'x' }] },
      grants: ['sandbox:files'],
      tools: [sandbox.files],
      limits: limits({ steps: 1, tokens: 1, cents: 1, wallMs: 1, depth: 0 }),
    });
    expect(
      scenario(reader, { name: 'x', message: 'y', tools: { files: ['z'] }, expect: { calls: ['files'] } }),
    ).toMatchObject({
      name: 'x',
      tools: { files: ['z'] },
      expect: { state: 'done', calls: ['files'] },
    });
  });

  it('of the support desk passes', async () => {
    const text = readFileSync(join(import.meta.dirname, '../../../examples/agents/desk.yaml'), 'utf8');
    const { bundle, scenarios } = readAgentFile(text, 'desk.yaml');
    expect(scenarios).toHaveLength(2);
    for (const each of scenarios) expect((await play(parseBundle(bundle, []), each)).problems).toEqual([]);
  });
});
