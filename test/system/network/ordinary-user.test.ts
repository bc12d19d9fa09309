/**
 * The boundary under a daemon of an ordinary user, and under daemons that have lost every capability they could have: what
 * is allowed works, nothing else leaves. A boundary that cannot be set up makes no sandbox.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import { otherSockets, wrongly } from '../../fixtures/network/answers.ts';
import { type Command, commands, friendPolicy, knocks } from '../../fixtures/network/attempts.ts';
import { gitBackend } from '../../fixtures/network/git-backend.ts';
import { commit, makeRepository } from '../../fixtures/network/git-repository.ts';
import { sh, status } from '../../fixtures/network/holding.ts';
import { type Inside, openDaemon } from '../../fixtures/network/inside.ts';
import { commandAll, gotThrough, type Heard, knockAll, notRun, runIn } from '../../fixtures/network/making.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const ordinaryId = 12_345;
const asOrdinary = ['setpriv', `--reuid=${ordinaryId}`, `--regid=${ordinaryId}`, '--clear-groups'];
const withoutAny = ['--bounding-set=-all', '--inh-caps=-all'];
/** Programs that are quick to begin. */
const some = commands.filter(
  ({ id, root }) => !root && /^(curl|getent|bash|relay|rebinding|metadata|other-proxy)/.test(id),
);

describe.skipIf(worldMissing() !== null)('the network boundary', { timeout: 90_000 }, () => {
  const repositories = mkdtempSync(join(tmpdir(), 'hf-git-'));
  let world: World;
  beforeAll(async () => {
    makeRepository(repositories);
    commit(repositories, 'for anybody');
    world = await openWorld({ repositories });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    rmSync(repositories, { recursive: true, force: true });
  });

  it('is tried with programs', () => {
    expect(some.length).toBeGreaterThan(25);
  });

  const open = (how: readonly string[], owner?: number): Promise<Inside> =>
    openDaemon({
      within: (argv) => world.atHome([...how, ...argv]),
      flags: ['--resolver', world.resolver],
      trust: world.authority,
      ...(owner === undefined ? {} : { owner }),
    });

  it.each([
    ['of an ordinary user', asOrdinary, some],
    // A name can be bound to something else only once.
    ['N10: of an ordinary user who can get no capability', [...asOrdinary, ...withoutAny, '--no-new-privs'], []],
  ])('holds under a daemon %s', async (_, how, programs) => {
    await using inside = await open(how, ordinaryId);
    await using box = await inside.boxes.create({ network: friendPolicy });
    await holds(box, programs);
  });

  it('N10: is not left out by root without capabilities: no daemon begins', async () => {
    await expect(open(['setpriv', ...withoutAny], 0)).rejects.toThrow(
      /root without CAP_SYS_ADMIN[\s\S]*capability-missing/,
    );
  });

  async function holds(box: Box, programs: readonly Command[]): Promise<void> {
    for (const way of ['', "--noproxy '*'"]) {
      expect(await sh(box, `curl -sf ${way} https://friend.test/ok/1`)).toBe('hello');
      expect(await status(box, 'https://friend.test/other', way)).toBe('403');
    }
    if (existsSync(gitBackend)) {
      const clone = 'cd $(mktemp -d) && git clone -q https://git.friend.test/git/team/r.git && cat r/file';
      expect(await sh(box, clone)).toBe('for anybody');
    }
    const heard = await knockAll(runIn(box), knocks);
    expect(knocks.map((knock, at) => wrongly(knock, heard[at] as Heard)).filter((wrong) => wrong !== null)).toEqual([]);
    const sockets = await knockAll(
      runIn(box),
      otherSockets.map(([knock]) => knock),
    );
    expect(sockets.map(({ id, answer }) => [id, answer])).toEqual(otherSockets.map(([{ id }, errno]) => [id, errno]));
    expect(notRun(await commandAll(runIn(box), programs))).toEqual([]);
    expect((await gotThrough(world, [...knocks, ...programs])).map(({ id }) => id)).toEqual([]);
    expect(world.canary.packets()).toBe(0);
  }
});
