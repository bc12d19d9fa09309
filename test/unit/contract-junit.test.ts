/** What `contract verify` files for CI, read by an XML parser that nobody here wrote. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  type Certificate,
  contractSchema,
  dayMs,
  junitOf,
  type Observation,
  sealProfile,
  verify,
} from '../../src/contract/index.ts';
import { program } from '../fixtures/real-runtimes.ts';
import { syntheticProfile } from '../fixtures/synthetic-profile.ts';

const missing = program('python3') === null ? ' (skipped: no python3)' : '';
const evil = ']]></failure>"\'<&>\u0000\u001b[2J \uffff line\nbreak';
const reader = `import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
suite = root.find('testsuite')
cases = [[case.get('classname'), case.get('name'), [[child.tag, child.get('type'), child.get('message')] for child in case]]
  for case in suite.iter('testcase')]
print(json.dumps({'root': root.tag, 'suite': suite.attrib, 'cases': cases}))`;

interface Read {
  root: string;
  suite: Record<string, string>;
  cases: [section: string, name: string, children: [tag: string, type: string | null, message: string][]][];
}

/** One check of every verdict. */
function certificate(): Certificate {
  const observation = (id: string, rest: object): Observation =>
    // The first word of every id is a section, and the rest is of one kind.
    ({ id, section: id.split('.')[0], ...rest }) as Observation;
  const observations = [
    observation('exec.streams', { kind: 'value', value: 'apart', readings: 12 }),
    observation('exec.timeout.status', { kind: 'value', value: evil, readings: 12 }),
    observation('identity.user', { kind: 'unstable', seen: [{ reading: evil, times: 2 }] }),
    observation('identity.umask', { kind: 'could-not-measure', reason: evil }),
    observation('identity.sudo', { kind: 'could-not-measure', reason: 'no answer' }),
    observation('exec.blocking', { kind: 'could-not-measure', reason: `no answer: ${evil}` }),
  ];
  const { digest: _, ...body } = syntheticProfile({ seed: 'junit', rounds: 8, observations });
  const troubles = [{ side: 'harness' as const, code: 'unreachable', message: evil, during: 'exec' }];
  const profile = sealProfile({
    ...body,
    target: { ...body.target, title: evil },
    sessions: body.sessions.map((session) => ({ ...session, troubles })),
  });
  const contract = contractSchema.parse({
    format: 'holdfast-contract/1',
    contract: 'my-agent/1.0.0',
    date: '2026-11-28',
    fields: {
      ...Object.fromEntries(observations.map(({ id }) => [id, { value: 'apart' }])),
      'identity.sudo': { level: 'range', value: 'absent' },
    },
    latency: { 'exec.nobodys': { class: 'instant', timeoutProbability: 0.01 } },
  });
  return verify({ contract, profile, label: 'ci', nowMs: Date.UTC(2026, 10, 28), validMs: dayMs });
}

describe('junit.xml', () => {
  it.skipIf(missing !== '')(`says of every check what the certificate says${missing}`, () => {
    const filed = certificate();
    const { status, stdout, stderr } = spawnSync('python3', ['-c', reader], {
      input: junitOf(filed),
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // Printed by the reader above.
    const read = JSON.parse(stdout) as Read;
    expect(read.root).toBe('testsuites');
    expect(read.cases.map(([, name]) => name)).toEqual(filed.checks.map(({ id, level }) => `${id} (${level})`));
    const tags = {
      pass: [],
      fail: ['failure'],
      flaky: ['failure'],
      'harness-error': ['error'],
      'insufficient-data': ['error'],
    };
    const expected = filed.checks.map(({ level, verdict }) =>
      verdict === 'unsupported' ? [level === 'promise' ? 'failure' : 'skipped'] : tags[verdict],
    );
    expect(read.cases.map(([, , children]) => children.map(([tag]) => tag))).toEqual(expected);
    expect(new Set(filed.checks.map(({ verdict }) => verdict)).size).toBeGreaterThanOrEqual(5);
    const count = (tag: string): string => String(expected.filter((one) => one[0] === tag).length);
    expect(read.suite).toMatchObject({
      tests: String(filed.checks.length),
      failures: count('failure'),
      errors: count('error'),
      skipped: count('skipped'),
    });
    const [failure] = read.cases.find(([, name]) => name.startsWith('exec.timeout.status'))?.[2] ?? [];
    expect(failure?.[2]).toContain(']]></failure>"\'<&>\ufffd');
  });
});
