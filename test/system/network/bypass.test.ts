/**
 * Everything in attempts.ts, made twice: outside any guard, where each gets through (so the table proves itself), and from
 * inside a sandbox with a policy, where none does: no packet at the canary, no token anywhere, and each is answered as its
 * kind must be, at once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import { networkEnvironment } from '../../../src/network/inside.ts';
import { otherSockets, wrongly } from '../../fixtures/network/answers.ts';
import { type Command, commands, friendPolicy, knocks } from '../../fixtures/network/attempts.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import type { Knock } from '../../fixtures/network/knock.ts';
import { commandAll, gotThrough, type Heard, knockAll, notRun, runIn } from '../../fixtures/network/making.ts';
import { type Outside, openOutside } from '../../fixtures/network/outside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const missing = worldMissing();
const atOnceMs = 1000;
/** Whoever needed longer is asked again, alone: a machine can be busy, but a denial that waits waits every time. */
const tries = 3;
const [rootsCommands, usersCommands] = [true, undefined].map((root) => commands.filter((one) => one.root === root));
const allCommands = [...(usersCommands ?? []), ...(rootsCommands ?? [])];

describe.skipIf(missing !== null)('ways around the network boundary', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('are at least 150', () => {
    expect(new Set([...knocks, ...commands].map(({ id }) => id)).size).toBe(knocks.length + commands.length);
    expect(knocks.length + commands.length).toBeGreaterThan(500);
    expect(allCommands.length).toBe(commands.length);
  });

  it('are ways out where no guard stands', { timeout: 120_000 }, async () => {
    await using outside: Outside = await openOutside(world, networkEnvironment({}));
    const { run } = outside;
    const silent: string[] = [];
    const [datagrams, others] = [true, false].map((is) => knocks.filter(({ door }) => (door === 'datagram') === is));
    // They carry no token that a server would read, so they go one by one and the kernel's count tells.
    for (const knock of datagrams ?? []) {
      const before = world.canary.packets();
      await knockAll(run, [knock]);
      if (world.canary.packets() === before) silent.push(knock.id);
    }
    await knockAll(run, others ?? []);
    await commandAll(run, usersCommands ?? []);
    for (const one of rootsCommands ?? []) await commandAll(run, [one]);
    const counted = [...(others ?? []), ...commands];
    const through = new Set(await gotThrough(world, counted));
    silent.push(...counted.filter((one) => !through.has(one)).map(({ id }) => id));
    expect(silent).toEqual([]);
  });
});

describe.skipIf(missing !== null)('the network boundary', { timeout: 120_000 }, () => {
  let world: World;
  let inside: Inside;
  let box: Box;
  let rootBox: Box;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    box = await inside.boxes.create({ network: friendPolicy });
    rootBox = await inside.boxes.create({ network: friendPolicy, user: 'root' });
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('lets through what is allowed, or the rest would say nothing', async () => {
    const allowed = [
      'curl -sf https://friend.test/ok/1',
      'curl -sf http://friend.test/ok/2',
      'curl -sf https://a.friend.test/',
    ];
    for (const command of allowed.flatMap((one) => [one, one.replace('curl', "curl --noproxy '*'")]))
      expect((await runIn(box)(['sh', '-c', command], '')).stdout, command).toBe('hello\n');
  });

  it('lets none of the knocks through, and answers each as it must, at once', async () => {
    const heard = await knockAll(runIn(box), knocks);
    expect(knocks.map((knock, at) => wrongly(knock, heard[at] as Heard)).filter((wrong) => wrong !== null)).toEqual([]);
    expect(await slow(box, knocks, heard)).toEqual([]);
    expect((await gotThrough(world, knocks)).map(({ check, id }) => `${check} ${id}`)).toEqual([]);
    expect(world.canary.packets()).toBe(0);
  });

  it('lets none of the programs through, each of which ran and ended at once', async () => {
    const done = await commandAll(runIn(box), usersCommands ?? []);
    for (const one of rootsCommands ?? []) done.push(...(await commandAll(runIn(rootBox), [one])));
    expect(done.map(({ id }) => id).sort()).toEqual(commands.map(({ id }) => id).sort());
    expect(notRun(done)).toEqual([]);
    expect(done.find(({ id }) => id === 'getent-friend')?.stdout).toMatch(/^127\./);
    const late = allCommands.filter(({ id }) => done.some((one) => one.id === id && one.durationMs >= atOnceMs));
    const alone = async (one: Command): Promise<number> =>
      (await commandAll(runIn(one.root ? rootBox : box), [one]))[0]?.durationMs ?? atOnceMs;
    expect(await stillLate(late, alone)).toEqual([]);
    expect((await gotThrough(world, commands)).map(({ check, id }) => `${check} ${id}`)).toEqual([]);
    expect(world.canary.packets()).toBe(0);
  });

  it('N13: has no other sockets, for nobody', async () => {
    for (const where of [box, rootBox]) {
      const asked = otherSockets.map(([knock]) => knock);
      const heard = await knockAll(runIn(where), asked);
      expect(heard.map(({ id, answer }) => [id, answer])).toEqual(otherSockets.map(([{ id }, errno]) => [id, errno]));
      expect(await slow(where, asked, heard)).toEqual([]);
    }
  });

  it('is there after all of that', async () => {
    const after = 'https://friend.test/ok/after';
    expect((await runIn(box)(['curl', '-sf', after], '')).stdout).toBe('hello\n');
    // Root has emptied its own bundle.
    expect((await runIn(rootBox)(['curl', '-skf', after], '')).stdout).toBe('hello\n');
  });
});

function slow(where: Box, asked: readonly Knock[], heard: readonly Heard[]): Promise<string[]> {
  const late = asked.filter((_, at) => (heard[at]?.ms ?? atOnceMs) >= atOnceMs);
  return stillLate(late, async (knock) => (await knockAll(runIn(where), [knock]))[0]?.ms ?? atOnceMs);
}

async function stillLate<Made extends { id: string }>(
  late: readonly Made[],
  alone: (one: Made) => Promise<number>,
): Promise<string[]> {
  const still: string[] = [];
  for (const one of late) {
    const took: number[] = [];
    while (took.length < tries && !took.some((ms) => ms < atOnceMs)) took.push(await alone(one));
    if (!took.some((ms) => ms < atOnceMs)) still.push(`${one.id}: ${took.join(', ')} ms`);
  }
  return still;
}
