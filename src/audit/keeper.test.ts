/** A program that keeps checkpoints: what it takes verifies, and what it does not take in time stops the log. */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditHome, auditHome, toolCall } from '../../test/fixtures/audit-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { AuditLog } from './index.ts';
import { graceMs } from './keeper.ts';

let home: AuditHome;
let clock: TestClock;
beforeEach(() => {
  home = auditHome();
  clock = new TestClock();
});
afterEach(() => home.remove());

const broken = (): string => join(home.home, 'broken');
const kept = (): string[] =>
  readdirSync(home.home)
    .filter((name) => name.endsWith('.kept'))
    .sort()
    .map((name) => readFileSync(join(home.home, name), 'utf8'));

function program(body: string): string {
  const file = join(home.home, 'keeper.sh');
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o700);
  return file;
}
const opened = (body: string, told: string[] = []): Promise<AuditLog> =>
  home.open({ clock, places: { ...home.places, keeper: program(body) }, onChange: (state) => told.push(state) });
const keeping = (): string => `[ ! -e ${broken()} ] || { echo no room >&2; exit 3; }
cat > ${home.home}/$HOLDFAST_CHECKPOINT_SIZE.kept`;

describe('a program that keeps checkpoints', () => {
  it('gets each on its input, beside the second place, and the log is compared with what it kept', async () => {
    const audit = await opened(keeping());
    audit.append(toolCall(1));
    await audit.checkpoint();
    audit.append(toolCall(2));
    await audit.checkpoint();
    expect(kept()).toHaveLength(2);
    expect(readdirSync(home.places.checkpoints)).toHaveLength(2);
    rmSync(home.places.checkpoints, { recursive: true });
    expect((await audit.verify(kept())).problems.map(({ reason }) => reason)).toEqual([
      'the second place lacks the checkpoint of 2 entries',
    ]);
  });

  it('has nothing of the daemon’s environment', async () => {
    process.env['HOLDFAST_TEST_SECRET'] = 'do not tell';
    const audit = await opened(`env > ${home.home}/env.kept`);
    audit.append(toolCall(1));
    await audit.checkpoint();
    delete process.env['HOLDFAST_TEST_SECRET'];
    expect(kept()[0]).toContain('HOLDFAST_CHECKPOINT_SIZE=1');
    expect(kept()[0]).not.toContain('do not tell');
  });

  it('stops the log when it takes none in time, says so, and lets it go on when it does (2)', async () => {
    const told: string[] = [];
    writeFileSync(broken(), '');
    const audit = await opened(keeping(), told);
    audit.append(toolCall(1));
    await expect(audit.checkpoint()).rejects.toMatchObject({
      code: 'audit-unavailable',
      message: expect.stringContaining('ended with the status 3 and said no room'),
    });
    clock.advance(graceMs - 1);
    expect(audit.append(toolCall(2))).toBe(2);
    expect(audit.failure).toBeNull();
    clock.advance(1);
    const unavailable = expect.objectContaining({
      code: 'audit-unavailable',
      message: expect.stringContaining('no room'),
    });
    expect(() => audit.append(toolCall(3))).toThrow(unavailable);
    expect(() => audit.append(toolCall(3))).toThrow(unavailable);
    expect(audit.failure).toEqual(unavailable);
    expect(told).toEqual(['down']);
    rmSync(broken());
    // It is asked again by itself.
    await expect
      .poll(() => {
        clock.advance(5000);
        return audit.failure;
      })
      .toBeNull();
    // The second place has it too by then.
    await expect.poll(() => told).toEqual(['down', 'up']);
    expect(audit.append(toolCall(3))).toBe(3);
    expect((await audit.verify(kept())).ok).toBe(true);
  });

  it('counts from the first entry that it has not taken, however many come after', async () => {
    const audit = await opened(keeping());
    audit.append(toolCall(1));
    await audit.checkpoint();
    clock.advance(graceMs * 3);
    writeFileSync(broken(), '');
    audit.append(toolCall(2));
    clock.advance(graceMs / 2);
    audit.append(toolCall(3));
    clock.advance(graceMs / 2);
    expect(() => audit.append(toolCall(4))).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
  });

  it('is killed when it does not end, and whatever it leaves behind is not waited for (1)', async () => {
    const audit = await opened(`sleep 1000 & echo $! > ${home.home}/left; exec sleep 1000`);
    audit.append(toolCall(1));
    const taken = audit.checkpoint();
    const outcome = expect(taken).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect.poll(() => existsSync(join(home.home, 'left'))).toBe(true);
    clock.advance(10_000);
    await outcome;
    process.kill(Number(readFileSync(join(home.home, 'left'), 'utf8')));
    program('cat > /dev/null');
  });

  it('stops the log too where it is not there', async () => {
    const audit = await home.open({ clock, places: { ...home.places, keeper: join(home.home, 'nothing') } });
    audit.append(toolCall(1));
    await expect(audit.checkpoint()).rejects.toMatchObject({ code: 'audit-unavailable' });
    clock.advance(graceMs);
    expect(() => audit.append(toolCall(2))).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
    // The second place has it all the same.
    expect(readdirSync(home.places.checkpoints)).toHaveLength(1);
  });
});
