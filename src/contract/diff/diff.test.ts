import { describe, expect, it } from 'vitest';
import { type Contract, contractSchema } from '../document/contract.ts';
import { lineOf, type Severity } from '../findings/index.ts';
import { usageLookup } from '../usage/index.ts';
import { diffContracts } from './diff.ts';
import { parseWaivers } from './waivers.ts';

const today = '2026-11-28';
const [digest, otherDigest] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`);
const shell = {
  timing: 'blocking',
  risk: 'write',
  idempotent: true,
  arguments: { command: 'required', cwd: 'optional' },
  answers: ['exitCode', 'stdout'],
  values: { reason: ['exited', 'timed-out'] },
  schemas: digest,
};
const failure = {
  code: 'busy',
  layer: 'tool',
  template: 'busy',
  rate: 0.02,
  burst: 3,
  retryable: true,
  sideEffect: 'none',
};
const noop = { class: 'instant', floorMs: 0, p50Ms: [1, 20], p99Ms: [1, 100], timeoutProbability: 0.001 };
const usual = {
  format: 'holdfast-contract/1',
  contract: 'my-agent/1.0.0',
  date: today,
  fields: {
    'exec.timeout.status': { value: 'exit 124' },
    'environment.names': { members: ['HOME', 'PATH'] },
    'lifecycle.lifetime': { atLeast: 3600 },
    'shell.implementation': { level: 'range', oneOf: ['dash', 'bash'] },
    'resources.open-files': { level: 'range', atLeast: 1024, atMost: 65536 },
    'network.reach-metadata': { value: 'no route' },
    'identity.hostname': { level: 'free' },
  },
  tools: { shell },
  latency: { 'exec.noop': noop },
  failures: [failure],
  output: { capBytes: 65536, strategy: 'head-tail', marker: '[{bytes} bytes cut]' },
};
const base = contractSchema.parse(usual);

const withField = (id: string, term: object): object => ({ fields: { ...usual.fields, [id]: term } });
const without = (id: string): object => ({
  fields: Object.fromEntries(Object.entries(usual.fields).filter(([name]) => name !== id)),
});
const withShell = (change: object): object => ({ tools: { shell: { ...shell, ...change } } });
const withNoop = (change: object): object => ({ latency: { 'exec.noop': { ...noop, ...change } } });
const withFailure = (change: object): object => ({ failures: [{ ...failure, ...change }] });
const changed = (change: object): Contract => contractSchema.parse({ ...usual, contract: 'my-agent/2.0.0', ...change });

/** Every rule of the list that is docs/contract/versions.md. */
const cases: [string, object, Severity | null, string][] = [
  ['a promise that changes', withField('exec.timeout.status', { value: 'exit 143' }), 'major', 'exec.timeout.status'],
  ['a promise that is gone', without('exec.timeout.status'), 'major', 'exec.timeout.status'],
  [
    'a promise that becomes a range',
    withField('exec.timeout.status', { level: 'range', oneOf: ['exit 124', 'exit 143'] }),
    'major',
    'exec.timeout.status',
  ],
  ['a member that is gone', withField('environment.names', { members: ['HOME'] }), 'major', 'environment.names'],
  [
    'a member that is new',
    withField('environment.names', { members: ['HOME', 'LANG', 'PATH'] }),
    'minor',
    'environment.names',
  ],
  ['a shorter lifetime', withField('lifecycle.lifetime', { atLeast: 600 }), 'major', 'lifecycle.lifetime'],
  ['a longer lifetime', withField('lifecycle.lifetime', { atLeast: 7200 }), 'minor', 'lifecycle.lifetime'],
  [
    'a wider range',
    withField('shell.implementation', { level: 'range', oneOf: ['dash', 'bash', 'busybox ash'] }),
    'major',
    'shell.implementation',
  ],
  [
    'a narrower range',
    withField('shell.implementation', { level: 'range', oneOf: ['bash'] }),
    'minor',
    'shell.implementation',
  ],
  [
    'a range that becomes a promise',
    withField('shell.implementation', { value: 'bash' }),
    'minor',
    'shell.implementation',
  ],
  [
    'a lower bound of a range',
    withField('resources.open-files', { level: 'range', atLeast: 256, atMost: 65536 }),
    'major',
    'resources.open-files',
  ],
  [
    'a tighter bound of a range',
    withField('resources.open-files', { level: 'range', atLeast: 4096, atMost: 65536 }),
    'minor',
    'resources.open-files',
  ],
  [
    'what was free becomes a promise',
    withField('identity.hostname', { template: 'box' }),
    'minor',
    'identity.hostname',
  ],
  ['a new promise', withField('clock.zone', { value: 'UTC +0000' }), 'minor', 'clock.zone'],
  ['what was free is gone', without('identity.hostname'), 'patch', 'identity.hostname'],
  ['reach that widens', withField('network.reach-metadata', { value: 'answers' }), 'major', 'network.reach-metadata'],
  ['a tool that is gone', { tools: {} }, 'major', 'tools.shell'],
  ['a tool that is new', { tools: { shell, files: shell } }, 'minor', 'tools.files'],
  ['blocking becomes asynchronous', withShell({ timing: 'async' }), 'major', 'tools.shell.timing'],
  ['idempotent is lost', withShell({ idempotent: false }), 'major', 'tools.shell.idempotent'],
  ['more risk', withShell({ risk: 'irreversible' }), 'major', 'tools.shell.risk'],
  ['less risk', withShell({ risk: 'read' }), 'minor', 'tools.shell.risk'],
  ['an argument that is gone', withShell({ arguments: { command: 'required' } }), 'major', 'tools.shell.arguments.cwd'],
  [
    'an argument newly required',
    withShell({ arguments: { ...shell.arguments, user: 'required' } }),
    'major',
    'tools.shell.arguments.user',
  ],
  [
    'an optional one becomes required',
    withShell({ arguments: { command: 'required', cwd: 'required' } }),
    'major',
    'tools.shell.arguments.cwd',
  ],
  [
    'a new optional argument',
    withShell({ arguments: { ...shell.arguments, user: 'optional' } }),
    'minor',
    'tools.shell.arguments.user',
  ],
  ['arguments opened', withShell({ closed: false }), 'minor', 'tools.shell.arguments'],
  ['an answer that is gone', withShell({ answers: ['stdout'] }), 'major', 'tools.shell.answers.exitCode'],
  [
    'an answer that is new',
    withShell({ answers: ['exitCode', 'stdout', 'stderr'] }),
    'minor',
    'tools.shell.answers.stderr',
  ],
  [
    'a closed answer gains a value',
    withShell({ values: { reason: ['exited', 'oom', 'timed-out'] } }),
    'major',
    'tools.shell.values.reason',
  ],
  [
    'a closed answer loses a value',
    withShell({ values: { reason: ['exited'] } }),
    'minor',
    'tools.shell.values.reason',
  ],
  ['other types or bounds', withShell({ schemas: otherDigest }), 'major', 'tools.shell.schemas'],
  ['schemas no longer promised', withShell({ schemas: undefined }), 'major', 'tools.shell.schemas'],
  ['another class', withNoop({ class: 'quick' }), 'major', 'latency.exec.noop.class'],
  ['a higher ceiling', withNoop({ p99Ms: [1, 200] }), 'major', 'latency.exec.noop.p99Ms'],
  ['a lower ceiling', withNoop({ p99Ms: [1, 50] }), 'patch', 'latency.exec.noop.p99Ms'],
  ['a lower floor inside the class', withNoop({ p50Ms: [0, 20] }), 'minor', 'latency.exec.noop.p50Ms'],
  ['more time-outs', withNoop({ timeoutProbability: 0.01 }), 'major', 'latency.exec.noop.timeoutProbability'],
  ['fewer time-outs', withNoop({ timeoutProbability: 0 }), 'patch', 'latency.exec.noop.timeoutProbability'],
  ['latency no longer promised', withNoop({ level: 'free' }), 'major', 'latency.exec.noop'],
  ['a new failure', { failures: [failure, { ...failure, code: 'new' }] }, 'major', 'failures.tool.new'],
  ['a failure that is gone', { failures: [] }, 'minor', 'failures.tool.busy'],
  ['another text', withFailure({ template: 'try later' }), 'major', 'failures.tool.busy.template'],
  ['a higher rate', withFailure({ rate: 0.1 }), 'major', 'failures.tool.busy.rate'],
  ['a lower rate', withFailure({ rate: 0.01 }), 'patch', 'failures.tool.busy.rate'],
  ['longer bursts', withFailure({ burst: 9 }), 'major', 'failures.tool.busy.burst'],
  ['no longer retryable', withFailure({ retryable: false }), 'major', 'failures.tool.busy.retryable'],
  ['a side effect', withFailure({ sideEffect: 'maybe' }), 'major', 'failures.tool.busy.sideEffect'],
  ['another hint', withFailure({ hint: 'wait' }), 'patch', 'failures.tool.busy.hint'],
  ['another cap', { output: { ...usual.output, capBytes: 1024 } }, 'major', 'output.capBytes'],
  ['another marker', { output: { ...usual.output, marker: '…' } }, 'major', 'output.marker'],
  ['other words', { summary: 'new' }, 'patch', 'summary'],
  ['another date', { date: '2026-12-01' }, null, ''],
];

describe('two contracts', () => {
  it.each(cases)('%s', (_, change, severity, field) => {
    const diff = diffContracts(base, changed(change), { today });
    expect(diff.findings.map((one) => [one.severity, one.field])).toEqual(severity === null ? [] : [[severity, field]]);
    expect(diff).toMatchObject({ safe: severity !== 'major', equal: severity === null });
  });

  it('judge a floor that falls through a class as a break', () => {
    const slow = changed(withNoop({ class: 'quick', p50Ms: [100, 500], p99Ms: [100, 900] }));
    const fast = changed(withNoop({ class: 'quick', p50Ms: [10, 500], p99Ms: [100, 900] }));
    expect(diffContracts(slow, fast, { today }).findings).toMatchObject([{ severity: 'major', rule: 'floor-lowered' }]);
  });

  it('ask for the schemas of a tool that have no other finding, and take new ones for granted', () => {
    const both = changed(withShell({ schemas: otherDigest, idempotent: false }));
    expect(diffContracts(base, both, { today }).findings).toMatchObject([{ rule: 'idempotent-lost' }]);
    const unsaid = changed(withShell({ schemas: undefined }));
    const said = [{ severity: 'patch', rule: 'schema-said', from: 'not said', to: `sha256:${'a'.repeat(12)}` }];
    expect(diffContracts(unsaid, base, { today }).findings).toMatchObject(said);
    const free = changed(withShell({ level: 'free', schemas: otherDigest }));
    expect(
      diffContracts(free, changed({}), { today }).findings.filter(({ rule }) => rule.startsWith('schema')),
    ).toEqual([]);
  });

  it('take back a promise after its sunset without a break', () => {
    const announced = changed(withField('exec.timeout.status', { value: 'exit 124', sunset: '2026-11-01' }));
    const gone = changed(without('exec.timeout.status'));
    expect(diffContracts(announced, gone, { today })).toMatchObject({ safe: true, findings: [{ severity: 'minor' }] });
    expect(diffContracts(announced, gone, { today: '2026-10-31' }).safe).toBe(false);
  });

  it('mark more reach as a question of safety', () => {
    const [found] = diffContracts(base, changed(withField('network.reach-metadata', { value: 'answers' })), {
      today,
    }).findings;
    expect(found).toMatchObject({ safety: true });
  });

  it('say each finding on one line, with how often runs touch it', () => {
    const usageOf = usageLookup({ runs: 50, calls: 900, touched: { 'exec.timeout.status': 0.38 } });
    const [found] = diffContracts(base, changed(withField('exec.timeout.status', { value: 'exit 143' })), {
      today,
      usageOf,
    }).findings;
    expect(found && lineOf(found)).toBe(
      'MAJOR exec.timeout.status · exit 124 → exit 143 · touched in 38 % of runs · a time-out is taken for another failure',
    );
  });

  it('ask for a version, and say when the step is too small', () => {
    const change = withField('exec.timeout.status', { value: 'exit 143' });
    const small = contractSchema.parse({ ...usual, contract: 'my-agent/1.1.0', ...change });
    expect(diffContracts(base, small, { today }).bump).toEqual({ needed: 'major', made: 'minor', enough: false });
    const renamed = contractSchema.parse({ ...usual, contract: 'other/1.0.0', ...change });
    expect(diffContracts(base, renamed, { today }).bump).toEqual({ needed: 'major', made: null, enough: true });
  });
});

describe('waivers', () => {
  const production = changed(withField('exec.timeout.status', { value: 'exit 143' }));
  const [found] = diffContracts(base, production, { today }).findings;
  const waiver = (expires: string, fingerprint = found?.fingerprint): string =>
    `waivers:\n  - { fingerprint: "${fingerprint}", reason: the policy does not retry, expires: ${expires} }\n`;
  const diffWith = (text: string, second = production): ReturnType<typeof diffContracts> =>
    diffContracts(base, second, { today, waivers: parseWaivers(text, 'w.yaml') });

  it('let a finding pass until they end', () => {
    expect(diffWith(waiver('2026-11-28'))).toMatchObject({ passed: true, safe: true, open: [], stale: [] });
    expect(diffWith(waiver('2026-11-27'))).toMatchObject({ passed: false, expired: [{ expires: '2026-11-27' }] });
  });

  it('fail when they fit nothing any more', () => {
    expect(diffWith(waiver('2027-01-01'), changed({}))).toMatchObject({ safe: true, passed: false, stale: [{}] });
    // Another value on the other side is another finding.
    const other = changed(withField('exec.timeout.status', { value: 'exit 137' }));
    expect(diffWith(waiver('2027-01-01'), other)).toMatchObject({ passed: false, open: [{ to: 'exit 137' }] });
  });

  it('are read with lines', () => {
    expect(() =>
      parseWaivers('waivers:\n  - { fingerprint: abc, reason: why not, expires: 2027-01-01 }\n', 'w.yaml'),
    ).toThrow(/^w\.yaml:2:7: waivers\[0\]\.fingerprint: twelve hexadecimal digits/);
  });
});
