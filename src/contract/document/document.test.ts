import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isHoldfastError } from '../../schema/index.ts';
import { parseProject } from '../project/index.ts';
import { contractDigest, contractSchema } from './contract.ts';
import { contractJsonSchema, formatContract, parseContract } from './read.ts';

const head = 'format: holdfast-contract/1\ncontract: my-agent/1.2.3\ndate: 2026-11-28\n';
const shipped = join(import.meta.dirname, '../../../contracts');

/** The lines of the error, without the file's name. */
function problemsOf(text: string): string[] {
  try {
    parseContract(text, 'c.yaml');
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'invalid-argument')
      return error.message.split('\n').map((line) => line.replace('c.yaml:', ''));
    throw error;
  }
  return [];
}

describe('a contract', () => {
  it('is a promise where no level is said', () => {
    const { value } = parseContract(`${head}fields:\n  identity.user: { value: agent }\n`, 'c.yaml');
    expect(value.fields['identity.user']).toEqual({ level: 'promise', value: 'agent' });
  });

  it('has one digest for YAML and JSON, in any order', () => {
    const yaml = `${head}fields:\n  identity.user: { value: agent }\n  clock.zone: { value: "UTC +0000" }\n`;
    const json = JSON.stringify({
      fields: { 'clock.zone': { value: 'UTC +0000' }, 'identity.user': { value: 'agent', level: 'promise' } },
      date: '2026-11-28',
      contract: 'my-agent/1.2.3',
      format: 'holdfast-contract/1',
    });
    const digest = contractDigest(parseContract(yaml, 'a').value);
    expect(contractDigest(parseContract(json, 'b').value)).toBe(digest);
    expect(contractDigest(parseContract(yaml.replace('agent }', 'root }'), 'c').value)).not.toBe(digest);
    expect(digest).toBe('sha256:4419ea1e957c81f60449c6d0bdebb50e939caa6590779f018fd3824c228f2cbf');
  });

  it.each([
    [
      'fields:\n  identity.usr: { value: agent }\n',
      '5:3: fields.identity.usr: there is no identity.usr; did you mean identity.user?',
    ],
    [
      'fields:\n  identity.user: { valeu: agent }\n',
      '5:20: fields.identity.user.valeu: there is no valeu; did you mean value?',
    ],
    [
      'fields:\n  identity.user: { atLeast: 3 }\n',
      '5:3: fields.identity.user: is compared as exact, so it wants value or oneOf',
    ],
    ['fields:\n  identity.user: { level: promise }\n', '5:3: fields.identity.user: a promise or a range needs'],
    ['fields:\n  identity.user: { level: free, value: x }\n', '5:3: fields.identity.user: a promise or a range needs'],
    ['fields:\n  identity.user: { value: a, oneOf: [a] }\n', '5:3: fields.identity.user: one expectation'],
    ['latency:\n  exec.noop: { class: swift }\n', '5:16: latency.exec.noop.class: takes '],
    ['latency:\n  exec.noop: { class: quick, p50Ms: [9, 3] }\n', 'the lower bound comes first'],
    [
      'latency:\n  exec.noop: { class: quick, cold: { p50Ms: [0, 9] } }\n',
      '5:30: latency.exec.noop.cold: there is no cold',
    ],
    ['failures:\n  - { code: x, layer: tool }\n', '5:5: failures[0].template: is missing'],
    ['tols: {}\n', '4:1: tols: there is no tols; did you mean tools?'],
    ['fields: {\n', 'Flow map'],
    ['a: &a [*a, *a]\nfields: *a\n', 'there is no a'],
  ])('says where %j is wrong', (text, problem) => {
    expect(problemsOf(head + text).join('\n')).toContain(problem);
  });

  it.each(['my-agent', 'my-agent/1.2', 'My/1.0.0', 'a/01.0.0'])('refuses the name %s', (name) => {
    expect(problemsOf(head.replace('my-agent/1.2.3', name))[0]).toContain('such as coding-agent/1.0.0');
  });

  it('comes back from its written form as it was', () => {
    for (const file of readdirSync(shipped)) {
      const { value } = parseContract(readFileSync(join(shipped, file), 'utf8'), file);
      const again = parseContract(formatContract(value, 'two\nlines'), file).value;
      expect(contractDigest(again)).toBe(contractDigest(value));
      expect(`${value.contract.replace('/', '-')}.yaml`).toBe(file);
    }
  });

  it('is written so that odd values survive', () => {
    const odd = contractSchema.parse({
      format: 'holdfast-contract/1',
      contract: 'odd/0.0.1',
      date: '2026-11-28',
      fields: {
        'identity.user': { oneOf: ['yes', 'null', '0x1F', '- a', 'a: b', '{', 'two\nlines', 'é', '', "it's", '#c'] },
      },
    });
    expect(parseContract(formatContract(odd, ''), 'odd').value).toEqual(odd);
  });

  it('has a JSON Schema that takes what ships and refuses what is unknown', () => {
    const schema = contractJsonSchema();
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
    const { $id: _, ...plain } = schema;
    // The converter reads what the other direction wrote.
    const back = z.fromJSONSchema(plain as Parameters<typeof z.fromJSONSchema>[0]);
    const { value } = parseContract(readFileSync(join(shipped, 'coding-agent-1.0.0.yaml'), 'utf8'), 'c');
    expect(back.safeParse(value).success).toBe(true);
    expect(back.safeParse({ ...value, more: 1 }).success).toBe(false);
  });

  it('is written in its guide as it is read here', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/contract/contract.md'), 'utf8');
    const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(blocks.map((text) => text.split(':')[0])).toEqual(['format', 'version']);
    expect(parseContract(blocks[0] ?? '', 'contract.md').value.contract).toBe('my-agent/1.0.0');
    expect(parseProject(blocks[1] ?? '', 'contract.md').value.ship.worstGrade).toBe('C');
  });

  it('ships small enough to be read', () => {
    expect(readFileSync(join(shipped, 'coding-agent-1.0.0.yaml'), 'utf8').split('\n').length).toBeLessThan(160);
  });
});
