/** What wakes a sandbox of gVisor is what ran it, over the bytes that were saved. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import {
  checkImage,
  type MadeWith,
  mustBeMadeWith,
  noteLaunch,
  noteOfLaunch,
  ProgramDigests,
  sealImage,
} from './checkpoint.ts';

let home: string;
let image: string;
let scope: OwnedScope;
const made: MadeWith = { version: '1', program: 'p', processor: 'c' };

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-checkpoint-'));
  image = join(home, 'memory');
  mkdirSync(image);
  for (const name of ['checkpoint.img', 'pages.img']) writeFileSync(join(image, name), name);
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
});
afterEach(async () => {
  await scope.close();
  rmSync(home, { recursive: true });
});

describe('an image', () => {
  it('is found whole', async () => {
    await sealImage(image, made, scope);
    await checkImage(image, { ...made, version: '2' }, scope);
  });

  it.each(['program', 'processor'] as const)('is for the %s that made it', async (differs) => {
    await sealImage(image, made, scope);
    const refusal = { code: 'capability-missing', details: { differs } };
    await expect(checkImage(image, { ...made, [differs]: 'another' }, scope)).rejects.toMatchObject(refusal);
  });

  it.each<[string, (path: string) => void]>([
    ['changed', (path) => writeFileSync(join(path, 'pages.img'), 'pages.im_')],
    ['cut', (path) => writeFileSync(join(path, 'pages.img'), '')],
    ['in part', (path) => rmSync(join(path, 'pages.img'))],
    ['more than it was', (path) => writeFileSync(join(path, 'more'), '')],
    ['without its note', (path) => rmSync(join(path, 'image.json'))],
    ['of a note from before', (path) => writeFileSync(join(path, 'image.json'), '{"runsc":"1"}')],
  ])('is refused when it is %s', async (_, change) => {
    await sealImage(image, made, scope);
    change(image);
    await expect(checkImage(image, made, scope)).rejects.toMatchObject({ code: 'snapshot-corrupt' });
  });
});

it('a sandbox is put away only by what it began with, as was noted then', async () => {
  expect(() => mustBeMadeWith(null, made)).toThrow('nobody wrote down');
  expect(await noteOfLaunch(home)).toBeNull();
  await noteLaunch(home, made);
  expect(mustBeMadeWith(await noteOfLaunch(home), made)).toEqual(made);
});

it('a program is read once, and again when it is another one', async () => {
  const program = join(home, 'runsc');
  writeFileSync(program, 'one');
  const digests = new ProgramDigests();
  const runsc = { program, version: '1', options: new Set<string>() };
  const [first, again] = [await digests.of(runsc, scope), await digests.of(runsc, scope)];
  expect(again).toEqual(first);
  appendFileSync(program, 'more');
  expect((await digests.of(runsc, scope)).program).not.toBe(first.program);
});
