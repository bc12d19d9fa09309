import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostAccess } from '../../test/fixtures/host-access.ts';
import { idMaker, rootScope, systemClock, systemRandom } from '../base/index.ts';
import { applyEdit } from './edit.ts';
import { files } from './files.ts';
import { takeLines } from './lines.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
  mkdirSync(join(root, 'workspace/dir'), { recursive: true });
  put('poem.txt', 'one\ntwo\nthree\nfour');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(root, 'workspace', name), content);
const get = (name: string): string => readFileSync(join(root, 'workspace', name), 'utf8');

async function act(action: string, path?: string, more: object = {}): Promise<Record<string, unknown>> {
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const context = {
    access: new HostAccess(root),
    scope,
    clock: systemClock,
    newId: idMaker(systemClock, systemRandom),
  };
  const input = { action, ...(path === undefined ? {} : { path }), ...more };
  return (await files.prepare(input)(context)) as Record<string, unknown>;
}

describe('reading', () => {
  it('gives the whole text, or the lines asked for', async () => {
    expect(await act('read', 'poem.txt')).toEqual({
      action: 'read',
      path: '/workspace/poem.txt',
      content: 'one\ntwo\nthree\nfour',
      firstLine: 1,
      lastLine: 4,
      totalLines: 4,
      sizeBytes: 18,
      truncated: false,
      validUtf8: true,
    });
    const part = { content: 'two\nthree\n', firstLine: 2, lastLine: 3, totalLines: null, truncated: false };
    expect(await act('read', 'poem.txt', { firstLine: 2, lastLine: 3 })).toMatchObject(part);
    expect(await act('read', 'poem.txt', { firstLine: 4 })).toMatchObject({
      content: 'four',
      lastLine: 4,
      totalLines: 4,
    });
    expect(await act('read', 'poem.txt', { firstLine: 9 })).toMatchObject({ content: '', lastLine: 8, totalLines: 4 });
  });

  it('says when it was cut, and when bytes are not text', async () => {
    put('long', 'x'.repeat(1000));
    expect(await act('read', 'long', { maxBytes: 256 })).toMatchObject({
      content: 'x'.repeat(256),
      truncated: true,
      totalLines: null,
      sizeBytes: 1000,
    });
    put('bytes', Buffer.from([0x61, 0xff]));
    expect(await act('read', 'bytes')).toMatchObject({ content: 'a\ufffd', validUtf8: false });
    put('empty', '');
    expect(await act('read', 'empty')).toMatchObject({ content: '', lastLine: 0, totalLines: 0 });
    await expect(act('read', 'missing')).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('takes the same lines however the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'bc', '', 'déf'), { maxLength: 12 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 1, max: 5 }),
        async (lines, ended, first, more, size) => {
          const text = lines.join('\n') + (ended && lines.length > 0 ? '\n' : '');
          const bytes = Buffer.from(text);
          const last = first + more;
          const pieces = async function* (): AsyncGenerator<Uint8Array> {
            for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
          };
          const whole = text.split(/(?<=\n)/).filter((line) => line !== '');
          const taken = await takeLines(pieces(), { first, last, capBytes: 1000 });
          expect(Buffer.from(taken.bytes).toString()).toBe(whole.slice(first - 1, last).join(''));
          expect(taken.truncated).toBe(false);
          expect(taken.atEnd).toBe(whole.length <= last);
          if (taken.atEnd) expect(taken.seen).toBe(whole.length);
        },
      ),
    );
  });
});

describe('writing and moving', () => {
  it('makes directories, keeps modes and answers sizes', async () => {
    expect(await act('write', 'a/b/new.txt', { content: 'hé' })).toEqual({
      action: 'write',
      path: '/workspace/a/b/new.txt',
      sizeBytes: 3,
    });
    expect(get('a/b/new.txt')).toBe('hé');
    await act('mkdir', '/workspace/x/y');
    expect(await act('move', 'a/b/new.txt', { to: 'x/y/moved' })).toMatchObject({ to: '/workspace/x/y/moved' });
    expect(await act('stat', 'x/y/moved')).toMatchObject({ stat: { type: 'file', sizeBytes: 3 } });
    expect(await act('list', 'x')).toMatchObject({ entries: [{ path: '/workspace/x/y', type: 'directory' }] });
    await act('remove', 'x', { recursive: true });
    await expect(act('stat', 'x')).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('searches below the workspace unless told otherwise', async () => {
    expect(await act('search', undefined, { pattern: 'thr' })).toEqual({
      action: 'search',
      matches: [{ path: '/workspace/poem.txt', line: 3, text: 'three' }],
      truncated: false,
      filesSearched: 1,
    });
    expect((await act('list'))['entries']).toHaveLength(2);
  });

  it('cannot leave the root by dots', async () => {
    writeFileSync(join(root, 'top'), 'top');
    expect(await act('read', '../../../../top')).toMatchObject({ path: '/top', content: 'top' });
    expect(await act('read', '/workspace/./dir/..//../top')).toMatchObject({ path: '/top' });
  });

  it.each([
    ['write', 'a', {}, /content/],
    ['edit', 'a', { old: '', new: 'x' }, /old/],
    ['edit', 'a', { old: 'x' }, /new/],
    ['read', 'a', { old: 'x' }, /old/],
    ['read', undefined, {}, /path/],
    ['read', 'a\0', {}, /NUL/],
    ['read', '', {}, /path/],
    ['fly', 'a', {}, /action/],
    ['move', 'a', {}, /to/],
  ])('refuses %s of %j with %j', async (action, path, more, message) => {
    await expect(act(action, path, more)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(message),
    });
  });
});

describe('editing', () => {
  it('replaces exactly what stands there once', async () => {
    chmodSync(join(root, 'workspace/poem.txt'), 0o755);
    expect(await act('edit', 'poem.txt', { old: 'two\nthr', new: '2\n$&3' })).toEqual({
      action: 'edit',
      path: '/workspace/poem.txt',
      replaced: 1,
      lines: [2],
    });
    expect(get('poem.txt')).toBe('one\n2\n$&3ee\nfour');
    expect(statSync(join(root, 'workspace/poem.txt')).mode & 0o777).toBe(0o755);
    await act('edit', 'poem.txt', { old: 'one\n', new: '' });
    expect(get('poem.txt')).toBe('2\n$&3ee\nfour');
  });

  it('names the nearest line when nothing matches, and changes nothing', async () => {
    put('code.ts', 'import a;\n\n    const answer = 41;\nexport {};\n');
    await expect(act('edit', 'code.ts', { old: 'const anwser = 41;\n', new: 'x' })).rejects.toMatchObject({
      code: 'edit-no-match',
      hint: expect.stringMatching(/line 3: " {4}const answer = 41;"/),
      details: { line: 3 },
    });
    await expect(act('edit', 'code.ts', { old: 'zzz', new: 'x' })).rejects.toMatchObject({
      code: 'edit-no-match',
      hint: expect.stringMatching(/nothing like/),
    });
    expect(get('code.ts')).toContain('41');
  });

  it('names every line when more match than expected, and changes nothing', async () => {
    put('many', 'a\nb\na a\n');
    await expect(act('edit', 'many', { old: 'a', new: 'c' })).rejects.toMatchObject({
      code: 'edit-ambiguous',
      message: 'the text to replace stands 3 times in /workspace/many, not 1: at line 1, 3, 3',
    });
    await expect(act('edit', 'many', { old: 'a', new: 'c', expectedCount: 4 })).rejects.toMatchObject({
      code: 'edit-no-match',
      message: expect.stringContaining('3 times'),
    });
    expect(get('many')).toBe('a\nb\na a\n');
    expect(await act('edit', 'many', { old: 'a', new: 'aa', expectedCount: 3 })).toMatchObject({ lines: [1, 3, 3] });
    expect(get('many')).toBe('aa\nb\naa aa\n');
  });

  it('refuses what is not text and what is too large', async () => {
    put('bytes', Buffer.from([0x61, 0xff]));
    await expect(act('edit', 'bytes', { old: 'a', new: 'b' })).rejects.toMatchObject({ code: 'not-a-file' });
    put('large', Buffer.alloc(4 * 1024 * 1024 + 1, 0x61));
    await expect(act('edit', 'large', { old: 'a', new: 'b' })).rejects.toMatchObject({ code: 'file-too-large' });
  });

  it('agrees with splitting and joining', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 30 });
    fc.assert(
      fc.property(
        letters,
        fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 3 }),
        letters,
        (text, old, replacement) => {
          const parts = text.split(old);
          fc.pre(parts.length > 1);
          const edit = { old, new: replacement, expectedCount: parts.length - 1 };
          const result = applyEdit(text, edit, '/f');
          expect(result.text).toBe(parts.join(replacement));
          const starts = parts.slice(0, -1).map(
            (_, index) =>
              parts
                .slice(0, index + 1)
                .join(old)
                .split('\n').length,
          );
          expect(result.lines).toEqual(starts);
        },
      ),
    );
  });
});
