/** Verdicts about KVM that are kept: which are believed, and which are tried once more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptVerdict, type Trial, unusableKvm } from './accelerator.ts';

let directory: string;
let tried: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-verdict-'));
  tried = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const working: Trial = { verdict: { accelerator: 'kvm', notice: null, fix: null }, isSilent: false };
const silent: Trial = { verdict: unusableKvm('a guest said nothing'), isSilent: true };
const broken: Trial = { verdict: unusableKvm('QEMU ended'), isSilent: false };

const start = (trial: Trial, key = 'this boot'): Promise<unknown> =>
  keptVerdict(join(directory, 'verdict.json'), key, async () => {
    tried++;
    return trial;
  });

it.each([working, broken])('is believed at once where a guest answered or its QEMU ended: %j', async (trial) => {
  for (const later of [trial, silent, working]) expect(await start(later)).toEqual(trial.verdict);
  expect(tried).toBe(1);
});

it('of silence is tried once more, and forgotten when a guest answers then', async () => {
  expect(await start(silent)).toEqual(silent.verdict);
  expect(await start(working)).toEqual(working.verdict);
  expect(await start(silent)).toEqual(working.verdict);
  expect(tried).toBe(2);
});

it('of silence is believed when it was met twice, until something it depends on is another', async () => {
  for (let starts = 0; starts < 4; starts++) expect(await start(silent)).toEqual(silent.verdict);
  expect(tried).toBe(2);
  expect(await start(silent, 'another boot')).toEqual(silent.verdict);
  expect(await start(working, 'another boot')).toEqual(working.verdict);
});
