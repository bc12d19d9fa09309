/** The contract that ships, against what it is a contract of: our tools, our probes, and the captures of our substrates. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Contract, type Profile, parseContract, parseProfile, toolTerms } from '../../src/contract/index.ts';
import { checkLatency } from '../../src/contract/verify/latency.ts';
import { standardTools } from '../../src/tools/index.ts';

const root = join(import.meta.dirname, '../..');
const path = join(root, 'contracts/coding-agent-1.0.0.yaml');
const contract: Contract = parseContract(readFileSync(path, 'utf8'), path).value;
const doors = ['copies', 'files', 'persistence', 'statuses', 'streams', 'timeouts', 'door'].map((name) => ({
  name,
  text: readFileSync(join(root, `src/contract/probes/doors/${name}.ts`), 'utf8'),
}));

const captureOf = (name: string): Profile => {
  const file = join(root, `bench/results/matrix/${name}.json.gz`);
  return parseProfile(gunzipSync(readFileSync(file)).toString(), file);
};

describe('coding-agent/1.0.0', () => {
  it('says of our tools what they say of themselves', () => {
    expect(contract.tools).toEqual(toolTerms(standardTools().map((tool) => tool.describe())));
    expect(Object.values(contract.tools).filter(({ answers }) => answers.length < 9)).toEqual([]);
  });

  it('has words of its own for what fails on the way to a sandbox, and how output is cut', () => {
    const ofTheWay = contract.failures.filter(({ rate }) => rate < 1);
    expect(ofTheWay.length).toBeGreaterThan(7);
    expect(ofTheWay.filter(({ template }) => template.includes('{message}'))).toEqual([]);
    expect(contract.failures.filter(({ template }) => template === '{message}')).toEqual([]);
    expect(contract.output).toMatchObject({ strategy: 'head-tail' });
  });

  it('expects of the probes at the door only words that they can say', () => {
    const said = doors.map(({ text }) => text).join('\n');
    const asked = Object.entries(contract.fields).filter(([id]) => said.includes(`'${id}'`));
    expect(asked.length).toBeGreaterThan(30);
    const isSaid = (word: string): boolean =>
      said.includes(`'${word}'`) || word.split(' and ').every((part) => new RegExp(`\\b${part}\\b`).test(said));
    const unsaid = asked.flatMap(([id, { value, oneOf = [] }]) =>
      [...oneOf, ...(value === undefined ? [] : [value])]
        .filter((word) => !/^(exit \d+|signal SIG[A-Z]+|\d+ KiB|\d{3})$/.test(word) && !isSaid(word))
        .map((word) => `${id}: ${word}`),
    );
    expect(unsaid).toEqual([]);
  });

  it.each(['host', 'debian', 'gvisor', 'microvm'])('has an envelope around the latencies of %s', (name) => {
    const checks = checkLatency(contract, captureOf(name));
    expect(checks.length).toBe(20);
    expect(checks.filter(({ verdict }) => verdict === 'fail' || verdict === 'flaky')).toEqual([]);
  });
});
