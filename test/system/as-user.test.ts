/** Everything an ordinary user can have, tried as one: a vitest of its own under another id. */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const ordinaryId = 12_345;

describe('an ordinary user', () => {
  it.skipIf(process.getuid?.() !== 0)(
    'passes the shared suite (skipped: only root can become another user)',
    { timeout: 240_000 },
    async () => {
      const scratch = await mkdtemp(join(tmpdir(), 'hf-user-'));
      await chown(scratch, ordinaryId, ordinaryId);
      await chmod(scratch, 0o755);
      try {
        const vitest = join(root, 'node_modules/vitest/vitest.mjs');
        const { stdout } = await run(
          process.execPath,
          [vitest, 'run', '--project', 'user', '--configLoader', 'native'],
          {
            cwd: root,
            uid: ordinaryId,
            gid: ordinaryId,
            env: { PATH: process.env['PATH'], HOME: scratch, TMPDIR: scratch, NO_COLOR: '1' },
            timeout: 200_000,
            maxBuffer: 64 * 1024 * 1024,
          },
        ).catch((error: { stdout?: string; stderr?: string }) => {
          throw new Error(`${error.stdout ?? ''}\n${error.stderr ?? ''}`);
        });
        expect(stdout).toMatch(/Tests\s+\d+ passed/);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  );
});
