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
    'resources.stack': { value: '8192' },
    'filesystem.name-length': { oneOf: ['255', '1024'] },
    'resources.swap': { value: 'unknown' },
  },
  tools: { shell, spare: { ...shell, level: 'free' } },
  latency: {
    'exec.noop': noop,
    'exec.firm': { ...noop, level: 'promise' },
    'exec.loose': { ...noop, level: 'free' },
  },
  failures: [failure, { ...failure, code: 'loose', level: 'free' }],
  output: { capBytes: 65536, strategy: 'head-tail', marker: '[{bytes} bytes cut]' },
};
const base = contractSchema.parse(usual);

const withField = (id: string, term: object): object => ({ fields: { ...usual.fields, [id]: term } });
const without = (id: string): object => ({
  fields: Object.fromEntries(Object.entries(usual.fields).filter(([name]) => name !== id)),
});
const withTool = (name: string, change: object): object => ({
  tools: { ...usual.tools, [name]: { ...shell, ...change } },
});
const withShell = (change: object): object => withTool('shell', change);
const withLatency = (operation: string, change: object): object => ({
  latency: { ...usual.latency, [operation]: { ...noop, ...change } },
});
const withNoop = (change: object): object => withLatency('exec.noop', change);
const withFailure = (change: object): object => ({ failures: [{ ...failure, ...change }, ...usual.failures.slice(1)] });
const withLoose = (change: object): object => ({ failures: [failure, { ...failure, code: 'loose', ...change }] });
/** Without one of those that a part names. */
const less = (part: 'tools' | 'latency', name: string): object => ({
  [part]: Object.fromEntries(Object.entries(usual[part]).filter(([one]) => one !== name)),
});
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
  ['less, where an amount is named', withField('resources.stack', { value: '1024' }), 'major', 'resources.stack'],
  ['less, as a lower bound', withField('resources.stack', { atLeast: 4096 }), 'major', 'resources.stack'],
  ['less, as an upper bound', withField('resources.stack', { atMost: 1024 }), 'major', 'resources.stack'],
  ['less, in words', withField('resources.stack', { value: 'unknown' }), 'major', 'resources.stack'],
  ['more, where an amount is named', withField('resources.stack', { value: 'unlimited' }), 'minor', 'resources.stack'],
  ['more, as a lower bound', withField('resources.stack', { atLeast: 8192 }), 'minor', 'resources.stack'],
  ['an amount for a text', withField('resources.swap', { value: '0' }), 'major', 'resources.swap'],
  [
    'less, of several amounts',
    withField('filesystem.name-length', { oneOf: ['143'] }),
    'major',
    'filesystem.name-length',
  ],
  [
    'between several amounts',
    withField('filesystem.name-length', { oneOf: ['512'] }),
    'minor',
    'filesystem.name-length',
  ],
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
  ['a tool that is gone', less('tools', 'shell'), 'major', 'tools.shell'],
  ['a tool that is new', withTool('files', {}), 'minor', 'tools.files'],
  ['a tool that is new and free', withTool('files', { level: 'free' }), null, ''],
  ['a tool no longer promised', withShell({ level: 'free', timing: 'async' }), 'major', 'tools.shell'],
  ['a tool that becomes a range', withShell({ level: 'range' }), 'major', 'tools.shell'],
  ['a free tool that is promised', withTool('spare', { level: 'promise', risk: 'read' }), 'minor', 'tools.spare'],
  ['a free tool that changes', withTool('spare', { level: 'free', timing: 'async' }), null, ''],
  ['a free tool that is gone', less('tools', 'spare'), 'patch', 'tools.spare'],
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
  ['latency that is gone', less('latency', 'exec.noop'), 'major', 'latency.exec.noop'],
  ['latency that is new', withLatency('exec.new', {}), 'minor', 'latency.exec.new'],
  ['latency that is new and free', withLatency('exec.new', { level: 'free' }), null, ''],
  ['latency no longer promised', withNoop({ level: 'free', class: 'slow' }), 'major', 'latency.exec.noop'],
  ['latency that becomes a range', withLatency('exec.firm', { level: 'range' }), 'major', 'latency.exec.firm'],
  ['latency that becomes a promise', withNoop({ level: 'promise' }), 'minor', 'latency.exec.noop'],
  ['free latency that is promised', withLatency('exec.loose', { level: 'range' }), 'minor', 'latency.exec.loose'],
  ['free latency that changes', withLatency('exec.loose', { level: 'free', class: 'slow' }), null, ''],
  ['free latency that is gone', less('latency', 'exec.loose'), 'patch', 'latency.exec.loose'],
  ['a new failure', { failures: [...usual.failures, { ...failure, code: 'new' }] }, 'major', 'failures.tool.new'],
  ['a new free failure', { failures: [...usual.failures, { ...failure, code: 'new', level: 'free' }] }, null, ''],
  ['a failure that is gone', { failures: usual.failures.slice(1) }, 'minor', 'failures.tool.busy'],
  ['a failure no longer promised', withFailure({ level: 'free', rate: 1 }), 'major', 'failures.tool.busy'],
  ['a failure that becomes a range', withFailure({ level: 'range' }), 'major', 'failures.tool.busy'],
  ['a free failure that is promised', withLoose({ template: 'x' }), 'minor', 'failures.tool.loose'],
  ['a free failure that changes', withLoose({ level: 'free', template: 'x' }), null, ''],
  ['a free failure that is gone', { failures: [failure] }, 'patch', 'failures.tool.loose'],
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

  it('pair failures of one code by their text, in whatever order they stand', () => {
    const [first, second, third] = ['busy', 'full', 'away'].map((template) => ({ ...failure, template }));
    const of = (...failures: (object | undefined)[]): Contract => changed({ failures });
    const found = (before: Contract, after: Contract) =>
      diffContracts(before, after, { today }).findings.map(({ severity, field, from, to }) => [
        severity,
        field,
        from,
        to,
      ]);
    expect(found(of(first, second), of(second, first))).toEqual([]);
    expect(found(of(first, second), of({ ...second, rate: 0.5 }, first))).toEqual([
      ['major', 'failures.tool.busy#2.rate', '0.02', '0.5'],
    ]);
    expect(found(of(first, second), of(third, first))).toEqual([
      ['major', 'failures.tool.busy#2.template', 'full', 'away'],
    ]);
    expect(found(of(first, second), of(second))).toEqual([['minor', 'failures.tool.busy', 'busy', 'absent']]);
    expect(found(of(second), of(first, second))).toEqual([['major', 'failures.tool.busy#2', 'absent', 'busy']]);
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

  it.each<[string, object, object | null, boolean]>([
    ['network.reach-metadata', { value: 'no route' }, { value: 'connects' }, true],
    ['network.reach-metadata', { value: 'no route' }, { value: 'refused' }, false],
    ['network.reach-metadata', { value: 'no route' }, { level: 'range', oneOf: ['no route', 'connects'] }, true],
    ['network.reach-metadata', { value: 'no route' }, { level: 'free' }, true],
    ['network.reach-metadata', { value: 'no route' }, null, true],
    ['network.reach-metadata', { value: 'connects' }, null, false],
    [
      'network.metadata-addresses',
      { members: ['1.1.1.1 no route', '2.2.2.2 no route'] },
      { members: ['1.1.1.1 no route', '2.2.2.2 connects'] },
      true,
    ],
    ['identity.no-new-privileges', { value: '1' }, { value: '0' }, true],
    ['identity.user', { value: 'agent' }, { value: 'root' }, true],
    ['identity.user', { value: 'agent' }, { value: 'coder' }, false],
    ['identity.capabilities', { value: '0000000000000000' }, { value: '0000000000200000' }, true],
    ['network.certificates', { value: 'none' }, { value: '/etc/ssl/cert.pem: many' }, false],
  ])('mark %s from %j to %j as a question of safety if more is open', (id, before, after, safety) => {
    const first = changed(withField(id, before));
    const second = changed(after === null ? without(id) : withField(id, after));
    expect(diffContracts(first, second, { today }).findings).toMatchObject([{ field: id, safety }]);
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
    const lower = contractSchema.parse({ ...usual, contract: 'my-agent/0.9.0', ...change });
    expect(diffContracts(base, lower, { today }).bump).toEqual({ needed: 'major', made: 'none', enough: false });
    const [newer, older] = ['1.1.9', '1.1.2'].map((version) =>
      contractSchema.parse({ ...usual, contract: `my-agent/${version}` }),
    );
    if (!newer || !older) throw new Error('there are two');
    expect(diffContracts(newer, older, { today }).bump).toEqual({ needed: 'none', made: 'none', enough: true });
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
