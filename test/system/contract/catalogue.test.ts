/** A sample of the catalogue: real runtimes that were changed are told apart from what they were, by the right name. */
import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Profile, shiftOf } from '../../../src/contract/index.ts';
import { whyNoDebian } from '../../fixtures/machines.ts';
import { judge, look } from '../../shift-catalogue/compare.ts';
import { catalogue, isNamed, type Mutation } from '../../shift-catalogue/index.ts';
import { Runtimes } from '../../shift-catalogue/runtimes.ts';

const missing = whyNoDebian();
const quick = catalogue.filter(({ quick, base = 'debian' }) => quick && base === 'debian');
/** Of every kind some; the bench tries them all. */
const sample = quick.filter(({ preload }, at) => preload !== undefined || at % 4 === 0);
const isAsked = (field: string): boolean => sample.some((one) => isFirst(one, field));
/** Only the probe that answers for what must be found is run. */
const isFirst = ({ names: [name] }: Mutation, field: string): boolean => name === field;

const thrice = { sessions: 1, repeats: 3 };

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
    const shift = shiftOf(usual, other);
    expect(judge(mutation, shift)).toMatchObject({ found: true, named: true });
    expect(isNamed(mutation, shift.contributions[0]?.what ?? '')).toBe(true);
  });
});
