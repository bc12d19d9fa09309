/**
 * A sample of the catalogue: real runtimes that were changed are told apart from what they were. Most are asked only what must
 * be found; some are asked everything, and then what was changed must weigh most among all that differs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Profile, shiftOf } from '../../../src/contract/index.ts';
import { whyNoDebian } from '../../fixtures/machines.ts';
import { judge, look, type Verdict } from '../../shift-catalogue/compare.ts';
import { catalogue, type Mutation } from '../../shift-catalogue/index.ts';
import { Runtimes } from '../../shift-catalogue/runtimes.ts';

const missing = whyNoDebian();
const quick = catalogue.filter(({ quick, base = 'debian' }) => quick && base === 'debian');
/** Of every kind some; the bench tries them all. */
const sample = quick.filter(({ preload }, at) => preload !== undefined || at % 4 === 0);
const isAsked = (field: string): boolean => sample.some((one) => isFirst(one, field));
/** Only the probe that answers for what must be found is run. */
const isFirst = ({ names: [name] }: Mutation, field: string): boolean => name === field;

const thrice = { sessions: 1, repeats: 3 };
/** Felt in many places: what weighs most might be another field than the one that was changed. */
const whole = catalogue.filter(({ id }) =>
  [
    'user-without-account',
    'sh-is-bash',
    'python-missing',
    'locale-c',
    'output-trimmed',
    'modes-ignored',
    'denial-refused',
  ].includes(id),
);
const atOnce = { sessions: 3, repeats: 1 };

describe.skipIf(missing !== null)(`a changed runtime${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let directory = '';
  let runtimes: Runtimes;
  let usual: Profile;

  beforeAll(async () => {
    directory = await mkdtemp('/var/tmp/hfm-');
    runtimes = await Runtimes.open(directory);
    usual = await look(runtimes.base(), { ...thrice, isAsked });
  }, 180_000);
  afterAll(async () => {
    await runtimes?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  it('that was not changed has no finding', { timeout: 120_000 }, async () => {
    const again = await look(runtimes.base(), { ...thrice, isAsked });
    expect(shiftOf(usual, again).findings).toEqual([]);
  });

  it.for(sample)('is found: $what', { timeout: 120_000 }, async (mutation, { skip }) => {
    const why = runtimes.whyNot(mutation);
    if (why !== null) skip(why);
    const other = await look(await runtimes.mutated(mutation), {
      ...thrice,
      isAsked: (field) => isFirst(mutation, field),
    });
    const { found, top } = judge(mutation, shiftOf(usual, other));
    expect(found).toBe(true);
    // What would outweigh it may be of a probe that was not run.
    expect([mutation.names[0], mutation.instead?.top]).toContain(top);
  });

  it('that is asked everything is told by what was changed before what follows from it', {
    timeout: 300_000,
  }, async () => {
    const before = await look(runtimes.base(), atOnce);
    const told = new Map<string, Verdict & { follows: number }>();
    const waiting = [...whole];
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const shift = shiftOf(before, await look(await runtimes.mutated(next), atOnce));
        told.set(next.id, { ...judge(next, shift), follows: shift.contributions[0]?.follows.length ?? 0 });
      }
    };
    // A pass mostly waits.
    await Promise.all([work(), work(), work()]);
    expect(told.size).toBe(7);
    expect([...told].filter(([, { found, named }]) => !found || !named)).toEqual([]);
    for (const id of ['sh-is-bash', 'python-missing', 'modes-ignored'])
      expect(told.get(id)?.follows, id).toBeGreaterThan(1);
  });
});
