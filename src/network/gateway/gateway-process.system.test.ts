/** One gateway process, and what it leaves behind. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { silentLog, systemClock } from '../../base/index.ts';
import { GatewayProcess } from './gateway-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'hf-gateway-'));
const heir = join(directory, 'heir');

afterAll(() => {
  process.kill(Number(readFileSync(heir, 'utf8')), 'SIGKILL');
  rmSync(directory, { recursive: true });
});

it('is over when it has ended, also where another process still holds the pipe of its last words', async () => {
  const preload = join(directory, 'preload.cjs');
  writeFileSync(
    preload,
    `const heir = require('node:child_process').spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
     require('node:fs').writeFileSync(${JSON.stringify(heir)}, String(heir.pid));
     console.error('last words');`,
  );
  const gateway = new GatewayProcess({
    clock: systemClock,
    log: silentLog,
    environment: { NODE_OPTIONS: `--require ${preload}`, PATH: process.env['PATH'] ?? '' },
    onEvent: () => undefined,
  });
  await gateway.call({ method: 'ping' });
  const startedMs = performance.now();
  process.kill(gateway.pid ?? 0, 'SIGKILL');
  expect(await gateway.ended).toBe('it was ended by SIGKILL: last words');
  expect(performance.now() - startedMs).toBeLessThan(1000);
});
