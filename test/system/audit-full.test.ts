/** An audit log whose disk is full, for real: sessions stand still and say why, and go on when there is room, nothing lost. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { agentData } from '../fixtures/agent-world.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-audit-full-'));
const disk = join(home, 'audit');
const possible = canMount();

it.skipIf(!possible)(
  'stops what it cannot log and goes on with it later (skipped: needs root)',
  { timeout: 90_000 },
  async () => {
    const guestBinary = '/bin/true';
    const runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
    try {
      const service = runtime.service();
      const text = 'x'.repeat(10_000);
      const agent = agentData('chatty', [{ afterTool: false, say: text }], { grants: [], tools: [] });
      const { id } = await service.startSession({ bundle: { entry: 'chatty', agents: [agent] }, message: 'hi' });
      let refused = 0;
      for (let n = 0; n < 40 && refused === 0; n++) {
        await service.sendToSession(id, { data: text, idempotencyKey: `m${n}` }).catch((error: { code: string }) => {
          expect(error.code).toBe('audit-unavailable');
          refused++;
        });
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      const before = await service.getSession(id);
      expect(refused + (before.blocked === null ? 0 : 1)).toBeGreaterThan(0);
      execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      await expect
        .poll(
          () =>
            service
              .sendToSession(id, { data: 'again', idempotencyKey: 'again' })
              .then(({ blocked }) => blocked, String),
          {
            timeout: 20_000,
          },
        )
        .toBeNull();
      await expect.poll(async () => (await service.getSession(id)).state, { timeout: 20_000 }).toBe('waiting');
      const { length } = await logOf(service.sessionEntries(id, { follow: false }));
      const { items } = await service.auditEntries({ session: id, limit: 1000 });
      // Every entry of the session's log is in the audit log.
      expect(new Set(items.map(({ position }) => position)).size).toBe(length);
      expect(await service.verifyAudit()).toMatchObject({ ok: true });
    } finally {
      await runtime.close();
      execFileSync('umount', ['--lazy', disk]);
      rmSync(home, { recursive: true, force: true });
    }
  },
);

async function logOf(entries: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

function canMount(): boolean {
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96k,mode=0700', 'tmpfs', disk], { stdio: 'ignore' });
    return true;
  } catch {
    rmSync(home, { recursive: true, force: true });
    return false;
  }
}
