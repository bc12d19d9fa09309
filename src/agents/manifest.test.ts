import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { type AgentBundle, type AgentManifestInput, agentBundleSchema } from '../schema/index.ts';
import { diffBundles } from './diff.ts';
import { readAgentFile } from './files.ts';
import { checkBundle, digestOf, parseBundle } from './manifest.ts';

const tools = [
  { name: 'note', capability: 'notes:write' },
  { name: 'shell', capability: 'sandbox:shell' },
];
const bundle = (...agents: AgentManifestInput[]): AgentBundle =>
  agentBundleSchema.parse({ entry: agents[0]?.name, agents });
const limits = { steps: 10, tokens: 10, cents: 10, wallMs: 10, depth: 1 };
const problems = (...agents: AgentManifestInput[]): string[] =>
  checkBundle(bundle(...agents), tools).map(({ message }) => message);
const plain = (name: string, more: Partial<AgentManifestInput> = {}): AgentManifestInput =>
  agentData(name, [{ say: 'x' }], { grants: ['notes:write', 'agent:delegate'], tools: ['note'], limits, ...more });

const hands = (to: string): Partial<AgentManifestInput> => ({ handoffs: [to], passes: { [to]: 'all' } });

describe('a bundle of agents', () => {
  it('is refused where it would give what is not held (1)', () => {
    expect(problems(plain('a'))).toEqual([]);
    expect(problems(plain('a', { tools: ['shell'] }))).toEqual([
      "tool \"shell\" needs 'sandbox:shell', which 'a' is not granted",
    ]);
    expect(problems(plain('a', { tools: ['noet'] }))).toEqual(['there is no tool "noet"']);
    const boss = plain('boss', { grants: ['notes:write', 'mail:send'] });
    expect(problems(plain('a', { delegates: ['boss'] }), boss)).toEqual([
      "'a' may not delegate to 'boss': it does not hold 'mail:send'",
    ]);
    expect(problems(plain('a', hands('b')), plain('b', { limits: { ...limits, cents: 11 } }))).toEqual([
      "'b' has a larger 'cents' limit than 'a'",
    ]);
    expect(problems(plain('a', { delegates: ['nobody'] }))).toEqual(['there is no agent "nobody"']);
    expect(
      problems(
        plain('a', { delegates: ['b'], limits: { ...limits, depth: 0 } }),
        plain('b', { limits: { ...limits, depth: 0 } }),
      ),
    ).toEqual(['has delegates and a depth of 0']);
    expect(problems(plain('a', { routeDefault: 'b' }), plain('b'))).toEqual([
      'routes to "b", which is not among its delegates',
    ]);
    expect(problems(plain('a', { approvals: [{ tools: ['shell'], withinMs: 1000 }] }))).toEqual([
      'names the tool "shell", which it does not have',
    ]);
    expect(problems(plain('a'), plain('a'))).toEqual(['two agents have this name']);
  });

  it('is refused where an agent below has a tool with less approval, over any number of others (1)', () => {
    const rule = (more = {}): Partial<AgentManifestInput> => ({
      approvals: [{ tools: ['note'], quorum: 2, withinMs: 5000, ...more }],
    });
    const delegates = (to: string): Partial<AgentManifestInput> => ({ delegates: [to] });
    const below = (more: Partial<AgentManifestInput>, gives = delegates): string[] =>
      problems(plain('a', { ...rule(), ...gives('b') }), plain('b', { tools: [], ...gives('c') }), plain('c', more));
    const refused = ["'c' may call \"note\" with less approval than 'a', for which it works"];
    expect(below({})).toEqual(refused);
    expect(below({}, hands)).toEqual(refused);
    expect(below(rule({ quorum: 1 }))).toEqual(refused);
    expect(below(rule({ fourEyes: false }))).toEqual(refused);
    expect(below(rule({ withinMs: 5001 }))).toEqual(refused);
    expect(below(rule({ quorum: 3, withinMs: 4000 }))).toEqual([]);
    expect(below({ tools: [] })).toEqual([]);
  });

  it('is refused where an agent of another runtime would be more than one that gets tasks', () => {
    const model = { provider: 'peer' as const, peer: 'b', agent: 'c' };
    const away = plain('away', { model, tools: [] });
    expect(problems(plain('a', { delegates: ['away'] }), away)).toEqual([]);
    expect(problems(plain('a', hands('away')), away)).toEqual([
      "hands the conversation to 'away', which works in another runtime",
    ]);
    expect(problems(plain('away', { model }))).toEqual(['has tools, and works in another runtime']);
    expect(problems(plain('away', { model, tools: [], limits: { ...limits, depth: 0 } }))).toEqual([
      'works in another runtime, a level below',
    ]);
    expect(problems(plain('a', { fallbacks: [model] }))).toEqual(['has a peer among them']);
  });

  it('is refused without a limit, and says how to mend each thing', () => {
    const { cents: _, ...rest } = limits;
    expect(() => parseBundle({ entry: 'a', agents: [plain('a', { limits: rest as never })] }, tools)).toThrow(
      /limits.cents/,
    );
    expect(() =>
      parseBundle(
        { entry: 'a', agents: [plain('a', { limits: { ...limits, steps: Number.POSITIVE_INFINITY } })] },
        tools,
      ),
    ).toThrow(/limits.steps/);
    try {
      parseBundle({ entry: 'a', agents: [plain('a', { tools: ['shell'] })] }, tools);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-argument', hint: "Grant 'sandbox:shell', or take the tool away." });
    }
  });

  it('has one digest, however it is written (2)', () => {
    const agent = plain('a');
    const turned = Object.fromEntries(Object.entries(agent).reverse()) as unknown as AgentManifestInput;
    expect(digestOf(bundle(turned))).toBe(digestOf(bundle(agent)));
    expect(digestOf(bundle(plain('a', { instructions: 'other' })))).not.toBe(digestOf(bundle(agent)));
  });

  it('says what an agent may do now, first', () => {
    const before = bundle(plain('a', { approvals: [{ tools: ['note'], withinMs: 1000 }] }), plain('gone'));
    const after = bundle(
      plain('a', {
        grants: ['notes:write', 'mail:send'],
        limits: { ...limits, cents: 5, tokens: 11 },
        instructions: 'new',
      }),
    );
    expect(diffBundles(before, after).map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'widened a may now use mail:send',
      'widened a: tokens 10 → 11',
      'widened a calls note without an approval',
      'narrowed a may no longer use agent:delegate',
      'narrowed a: cents 10 → 5',
      'narrowed gone is gone',
      'changed a: instructions changed',
    ]);
    expect(diffBundles(before, before)).toEqual([]);
  });

  it('calls a weaker rule of approval more, and a stricter one less', () => {
    const strict = { tools: ['note'], quorum: 2, fourEyes: true, withinMs: 60_000 };
    const of = (...rules: object[]): AgentBundle => bundle(plain('a', { approvals: rules as never }));
    const told = (before: AgentBundle, after: AgentBundle): string[] =>
      diffBundles(before, after).map(({ kind, text }) => `${kind} ${text}`);
    for (const [change, is, isNot] of [
      [{ quorum: 1 }, 'a: approvals of note need 2 → 1', 'a: approvals of note need 1 → 2'],
      [
        { fourEyes: false },
        'a: whom it works for may now approve note',
        'a: whom it works for may no longer approve note',
      ],
      [
        { withinMs: 120_000 },
        'a: approvals of note are waited for 60000 → 120000 ms',
        'a: approvals of note are waited for 120000 → 60000 ms',
      ],
    ] as const) {
      expect(told(of(strict), of({ ...strict, ...change }))).toEqual([`widened ${is}`]);
      expect(told(of({ ...strict, ...change }), of(strict))).toEqual([`narrowed ${isNot}`]);
    }
    expect(told(of(strict), of())).toEqual(['widened a calls note without an approval']);
    expect(told(of(), of(strict))).toEqual(['narrowed a calls note only with an approval']);
    // What counts is the strictest of all rules for a tool.
    expect(told(of(strict, { ...strict, quorum: 1 }), of(strict))).toEqual([]);
  });
});

describe('a file with agents', () => {
  it('holds several, or one', () => {
    const text = readFileSync(join(import.meta.dirname, '../../examples/agents/desk.yaml'), 'utf8');
    expect(parseBundle(readAgentFile(text, 'desk.yaml').bundle, tools).agents).toHaveLength(3);
    expect(parseBundle(readAgentFile(JSON.stringify(plain('one')), 'one.json').bundle, tools).entry).toBe('one');
  });

  it('is refused with its name when it is none', () => {
    expect(() => readAgentFile('a: [', 'x.yaml')).toThrow(/x.yaml/);
    const bomb = `a: &a [x,x,x]\n${Array.from({ length: 60 }, (_, n) => `b${n}: &b${n} [*${n ? `b${n - 1}` : 'a'},*${n ? `b${n - 1}` : 'a'}]`).join('\n')}`;
    expect(() => readAgentFile(bomb, 'bomb.yaml')).toThrow(/bomb.yaml/);
    expect(() => readAgentFile('- a', 'list.yaml')).toThrow(/list.yaml:1:1/);
  });

  it('says the line of every mistake, of several agents or of one', () => {
    const lines = readFileSync(join(import.meta.dirname, '../../examples/agents/desk.yaml'), 'utf8').split('\n');
    const at = lines.findIndex((line) => line.includes('purpose:'));
    const wrong = lines.with(at, (lines[at] ?? '').replace('purpose:', 'porpoise:')).join('\n');
    expect(() => readAgentFile(wrong, 'desk.yaml')).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringMatching(
          new RegExp(`^desk.yaml:${at + 1}:\\d+: agents\\[0\\].porpoise: .*did you mean purpose`, 'm'),
        ),
      }),
    );
    const one = JSON.stringify({ ...plain('one'), limits: { steps: 'many' } }, null, 2);
    const line = one.split('\n').findIndex((each) => each.includes('many')) + 1;
    expect(() => readAgentFile(one, 'one.json')).toThrow(new RegExp(`^one.json:${line}:\\d+: limits.steps: `, 'm'));
  });
});
