/** What programs import by the package's name is there, and loads in Node as it stands. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { exports: doors } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string>;
};

/** One of each, that documents name. */
const named: Record<string, string> = {
  '.': 'createRuntime',
  './agents': 'agentsOf',
  './client': 'createClient',
  './noise': 'calibratedPlan',
  './schema': 'faultPlanSchema',
  './worlds': 'gradeWorld',
};

it('is what a test knows', () => {
  expect(Object.keys(doors).sort()).toEqual(Object.keys(named).sort());
});

it('loads by name', { timeout: 60_000 }, () => {
  const script = Object.entries(named)
    .map(([door, name]) => `console.log(typeof (await import('${door.replace('.', 'holdfast')}')).${name});`)
    .join('\n');
  const words = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(stdout.trim().split('\n')).toEqual(
    Object.keys(named).map((door) => (door === './schema' ? 'object' : 'function')),
  );
});
