/**
 * The attempts of attempts.ts from inside gVisor: another kernel answers them in other words, so what is asserted is that
 * all were made and that nothing of them arrived anywhere.
 */
import { describe, expect, it } from 'vitest';
import { gvisorMissing } from '../../fixtures/gvisor.ts';
import { type Command, commands, friendPolicy, knocks } from '../../fixtures/network/attempts.ts';
import { openInside } from '../../fixtures/network/inside.ts';
import { commandAll, gotThrough, knockAll, runIn } from '../../fixtures/network/making.ts';
import { openWorld, worldMissing } from '../../fixtures/network/world.ts';

const missing = worldMissing() ?? (await gvisorMissing());
const named = (made: readonly { check: string; id: string }[]): string[] =>
  made.map(({ check, id }) => `${check} ${id}`);

describe.skipIf(missing !== null)('the network boundary around gVisor', () => {
  it('lets none of them through', { timeout: 300_000 }, async () => {
    await using world = await openWorld();
    await using inside = await openInside(world);
    const request = { isolation: 'userspace-kernel', network: friendPolicy } as const;
    await using box = await inside.boxes.create(request);
    // What is allowed works, or the rest would say nothing.
    for (const url of ['https://friend.test/ok/1', 'http://friend.test/ok/2', 'https://a.friend.test/']) {
      for (const way of [
        ['curl', '-sf'],
        ['curl', '--noproxy', '*', '-sf'],
      ])
        expect((await runIn(box)([...way, url], '')).stdout, url).toBe('hello\n');
    }
    await knockAll(runIn(box), knocks);
    await commandAll(
      runIn(box),
      commands.filter(({ root }) => !root),
    );
    // gVisor lets root end the agent, and with it this one sandbox: each has one of its own.
    const asRoot = async (one: Command): Promise<void> => {
      await using rootBox = await inside.boxes.create({ ...request, user: 'root' });
      await commandAll(runIn(rootBox), [one]).catch((error: unknown) => {
        if (one.id !== 'end-everything') throw error;
      });
    };
    for (const one of commands.filter(({ root }) => root)) await asRoot(one);
    expect(named(await gotThrough(world, knocks))).toEqual([]);
    expect(named(await gotThrough(world, commands))).toEqual([]);
    expect(world.canary.packets()).toBe(0);
  });
});
