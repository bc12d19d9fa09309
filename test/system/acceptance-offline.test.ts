/**
 * Acceptance test 10: the others need no key and no internet. They are run again in a network namespace that has nothing, not
 * even loopback, and with an environment that has no variable but where programs and the home are.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const rows = [...readFileSync(join(root, 'docs/agents.md'), 'utf8').matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm)];
const files = rows
  .flatMap(([, , , tests = '']) => [...tests.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = '']) => path))
  .filter((path) => !path.startsWith('test/system/'));

it('acceptance test 10: all of it holds with no key and no internet', () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-offline-'));
  try {
    const node = dirname(process.execPath);
    const environment = [`PATH=${node}:/usr/bin:/bin`, `HOME=${home}`, `HOLDFAST_HOME=${home}`];
    const inside = ['env', '-i', ...environment, join(root, 'node_modules/.bin/vitest'), 'run', '--project', 'unit'];
    const alone = spawnSync('unshare', ['-n', ...inside, ...new Set(files)], {
      cwd: root,
      encoding: 'utf8',
      timeout: 900_000,
    });
    expect(alone.status, alone.stdout + alone.stderr).toBe(0);
    const reached = spawnSync(
      'unshare',
      [
        '-n',
        'env',
        '-i',
        process.execPath,
        '-e',
        'fetch("http://127.0.0.1:9").catch((e) => console.log(e.cause.code))',
      ],
      { encoding: 'utf8' },
    );
    expect(reached.stdout.trim()).toBe('ENETUNREACH');
    expect(files.length).toBeGreaterThan(6);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}, 1_000_000);
