/** Sessions of several agents whose process is killed again and again, for real, and started anew: they come to their end. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenarios } from '../fixtures/agent-scenarios.ts';
import { notesIn } from '../fixtures/agent-world.ts';

const worker = join(import.meta.dirname, '../fixtures/session-worker.ts');
const mostKills = 60;

it.each(['two experts at once', 'an approval below'])(
  '%s',
  (name) => {
    const scenario = scenarios[name];
    const home = mkdtempSync(join(tmpdir(), 'hf-kills-'));
    try {
      let kills = 0;
      for (; kills < mostKills; kills++) {
        // Different numbers, so that no place to die at comes back for ever.
        const [writes, when] = [4 + ((kills * 5) % 9), kills % 2 === 0 ? 'after' : 'before'];
        const { signal, stdout, stderr, error } = spawnSync(
          process.execPath,
          [worker, home, name, String(writes), when],
          {
            encoding: 'utf8',
            timeout: 60_000,
            // Not the one it dies of when all is well.
            killSignal: 'SIGABRT',
          },
        );
        if (error) throw error;
        if (signal === 'SIGKILL') continue;
        const { outcome, held } = JSON.parse(stdout || `"${stderr}"`);
        expect(JSON.stringify(outcome)).toContain(scenario?.says);
        expect(held).toEqual({ steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 });
        break;
      }
      expect(kills).toBeGreaterThan(3);
      expect(kills).toBeLessThan(mostKills);
      const notes = notesIn(home).map((line) => line.split(' ').slice(1).join(' '));
      expect(notes.sort()).toEqual(scenario?.notes);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
  120_000,
);
