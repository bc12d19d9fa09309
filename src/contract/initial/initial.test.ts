import { describe, expect, it } from 'vitest';
import { syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { type Contract, contractSchema } from '../document/contract.ts';
import { fieldOf } from '../fields/index.ts';
import { operations } from '../probes/operations.ts';
import { type Observation, type Profile, sealProfile } from '../profile/index.ts';
import { shiftOf } from '../shift/index.ts';
import { always, touches } from '../usage/touches.ts';
import { type Recording, usageLookup, usageOf } from '../usage/usage.ts';
import { dayMs, verify } from '../verify/index.ts';
import { initialContract } from './initial.ts';
import { toolTerms } from './tools.ts';

const call = (command: string, output: object = {}): string =>
  JSON.stringify({ tool: 'shell', input: { command }, output: { exitCode: 0, stdout: '', ...output } });
const run = (...lines: string[]): Recording => ({ name: 'run.jsonl', text: `${lines.join('\n')}\n` });

describe('what runs touch', () => {
  it('is known by names that exist', () => {
    const ids = [...always, ...touches.flatMap(({ fields }) => fields)];
    const timed = new Set(operations.map(({ id }) => `latency.${id}`));
    expect(ids.filter((id) => fieldOf(id) === null && !timed.has(id))).toEqual([]);
  });

  it('is a share of runs, not of calls', () => {
    const usage = usageOf([run(call('grep -P x f'), call('grep -P y f')), run(call('ls')), run(call('date')), run()]);
    expect(usage).toMatchObject({ runs: 4, calls: 4 });
    expect(usage.touched['userland.grep-perl']).toBe(0.25);
    expect(usage.touched['clock.zone']).toBe(0.25);
    expect(usage.touched['exec.blocking']).toBe(0.75);
    expect(usage.touched['userland.find-printf']).toBeUndefined();
  });

  it('is that the sandbox lives, in every run', () => {
    const usage = usageOf([run(call('ls')), run(call('date'))]);
    expect(usage.touched['lifecycle.lifetime']).toBe(1);
    const [first, second] = ['3600', '600'].map((value) => {
      const about = { id: 'lifecycle.lifetime', section: 'lifecycle', kind: 'value', readings: 12 } as const;
      return syntheticProfile({ seed: 'lives', rounds: 10, observations: [{ ...about, value }] });
    });
    if (!first || !second) throw new Error('there are two');
    const about = { name: 'mine/0.1.0', date: '2026-11-28', tools: {}, held: { failures: [] } };
    const contract = initialContract({ ...about, profile: first, usage });
    const { findings } = shiftOf(first, second, { contract, usageOf: usageLookup(usage) });
    expect(findings).toMatchObject([{ severity: 'major', field: 'lifecycle.lifetime', usage: 1 }]);
  });

  it('is seen in answers too', () => {
    const { touched } = usageOf([
      run(call('make', { reason: 'timed-out' }), call('x', { exitCode: 127, stderr: 'sh: 1: x: not found' })),
    ]);
    for (const id of ['exec.timeout.status', 'exec.timeout.kills', 'shell.command-not-found'])
      expect(touched[id]).toBe(1);
    expect(touched['exec.output.marker']).toBeUndefined();
  });

  it('answers for tools, operations and messages by their field', () => {
    const lookup = usageLookup(usageOf([run(call('ls | sort'))]));
    expect(lookup('tools.shell.arguments.cwd')).toBe(1);
    expect(lookup('latency.exec.pipeline.class')).toBe(1);
    expect(lookup('messages.userland.ls-hidden')).toBe(1);
    expect(lookup('userland.find-printf')).toBe(0);
    expect(usageLookup(null)('exec.blocking')).toBeNull();
  });

  it('is refused with its line when it is no recording', () => {
    expect(() => usageOf([run(call('ls'), '{"tol": 1}')])).toThrow('run.jsonl:2: this is no recorded call');
  });
});

describe('the schemas of a tool', () => {
  const timeoutMs = { type: 'integer', minimum: 1, maximum: 3_600_000, description: 'Milliseconds.' };
  const mode = { enum: ['a', 'b'] };
  const input = {
    type: 'object',
    properties: { mode, timeoutMs, title: { type: 'string' } },
    required: ['mode', 'title'],
  };
  const digestOf = (changed: object, output: object = { properties: { seen: { type: 'boolean' } } }): unknown => {
    const facts = { name: 'shell', description: '', risk: 'write', idempotent: false, timing: 'blocking' } as const;
    return toolTerms([{ ...facts, input: { ...input, ...changed }, output }])['shell']?.schemas;
  };
  const withProperty = (properties: object): object => ({ properties: { ...input.properties, ...properties } });
  const usual = digestOf({});

  it('have one digest in any words and any order', () => {
    expect(usual).toMatch(/^sha256:[0-9a-f]{64}$/);
    const again = {
      required: ['title', 'mode'],
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'input',
    };
    expect(digestOf(again)).toBe(usual);
    expect(digestOf(withProperty({ mode: { enum: ['b', 'a'] }, timeoutMs: { ...timeoutMs, description: '' } }))).toBe(
      usual,
    );
  });

  it.each([
    ['a type', withProperty({ timeoutMs: { ...timeoutMs, type: 'string' } })],
    ['a bound', withProperty({ timeoutMs: { ...timeoutMs, maximum: 1000 } })],
    ['a value that is taken', withProperty({ mode: { enum: ['a'] } })],
    ['an argument whose name is a word of schemas', withProperty({ title: { type: 'number' } })],
    ['what must be given', { required: ['mode'] }],
  ])('have another digest with another: %s', (_, changed) => {
    expect(digestOf(changed)).not.toBe(usual);
  });

  it('have another digest with another answer', () => {
    expect(digestOf({}, { properties: { seen: { type: 'string' } } })).not.toBe(usual);
  });
});

describe('a first contract', () => {
  const observations: Observation[] = [
    { id: 'userland.grep-perl', section: 'userland', kind: 'value', value: 'works', readings: 12 },
    { id: 'userland.find-printf', section: 'userland', kind: 'value', value: 'works', readings: 12 },
    { id: 'environment.names', section: 'environment', kind: 'set', members: ['HOME', 'PATH'], readings: 12 },
    { id: 'resources.open-files', section: 'resources', kind: 'value', value: 'unlimited', readings: 12 },
    { id: 'resources.kernel', section: 'resources', kind: 'value', value: 'Linux 6.1.0', readings: 12 },
    { id: 'lifecycle.age', section: 'lifecycle', kind: 'value', value: 'fresh', readings: 12 },
    { id: 'identity.user', section: 'identity', kind: 'unstable', seen: [{ reading: 'a', times: 1 }] },
    { id: 'clock.zone', section: 'clock', kind: 'could-not-measure', reason: 'no date' },
  ];
  const profile = syntheticProfile({ seed: 'init', rounds: 40, observations });
  const request = { profile, name: 'mine/0.1.0', date: '2026-11-28', tools: {}, held: { failures: [] } };

  it('promises only what was touched', () => {
    const { fields } = initialContract({ ...request, usage: usageOf([run(call('grep -P x f'))]) });
    expect(fields).toEqual({
      'userland.grep-perl': { level: 'promise', value: 'works' },
      'userland.find-printf': { level: 'range', oneOf: ['works'] },
      'environment.names': { level: 'range', only: ['HOME', 'PATH'] },
      'resources.open-files': { level: 'range', atLeast: 'unlimited' },
    });
  });

  it('says nothing of what only identifies the machine, unless a run touched it', () => {
    const touched = { runs: 1, calls: 1, touched: { 'lifecycle.age': 1 } };
    expect(initialContract({ ...request, usage: touched }).fields).toMatchObject({
      'lifecycle.age': { level: 'promise', value: 'fresh' },
      'userland.grep-perl': { level: 'range' },
    });
    for (const usage of [touched, null])
      expect(initialContract({ ...request, usage }).fields).not.toHaveProperty(['resources.kernel']);
  });

  it('is a contract, and is kept by what it was made from', () => {
    const contract = contractSchema.parse(initialContract({ ...request, usage: null }));
    expectKept(contract, profile);
    expect(contract.latency['exec.shell']).toHaveProperty('p99Ms');
  });

  it('says of what is timed once a session no quantile that so few samples do not show', () => {
    const once = timedOnce((session) => 40 + session);
    const contract = contractSchema.parse(initialContract({ ...request, profile: once, usage: null }));
    expectKept(contract, once);
    expect(contract.latency['lifecycle.open']).toMatchObject({ level: 'range', p50Ms: [23, 91], class: 'quick' });
    expect(contract.latency['lifecycle.open']).not.toHaveProperty('p99Ms');
  });

  it('promises no class that some sessions do not have', () => {
    const once = timedOnce((session) => (session === 3 ? 2000 : 30));
    const usage = { runs: 1, calls: 1, touched: { 'latency.lifecycle.open': 1, 'latency.exec.shell': 1 } };
    const contract = contractSchema.parse(initialContract({ ...request, profile: once, usage }));
    expectKept(contract, once);
    expect(contract.latency).toMatchObject({
      'lifecycle.open': { level: 'range', p50Ms: [15, 2000], class: 'slow' },
      'exec.shell': { level: 'promise', class: 'instant' },
    });
  });

  /** With one sample of each session. */
  function timedOnce(msOf: (session: number) => number): Profile {
    const { digest: _, ...body } = profile;
    const opened = body.sessions.map(({ index }) => ({
      operation: 'lifecycle.open',
      role: 'operation' as const,
      session: index,
      samples: [{ round: 0, clientMs: msOf(index), insideMs: null, outcome: 'ok' as const }],
    }));
    return sealProfile({ ...body, latency: { ...body.latency, series: [...body.latency.series, ...opened] } });
  }

  function expectKept(contract: Contract, by: Profile): void {
    const { verdict, checks } = verify({ contract, profile: by, label: 'x', nowMs: 0, validMs: dayMs });
    expect(checks.filter((check) => check.verdict !== 'pass')).toEqual([]);
    expect(verdict).toBe('pass');
  }
});
