/** A test made of a recording, and how sure it is of itself; in sandboxes that only remember what was done in them. */
import { pack } from 'tar-stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { stepsRun } from '../../test/fixtures/recorded-steps.ts';
import { collected } from '../../test/fixtures/streams.ts';
import { HoldfastError } from '../schema/index.ts';
import { type MakingService, makeTest, type Wanted } from './make-test.ts';
import type { RecordedRun } from './run.ts';
import { parseTestCase, runTestCase, type TestCase } from './test-case.ts';

/** How each run of the predicate ends, by what was done before it. */
let judged: (commands: readonly string[], turn: number) => number;
let predicates: unknown[];
let created: Record<string, unknown>[];
let living: number;
/** Snapshots that are there. */
let kept: Set<string>;
/** Digest of what has the template's name now. */
let template: string;

beforeEach(() => {
  judged = (commands) => (commands.includes('step 2') ? 7 : 0);
  [predicates, created, living, kept, template] = [[], [], 0, new Set(), 'ab'];
});

function service(): MakingService {
  const done = new Map<string, string[]>();
  const of = (ref: string): string[] => done.get(ref) ?? [];
  const made = {
    createSandbox: async (input: Record<string, unknown>) => {
      created.push(input);
      living++;
      done.set(`sbx-${created.length}`, []);
      return { id: `sbx-${created.length}` };
    },
    destroySandbox: async () => living--,
    stopFaults: async () => undefined,
    callTool: async (ref: string, { input }: { input: { command: string } }) => {
      of(ref).push(input.command);
      return { ok: true, output: {} };
    },
    exec: async (ref: string, input: unknown) => {
      predicates.push(input);
      const none = { stdout: new Uint8Array(), stderr: new Uint8Array() };
      return { reason: 'exited', exitCode: judged(of(ref), predicates.length), signal: null, ...none };
    },
    // No tape is asked for anything.
    tapes: {},
    hasSnapshot: (id: string) => kept.has(id),
    templateDigest: () => template,
    exportFiles: async () => {
      throw new Error('it began with no files of its own');
    },
  };
  return made as unknown as ReturnType<typeof service>;
}

/** What it began with, and in which of its sandboxes `a` is there. */
function filesOf(own: MakingService, names: readonly string[], there: Map<string, boolean>) {
  const first = pack();
  for (const name of names) first.entry({ name: name.replace(/^workspace\//, '') }, 'x');
  first.finalize();
  const whole = collected(first as AsyncIterable<Uint8Array>);
  Object.assign(own, {
    exportFiles: async () =>
      (async function* () {
        yield await whole;
      })(),
    deleteSnapshot: async () => undefined,
  });
  const { createSandbox } = own;
  let imports = 0;
  return {
    importFiles: async (tar: AsyncIterable<Uint8Array>) => {
      const id = `snp-${++imports + 10}`;
      there.set(id, Buffer.from(await collected(tar)).includes('workspace/a\0'));
      return { id };
    },
    createSandbox: async (input: Parameters<MakingService['createSandbox']>[0] = {}) => {
      const made = await createSandbox(input);
      there.set(made.id, there.get(input.template ?? '') ?? false);
      return made;
    },
  };
}

const wanted = (more: Partial<Wanted> = {}): Wanted => ({
  predicate: { command: 'make test', cwd: '/work', timeoutMs: 5000 },
  minimise: true,
  budget: 200,
  runs: 3,
  ...more,
});
const run = (): RecordedRun => stepsRun([{}, {}, { mutates: false }, {}]);
const made = (more: Partial<Wanted> = {}): Promise<TestCase> => makeTest(run(), wanted(more), service());

describe('a test of a recording', () => {
  it('has the steps that matter, how it ends, and leaves no sandbox', async () => {
    const test = await made();
    expect(test.steps.map(({ step }) => step)).toEqual([2]);
    expect(test).toMatchObject({ expect: 'exited 7', runs: 3, passed: 3, files: [], faults: [] });
    expect(test.notes.at(-1)).toBe('it ended with exited 7 in 3 of 3 runs');
    expect(living).toBe(0);
    expect(parseTestCase(JSON.stringify(test))).toEqual(test);
  });

  it('has no step whose input was not kept, and says so', async () => {
    const recorded = stepsRun([{}, {}, { kind: 'verb', name: 'write-file', input: { path: '/large', data: null } }]);
    const test = await makeTest(recorded, wanted({ minimise: false }), service());
    expect(test.steps.map(({ step }) => step)).toEqual([1, 2]);
    expect(test.notes).toContain('step 3 (write-file) is left out: its input was not kept');
  });

  it('has one note of however many steps are left out for the same reason, and can be read', async () => {
    const begun = { kind: 'verb', name: 'start-process', input: { argv: ['a'] } } as const;
    const recorded = stepsRun([{}, {}, ...Array.from({ length: 1100 }, () => begun)]);
    const test = await makeTest(recorded, wanted({ minimise: false }), service());
    const [note, ...others] = test.notes.filter((each) => each.includes('left out'));
    expect(note).toMatch(/^steps 3, 4, 5, .* and \d+ more \(start-process\) are left out: they had not ended$/);
    expect(others).toEqual([]);
    expect(parseTestCase(JSON.stringify(test))).toEqual(test);
  });

  it('runs a program that ended beside later steps to its end first, for no longer than it may take, and says so', async () => {
    const argv = ['make'];
    const recorded = stepsRun([{ kind: 'verb', name: 'start-process', input: { argv } }, {}]);
    const exit = {
      reason: 'exited' as const,
      exitCode: 0,
      signal: null,
      durationMs: 2000,
      stdoutBytes: 0,
      stderrBytes: 0,
    };
    const ended = { type: 'process-ended' as const, atMs: 1, processId: 'prc-1', exit, cause: null, sequence: 2 };
    const program = { processId: 'prc-1', step: 1, tag: null, output: { stdout: [], stderr: [] }, input: [] };
    const first = async (): Promise<TestCase> => makeTest(recorded, wanted({ minimise: false }), service());
    recorded.processes.set('prc-1', { ...program, ended });
    expect((await first()).steps[0]?.input).toEqual({ argv });
    recorded.processes.set('prc-1', { ...program, ended: { ...ended, sequence: 9 } });
    const test = await first();
    expect(test.steps[0]).toMatchObject({ name: 'exec', input: { argv, timeoutMs: 40_000 } });
    expect(test.notes).toContain('step 1 (start-process) is run to its end before step 2, beside which it ran');
  });

  it('keeps a file that its steps take away, since without it they show nothing', async () => {
    const recorded = stepsRun([{}, {}], [{ step: 0, snapshot: 'snp-0' }]);
    const there = new Map<string, boolean>();
    kept = new Set(['snp-0']);
    const own = service();
    const { importFiles, createSandbox } = filesOf(own, ['workspace/a', 'workspace/b'], there);
    Object.assign(own, { importFiles, createSandbox });
    // A predicate that says whether `a` is there; step 2 takes it away.
    judged = (commands) => (there.get(`sbx-${created.length}`) && !commands.includes('step 2') ? 0 : 1);
    const test = await makeTest(recorded, wanted(), own);
    expect(test).toMatchObject({ expect: 'exited 1', passed: 3 });
    expect(test.files.map(({ path }) => path)).toEqual(['/workspace/a']);
    expect(test.steps.map(({ step }) => step)).toEqual([2]);
    const few = await makeTest(recorded, wanted({ budget: 3 }), own);
    expect(few.notes.join()).toMatch(/in 3 runs; the budget was used up/);
  });

  it('is as large as the recording where nothing is to be left out, or the budget is used up', async () => {
    expect((await made({ minimise: false })).steps.map(({ step }) => step)).toEqual([1, 2, 4]);
    const test = await made({ budget: 1 });
    expect(test.steps.map(({ step }) => step)).toEqual([1, 2, 4]);
    expect(test.notes.join()).toContain('the budget was used up');
  });

  it('has no step that only a fault needed which does not matter itself', async () => {
    const recorded = run();
    recorded.steps[1]?.faults.push({
      type: 'fault',
      atMs: 1,
      step: 2,
      fault: 'exec.signal',
      family: 'exec',
      means: 'physical',
      effect: 'none',
      parameters: { signal: 'SIGKILL' },
      draw: {},
      callId: null,
    });
    const isMet = (): boolean => created.at(-1)?.['faults'] !== undefined;
    judged = (commands) => (commands.includes('step 2') && (!isMet() || commands.includes('step 1')) ? 7 : 0);
    const test = await makeTest(recorded, wanted(), service());
    expect(test.faults).toEqual([]);
    expect(test.steps.map(({ step }) => step)).toEqual([2]);
    expect(test.notes.join()).toContain('minimised from 3 steps, 1 faults and 0 files');
  });

  it('of a format that had no network runs as it did, and has none', async () => {
    const { network, ...test } = await made();
    expect(network).toBeUndefined();
    const first = { ...test, format: 'holdfast-test/1' };
    expect(parseTestCase(JSON.stringify(first))).toEqual(test);
    expect(() => parseTestCase(JSON.stringify({ ...first, network: {} }))).toThrow(/holdfast-test\/1.*network/);
    expect(() => parseTestCase(JSON.stringify({ ...test, format: 'holdfast-test/3' }))).toThrow(/holdfast-test\/2/);
    expect(created.every((input) => !('network' in input))).toBe(true);
  });

  it('runs its predicate where and as long as was asked', async () => {
    await made();
    for (const one of predicates)
      expect(one).toEqual({ argv: ['/bin/sh', '-c', 'make test'], cwd: '/work', timeoutMs: 5000 });
  });

  it('holds its calls to the contract of then', async () => {
    const recorded = run();
    const document = { contract: 'a/1.0.0' };
    recorded.head = { ...recorded.head, contract: { name: 'a/1.0.0', digest: 'x', document } };
    const test = await makeTest(recorded, wanted(), service());
    expect(test.base.contract).toEqual(document);
    expect(created.every(({ contract }) => contract === test.base.contract)).toBe(true);
  });

  it('that ends otherwise than was said is none', async () => {
    const refused = made({ expect: 'exited 1' });
    await expect(refused).rejects.toThrow(HoldfastError);
    await expect(refused).rejects.toMatchObject({ details: { expected: 'exited 1', actual: 'exited 7' } });
  });
});

describe('a failure that is in the files of the recording', () => {
  const isThere = (): boolean => created.at(-1)?.['template'] === 'snp-4';
  const ended = (): RecordedRun => stepsRun([{}, {}, { mutates: false }, {}], [{ step: 1 }, { step: 4 }]);
  const test = (more: Partial<Wanted> = {}): Promise<TestCase> => makeTest(ended(), wanted(more), service());

  it('and does not come again makes no test that it is not there', async () => {
    kept = new Set(['snp-4']);
    judged = () => (isThere() ? 1 : 0);
    const refused = test();
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'the predicate does not end as it did: in the recording exited 1, done again exited 0',
      details: { recorded: 'exited 1', again: 'exited 0' },
    });
    expect(living).toBe(0);
    // Whoever says how it has to end means what is done again.
    const wantedSo = await test({ expect: 'exited 0' });
    expect(wantedSo.expect).toBe('exited 0');
    expect(wantedSo.notes).toContain('in the files that the recording ended with it ends with exited 1');
  });

  it('and comes again makes one, whose predicate was looked at in those files', async () => {
    kept = new Set(['snp-4']);
    judged = (commands) => (isThere() || commands.includes('step 2') ? 7 : 0);
    expect(await test()).toMatchObject({ expect: 'exited 7', base: { template: 'host' } });
    expect(created.filter(({ template }) => template === 'snp-4')).toHaveLength(1);
  });

  it('that are gone makes one, and says that nobody saw it there', async () => {
    kept = new Set(['snp-1']);
    const { notes } = await test();
    expect(notes.join()).toMatch(/whether it ended so in the recording too is not known: .*snapped back to 1/);
  });
});

it('says that the template is another one now, and blames it where the test fails', async () => {
  const test = await made();
  expect(test.base).toMatchObject({ template: 'host', templateDigest: 'ab' });
  expect(await runTestCase(service(), test, () => 0)).toMatchObject({ ok: true, templateChanged: false, blame: null });
  template = 'cd';
  const changed = 'the template host is another one than when it was recorded';
  const passed = await runTestCase(service(), test, () => 0);
  expect(passed).toMatchObject({ ok: true, templateChanged: true, blame: null });
  expect(passed.notes.at(-1)).toBe(changed);
  expect((await made()).notes).toContain(changed);
  judged = () => 0;
  expect(await runTestCase(service(), test, () => 0)).toMatchObject({
    ok: false,
    templateChanged: true,
    blame: 'world',
  });
  const { templateDigest: _, ...base } = test.base;
  const unknown = { ...test, base };
  expect(await runTestCase(service(), unknown, () => 0)).toMatchObject({ templateChanged: false, blame: null });
});

describe('a predicate that is not sure of itself', () => {
  it('is told with its rate where the test is made', async () => {
    // Every third time it ends well.
    judged = (_commands, turn) => (turn % 3 === 0 ? 0 : 7);
    const test = await made({ minimise: false, runs: 9 });
    expect(test.notes.at(-1)).toBe('it ended with exited 7 in 6 of 9 runs: it is not sure of itself');
  });

  it('fails the test, with its rate and a run that ended otherwise', async () => {
    judged = () => 7;
    const test = await made({ runs: 4 });
    judged = (_commands, turn) => (turn % 2 === 0 ? 0 : 7);
    predicates = [];
    const report = await runTestCase(service(), test, () => 0);
    expect(report).toMatchObject({ ok: false, expected: 'exited 7', actual: 'exited 0', passed: 2, runs: 4 });
    judged = () => 7;
    expect(await runTestCase(service(), test, () => 0)).toMatchObject({ ok: true, passed: 4, actual: 'exited 7' });
  });
});
