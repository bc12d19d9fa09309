/**
 * A daemon is killed (SIGKILL) at random moments while it starts and works, again and again on the same home. After every
 * restart what was acknowledged is there, with its processes, output and files; nothing is left over anywhere.
 *
 * `HOLDFAST_CRASHES=200` kills more often, `HOLDFAST_CRASH_SEED` draws the moments that a failed run names. What many
 * kills came to is measured and kept by `npm run bench crashes`.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import { Crashes } from '../fixtures/crashes.ts';
import { everywhere } from '../fixtures/gvisor.ts';

/** The usual run is kept short. */
const crashes = Number(process.env['HOLDFAST_CRASHES'] ?? 15);
const seed = Number(process.env['HOLDFAST_CRASH_SEED'] ?? randomInt(2 ** 31 - 2));
/** A look at everything takes as long as a kill. */
const lookEvery = 5;

/** What takes longer to do needs longer to be in the middle of it. */
const pace = {
  namespace: { kills: crashes, slower: 1 },
  'userspace-kernel': { kills: Math.ceil(crashes / 2), slower: 5 },
};

const places = (await everywhere()).map((place) => ({ ...place, ...pace[place.isolation] }));

describe.each(places)('a killed daemon, isolation $isolation', ({ isolation, missing, kills, slower }) => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hf-crash-'));
  });
  afterAll(async () => {
    if (missing === null) await (await createRuntime({ home: join(directory, 'home'), ephemeral: true })).close();
    await rm(directory, { recursive: true, force: true });
  });
  it.skipIf(missing !== null)(
    `loses nothing acknowledged and leaks nothing over ${kills} kills`,
    { timeout: 60_000 + kills * slower * 10_000 },
    async () => {
      const again = `HOLDFAST_CRASH_SEED=${seed} HOLDFAST_CRASHES=${crashes} draws these moments again`;
      const run = new Crashes({ home: join(directory, 'home'), isolation, seed, slower });
      for (let kill = 1; kill <= kills; kill++) {
        expect(await run.kill(), `kill ${kill}; ${again}`).toEqual([]);
        if (kill % lookEvery === 0) expect(await run.inspect(), `after kill ${kill}; ${again}`).toEqual([]);
      }
      expect(await run.end(), `at the end; ${again}`).toEqual([]);
      const { tally } = run;
      const never = Object.entries(tally).flatMap(([name, count]) => (count === 0 ? [name] : []));
      expect(never, `what was never met; ${again}`).toEqual([]);
    },
  );
});
