/**
 * Gateway and daemon are aborted while a secret is in use, with cores of any size allowed: the cores that they leave hold no
 * secret. With the memory put back into cores the same search finds it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { canarySecret } from '../../fixtures/network/canary-secret.ts';
import { until } from '../../fixtures/network/holding.ts';
import { type Inside, openDaemon } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const patternFile = '/proc/sys/kernel/core_pattern';
const policy: NetworkPolicyInput = {
  allow: [
    {
      host: 'friend.test',
      paths: ['/echo'],
      credentials: [{ secret: 'canary', position: { kind: 'header', name: 'authorization' } }],
    },
  ],
  secrets: [{ secret: 'canary', environment: 'CANARY' }],
};
const asking = 'while :; do curl -s -o /dev/null -H "Authorization: Bearer $CANARY" https://friend.test/echo; done';

/** Where cores go is the whole machine's to say. */
function patternMissing(): string | null {
  try {
    writeFileSync(patternFile, readFileSync(patternFile));
    return null;
  } catch (error) {
    return `${patternFile} cannot be set: ${String(error)}`;
  }
}

const missing = worldMissing() ?? patternMissing();

const why = missing === null ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== null)(`cores${why}`, { timeout: 60_000 }, () => {
  const canary = canarySecret();
  const directory = mkdtempSync('/var/tmp/hf-cores-');
  let pattern: string;
  let world: World;
  let inside: Inside;
  let box: Box;
  beforeAll(async () => {
    pattern = readFileSync(patternFile, 'utf8');
    writeFileSync(patternFile, join(directory, 'core.%p'));
    world = await openWorld();
    inside = await openDaemon({
      within: (argv) => world.atHome(['sh', '-c', 'ulimit -c unlimited && exec "$@"', 'sh', ...argv]),
      flags: ['--resolver', world.resolver],
      trust: world.authority,
    });
    await inside.service.putSecret('canary', Buffer.from(canary.value));
    box = await inside.boxes.create({ network: policy });
    await box.start(['sh', '-c', asking]);
  });
  afterAll(async () => {
    // First: it is everybody's on this machine.
    writeFileSync(patternFile, pattern);
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const inUse = (): Promise<void> => {
    const before = world.friend.arrivals.length;
    return until(
      () => JSON.stringify(world.friend.arrivals.slice(before)).includes(JSON.stringify(canary.value).slice(1, -1)),
      'the secret is in use',
    );
  };

  /** Its core, in a directory of its own. */
  async function abort(pid: number): Promise<string> {
    const name = `core.${pid}`;
    process.kill(pid, 'SIGABRT');
    await until(() => readdirSync(directory).includes(name) && isWhole(pid), `${pid} leaves a core`);
    expect(statSync(join(directory, name)).size).toBeGreaterThan(0);
    return join(directory, name);
  }

  const isWhole = (pid: number): boolean => {
    try {
      return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return true;
    }
  };

  async function gatewayInUse(): Promise<number> {
    await until(() => inside.gatewayPid() !== null, 'there is a gateway');
    await inUse();
    return inside.gatewayPid() ?? 0;
  }

  async function daemonInUse(): Promise<number> {
    await inside.service.putSecret('canary', Buffer.from(canary.value));
    await inUse();
    return inside.daemonPid();
  }

  it('S3: the gateway’s holds none, and would', async () => {
    expect(canary.below(await abort(await gatewayInUse()))).toEqual([]);
    const pid = await gatewayInUse();
    writeFileSync(`/proc/${pid}/coredump_filter`, '0x33');
    expect(canary.below(await abort(pid))).not.toEqual([]);
  });

  it('S3: the daemon’s holds none, and would', async () => {
    expect(canary.below(await abort(await daemonInUse()))).toEqual([]);
    await inside.start();
    const pid = await daemonInUse();
    writeFileSync(`/proc/${pid}/coredump_filter`, '0x33');
    expect(canary.below(await abort(pid))).not.toEqual([]);
    await inside.start();
  });
});
