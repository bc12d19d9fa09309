import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import { checkProgram, type GateTool } from './check.ts';
import { typeOfInput } from './tool-types.ts';

const tools: GateTool[] = [
  {
    name: 'note',
    capability: 'notes:write',
    input: { type: 'object', properties: { text: { type: 'string' }, kind: { enum: ['a', 'b'] } }, required: ['text'] },
  },
  { name: 'send', capability: 'mail:send' },
];
const file = (
  body: string,
  more = '',
): string => `import { agent, at, limits, team, textOf, type Json } from 'holdfast/program';
export default agent({
  name: 'writer', purpose: 'Writes.', instructions: 'Write.', model: { provider: 'scripted', rules: [{ say: 'x' }] },
  grants: ['notes:write', 'model:ask'], tools: ['note', 'think'],
  limits: limits({ steps: 5, tokens: 1000, cents: 1, wallMs: 1000, depth: 0 }),${more}
  run: async (ctx, message) => {
    ${body}
    return message;
  },
});
`;
const bodyLine = 7;
const found = async (text: string): Promise<string[]> =>
  (await checkProgram(text, tools, { clock: systemClock })).findings.map(({ rule, line }) => `${rule} ${line}`);

describe('the gate', () => {
  it('lets an ordinary program pass, and says what its agent is', async () => {
    const { findings, bundle, behaviourLines } = await checkProgram(
      file(`const found = await ctx.call('note', { text: message, kind: 'a' });
    const names = new Map<string, number>();
    for (const word of message.split(' ')) names.set(word, (names.get(word) ?? 0) + 1);
    const most = [...names].sort((one, other) => other[1] - one[1])[0];
    if (at(found, 'noted') === null || !most) return textOf(found);
    const { length } = most[0];
    await ctx.think(\`What of \${most[0]} (\${length})?\`);`),
      tools,
      { clock: systemClock },
    );
    expect(findings).toEqual([]);
    expect(behaviourLines).toBe(16);
    expect(bundle?.agents[0]).toMatchObject({
      name: 'writer',
      tools: ['note', 'think'],
      program: { code: expect.any(String) },
    });
  });

  it('knows what data can say: fallbacks, attempts, a wait, memory of a turn and by words', async () => {
    const more = `
  fallbacks: [{ provider: 'scripted', rules: [{ say: 'y' }] }], attempts: 3, patienceMs: 5000, idleMs: 60000,
  memory: memory({ now: { scope: 'turn', retentionDays: 1, class: 'internal' } }),`;
    const body = `const [first] = await ctx.recall('now', { query: 'kelp' });
    const one: string | null = await ctx.recall('now', 'kelp');
    if (first) return first.key + first.value + (one ?? '');`;
    const text = file(body, more)
      .replace("'model:ask'", "'model:ask', 'memory:read'")
      .replace("'think']", "'think', 'recall']")
      .replace('limits, team', 'limits, memory, team');
    const { findings, bundle } = await checkProgram(text, tools, { clock: systemClock });
    expect(findings).toEqual([]);
    expect(bundle?.agents[0]).toMatchObject({
      fallbacks: [{ provider: 'scripted' }],
      attempts: 3,
      patienceMs: 5000,
      idleMs: 60_000,
      memory: { now: { scope: 'turn' } },
    });
    expect(await found(text.replace("{ query: 'kelp' }", "{ words: 'kelp' }"))).toEqual(['TS2769 9']);
  });

  it.each([
    ['no-any', 'const x: any = 1;'],
    ['no-assertion', 'const x = message as unknown;'],
    ['no-assertion', 'const x = message!;'],
    ['no-assertion', 'let x!: string;'],
    ['no-assertion', 'const is = (x: Json): x is string => true;'],
    ['no-class', 'class X {}'],
    ['no-enum', 'enum X { A }'],
    ['no-delete', "const x: { a?: string } = { a: 'b' }; delete x.a;"],
    ['no-generator', 'function* all() { yield 1; }'],
    ['no-accessor', "const x = { get a() { return 'b'; } };"],
    ['no-method', "const x = { a() { return 'b'; } };"],
    ['no-this', 'const f = () => this;'],
    ['no-tag', 'textOf`x`;'],
    ['no-void', "void ctx.call('note', { text: 'x' });"],
    ['no-debugger', 'debugger;'],
    ['no-meta', 'const x = import.meta;'],
    ['no-overload', 'function f(x: string): string;'],
    ['no-directive', '// @ts-expect-error\n    const x: string = 1;'],
    ['import', "const x = await import('holdfast/program');"],
    ['no-internals', 'const x = message.constructor;'],
    ['no-internals', "const x = { __proto__: { a: 'b' } };"],
    ['no-internals', "const x = { then: 'a' };"],
    ['no-internals', 'const x = { prototype: 1 };'],
    ['no-internals', 'const f = Promise.resolve.bind(null);'],
    ['no-patch', 'JSON.parse = () => null;'],
    ['no-patch', 'const { call } = { call: ctx.call };'],
    ['no-patch', 'const f = Object.keys;'],
    ['computed', 'const x: { readonly [f: string]: string } = {}; const y = x[message];'],
    ['computed', 'const x = { [message]: 1 };'],
    ['await', "ctx.call('note', { text: 'x' });"],
    ['TS2304', 'const x = Date.now();'],
    ['TS2304', 'setTimeout(() => 1, 1);'],
    ['no-internals', 'const x = globalThis;'],
    ['TS2339', 'const x = Math.random();'],
    ['TS2339', 'const x = Object.getPrototypeOf(message);'],
    ['TS2339', 'await ctx.sleep(1);'],
    ['TS2345', "await ctx.call('send', { text: 'x' });"],
    ['TS2322', "await ctx.call('note', { text: 'x', kind: 'c' });"],
    ['TS2741', 'const x: { a: string } = {};'],
    ['TS18046', 'try { return message; } catch (error) { return error.message; }'],
  ])('finds %s in: %s', async (rule, body) => {
    const rules = await found(file(body));
    const there = rules.map((each) => each.split(' ')).filter(([, line]) => Number(line) >= bodyLine);
    expect(there.map(([each]) => each)).toContain(rule);
  });

  it.each([
    ['waitFor', 'event:wait'],
    ['ask', 'person:ask'],
    ['escalate', 'person:escalate'],
  ])('finds a wait without an end: %s', async (tool, capability) => {
    const waiting = (call: string): string =>
      file(`await ctx.${call};`)
        .replace("tools: ['note', 'think']", `tools: ['${tool}']`)
        .replace("grants: ['notes:write', 'model:ask']", `grants: ['${capability}']`);
    const [finding, ...more] = (await checkProgram(waiting(`${tool}('x')`), tools, { clock: systemClock })).findings;
    expect(finding).toMatchObject({ rule: 'TS2554', line: bodyLine, message: 'Expected 2 arguments, but got 1.' });
    expect(more).toEqual([]);
    expect(await found(waiting(`${tool}('x', { ms: 60_000 })`))).toEqual([]);
  });

  it('finds what is exported besides, or not at all', async () => {
    const text = file('');
    expect(await found(`${text}export const more = 1;\n`)).toEqual(['export 11']);
    expect(await found(text.replace('export default', 'const it ='))).toContain('export 2');
    expect(await found(`/// <reference lib="dom" />\n${text}`)).toContain('no-directive 1');
    expect(await found(text.replace('holdfast/program', 'node:fs'))).toContain('import 1');
    expect(await found(`${text}export { agent };\n`)).toContain('export 11');
    expect(await found(text.replace('{ agent,', '* as all, { agent,'))).not.toEqual([]);
  });

  it('says where a manifest is wrong, as for agents as data', async () => {
    expect(await found(file('').replace("'notes:write', ", ''))).toEqual(['manifest-grants 4']);
    expect(await found(file('').replace("name: 'writer'", "name: 'Writer'"))).toEqual(['manifest 1']);
    expect(await found(file('', " handoffs: ['nobody'], passes: { nobody: 'all' },"))).toEqual(['manifest-handoffs 5']);
    expect(await found(file('', " handoffs: ['nobody'], passes: {},"))).toEqual([
      'manifest-passes 5',
      'manifest-handoffs 5',
    ]);
    const policies = ` policies: { quiet: 'forbid (principal, action, resource == Tool::"nte");' },`;
    expect(await found(file('', policies))).toEqual(['manifest-policies 5']);
  });

  it('reads the manifest in the machine: what is computed there costs this process nothing', async () => {
    const before = process.cpuUsage();
    const { findings } = await checkProgram(
      `const spin = (): string => { for (let at = 0; ; at++) if (at < 0) return 'x'; };\n${file('').replace("purpose: 'Writes.'", 'purpose: spin()')}`,
      tools,
      { clock: systemClock },
    );
    expect(findings).toMatchObject([{ rule: 'load', message: expect.stringContaining('(time)') }]);
    expect(process.cpuUsage(before).user).toBeGreaterThan(0);
  });

  it('makes a team of several, each with its own lead', async () => {
    const one = file('')
      .replace('export default agent', 'const writer = agent')
      .replace("tools: ['note', 'think']", "tools: ['note', 'think', 'delegate'], delegates: ['reader']")
      .replace("grants: ['notes:write', 'model:ask']", "grants: ['notes:write', 'model:ask', 'agent:delegate']")
      .replace('depth: 0', 'depth: 1');
    const two = `const reader = agent({ name: 'reader', purpose: 'Reads.', instructions: 'Read.', model: { provider: 'scripted', rules: [{ say: 'read' }] },
  grants: [], tools: [], limits: limits({ steps: 5, tokens: 1000, cents: 1, wallMs: 1000, depth: 0 }) });\nexport default team([writer, reader]);\n`;
    const { findings, bundle } = await checkProgram(one + two, tools, { clock: systemClock });
    expect(findings).toEqual([]);
    expect(bundle?.entry).toBe('writer');
    expect(bundle?.agents.map(({ name, program }) => [name, program !== undefined])).toEqual([
      ['writer', true],
      ['reader', false],
    ]);
  });

  it('refuses what is too long to read', async () => {
    await expect(checkProgram('x'.repeat(70_000), tools, { clock: systemClock })).rejects.toMatchObject({
      code: 'file-too-large',
    });
  });
});

describe('the types of inputs', () => {
  it('follow their schemas, and are any plain data where there is none', () => {
    expect(typeOfInput(tools[0]?.input)).toBe('{ "text": string; "kind"?: "a" | "b" }');
    expect(typeOfInput(undefined)).toBe('Json');
    expect(typeOfInput({ anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'integer' } }] })).toBe(
      'null | readonly (number)[]',
    );
    expect(typeOfInput({ type: 'object' })).toBe('{ readonly [field: string]: Json }');
    expect(typeOfInput({ const: 'x"; } declare const process: never; //' })).toBe(
      '"x\\"; } declare const process: never; //"',
    );
  });
});

it('has every example of a program', async () => {
  const text = readFileSync(join(import.meta.dirname, '../../../examples/agents/triage.ts'), 'utf8');
  const { findings } = await checkProgram(text, [], { clock: systemClock });
  // Without the functions of the host that it expects.
  expect(findings.map(({ rule }) => rule)).toContain('TS2322');
});
