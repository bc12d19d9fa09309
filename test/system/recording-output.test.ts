/** What a program prints before and after the death of the daemon that recorded it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';

it.each([
  ['shorter', 'short-secret'],
  ['longer', 'a-secret-that-is-longer-than-what-stands-for-it'],
])('is recorded whole and once beside a secret that is %s than its token', { timeout: 60_000 }, async (_, secret) => {
  const home = mkdtempSync(join(tmpdir(), 'hf-printed-'));
  const worker = spawn(process.execPath, [join(import.meta.dirname, '../fixtures/printing-worker.ts'), home, secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: worker.stdout }), 'line')) as [string];
    const { sandbox, processId } = JSON.parse(line) as { sandbox: string; processId: string };
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await using next = await createRuntime({ home, ephemeral: true });
    const service = next.service();
    const printed = async (): Promise<string> => {
      const { items } = await service.recordingEvents('printed', { limit: 1000 });
      const own = items.filter((event) => event.type === 'process-output' && event.processId === processId);
      return own.map((event) => (event.type === 'process-output' ? event.content.text : '')).join('');
    };
    await service.writeFile(sandbox, '/workspace/go', new Uint8Array());
    await expect.poll(printed, { timeout: 20_000 }).toContain('\n200\n');
    const lines = (await printed()).trimEnd().split('\n');
    expect(lines.slice(0, 100).filter((each) => /^hfr_[a-z2-7]{26}$/.test(each))).toHaveLength(100);
    expect(lines.slice(100)).toEqual(Array.from({ length: 200 }, (__, at) => String(at + 1)));
    await service.destroySandbox(sandbox);
    expect(await service.verifyRecording('printed')).toMatchObject({ ok: true });
  } finally {
    worker.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  }
});
