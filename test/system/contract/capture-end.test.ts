/** A capture that is killed or interrupted, as a process of its own, and the same command again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const main = resolve(import.meta.dirname, '../../../src/cli/main.mjs');
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-capture-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A target that answers at once, so that there are sessions to count. */
const target = ['--target', 'exec:true {}', '--sessions', '8', '--rounds', '0'];

interface Verb {
  words: readonly string[];
  /** Where the profile ends up. */
  output: string;
  /** What it leaves with: a program that answers nothing keeps no promise. */
  status: number;
}

const verbs: readonly Verb[] = [
  { words: ['profile', 'capture', ...target, '--windows', '1'], output: 'profile.json', status: 0 },
  { words: ['contract', 'verify', 'coding-agent', ...target], output: 'certificates/live/profile.json', status: 1 },
];
const ends = verbs.flatMap((verb) => (['SIGKILL', 'SIGINT'] as const).map((signal) => ({ ...verb, signal })));

function run(words: readonly string[]): { child: ChildProcess; ended: Promise<number | null>; said: () => string } {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { child, ended, said: () => said };
}

describe('a capture', () => {
  it.each(ends)(
    'by $words.0 $words.1, ended by $signal, goes on with the same command, and keeps its sessions',
    { timeout: 60_000 },
    async ({ words, output, status, signal }) => {
      const path = join(directory, output);
      const part = `${path}.part`;
      const first = run(words);
      await expect.poll(() => existsSync(part), { timeout: 30_000, interval: 5 }).toBe(true);
      first.child.kill(signal);
      const end = await first.ended;
      if (signal === 'SIGINT')
        expect([end, first.said()]).toEqual([130, expect.stringContaining('the same command goes on')]);
      const kept = JSON.parse(await readFile(part, 'utf8')) as { sessions: { session: { startedAt: string } }[] };
      expect(kept.sessions.length).toBeGreaterThan(0);
      const second = run(words);
      expect(await second.ended).toBe(status);
      expect(second.said()).toContain(`going on after ${kept.sessions.length} session`);
      const profile = JSON.parse(await readFile(path, 'utf8')) as typeof kept & { sessions: { startedAt: string }[] };
      expect(profile.sessions.length).toBe(8);
      expect(profile.sessions[0]?.startedAt).toBe(kept.sessions[0]?.session.startedAt);
      expect(existsSync(part)).toBe(false);
    },
  );
});
