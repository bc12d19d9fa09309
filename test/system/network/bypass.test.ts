/**
 * Everything in attempts.ts, made twice: outside any guard, where each gets through (so the table proves itself), and from
 * inside a sandbox with a policy, where none does: no packet at the canary, no token anywhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { networkEnvironment } from '../../../src/network/inside.ts';
import { everywhere } from '../../fixtures/gvisor.ts';
import { type Command, commands, friendPolicy, type Knock, knocks } from '../../fixtures/network/attempts.ts';
import { openInside } from '../../fixtures/network/inside.ts';
import { doorProgram, type Outside, openOutside } from '../../fixtures/network/outside.ts';
import { openWorld, type World, type WorldHost, worldMissing } from '../../fixtures/network/world.ts';

type Run = (argv: string[], input: string) => Promise<string>;

const missing = worldMissing();
const tokenOf = (id: string): string => `leak-${id}-end`;
/** Names are compared as DNS does. */
function gotThrough(world: World): (attempt: Knock | Command) => boolean {
  const text = (...hosts: WorldHost[]): string => JSON.stringify(hosts.map(({ arrivals }) => arrivals)).toLowerCase();
  const elsewhere = text(world.home, world.canary);
  const everywhere = elsewhere + text(world.friend);
  return (attempt) => ('elsewhere' in attempt ? elsewhere : everywhere).includes(tokenOf(attempt.id));
}

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
    const through = gotThrough(world);
    const counted = [...knocks.filter(({ door }) => door !== 'datagram'), ...commands];
    silent.push(...counted.filter((one) => !through(one)).map(({ id }) => id));
    expect(silent).toEqual([]);
  });
});

describe.skipIf(missing !== null).each(await everywhere())('the network boundary of $isolation', (where) => {
  it.skipIf(where.missing !== null)('lets none of them through', { timeout: 300_000 }, async () => {
    const { isolation } = where;
    await using world = await openWorld();
    await using inside = await openInside(world);
    await using box = await inside.boxes.create({ isolation, network: friendPolicy });
    await using rootBox = await inside.boxes.create({ isolation, network: friendPolicy, user: 'root' });
    const runIn =
      (one: typeof box): Run =>
      async (argv, input) => {
        const { stdoutText, stderrText } = await one.exec({
          argv,
          stdin: new TextEncoder().encode(input),
          timeoutMs: 60_000,
        });
        return `${stdoutText}${stderrText}`;
      };
    // What is allowed works, or the rest would say nothing.
    const allowed = [
      'curl -sf https://friend.test/ok/1',
      'curl -sf http://friend.test/ok/2',
      'curl -sf https://a.friend.test/',
    ];
    for (const argv of allowed) {
      expect(await runIn(box)(['sh', '-c', argv], ''), argv).toBe('hello\n');
      expect(await runIn(box)(['sh', '-c', argv.replace('curl', "curl --noproxy '*'")], ''), argv).toBe('hello\n');
    }
    await knockAll(runIn(box), knocks);
    await commandAll(
      runIn(box),
      commands.filter(({ root }) => !root),
    );
    let asRoot: typeof rootBox = rootBox;
    for (const one of commands.filter(({ root }) => root)) {
      await commandAll(runIn(asRoot), [one]).catch(async (error: unknown) => {
        // gVisor lets who is of the agent's own user end it, and with it this one sandbox.
        if (isolation === 'namespace' || one.id !== 'end-everything') throw error;
        asRoot = await inside.boxes.create({ isolation, network: friendPolicy, user: 'root' });
      });
    }
    const through = [...knocks, ...commands].filter(gotThrough(world));
    expect(through.map(({ check, id }) => `${check} ${id}`)).toEqual([]);
    expect(world.canary.packets()).toBe(0);
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
