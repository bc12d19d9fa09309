/**
 * The knocks of attempts.ts from inside a virtual machine, by root of a kernel of its own: it may make any socket, address, route
 * and interface, and there is no cable. What is asserted is that all were made and that nothing of them arrived anywhere. Not all are
 * made, since the machine may be emulated: see `tried`. What door.py needs beside the template's is brought along.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { debianWith, whyNoMachines } from '../../fixtures/machines.ts';
import { otherSockets } from '../../fixtures/network/answers.ts';
import { type Command, commands, friendPolicy, knocks } from '../../fixtures/network/attempts.ts';
import { openInside } from '../../fixtures/network/inside.ts';
import type { Knock } from '../../fixtures/network/knock.ts';
import { commandAll, gotThrough, knockAll, runIn } from '../../fixtures/network/making.ts';
import { openWorld, worldMissing } from '../../fixtures/network/world.ts';

/** Of Debian 12, as the template. Its small Python lacks what door.py imports. */
const library = '/usr/lib/python3.11';
const modules = [
  ...['queue.py', 'json/__init__.py', 'json/decoder.py', 'json/encoder.py', 'json/scanner.py'],
  ...['concurrent/__init__.py', 'concurrent/futures/__init__.py', 'concurrent/futures/_base.py'],
  'concurrent/futures/thread.py',
];
const tools = ['/usr/bin/curl', ...['/usr/sbin/ip', '/sbin/ip'].filter((path) => existsSync(path)).slice(0, 1)];
/** Which of the programs a machine of this kind has. */
const isHere = ({ command }: Command): boolean => /^(?:curl|getent|bash|ip|rm|for|echo \$TOKEN)\b/.test(command);
/** All that go straight to somewhere, which another kernel may see otherwise; of those that knock at the fronts, the same as everywhere, some. */
const tried = knocks.filter(({ check, id }, at) => check === 'N13' || /^dns-(?:direct|over)/.test(id) || at % 16 === 0);
const named = (made: readonly { check: string; id: string }[]): string[] =>
  made.map(({ check, id }) => `${check} ${id}`);

const lacks = [...modules.map((path) => join(library, path)), ...tools].find((path) => !existsSync(path));
const missing = worldMissing() ?? (lacks ? `${lacks} is not here` : await whyNoMachines('microvm'));
const why = missing === null ? '' : ` (skipped: ${missing})`;

describe.skipIf(missing !== null)(`the network boundary around a machine${why}`, () => {
  it('lets nothing of root’s through', { timeout: 600_000 }, async () => {
    const brought = modules.map((path) => [join(library, path), readFileSync(join(library, path), 'utf8')] as const);
    const tree = debianWith(tools, Object.fromEntries(brought));
    try {
      await using world = await openWorld();
      await using inside = await openInside(world);
      await inside.service.buildTemplate({ name: 'debian', from: 'directory', directory: tree });
      await using box = await inside.boxes.create({ isolation: 'microvm', user: 'root', network: friendPolicy });
      const run = runIn(box);
      // What is allowed works, or the rest would say nothing.
      for (const url of ['https://friend.test/ok/1', 'http://friend.test/ok/2', 'https://a.friend.test/']) {
        for (const way of [[], ['--noproxy', '*']]) {
          expect((await run(['curl', '-sf', ...way, url], '')).stdout, url).toBe('hello\n');
        }
      }
      await inPieces(tried, (some) => knockAll(run, some));
      await knockAll(
        run,
        otherSockets.map(([knock]) => knock),
      );
      const programs = commands.filter(isHere);
      expect(programs.filter(({ root }) => root).length).toBeGreaterThan(3);
      for (const one of programs) await commandAll(run, [one]);
      expect(named(await gotThrough(world, knocks))).toEqual([]);
      expect(named(await gotThrough(world, commands))).toEqual([]);
      expect(world.canary.packets()).toBe(0);
      // It took its own network from itself at most.
      await using after = await inside.boxes.create({ isolation: 'microvm', network: friendPolicy });
      expect((await runIn(after)(['curl', '-sf', 'https://friend.test/ok/3'], '')).stdout).toBe('hello\n');
    } finally {
      rmSync(tree, { recursive: true, force: true });
    }
  });
});

/** So many at once that each answer comes before a call's deadline, also where the machine is emulated. */
async function inPieces(all: readonly Knock[], make: (some: readonly Knock[]) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < all.length; at += 16) await make(all.slice(at, at + 16));
}
