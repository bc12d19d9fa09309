/**
 * Everything in attempts.ts, made twice: outside any guard, where each gets through (so the table proves itself), and from
 * inside a sandbox with a policy, where none does: no packet at the canary, no token anywhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkEnvironment } from '../../../src/network/inside.ts';
import { type Command, commands, type Knock, knocks } from '../../fixtures/network/attempts.ts';
import { doorProgram, type Outside, openOutside } from '../../fixtures/network/outside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

type Run = (argv: string[], input: string) => Promise<string>;

const missing = worldMissing();
const tokenOf = (id: string): string => `leak-${id}-end`;
/** Names are compared as DNS does. */
const heard = (world: World): string =>
  JSON.stringify([world.home, world.friend, world.canary].map(({ arrivals }) => arrivals)).toLowerCase();

describe.skipIf(missing !== null)('ways around the network boundary', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('are at least 150', () => {
    expect(new Set([...knocks, ...commands].map(({ id }) => id)).size).toBe(knocks.length + commands.length);
    expect(knocks.length + commands.length).toBeGreaterThan(500);
  });

  it('are ways out where no guard stands', { timeout: 120_000 }, async () => {
    await using outside: Outside = await openOutside(world);
    const environment = networkEnvironment({});
    const run: Run = (argv, input) => outside.run(argv, { input, environment });
    const silent: string[] = [];
    // They carry no token that a server would read, so they go one by one and the kernel's count tells.
    for (const knock of knocks.filter(({ door }) => door === 'datagram')) {
      const before = world.canary.packets();
      await knockAll(run, [knock]);
      if (world.canary.packets() === before) silent.push(knock.id);
    }
    await knockAll(
      run,
      knocks.filter(({ door }) => door !== 'datagram'),
    );
    await commandAll(
      run,
      commands.filter(({ root }) => !root),
    );
    for (const one of commands.filter(({ root }) => root)) await commandAll(run, [one]);
    const all = heard(world);
    const counted = [...knocks.filter(({ door }) => door !== 'datagram'), ...commands];
    silent.push(...counted.filter(({ id }) => !all.includes(tokenOf(id))).map(({ id }) => id));
    expect(silent).toEqual([]);
  });
});

function knockAll(run: Run, some: readonly Knock[]): Promise<string> {
  return run(['python3', '-c', doorProgram], JSON.stringify(some.map(inputOf)));
}

function inputOf(knock: Knock): Record<string, unknown> {
  const filled = Object.entries(knock).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.replaceAll('$TOKEN', tokenOf(knock.id)) : value,
  ]);
  return Object.fromEntries(filled);
}

async function commandAll(run: Run, some: readonly Command[]): Promise<void> {
  const waiting = [...some];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      await run(['sh', '-c', next.command.replaceAll('$TOKEN', tokenOf(next.id))], '');
  };
  await Promise.all(Array.from({ length: 8 }, work));
}
