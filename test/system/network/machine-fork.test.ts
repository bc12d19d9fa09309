/**
 * S4: credentials of machines that go on from one memory. Each child has placeholders of its own; what a program copied of its
 * parent's is worth nothing there, and no value ever was inside.
 */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { debianWith, whyNoMachines } from '../../fixtures/machines.ts';
import { sh, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const missing = worldMissing() ?? (await whyNoMachines('microvm'));
const value = 'a-value-that-is-never-inside';
const position = { kind: 'header', name: 'authorization' } as const;
const network: NetworkPolicyInput = {
  allow: [{ host: 'friend.test', paths: ['/**'], credentials: [{ secret: 'copied', position }] }],
  secrets: [{ secret: 'copied', environment: 'COPIED' }],
};
const ask = (token: string): string => `curl -s -m 60 -H "authorization: ${token}" https://friend.test/echo`;
/** Asks when it is told to, with what its environment held when it began. */
const witness = `while [ ! -e /workspace/go ]; do sleep 0.2; done; ${ask('$COPIED')} >/workspace/said.new; mv /workspace/said.new /workspace/said`;
const patienceMs = 120_000;

describe.skipIf(missing !== null)('credentials of a machine that is forked', { timeout: 300_000 }, () => {
  let world: World;
  let inside: Inside;
  let parent: Box;
  let tree = '';
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    tree = debianWith(['/usr/bin/curl'], {});
    await inside.service.buildTemplate({ name: 'debian', from: 'directory', directory: tree });
    await inside.service.putSecret('copied', Buffer.from(value));
    parent = await inside.boxes.create({ isolation: 'microvm', network, lifetimeMs: 3_600_000 });
  }, 300_000);
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    rmSync(tree, { recursive: true, force: true });
  }, 60_000);

  const arrived = (from: number): string => JSON.stringify(world.friend.arrivals.slice(from));
  const say = (box: Box, command: string): Promise<string> => sh(box, command, patienceMs);
  /** What the program that lived through the fork was answered. */
  async function told(box: Box): Promise<string> {
    let text = '';
    await say(box, 'touch /workspace/go');
    const answered = async (): Promise<boolean> => {
      text = await say(box, 'cat /workspace/said 2>/dev/null');
      return text !== '';
    };
    await until(answered, 'it was answered', patienceMs);
    return text;
  }

  it('are its children’s own; the parent’s open nothing there, also for a program that lived through it', async () => {
    await parent.start(['sh', '-c', witness]);
    const children = await parent.fork({ count: 3, memory: true });
    const own = await Promise.all([parent, ...children].map((one) => say(one, 'echo $COPIED')));
    for (const placeholder of own) expect(placeholder).toMatch(/^hfs_[a-z2-7]{26}$/);
    expect(new Set(own).size).toBe(own.length);
    const [parents = ''] = own;
    for (const [index, child] of children.entries()) {
      const before = world.friend.arrivals.length;
      // Its own is replaced on the way, and comes back as it went.
      expect(await say(child, ask('$COPIED'))).toContain(own[index + 1]);
      expect(arrived(before)).toContain(value);
      const after = world.friend.arrivals.length;
      expect(await say(child, ask(parents))).toContain(parents);
      expect(await told(child)).toContain(parents);
      expect(arrived(after)).toContain(parents);
      expect(arrived(after)).not.toContain(value);
      const secrets: string[][] = [];
      for await (const flow of inside.service.networkFlows(child.id)) secrets.push(flow.secrets ?? []);
      expect(secrets).toEqual([['copied'], [], []]);
      // No file and no variable holds the value.
      expect(await say(child, `grep -rlsaF ${value} /proc/[0-9]*/environ /run /tmp /workspace; true`)).toBe('');
    }
    const before = world.friend.arrivals.length;
    expect(await told(parent)).toContain(parents);
    expect(arrived(before)).toContain(value);
    for (const child of children) await child.destroy();
  });

  it('stay the sandbox’s while it sleeps: what wakes is not copied', async () => {
    const placeholder = await say(parent, 'echo $COPIED');
    await parent.suspend({ disk: true });
    await parent.resume();
    expect(await say(parent, 'echo $COPIED')).toBe(placeholder);
    const before = world.friend.arrivals.length;
    await until(async () => (await say(parent, ask('$COPIED'))).includes(placeholder), 'it works again', patienceMs);
    expect(arrived(before)).toContain(value);
  });
});
