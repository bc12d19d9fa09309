import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const run = (hearing: boolean): { status: number | null; stdout: string } =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { logUnheard } from ${JSON.stringify(join(import.meta.dirname, 'unheard.ts'))};
      const log = { error: ({ error }) => console.log('logged ' + error.message) };
      if (${hearing}) logUnheard(log);
      Promise.reject(new Error('lost'));
      setTimeout(() => console.log('goes on'), 20);`,
    ],
    { encoding: 'utf8', timeout: 20_000 },
  );

it('logs a failure that nobody hears, and goes on', () => {
  expect(run(true)).toMatchObject({ status: 0, stdout: 'logged lost\ngoes on\n' });
  expect(run(false)).toMatchObject({ status: 1, stdout: '' });
});
