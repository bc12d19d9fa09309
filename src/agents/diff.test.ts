import { expect, it } from 'vitest';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { type AgentManifestInput, agentBundleSchema, agentManifestSchema } from '../schema/index.ts';
import { diffBundles } from './diff.ts';

const full = agentData('a', [{ say: 'x' }], {
  fallbacks: [{ provider: 'openai', id: 'm', price: { inputCentsPerMillion: 1, outputCentsPerMillion: 1 } }],
  memory: { notes: { scope: 'session', retentionDays: 10, class: 'internal' } },
  policies: { all: 'permit (principal, action, resource);' },
  model: {
    provider: 'anthropic',
    id: 'm',
    price: { inputCentsPerMillion: 1, outputCentsPerMillion: 1 },
  },
});
function told(before: AgentManifestInput, after: AgentManifestInput): string[] {
  const [old, young] = [before, after].map((agent) => agentBundleSchema.parse({ entry: 'a', agents: [agent] }));
  if (!old || !young) throw new Error('there are two');
  return diffBundles(old, young).map(({ kind, text }) => `${kind} ${text}`);
}

it('sees every field that a manifest has', () => {
  const changes: Required<Omit<AgentManifestInput, 'format' | 'name'>> = {
    purpose: 'Another.',
    instructions: 'Other.',
    model: { provider: 'scripted', rules: [{ say: 'y' }] },
    fallbacks: [],
    attempts: 3,
    patienceMs: 60_000,
    grants: [],
    tools: [],
    limits: { ...full.limits, depth: 0 },
    delegates: ['b'],
    handoffs: ['b'],
    routes: [{ words: ['x'], to: 'b' }],
    routeDefault: 'b',
    unroutable: 'b',
    memory: {},
    approvals: [{ tools: ['note'], withinMs: 1000 }],
    policies: {},
    compaction: { aboveBytes: 5000, keepTurns: 1 },
    idleMs: 5000,
    program: { code: 'exports.default = {};' },
    flow: { steps: [{ name: 'one', think: 'x' }], answer: '{{one}}' },
    passes: { b: 2 },
    person: { named: true },
    contract: 'coding-agent/1.0.0',
  };
  expect(Object.keys(changes).sort()).toEqual(
    Object.keys(agentManifestSchema.shape)
      .filter((field) => field !== 'format' && field !== 'name')
      .sort(),
  );
  for (const [field, value] of Object.entries(changes)) {
    const giving = field === 'passes' ? { ...full, delegates: ['b'] } : full;
    expect(told(giving, { ...giving, [field]: value }), field).not.toEqual([]);
  }
  expect(told(full, full)).toEqual([]);
});

it('calls another reader of the conversation more: a fallback, an address', () => {
  const url = 'https://elsewhere.example/v1';
  const price = { inputCentsPerMillion: 1, outputCentsPerMillion: 1 };
  const more: AgentManifestInput = {
    ...full,
    fallbacks: [...(full.fallbacks ?? []), { provider: 'compatible', id: 'm', baseUrl: url, price }],
  };
  expect(told(full, more)).toEqual([`widened a may now ask compatible/m at ${url}`]);
  expect(told(more, full)).toEqual([`narrowed a may no longer ask compatible/m at ${url}`]);
  const free: AgentManifestInput = { ...full, model: { provider: 'anthropic', id: 'm', price: 'unpriced' } };
  expect(told(full, free)).toEqual(['widened a: cents no longer limit all that it asks']);
});

it('calls it more when policies are dropped, or a memory reaches further, holds more or keeps longer', () => {
  expect(told(full, { ...full, policies: {} })).toEqual(['widened a has no policies any more']);
  expect(told({ ...full, policies: {} }, full)).toEqual(['narrowed a does what policies permit']);
  expect(told(full, { ...full, policies: { all: 'forbid (principal, action, resource);' } })).toEqual([
    'changed a: policy all changed',
  ]);
  const slot = { scope: 'tenant', retentionDays: 20, class: 'personal' } as const;
  expect(told(full, { ...full, memory: { notes: slot } })).toEqual([
    'widened a: memory notes: scope session → tenant',
    'widened a: memory notes: class internal → personal',
    'widened a: memory notes: kept for 10 → 20 days',
  ]);
  expect(told({ ...full, memory: { notes: slot } }, full).every((line) => line.startsWith('narrowed '))).toBe(true);
  expect(told(full, { ...full, memory: {} })).toEqual(['narrowed a no longer has the memory notes']);
  expect(told({ ...full, memory: {} }, full)).toEqual(['widened a now has the memory notes (session, internal)']);
});

it('says how much of a conversation goes along with what is given away', () => {
  const giving: AgentManifestInput = { ...full, delegates: ['b'], handoffs: ['c'] };
  expect(told(giving, { ...giving, passes: { b: 2, c: 3 } })).toEqual([
    'widened a: turns passed to b 0 → 2',
    'narrowed a: turns passed to c all → 3',
  ]);
  expect(told({ ...giving, passes: { b: 2, c: 3 } }, { ...giving, passes: { b: 'all', c: 'all' } })).toEqual([
    'widened a: turns passed to b 2 → all',
    'widened a: turns passed to c 3 → all',
  ]);
  expect(told(giving, { ...giving, passes: { c: 'all' } })).toEqual([]);
  expect(told({ ...giving, passes: { b: 2, c: 3 } }, giving)).toEqual([
    'widened a: turns passed to c 3 → all',
    'narrowed a: turns passed to b 2 → 0',
  ]);
});

it('says when sessions begin with another agent', () => {
  const agents = [full, { ...full, name: 'b' }];
  const [one, other] = ['a', 'b'].map((entry) => agentBundleSchema.parse({ entry, agents }));
  if (!one || !other) throw new Error('there are two');
  expect(diffBundles(one, other).map(({ text }) => text)).toEqual(['sessions begin with b, and began with a']);
});

it('sees what a function of the host is, and calls it more where it is another', () => {
  const send = {
    name: 'send',
    capability: 'mail:send',
    risk: 'irreversible',
    untrusted: true,
    idempotent: false,
  } as const;
  const agents = [
    { ...full, tools: ['send'] },
    { ...full, name: 'b', tools: [] },
  ];
  const changes = (was: object | null, is: object | null): string[] => {
    const [before, after] = [was, is].map((tool) =>
      agentBundleSchema.parse({ entry: 'a', agents, ...(tool === null ? {} : { hostTools: [tool] }) }),
    );
    if (!before || !after) throw new Error('there are two');
    return diffBundles(before, after).map(({ kind, text }) => `${kind} ${text}`);
  };
  expect(changes(send, { ...send, risk: 'write' })).toEqual(['widened a: risk of send irreversible → write']);
  expect(changes({ ...send, risk: 'read' }, send)).toEqual(['widened a: risk of send read → irreversible']);
  expect(changes(send, { ...send, capability: 'notes:write' })).toEqual([
    'widened a: capability of send mail:send → notes:write',
  ]);
  expect(changes(send, { ...send, untrusted: false, idempotent: true })).toEqual([
    'widened a: untrusted of send true → false',
    'widened a: idempotent of send false → true',
  ]);
  expect(changes({ ...send, untrusted: false, idempotent: true }, send)).toEqual([
    'narrowed a: untrusted of send false → true',
    'narrowed a: idempotent of send true → false',
  ]);
  expect(changes(send, null)).toEqual([
    'widened a: what send is, is not said any more; it was irreversible, by mail:send',
  ]);
  expect(changes({ ...send, class: 'secret' }, { ...send, class: 'public' })).toEqual([
    'widened a: class of send secret → public',
  ]);
  expect(changes({ ...send, class: 'secret' }, send)).toEqual(['widened a: class of send secret → not said']);
  expect([changes(null, send), changes(send, send)]).toEqual([[], []]);
});
