/** What fuzzing stands on: seeds that are kept and pass, branches that are counted, mistakes that are told. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isCurrent } from '../../scripts/fuzz/report.ts';
import { once } from '../../scripts/fuzz/run.ts';
import { noFuzzer, type Program, root, targets } from '../../scripts/fuzz/targets.ts';
import * as channel from '../fuzz/channel.ts';
import * as gateway from '../fuzz/gateway.ts';
import { counters, edgeCount, instrument } from '../fuzz/instrument.ts';
import * as machine from '../fuzz/machine.ts';
import * as mediation from '../fuzz/mediation.ts';
import * as monitor from '../fuzz/monitor.ts';

const inTypeScript = { channel, gateway, mediation, machine, monitor };
const mostSeedBytes = 512 * 1024;
const seedsOf = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name));

describe('seeds', () => {
  it('are there for every target, and few enough to be kept with the sources', () => {
    const sizes = Object.values(targets).map(({ seeds }) => seedsOf(seeds).map((file) => statSync(file).size));
    expect(sizes.map((of) => of.length > 3)).toEqual(sizes.map(() => true));
    expect(sizes.flat().reduce((sum, size) => sum + size, 0)).toBeLessThan(mostSeedBytes);
  });

  it('of every target in TypeScript are done here', () => {
    const names = Object.entries(targets).filter(([, { language }]) => language === 'TypeScript');
    expect(names.map(([name]) => name)).toEqual(Object.keys(inTypeScript));
  });

  it.each(Object.entries(inTypeScript))('of %s break nothing', async (name, { fuzz }) => {
    for (const file of seedsOf(targets[name]?.seeds ?? '')) {
      await expect(Promise.resolve(fuzz(readFileSync(file))), file).resolves.toBeUndefined();
    }
  });
});

describe('docs/fuzzing.md', () => {
  it('shows what was recorded', () => expect(isCurrent(), 'node scripts/fuzz.ts --record writes it').toBe(true));

  it('names every target', () => {
    const text = readFileSync(join(root, 'docs/fuzzing.md'), 'utf8');
    for (const name of Object.keys(targets)) expect(text).toContain(`| \`${name}\` (`);
  });
});

describe('an instrumented module', () => {
  /** What it answers, and which of its edges were passed by it. */
  function run(source: string, argument: unknown): { value: unknown; passed: number[]; edges: number } {
    const first = edgeCount();
    const text = stripTypeScriptTypes(instrument('module.ts', source));
    expect(text.split('\n').length).toBe(source.split('\n').length);
    counters.fill(0);
    const value = runInNewContext(`(() => { ${text}\nreturn f; })()`, { fuzzEdges: counters })(argument);
    const passed = [...counters.subarray(first, edgeCount()).keys()].filter((at) => counters[first + at]);
    return { value, passed, edges: edgeCount() - first };
  }

  it.each([
    ['if', 'function f(x: number) { if (x > 1) return 1; else if (x > 0) return 2; return 3; }', [2, 1, 0]],
    ['an operator', 'const f = (x: number | null) => (x === 2 && x) || (x ?? 7) || 9;', [2, 1, 0]],
    ['a choice', 'const f = (x: number): string => (x > 1 ? "big" : x > 0 ? "one" : "none");', [2, 1, 0]],
    [
      'a loop',
      'function f(x: number) { let n = 0; for (let i = 0; i < x; i++) n += i; while (n > 1) n--; return n; }',
      [3, 1, 0],
    ],
    ['a switch', 'function f(x: number) { switch (x) { case 0: case 1: return 1; default: return 2; } }', [2, 1, 0]],
    ['a catch', 'function f(x: number) { try { if (x) throw 1; } catch { return 2; } return 3; }', [1, 0]],
    [
      'a class',
      'class A { #x = 1; get x() { return this.#x; } }\nconst f = (x: number) => x > 0 && new A().x;',
      [1, 0],
    ],
  ])('answers as before, and passes other edges on other ways: %s', (_, source, inputs) => {
    const plain = runInNewContext(`(() => { ${stripTypeScriptTypes(source)}\nreturn f; })()`);
    const runs = inputs.map((input) => ({ input, ...run(source, input) }));
    for (const { input, value } of runs) expect(value).toEqual(plain(input));
    expect(new Set(runs.map(({ passed }) => passed.join())).size).toBe(inputs.length);
  });
});

const missing = noFuzzer();
describe.skipIf(missing !== null)(`the driver${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let program: Program;
  const place = mkdtempSync(join(tmpdir(), 'holdfast-fuzzing-'));

  beforeAll(async () => {
    const made = await targets['gateway']?.make(60_000);
    if (!made) throw new Error('there is no such target');
    const environment = { ...made.environment, FUZZ_TARGET: join(root, 'test/fuzz/planted-mistakes.ts') };
    program = { ...made, environment };
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  const again = (bytes: string): ReturnType<typeof once> => {
    writeFileSync(join(place, 'input'), bytes);
    return once(program, [join(place, 'input')]);
  };

  it.each([
    ['what is thrown', 'a', 'planted: thrown'],
    ['a rejection that is nobody’s', 'b', 'planted: nobody’s rejection'],
    ['what is thrown later', 'c', 'TypeError'],
  ])('fails for %s, and says where', async (_, bytes, words) => {
    const { status, text } = await again(bytes);
    expect(status).not.toBe(0);
    expect(text).toContain(words);
    expect(text).toContain('planted-mistakes.ts:');
  });

  it('passes what is well', async () => expect((await again('d')).status).toBe(0));

  it('tries each target it is given, however little time there is', { timeout: 120_000 }, () => {
    const words = ['--disable-warning=ExperimentalWarning', 'scripts/fuzz.ts', '--within', '1', 'bridge', 'relay'];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
    expect(stderr).not.toContain('skipped');
    expect(stdout).toMatch(/^bridge +[1-9]/m);
    expect(stdout).toMatch(/^relay +[1-9]/m);
    expect(status).toBe(0);
  });

  it('finds a mistake, and keeps the input that makes it', async () => {
    const { status, text } = await once(program, ['-runs=20000', `-artifact_prefix=${place}/`]);
    const [, input = ''] = /Test unit written to (\S+)/.exec(text) ?? [];
    expect(status).not.toBe(0);
    expect('abc').toContain(readFileSync(input, 'latin1')[0]);
  });
});
