/** Programs that wire agents illegally do not compile, and the compiler says what is wrong. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPolicies } from '../../src/agents/index.ts';
import { agentBundleSchema, limitNames } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';

const root = resolve(import.meta.dirname, '../..');
const prelude = `
import { agent, builtIn, cap, channel, channelsOf, contract, flow, limits, memory, person, sandbox, scenario, supervisor, tool, type AgentConstruct } from '${join(root, 'src/agents/index.ts')}';
import { z } from 'zod';
const model = { provider: 'scripted', rules: [{ say: 'x' }] } as const;
const small = limits({ steps: 10, tokens: 1000, cents: 9, wallMs: 1000, depth: 0 });
const large = limits({ steps: 10, tokens: 1000, cents: 10, wallMs: 1000, depth: 1 });
const common = { purpose: 'p', instructions: 'i', model: { provider: 'scripted', rules: [{ say: 'x' }] } } satisfies { purpose: string; instructions: string; model: { provider: 'scripted'; rules: { say: string }[] } };
const send = tool({ name: 'send', description: 'd', capability: cap('mail:send'), risk: 'irreversible', idempotent: true, untrusted: false,
  input: z.strictObject({ to: z.string() }), output: z.strictObject({ sent: z.boolean() }), run: async ({ to }) => ({ sent: to !== '' }) });
const reader = agent({ ...common, name: 'reader', grants: ['sandbox:files'], tools: [sandbox.files], limits: small });
const clerk = agent({ ...common, name: 'clerk', grants: [], tools: [], limits: small, person: person({ named: true, claims: { role: 'clerk' } }) });
const held = agent({ ...common, name: 'held', grants: [], tools: [], limits: small, contract: contract('coding-agent/1.0.0') });
const mailer = agent({ ...common, name: 'mailer', grants: ['mail:send'], tools: [send], limits: small });
`;

type Programs = Record<string, { text: string; says: string[] }>;
const besidesCents = limitNames.filter((name) => name !== 'cents');
const amounts = { steps: 10, tokens: 1000, wallMs: 1000, depth: 0 };

/** Of each limit, what the one of money stands for below. */
const ofEachLimit: Programs = Object.fromEntries(
  besidesCents.flatMap((name) => [
    [
      `a larger limit below, of ${name}`,
      {
        text: `const big = agent({ ...common, name: 'big', grants: [], tools: [], limits: limits({ ...small, ${name}: ${amounts[name] + 1} }) });
agent({ ...common, name: 'a5', grants: [], tools: [], limits: small, delegates: [big] });`,
        says: [`"'big' has a larger '${name}' limit than 'a5'"`],
      },
    ],
    [
      `a missing limit of ${name}`,
      {
        text: `const { ${name}: _, ...rest } = small;\nagent({ ...common, name: 'a', grants: [], tools: [], limits: rest });`,
        says: [`Property '${name}' is missing`],
      },
    ],
  ]),
);
const big = `const big = agent({ ...common, name: 'big', grants: [], tools: [], limits: limits({ ...large, tokens: 1001 }) });\n`;
const larger = (name: string): string[] => [`"'big' has a larger 'tokens' limit than '${name}'"`];
const waiting = (call: string, input: string): string =>
  `flow({ ...common, name: 'f', grants: ['person:ask', 'person:escalate', 'event:wait'], tools: [builtIn.ask, builtIn.escalate, builtIn.waitFor], limits: small,
  steps: [{ name: 'q', call: '${call}', input: ${input} }], answer: '' });`;
const toolWithout = (fact: 'capability' | 'idempotent' | 'untrusted'): { text: string; says: string[] } => {
  const facts = { capability: `'a:b'`, idempotent: 'true', untrusted: 'true' };
  const kept = Object.entries(facts).flatMap(([name, value]) => (name === fact ? [] : [`${name}: ${value}`]));
  return {
    text: `tool({ name: 't', description: 'd', risk: 'read', ${kept.join(', ')},
  input: z.strictObject({}), output: z.strictObject({}), run: async () => ({}) });`,
    says: [`Property '${fact}' is missing`],
  };
};

/** What each says: the message must hold all of these. */
const illegal: Programs = {
  ...ofEachLimit,
  'a larger limit of whoever gets the conversation': {
    text: `${big}agent({ ...common, name: 'a5', grants: [], tools: [], limits: large, handoffs: [big], passes: { big: 'all' } });`,
    says: larger('a5'),
  },
  'a larger limit of an expert': {
    text: `${big}supervisor({ ...common, name: 's', grants: [], limits: large, experts: [big], routes: [], otherwise: 'big' });`,
    says: larger('s'),
  },
  'a larger limit below a flow': {
    text: `${big}flow({ ...common, name: 'f', grants: [], tools: [], limits: large, delegates: [big], steps: [{ name: 'one', call: 'delegate', input: { to: 'big', task: 'x' } }], answer: '' });`,
    says: larger('f'),
  },
  'an expert who holds more': {
    text: `supervisor({ ...common, name: 's', grants: [], limits: large, experts: [mailer], routes: [], otherwise: 'mailer' });`,
    says: [`"'s' may not delegate to 'mailer': it does not hold 'mail:send'"`],
  },
  'work given to any of several, one of whom holds more': {
    text: `const mixed = [reader, mailer];\nagent({ ...common, name: 'a4', grants: ['sandbox:files'], tools: [], limits: large, delegates: mixed });`,
    says: [`'a4' may not delegate to 'mailer': it does not hold 'mail:send'`],
  },
  'work given to any of several, one of whom may use more': {
    text: `${big}const mixed = [big, agent({ ...common, name: 'tiny', grants: [], tools: [], limits: small })];
agent({ ...common, name: 'a5', grants: [], tools: [], limits: large, delegates: mixed });`,
    says: [`'big' has a larger 'tokens' limit than 'a5'`],
  },
  'work given to agents whose types do not say what they hold': {
    text: `const mixed: AgentConstruct[] = [reader, mailer];\nagent({ ...common, name: 'a4', grants: ['sandbox:files'], tools: [], limits: large, delegates: mixed });`,
    says: [`"'a4' may not delegate to an agent of which its type does not say what it holds: leave the type out"`],
  },
  'any of several tools, one of which is outside the grants': {
    text: `const mixed = [sandbox.files, send];\nagent({ ...common, name: 'a1', grants: ['sandbox:files'], tools: mixed, limits: small });`,
    says: [`"tool needs 'mail:send' which 'a1' is not granted"`],
  },
  'any of several channels, one of which leads to nobody': {
    text: `const mixed = [channel({ name: 'site', kind: 'web', agent: 'reader' }), channel({ name: 'other', kind: 'web', agent: 'raeder' })];
channelsOf([reader], mixed);`,
    says: [`leads to 'raeder', which is not among the agents`],
  },
  'work that a step gives to one of two, of whom one is not there': {
    text: `const to = ['reader', 'raeder'].includes('x') ? 'reader' as const : 'raeder' as const;
flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [], limits: large, delegates: [reader], steps: [{ name: 'one', call: 'delegate', input: { to, task: 'x' } }], answer: '' });`,
    says: [`"'f' may not delegate to 'raeder'"`],
  },
  'a tool that does not say what it needs': toolWithout('capability'),
  'a tool that does not say whether it can be done again': toolWithout('idempotent'),
  'a tool that does not say whether what it answers comes from outside': toolWithout('untrusted'),
  'a question without an end': {
    text: waiting('ask', `{ question: 'x' }`),
    says: [`"'q' waits without an end: withinMs is missing"`],
  },
  'an escalation without an end': {
    text: waiting('escalate', `{ question: 'x' }`),
    says: [`"'q' waits without an end: withinMs is missing"`],
  },
  'a wait without an end': {
    text: waiting('waitFor', `{ event: 'x' }`),
    says: [`"'q' waits without an end: withinMs is missing"`],
  },
  'a wait whose end is no number': {
    text: waiting('waitFor', `{ event: 'x', withinMs: 'soon' }`),
    says: [`"'q' waits without an end: withinMs is no number"`],
  },
  'a wait that is shorter than any may be': {
    text: waiting('ask', `{ question: 'x', withinMs: 999 }`),
    says: [`"'q' waits for 999 ms: withinMs is from 1000 to 31622400000"`],
  },
  'a wait that is longer than any may be': {
    text: waiting('ask', `{ question: 'x', withinMs: 31622400001 }`),
    says: [`"'q' waits for 31622400001 ms: withinMs is from 1000 to 31622400000"`],
  },
  'a conversation handed over, and not how much of it': {
    text: `agent({ ...common, name: 'a', grants: ['sandbox:files'], tools: [], limits: large, handoffs: [reader] });`,
    says: [`Property 'passes' is missing`],
  },
  'a conversation handed to two, and how much of it to one': {
    text: `agent({ ...common, name: 'a', grants: ['sandbox:files', 'mail:send'], tools: [], limits: large, handoffs: [reader, mailer], passes: { reader: 'all' } });`,
    says: [`Property 'mailer' is missing`],
  },
  'a channel to an agent that is not there': {
    text: `channelsOf([reader], [channel({ name: 'site', kind: 'web', agent: 'raeder' })]);`,
    says: [`"channel 'site' leads to 'raeder', which is not among the agents"`],
  },
  'a WhatsApp channel without a purpose': {
    text: `channel({ name: 'phone', kind: 'whatsapp', agent: 'reader', phoneNumberId: '1', secrets: { accessToken: 'a', appSecret: 'b', verifyToken: 'c' } });`,
    says: [`Property 'purpose' is missing`],
  },
  'a channel whose secret is not a name in its place': {
    text: `channel({ name: 'team', kind: 'slack', agent: 'reader', team: 'T1', secrets: { botToken: 'a' } });`,
    says: [`Property 'signingSecret' is missing`],
  },
  'an address that nobody vouches for and that undoes nothing': {
    text: `channel({ name: 'site', kind: 'web', agent: 'reader', most: { unlinked: 'irreversible' } });`,
    says: [`"irreversible"`, `"read" | "write"`],
  },
  'a tool outside the grants': {
    text: `agent({ ...common, name: 'a1', grants: ['sandbox:files'], tools: [sandbox.files, send], limits: small });`,
    says: [`"tool needs 'mail:send' which 'a1' is not granted"`],
  },
  'work given to who holds more': {
    text: `agent({ ...common, name: 'a4', grants: ['sandbox:files'], tools: [], limits: large, delegates: [reader, mailer] });`,
    says: [`"'a4' may not delegate to 'mailer': it does not hold 'mail:send'"`],
  },
  'a conversation handed to who holds more': {
    text: `agent({ ...common, name: 'a4', grants: ['sandbox:files'], tools: [], limits: large, handoffs: [mailer], passes: { mailer: 'all' } });`,
    says: [`"'a4' may not delegate to 'mailer': it does not hold 'mail:send'"`],
  },
  'a larger limit below': {
    text: `const big = agent({ ...common, name: 'big', grants: [], tools: [], limits: large });
agent({ ...common, name: 'a5', grants: [], tools: [], limits: small, delegates: [big] });`,
    says: [`'big' has a larger`, `limit than 'a5'`, `'cents'`],
  },
  'a limit that is missing': {
    text: `agent({ ...common, name: 'a', grants: [], tools: [], limits: { steps: 1, tokens: 1, wallMs: 1, depth: 0 } });`,
    says: [`Property 'cents' is missing`],
  },
  'a limit that is switched off': {
    text: `agent({ ...common, name: 'a', grants: [], tools: [], limits: { steps: null, tokens: 1, cents: 1, wallMs: 1, depth: 0 } });`,
    says: [`Type 'null' is not assignable to type 'number'`],
  },
  'an approval of a tool that it has not': {
    text: `agent({ ...common, name: 'a', grants: ['mail:send'], tools: [send], limits: small, approvals: [{ tools: ['sned'], withinMs: 1000 }] });`,
    says: [`"sned"`, `"send"`],
  },
  'an approval without an end': {
    text: `agent({ ...common, name: 'a', grants: ['mail:send'], tools: [send], limits: small, approvals: [{ tools: ['send'] }] });`,
    says: [`Property 'withinMs' is missing`],
  },
  'a route to nobody': {
    text: `supervisor({ ...common, name: 's', grants: ['sandbox:files'], limits: large, experts: [reader], routes: [{ words: ['x'], to: 'raeder' }], otherwise: 'reader' });`,
    says: [`"raeder"`, `"reader"`],
  },
  'a supervisor that sends what no rule knows to nobody': {
    text: `supervisor({ ...common, name: 's', grants: ['sandbox:files'], limits: large, experts: [reader], routes: [] });`,
    says: [`Property 'otherwise' is missing`],
  },
  'turns of a conversation passed to an agent that is given nothing': {
    text: `agent({ ...common, name: 'a', grants: ['sandbox:files'], tools: [], limits: large, delegates: [reader], passes: { raeder: 2 } });`,
    says: [`'raeder' does not exist in type`],
  },
  'a tool whose result is not what it says': {
    text: `tool({ name: 't', description: 'd', capability: 'a:b', risk: 'read', idempotent: true, untrusted: true,
  input: z.strictObject({ path: z.string() }), output: z.strictObject({ size: z.number() }), run: async () => ({ size: 'large' }) });`,
    says: [`Type 'string' is not assignable to type 'number'`],
  },
  'a tool whose result cannot be stored': {
    text: `tool({ name: 't', description: 'd', capability: 'a:b', risk: 'read', idempotent: true, untrusted: true,
  input: z.strictObject({}), output: z.strictObject({ rows: z.array(z.strictObject({ at: z.date() })) }), run: async () => ({ rows: [] }) });`,
    says: [`"'output.rows[].at' cannot be stored: it is no plain data"`],
  },
  'a tool whose result is no data at all': {
    text: `tool({ name: 't', description: 'd', capability: 'a:b', risk: 'read', idempotent: true, untrusted: true,
  input: z.strictObject({}), output: z.map(z.string(), z.number()), run: async () => new Map() });`,
    says: [`"'output' cannot be stored: it is no plain data"`],
  },
  'a tool that reads what it is not given': {
    text: `tool({ name: 't', description: 'd', capability: 'a:b', risk: 'read', idempotent: true, untrusted: true,
  input: z.strictObject({ path: z.string() }), output: z.strictObject({}), run: async (input) => { input.pth; return {}; } });`,
    says: [`Property 'pth' does not exist`, `Did you mean 'path'?`],
  },
  'a tool that does not say what it can do': {
    text: `tool({ name: 't', description: 'd', capability: 'a:b', idempotent: true, untrusted: true,
  input: z.strictObject({}), output: z.strictObject({}), run: async () => ({}) });`,
    says: [`Property 'risk' is missing`],
  },
  'a capability without an area': {
    text: `agent({ ...common, name: 'a', grants: ['everything'], tools: [], limits: small });`,
    says: ['"everything"', 'is not assignable to type'],
  },
  'memory without an end': {
    text: `memory({ notes: { scope: 'user', class: 'personal' } });`,
    says: [`Property 'retentionDays' is missing`],
  },
  'an agent that passes for one with less authority': {
    text: `const innocent: AgentConstruct<'mailer', 'sandbox:files'> = mailer; void innocent;`,
    says: [`"mail:send"`, `"sandbox:files"`],
  },
  'a flow that calls what it has not': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [sandbox.files], limits: small, steps: [{ name: 'one', call: 'shell', input: {} }], answer: '{{one}}' });`,
    says: [`"'f' has no tool 'shell'"`],
  },
  'a flow with a tool outside the grants': {
    text: `flow({ ...common, name: 'f', grants: [], tools: [send], limits: small, steps: [{ name: 'one', call: 'send', input: {} }], answer: '' });`,
    says: [`"tool needs 'mail:send' which 'f' is not granted"`],
  },
  'a step that refers to what comes after it': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [sandbox.files], limits: small,
  steps: [{ name: 'one', call: 'files', input: { path: '{{two.path}}' } }, { name: 'two', call: 'files' }], answer: '' });`,
    says: [`"'one' refers to 'two', which is no step before it"`],
  },
  'two steps of one name': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [sandbox.files], limits: small,
  steps: [{ name: 'one', call: 'files' }, { name: 'one', call: 'files' }], answer: '' });`,
    says: [`"two steps are called 'one'"`],
  },
  'a thought without the grant for it': {
    text: `flow({ ...common, name: 'f', grants: [], tools: [], limits: small, steps: [{ name: 'one', think: 'about {{input}}' }], answer: '{{one}}' });`,
    says: [`"'one' thinks, which needs 'model:ask', and 'f' is not granted it"`],
  },
  'an answer out of a step that is not there': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [sandbox.files], limits: small, steps: [{ name: 'one', call: 'files' }], answer: '{{tow.text}}' });`,
    says: [`"the answer refers to 'tow', which is no step"`],
  },
  'a step that delegates to nobody': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [], limits: large, delegates: [reader],
  steps: [{ name: 'one', call: 'delegate', input: { to: 'raeder', task: 'x' } }], answer: '' });`,
    says: [`"'f' may not delegate to 'raeder'"`],
  },
  'a flow that gives work to who holds more': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [], limits: large, delegates: [mailer], steps: [{ name: 'one', call: 'delegate', input: { to: 'mailer', task: 'x' } }], answer: '' });`,
    says: [`"'f' may not delegate to 'mailer': it does not hold 'mail:send'"`],
  },
  'a flow without a limit': {
    text: `flow({ ...common, name: 'f', grants: [], tools: [], limits: { steps: 1, tokens: 1, wallMs: 1, depth: 0 }, steps: [], answer: '' });`,
    says: [`Property 'cents' is missing`],
  },
  'work given to who asks more of the person': {
    text: `agent({ ...common, name: 'a6', grants: [], tools: [], limits: large, person: { named: true }, delegates: [clerk] });`,
    says: [`"'a6' may not delegate to 'clerk': it does not require 'person role=clerk'"`],
  },
  'a supervisor of an expert who asks who is meant': {
    text: `supervisor({ ...common, name: 's', grants: [], limits: large, experts: [clerk], routes: [], otherwise: 'clerk' });`,
    says: [`'s' may not delegate to 'clerk': it does not require 'person`],
  },
  'a claim that is no text': {
    text: `person({ claims: { admin: true } });`,
    says: [`Type 'boolean' is not assignable to type 'string'`],
  },
  'work given to who needs another place': {
    text: `agent({ ...common, name: 'a7', grants: [], tools: [], limits: large, contract: contract('other/1.0.0'), delegates: [held] });`,
    says: [`"'a7' may not delegate to 'held': it does not require 'contract coding-agent/1.0.0'"`],
  },
  'a contract without a version': {
    text: `contract('coding-agent');`,
    says: [`"coding-agent"`, 'is not assignable to parameter of type'],
  },
  'a scenario that expects nothing': {
    text: `scenario(mailer, { name: 'x', message: 'y' });`,
    says: [`Property 'expect' is missing`],
  },
  'a scenario that expects a call that nobody can make': {
    text: `scenario(mailer, { name: 'x', message: 'y', expect: { calls: ['shell'] } });`,
    says: [`"shell"`, `"send"`],
  },
  'a scenario with answers of a tool that is not there': {
    text: `scenario(mailer, { name: 'x', message: 'y', tools: { sned: [1] }, expect: { says: 'x' } });`,
    says: [`'sned' does not exist in type '{ send?`],
  },
  'a task that is no text': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [], limits: large, delegates: [reader],
  steps: [{ name: 'one', call: 'delegate', input: { to: 'reader', tsak: 'x' } }], answer: '' });`,
    says: [`"'one' delegates without a task"`],
  },
  'state that cannot be stored': {
    text: `flow({ ...common, name: 'f', grants: ['sandbox:files'], tools: [sandbox.files], limits: small,
  steps: [{ name: 'one', call: 'files', input: { seen: new Map() } }], answer: '' });`,
    says: [`Map<`, 'is not assignable to type'],
  },
  'an agent where a tool is wanted': {
    text: `agent({ ...common, name: 'a', grants: ['sandbox:files'], tools: [reader], limits: small });`,
    says: [`Property 'capability' is missing`, 'ToolConstruct'],
  },
};

const legal = `
tool({ name: 't', description: 'd', capability: 'a:b', risk: 'read', idempotent: true, untrusted: true, input: z.strictObject({}),
  output: z.strictObject({ a: z.string().optional(), b: z.json(), c: z.record(z.string(), z.array(z.number())), d: z.union([z.null(), z.literal('x')]), e: z.unknown() }),
  run: async () => ({ b: [1], c: {}, d: null, e: 1 }) });
const both = agent({ ...common, name: 'both', grants: ['mail:send', 'sandbox:files', 'memory:read'], tools: [send, sandbox.files, builtIn.recall],
  limits: large, delegates: [reader, mailer], handoffs: [reader], passes: { reader: 'all', mailer: 2 }, approvals: [{ tools: ['send', 'files'], withinMs: 1000 }], memory: memory({ n: { scope: 'user', retentionDays: 1, class: 'public' } }) });
supervisor({ ...common, name: 's', grants: ['mail:send', 'sandbox:files'], limits: large, experts: [reader, mailer], routes: [{ words: ['x'], to: 'mailer' }], otherwise: 'model' });
const equal = agent({ ...common, name: 'equal', grants: ['mail:send'], tools: [], limits: small, delegates: [mailer] });
const steady = flow({ ...common, name: 'steady', grants: ['mail:send', 'sandbox:files', 'model:ask'], tools: [send, sandbox.files], limits: large, delegates: [reader],
  person: person({ named: true, claims: { role: 'clerk' } }), contract: contract('coding-agent/1.0.0'), approvals: [{ tools: ['send'], withinMs: 1000 }],
  steps: [
    { name: 'look', call: 'files', input: { action: 'read', path: '{{input}}' } },
    { name: 'ask', call: 'delegate', input: { to: 'reader', task: 'Look at {{look.text}}' }, goOn: true },
    { name: 'draft', think: 'Sum up {{ask.output}} and {{look}}', when: { value: '{{ask.error}}', is: null } },
    { name: 'out', call: 'send', input: { to: '{{draft}}' }, when: { value: '{{draft}}', isNot: null } },
  ], answer: '{{out.sent}} for {{input}}' });
const above = agent({ ...common, name: 'above', grants: ['mail:send', 'sandbox:files', 'model:ask'], tools: [], limits: large,
  person: { named: true, claims: { role: 'clerk', team: 'x' } }, contract: 'coding-agent/1.0.0', delegates: [steady, clerk, held], handoffs: [clerk], passes: { clerk: 1 } });
flow({ ...common, name: 'patient', grants: ['person:ask', 'person:escalate', 'event:wait', 'sandbox:files'], tools: [builtIn.ask, builtIn.escalate, builtIn.waitFor, sandbox.files], limits: small,
  steps: [
    { name: 'look', call: 'files' },
    { name: 'first', call: 'ask', input: { question: 'x', withinMs: 1000 } },
    { name: 'second', call: 'escalate', input: { question: 'x', withinMs: 31622400000 } },
    { name: 'third', call: 'waitFor', input: { event: 'x', withinMs: '{{look.ms}}' } },
  ], answer: '{{third.data}}' });
const several = [reader, mailer];
agent({ ...common, name: 'many', grants: ['mail:send', 'sandbox:files'], tools: [], limits: large, delegates: several });
scenario(above, { name: 'x', message: 'y', models: { above: [{ say: 'x' }] }, tools: { send: [{ sent: true }] }, expect: { says: 'x', calls: ['send', 'think'], never: ['files'] } });
void both; void equal; void model;
`;

let base = '';
const said = new Map<string, string>();
let legalSaid = '';

beforeAll(() => {
  mkdirSync(join(root, '.holdfast'), { recursive: true });
  base = mkdtempSync(join(root, '.holdfast/illegal-'));
  const names = Object.keys(illegal);
  for (const [index, name] of names.entries())
    writeFileSync(join(base, `p${index}.ts`), `${prelude}${illegal[name]?.text}\n`);
  writeFileSync(join(base, 'legal.ts'), `${prelude}${legal}`);
  const options = { noEmit: true, noUnusedLocals: false };
  const files = [...names.map((_, index) => `p${index}.ts`), 'legal.ts'];
  writeFileSync(
    join(base, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: options, files, include: [], exclude: [] }),
  );
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', base, '--pretty', 'false'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 24,
    timeout: 100_000,
  });
  let file = '';
  for (const line of stdout.split('\n')) {
    const [, found] = /(?:^|\/)(p\d+|legal)\.ts\(\d+,\d+\): error/.exec(line) ?? [];
    if (found !== undefined) file = found;
    else if (/error TS/.test(line)) file = 'elsewhere';
    said.set(file, `${said.get(file) ?? ''}${line}\n`);
  }
  legalSaid = said.get('legal') ?? '';
  // Errors of the sources themselves would make every program illegal.
  expect(said.get('elsewhere') ?? '').toBe('');
}, 120_000);
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Rows of the table of what other kits let through; each by the programs above that stand for it. */
const probes: Record<string, string[]> = {
  'an agent without any limit': [
    'a limit that is missing',
    'a flow without a limit',
    ...besidesCents.map((name) => `a missing limit of ${name}`),
  ],
  'a limit switched off in the definition': ['a limit that is switched off'],
  'work given to who holds a tool that is not held': [
    'work given to who holds more',
    'work given to any of several, one of whom holds more',
    'an expert who holds more',
    'a flow that gives work to who holds more',
  ],
  'a context that the one below cannot take, or that is missing': [
    'a task that is no text',
    'work given to who asks more of the person',
  ],
  'state that cannot be stored': ['state that cannot be stored', 'a tool whose result cannot be stored'],
  'a slip in the name of a tool or a step': [
    'an approval of a tool that it has not',
    'a step that refers to what comes after it',
    'a flow that calls what it has not',
  ],
  'a result that is not what the tool declares': ['a tool whose result is not what it says'],
};

describe('acceptance test 1: what other kits let through', () => {
  it.each(Object.entries(probes))('%s does not compile', (_row, names) => {
    for (const name of names) expect(said.get(`p${Object.keys(illegal).indexOf(name)}`) ?? '').toMatch(/error TS\d+/);
    expect(names.filter((name) => illegal[name] === undefined)).toEqual([]);
  });

  it('a slip in the name of a tool in a policy, which is a text, is refused when agents are loaded', async () => {
    const agents = [
      agentData('clerk', [{ say: 'x' }], {
        policies: { quiet: 'forbid (principal, action, resource == Tool::"snd");' },
      }),
    ];
    const bundle = agentBundleSchema.parse({ entry: 'clerk', agents });
    await expect(checkPolicies(bundle, [{ name: 'send', capability: 'mail:send' }])).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'agents: clerk.policies.quiet: policy quiet names the tool "snd", which there is not',
    });
  });
});

describe('the compiler', () => {
  it('takes what is legal', () => {
    expect(legalSaid).toBe('');
  });

  it.each(Object.entries(illegal))('refuses %s', (name, { says }) => {
    const message = said.get(`p${Object.keys(illegal).indexOf(name)}`) ?? 'it compiles';
    for (const part of says) expect(message).toContain(part);
  });
});
