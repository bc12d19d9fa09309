/** Numbers refer to the invariants of reserve.ts. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Reserve } from './reserve.ts';

const mebibyte = 1024 * 1024;
let home = '';
let free = 0;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-reserve-'));
  free = 1024 * mebibyte;
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const reserve = (): Reserve => new Reserve({ home, freeBytes: () => free });
const size = (): number => statSync(join(home, 'reserve')).size;

it('gives a piece each time the disk is full, until it has nothing left (1)', () => {
  const one = reserve();
  one.tend();
  const whole = size();
  free = 0;
  one.tend();
  expect(size()).toBeLessThan(whole);
  for (let turn = 0; turn < 20; turn++) one.tend();
  expect(size()).toBe(0);
});

it('makes itself whole where there is ample room, and takes none where there is little (2)', () => {
  free = mebibyte;
  reserve().tend();
  expect(existsSync(join(home, 'reserve'))).toBe(false);
  free = 1024 * mebibyte;
  reserve().tend();
  const { size: bytes, blocks } = statSync(join(home, 'reserve'));
  expect(bytes).toBe(2 * mebibyte);
  expect(blocks * 512).toBeGreaterThanOrEqual(bytes);
});

it('is no reason to fail (3)', () => {
  rmSync(home, { recursive: true });
  reserve().tend();
  const broken = new Reserve({
    home,
    freeBytes: () => {
      throw new Error('no such disk');
    },
  });
  broken.tend();
});
