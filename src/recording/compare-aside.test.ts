/** Comparisons that are long, beside those that are not: the same answer, and the loop goes on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedFile as file } from '../../test/fixtures/changed-file.ts';
import { rootScope } from '../base/index.ts';
import { normaliserNames, usualNormalisers } from '../schema/index.ts';
import { compareAnswers } from './compare.ts';
import { Comparer, mostHere } from './compare-aside.ts';
import { compareFiles, withDigests } from './compare-files.ts';
import type { ChangedFile } from './step-snapshots.ts';

const printed = (stdout: string | Uint8Array, more: object = {}) => ({
  ok: true as const,
  value: { exitCode: 0, reason: 'exited', stdout, ...more },
});
const digestOf = (content: Uint8Array): string => `keyed ${Buffer.from(content).toString('latin1').length}`;
const howFiles = { normalisers: usualNormalisers, asked: 'make', digestOf };

/** What this thread works for meanwhile; whatever is beside it on the machine does not count. */
async function workedMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

describe('what a program made to be slow to compare', () => {
  const comparer = new Comparer();
  const long = (piece: string): string => piece.repeat((256 * 1024) / piece.length);
  const plain = (text: string): number => {
    const startedMs = process.threadCpuUsage().user;
    compareAnswers(printed(`${text}x`), printed(`${text}y`), usualNormalisers);
    return (process.threadCpuUsage().user - startedMs) / 1000;
  };

  it.each(['12:34:56', 'tmpA1b2C3d4 '])(
    'does not hold up the loop, printed or written: %j',
    async (piece) => {
      const text = long(piece);
      const heldMs = plain(text);
      const printing = await workedMs(async () => {
        const compared = await comparer.answers(printed(`${text}x`), printed(`${text}y`), usualNormalisers);
        expect(compared).toMatchObject({ matched: false, class: 'stdout' });
      });
      const writing = await workedMs(async () => {
        const compared = await comparer.files([file('/a', `${text}x`)], [file('/a', `${text}y`)], howFiles);
        expect(compared.compared).toMatchObject({ matched: false, class: 'files' });
      });
      expect(Math.max(printing, writing)).toBeLessThan(heldMs / 4);
    },
    60_000,
  );

  it('nor by names of files, each of which is held against each', async () => {
    const names = (last: string): ChangedFile[] =>
      Array.from({ length: 40 }, (_, at) => file(`/w/${'12:34:56'.repeat(400)}-${at}-${last}`, ''));
    const [then, now] = [names('x'), names('y')];
    const startedMs = process.threadCpuUsage().user;
    const { compared } = compareFiles(then, now, howFiles);
    const heldMs = (process.threadCpuUsage().user - startedMs) / 1000;
    const worked = await workedMs(async () =>
      expect((await comparer.files(then, now, howFiles)).compared).toEqual(compared),
    );
    expect(worked).toBeLessThan(heldMs / 2);
  }, 60_000);

  it('is not compared any further when whoever asked for it gave up', async () => {
    await using scope = rootScope({ name: 'test' });
    const text = long('12:34:56');
    const comparing = new Comparer(scope).answers(printed(`${text}x`), printed(`${text}y`), usualNormalisers);
    await scope.close();
    await expect(comparing).rejects.toThrow();
  });
});

describe('a long comparison (1)', () => {
  const comparer = new Comparer();
  const pieces = [
    'at 12:34:56 ',
    'took 12ms\n',
    'tmpA1b2C3d4 ',
    '/tmp/x-a1b2c3 ',
    'd6c1cd9 ',
    'pid 17\n',
    'é',
    'same ',
  ];
  const text = fc
    .array(fc.constantFrom(...pieces, 'b\n', '  '), { minLength: 1, maxLength: 20 })
    .map((some) => some.join('').repeat(Math.ceil(mostHere / some.join('').length)));
  const change = fc.constantFrom<[string | RegExp, string]>(
    ['12:34:56', '12:34:57'],
    [/12ms/g, '13ms'],
    [/A1b2C3d4/g, 'zZ9y8X7w'],
    ['d6c1cd9', '5348368'],
    ['same', 'other'],
    [/$/, '!'],
  );
  const pair = fc.tuple(text, change).map(([then, [from, to]]) => [then, then.replace(from, to)] as const);
  const names = fc.subarray([...normaliserNames]);

  it('of answers is what a short one would be', async () => {
    const asBytes = fc.boolean();
    await fc.assert(
      fc.asyncProperty(pair, names, asBytes, async ([then, now], enabled, isBytes) => {
        const of = (said: string) => printed(isBytes ? Buffer.from(said) : said, { durationMs: said.length });
        const found = await comparer.answers(of(then), of(now), enabled);
        expect(found).toEqual(compareAnswers(of(then), of(now), enabled));
      }),
      { numRuns: 6 },
    );
  }, 120_000);

  it('of files is what a short one would be, of which only a digest is known too', async () => {
    await fc.assert(
      fc.asyncProperty(pair, names, async ([said, saysNow], normalisers) => {
        const then = [
          file('/a', said),
          file('/tmp/tmp.aB3dE9xYz0', 'x'),
          file('/large', 'xyz', { content: null, digest: digestOf(Buffer.from('xyz')) }),
        ];
        const now = [file('/a', saysNow), file('/tmp/tmp.zZ3dE9xYz1', 'x'), file('/large', 'xyz')];
        const how = { ...howFiles, normalisers };
        const plain = compareFiles(...withDigests(then, now, digestOf), how);
        expect(await comparer.files(then, now, how)).toEqual(plain);
      }),
      { numRuns: 6 },
    );
  }, 120_000);
});
