/** Programs that wire agents illegally do not compile, and the compiler says what is wrong. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const prelude = `
import { agent, builtIn, cap, channel, channelsOf, limits, memory, sandbox, supervisor, tool, type AgentConstruct } from '${join(root, 'src/agents/index.ts')}';
import { z } from 'zod';
const model = { provider: 'scripted', rules: [{ say: 'x' }] } as const;
const small = limits({ steps: 10, tokens: 1000, cents: 9, wallMs: 1000, depth: 0 });
const large = limits({ steps: 10, tokens: 1000, cents: 10, wallMs: 1000, depth: 1 });
const common = { purpose: 'p', instructions: 'i', model: { provider: 'scripted', rules: [{ say: 'x' }] } } satisfies { purpose: string; instructions: string; model: { provider: 'scripted'; rules: { say: string }[] } };
const send = tool({ name: 'send', description: 'd', capability: cap('mail:send'), risk: 'irreversible', idempotent: true, untrusted: false,
  input: z.strictObject({ to: z.string() }), output: z.strictObject({ sent: z.boolean() }), run: async ({ to }) => ({ sent: to !== '' }) });
const reader = agent({ ...common, name: 'reader', grants: ['sandbox:files'], tools: [sandbox.files], limits: small });
const mailer = agent({ ...common, name: 'mailer', grants: ['mail:send'], tools: [send], limits: small });
`;

/** What each says: the message must hold all of these. */
const illegal: Record<string, { text: string; says: string[] }> = {
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
    text: `agent({ ...common, name: 'a4', grants: ['sandbox:files'], tools: [], limits: large, handoffs: [mailer] });`,
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
  'a tool whose result is not what it says': {
    text: `tool({ name: 't', description: 'd', capability: 'a:b', risk: 'read', idempotent: true, untrusted: true,
  input: z.strictObject({ path: z.string() }), output: z.strictObject({ size: z.number() }), run: async () => ({ size: 'large' }) });`,
    says: [`Type 'string' is not assignable to type 'number'`],
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
  'an agent where a tool is wanted': {
    text: `agent({ ...common, name: 'a', grants: ['sandbox:files'], tools: [reader], limits: small });`,
    says: [`Property 'capability' is missing`, 'ToolConstruct'],
  },
};

const legal = `
const both = agent({ ...common, name: 'both', grants: ['mail:send', 'sandbox:files', 'memory:read'], tools: [send, sandbox.files, builtIn.recall],
  limits: large, delegates: [reader, mailer], handoffs: [reader], approvals: [{ tools: ['send', 'files'], withinMs: 1000 }], memory: memory({ n: { scope: 'user', retentionDays: 1, class: 'public' } }) });
supervisor({ ...common, name: 's', grants: ['mail:send', 'sandbox:files'], limits: large, experts: [reader, mailer], routes: [{ words: ['x'], to: 'mailer' }], otherwise: 'model' });
const equal = agent({ ...common, name: 'equal', grants: ['mail:send'], tools: [], limits: small, delegates: [mailer] });
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

describe('the compiler', () => {
  it('takes what is legal', () => {
    expect(legalSaid).toBe('');
  });

  it.each(Object.entries(illegal))('refuses %s', (name, { says }) => {
    const message = said.get(`p${Object.keys(illegal).indexOf(name)}`) ?? 'it compiles';
    for (const part of says) expect(message).toContain(part);
  });
});
