/**
 * Gateway and daemon are aborted while a secret is in use, with cores of any size allowed: the cores that they leave hold no
 * secret. With the memory put back into cores the same search finds it.
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { canarySecret } from '../../fixtures/network/canary-secret.ts';
import { sh, until } from '../../fixtures/network/holding.ts';
import { type Inside, openDaemon } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';
import type { Arrival } from '../../fixtures/network/world-worker.ts';

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
const asking = `while :; do
  curl -s -o /dev/null -H "Round: $(cat /tmp/round)" -H "Authorization: Bearer $CANARY" https://friend.test/echo
done`;

/** How long a core is by its own table of segments (ELF, 64 bit, little end first); there is always one with notes. */
function wholeBytes(core: string): number {
  const fd = openSync(core, 'r');
  try {
    const read = (from: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length);
      readSync(fd, bytes, 0, length, from);
      return bytes;
    };
    const head = read(0, 64);
    expect(head.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    const [table, each, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
    const segments = Array.from({ length: count }, (_, at) => read(table + at * each, each));
    return Math.max(...segments.map((one) => Number(one.readBigUInt64LE(8) + one.readBigUInt64LE(32))));
  } finally {
    closeSync(fd);
  }
}

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
  let rounds = 0;
  beforeAll(async () => {
    pattern = readFileSync(patternFile, 'utf8');
    writeFileSync(patternFile, join(directory, 'core.%P'));
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

  /** By who is there now: what was under way before, through another gateway, is of another round. */
  async function inUse(): Promise<void> {
    const round = `round-${++rounds}`;
    expect(await sh(box, `echo ${round} >/tmp/next && mv /tmp/next /tmp/round`)).toBe('');
    const isOf = ({ headers = [] }: Arrival): boolean =>
      headers.includes(round) && headers.some((text) => text.includes(canary.value));
    await until(() => world.friend.arrivals.some(isOf), 'the secret is in use');
  }

  /** Its core, in a directory of its own. */
  async function abort(pid: number): Promise<string> {
    const name = `core.${pid}`;
    process.kill(pid, 'SIGABRT');
    await until(() => readdirSync(directory).includes(name) && isOver(pid), `${pid} leaves a core`);
    const core = join(directory, name);
    expect(statSync(core).size, 'a core that no full disk cut short').toBeGreaterThanOrEqual(wholeBytes(core));
    return core;
  }

  const isOver = (pid: number): boolean => {
    try {
      return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return true;
    }
  };

  async function gatewayInUse(): Promise<number> {
    let pid: number | null = null;
    await until(() => {
      pid = inside.gatewayPid();
      return pid !== null;
    }, 'there is a gateway');
    await inUse();
    expect(inside.gatewayPid()).toBe(pid);
    return pid ?? 0;
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
