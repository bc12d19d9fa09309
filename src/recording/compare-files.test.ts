/** Files that a step changed, then and now. */
import { describe, expect, it } from 'vitest';
import { changedFile as file } from '../../test/fixtures/changed-file.ts';
import { usualNormalisers } from '../schema/index.ts';
import { compareFiles, withDigests } from './compare-files.ts';
import { formatOf } from './formats.ts';
import type { ChangedFile } from './step-snapshots.ts';

const digestOf = (content: Uint8Array): string => `keyed ${Buffer.from(content).toString()}`;
const all = (then: ChangedFile[], now: ChangedFile[], normalisers = usualNormalisers) =>
  compareFiles(...withDigests(then, now, digestOf), { normalisers, asked: 'make' });
const compare = (then: ChangedFile[], now: ChangedFile[]) => all(then, now).compared;

describe('changed files', () => {
  it('are compared by path, kind, mode and content', () => {
    expect(compare([file('/a', 'x')], [file('/a', 'x')])).toEqual({ matched: true, normalisers: [] });
    expect(compare([file('/a', 'x')], [])).toMatchObject({ class: 'files', actual: 'not changed' });
    expect(compare([], [file('/a', 'x')])).toMatchObject({ class: 'files', expected: 'not changed' });
    expect(compare([file('/a', 'x')], [file('/a', 'y')])).toMatchObject({ class: 'files' });
    expect(compare([file('/a', 'x')], [file('/a', 'x', { modeAfter: 0o755 })])).toMatchObject({ class: 'files' });
    expect(compare([file('/a', 'x', { content: null })], [file('/a', 'xy', { content: null })])).toMatchObject({
      class: 'files',
    });
  });

  it('with times in them, or in their names, are the same, and it is said', () => {
    expect(compare([file('/log', 'at 12:00:01')], [file('/log', 'at 13:59:59')])).toEqual({
      matched: true,
      normalisers: ['times'],
    });
    expect(compare([file('/tmp/tmp.aB3dE9xYz0', 'x')], [file('/tmp/tmp.zZ3dE9xYz1', 'x')])).toEqual({
      matched: true,
      normalisers: ['paths'],
    });
    expect(compare([file('/w/.git/objects/e3', '', { type: 'directory' })], [])).toMatchObject({ matched: true });
  });

  it('with made-up names take no file that has its own name in both', () => {
    const then = [file('/tmp/tmp.aB3dE9xYz0', 'x'), file('/tmp/tmp.bB3dE9xYz0', 'y')];
    const now = [file('/tmp/tmp.bB3dE9xYz0', 'y'), file('/tmp/tmp.cC3dE9xYz0', 'x')];
    expect(compare(then, now)).toEqual({ matched: true, normalisers: ['paths'] });
  });

  it('with very many made-up names are paired without looking at each with each', () => {
    const names = Array.from({ length: 2000 }, (_, at) => `/out/part-${at}-at-12:00:0`);
    const then = names.map((name) => file(`${name}1`, 'x'));
    const now = names.toReversed().map((name) => file(`${name}2`, 'x'));
    expect(compare(then, now)).toEqual({ matched: true, normalisers: ['times'] });
  });

  it('whose content was not kept are compared by digests, on either side', () => {
    const large = (digest: string | null) => file('/large', 'xxxx', { content: null, digest });
    expect(all([large('keyed a')], [large('keyed a')])).toEqual({
      compared: { matched: true, normalisers: [] },
      bySize: [],
      differing: null,
    });
    expect(compare([large('keyed a')], [large('keyed b')])).toMatchObject({ matched: false, class: 'files' });
    expect(compare([large('keyed abcd')], [file('/large', 'abcd')])).toMatchObject({ matched: true });
    expect(compare([file('/large', 'abcd')], [large('keyed abce')])).toMatchObject({ matched: false });
  });

  it('without a digest are compared by size, and that is told', () => {
    const unread = (text: string) => file('/large', text, { content: null });
    expect(all([unread('aaaa')], [unread('bbbb')])).toEqual({
      compared: { matched: true, normalisers: [] },
      bySize: ['/large'],
      differing: null,
    });
    expect(all([unread('a')], [unread('bb')])).toMatchObject({ compared: { matched: false }, bySize: [] });
    const gone = file('/a', '', { kind: 'deleted', content: null, sizeAfter: null, modeAfter: null });
    const mode = file('/a', 'x', { kind: 'mode', content: null });
    for (const same of [gone, mode]) expect(all([same], [same])).toMatchObject({ bySize: [] });
  });

  it('that are links are compared by where they point, contents or not', () => {
    const link = (target: string, more: Partial<ChangedFile> = {}) => file('/l', target, { type: 'symlink', ...more });
    expect(compare([link('a')], [link('a')])).toMatchObject({ matched: true });
    expect(compare([link('a')], [link('b')])).toMatchObject({ matched: false });
    const digest = (of: string) => link('a', { content: null, digest: of });
    expect(compare([digest('keyed a')], [digest('keyed b')])).toMatchObject({ matched: false });
  });

  it('of Git are compared: another branch, another log, another reference is another file', () => {
    const of = (path: string, then: string, now: string) => compare([file(path, then)], [file(path, now)]);
    expect(of('/w/.git/HEAD', 'ref: refs/heads/main\n', 'ref: refs/heads/topic\n')).toMatchObject({ matched: false });
    const log = (hash: string, time: number, what: string) =>
      `${'0'.repeat(40)} ${hash} A <a@b.c> ${time} +0000\tcommit: ${what}\n`;
    const [one, other] = ['1f2e3d4c5b6a79880123456789abcdef01234567', '2f2e3d4c5b6a79880123456789abcdef01234567'];
    expect(of('/w/.git/logs/HEAD', log(one, 1_764_422_400, 'x'), log(other, 1_764_422_999, 'x'))).toEqual({
      matched: true,
      normalisers: ['times', 'commits'],
    });
    expect(of('/w/.git/logs/HEAD', log(one, 1_764_422_400, 'x'), log(one, 1_764_422_400, 'y'))).toMatchObject({
      matched: false,
    });
    expect(of('/w/.git/refs/heads/main', `${one}\n`, `${other}\n`)).toEqual({
      matched: true,
      normalisers: ['commits'],
    });
  });

  it('of others with hashes in them are the same only where Git was asked', () => {
    const [then, now] = [[file('/w/version', 'built 3610a686')], [file('/w/version', 'built 9f8e7d6c')]];
    expect(compare(then, now)).toMatchObject({ matched: false, absorbedBy: 'hashes' });
    const how = { normalisers: usualNormalisers, asked: 'git describe > version' };
    expect(compareFiles(then, now, how).compared).toEqual({ matched: true, normalisers: ['commits'] });
  });
});

describe('a format with times in it', () => {
  const compiled = (flags: number, time: number, size: number, code: string): Buffer => {
    const header = Buffer.alloc(16);
    for (const [at, value] of [0x0a0d_0dcb, flags, time, size].entries()) header.writeUInt32LE(value, at * 4);
    return Buffer.concat([header, Buffer.from(code)]);
  };

  it('of Python is compared after the time', () => {
    const of = (then: Buffer, now: Buffer) => compare([file('/a.pyc', then)], [file('/a.pyc', now)]);
    const usual = compiled(0, 1, 5, 'code');
    expect(of(usual, compiled(0, 2, 5, 'code'))).toEqual({ matched: true, normalisers: ['times'] });
    expect(of(usual, compiled(0, 1, 5, 'other'))).toMatchObject({ matched: false });
    expect(of(usual, compiled(0, 1, 6, 'code'))).toMatchObject({ matched: false });
    // The hash of its source in the place of the time.
    expect(of(compiled(1, 1, 5, 'code'), compiled(1, 2, 5, 'code'))).toMatchObject({ matched: false });
    expect(of(Buffer.from('x'), Buffer.from('y'))).toMatchObject({ matched: false });
    expect(all([file('/a.pyc', usual)], [file('/a.pyc', compiled(0, 2, 5, 'code'))], ['ids'])).toMatchObject({
      compared: { matched: false },
    });
  });

  interface Entry {
    name: string;
    time: number;
    hash: number;
    mode?: number;
  }
  const index = (entries: readonly Entry[], version = 2): Buffer => {
    const head = Buffer.alloc(12);
    head.write('DIRC');
    head.writeUInt32BE(version, 4);
    head.writeUInt32BE(entries.length, 8);
    const made = entries.map(({ name, time, hash, mode = 0o100644 }) => {
      const entry = Buffer.alloc(Math.ceil((62 + name.length + 1) / 8) * 8);
      for (let at = 0; at < 24; at += 4) entry.writeUInt32BE(time, at);
      entry.writeUInt32BE(mode, 24);
      entry.writeUInt32BE(time, 36);
      entry.fill(hash, 40, 60);
      entry.writeUInt16BE(name.length, 60);
      entry.write(name, 62);
      return entry;
    });
    return Buffer.concat([head, ...made, Buffer.alloc(20, entries[0]?.time ?? 0)]);
  };

  it('of Git is compared but for what stat says', () => {
    const of = (then: Buffer, now: Buffer) => compare([file('/w/.git/index', then)], [file('/w/.git/index', now)]);
    const names = ['a', 'dir/longer-name', 'exactly8'];
    const usual = (time: number) => index(names.map((name) => ({ name, time, hash: 7 })));
    expect(of(usual(1), usual(2))).toEqual({ matched: true, normalisers: ['times'] });
    const changed = (more: Partial<Entry>) => index(names.map((name) => ({ name, time: 2, hash: 7, ...more })));
    expect(of(usual(1), changed({ hash: 8 }))).toMatchObject({ matched: false });
    expect(of(usual(1), changed({ mode: 0o100755 }))).toMatchObject({ matched: false });
    expect(of(usual(1), index(names.slice(1).map((name) => ({ name, time: 2, hash: 7 }))))).toMatchObject({
      matched: false,
    });
    // Another version than is known is compared as it is.
    const newer = (time: number) => index([{ name: 'a', time, hash: 7 }], 4);
    expect(of(newer(1), newer(2))).toMatchObject({ matched: false });
  });

  it('is left as it is where it is cut off, or says that it holds more than it does', () => {
    const mask = formatOf('.git/index')?.mask;
    const whole = index([{ name: 'a', time: 1, hash: 7 }]);
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(mask?.(cut)).toHaveLength(length);
    }
    const lying = Buffer.from(whole).fill(0xff, 8, 12);
    expect(mask?.(lying)).toEqual(lying);
  });
});
