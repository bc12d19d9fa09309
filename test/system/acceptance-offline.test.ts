/**
 * Acceptance test 10: the others need no key and no internet. They are run again in a network namespace that has loopback and
 * nothing else, and with an environment that has no variable but where programs and the home are.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const rows = [...readFileSync(join(root, 'docs/agents.md'), 'utf8').matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm)];
const named = rows
  .flatMap(([, , , tests = '']) => [...tests.matchAll(/`([^`]+\.test\.ts)` \(“([^”]+)”\)/g)])
  .map(([, path = '', name = '']) => ({ path, name }))
  .filter(({ path }) => !path.startsWith('test/system/'));
const alone = ['-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

it.skipIf(process.getuid?.() !== 0)(
  'acceptance test 10: all of it holds with no key and no internet',
  () => {
    const home = mkdtempSync(join(tmpdir(), 'hf-offline-'));
    try {
      const node = dirname(process.execPath);
      const environment = [`PATH=${node}:/usr/bin:/bin`, `HOME=${home}`, `HOLDFAST_HOME=${home}`];
      const inside = ['env', '-i', ...environment];
      const files = new Set(named.map(({ path }) => path));
      const names = named.map(({ name }) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
      const words = [join(root, 'node_modules/.bin/vitest'), 'run', '--project', 'unit', '-t', names, ...files];
      const ran = spawnSync('unshare', [...alone, ...inside, ...words], {
        cwd: root,
        encoding: 'utf8',
        timeout: 900_000,
      });
      expect(ran.status, ran.stdout + ran.stderr).toBe(0);
      const [, passed = '0'] = /Tests .*?(\d+) passed/.exec(stripVTControlCharacters(ran.stdout)) ?? [];
      expect(Number(passed)).toBeGreaterThanOrEqual(named.length);
      const reach = 'fetch("http://192.0.2.1").catch((e) => console.log(e.cause.code))';
      const reached = spawnSync('unshare', [...alone, ...inside, process.execPath, '-e', reach], { encoding: 'utf8' });
      expect(reached.stdout.trim()).toBe('ENETUNREACH');
      expect(files.size).toBeGreaterThan(9);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
  1_000_000,
);
