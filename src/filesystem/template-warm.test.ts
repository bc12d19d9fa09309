import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guestWithLayers, TestFiles } from '../../test/fixtures/file-store.ts';
import type { WarmScript } from '../schema/index.ts';
import type { TemplateRecord } from '../state/index.ts';
import { warmPlace } from './template-warm.ts';

// Before any hook has a deadline: it may have to be built.
guestWithLayers();

let test: TestFiles;
let root = '';
beforeEach(async () => {
  test = await TestFiles.open();
  root = mkdtempSync(join(tmpdir(), 'hf-warm-'));
});
afterEach(async () => {
  await test.close();
  rmSync(root, { recursive: true });
});

const place = (): string => join(root, warmPlace);

function put(name: string, text = '#!/bin/sh\n', mode = 0o755): void {
  mkdirSync(place(), { recursive: true });
  writeFileSync(join(place(), name), text);
  chmodSync(join(place(), name), mode);
}

function build(warm?: WarmScript): Promise<TemplateRecord> {
  const request = { name: 't', from: 'directory', directory: root, ...(warm ? { warm } : {}) } as const;
  return test.files.buildTemplate(request, () => undefined, test.scope);
}

const refusal = { code: 'invalid-argument', message: expect.stringContaining(warmPlace) };

describe('what a template is warmed by', () => {
  it('is nothing, unless it has something for that', async () => {
    expect((await build()).warm).toEqual([]);
    expect((await test.files.useTemplate('host', test.scope)).warm).toEqual([]);
  });

  it('is in its record, in the order of the names, and in its digest', async () => {
    for (const name of ['20-b', '100-c', '10-a']) put(name);
    const before = await build();
    expect(before.warm).toEqual(['10-a', '100-c', '20-b']);
    expect(test.files.listTemplates().find(({ name }) => name === 't')?.warm).toEqual(before.warm);
    put('20-b', '#!/bin/sh\ntrue\n');
    const after = await build();
    expect(after.warm).toEqual(before.warm);
    expect(after.digest).not.toBe(before.digest);
  });

  it('may be a script that is sent along, which stands beside what is there', async () => {
    put('20-b');
    const text = '#!/bin/sh\nserver &\n';
    const { warm, layers } = await build({ name: 'server.sh', text });
    expect(warm).toEqual(['20-b', 'server.sh']);
    const path = join(test.tree(layers[0] ?? ''), warmPlace, 'server.sh');
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(statSync(path).mode & 0o7777).toBe(0o755);
    await expect(build({ name: '20-b', text })).rejects.toMatchObject({ code: 'file-exists' });
  });

  it.each<[string, WarmScript]>([
    ['has another place for a name', { name: '../../bin/sh', text: '#!/bin/sh\n' }],
    ['is no script', { name: 'a', text: 'echo\n' }],
    ['is too large', { name: 'a', text: `#!/bin/sh\n${'#'.repeat(256 * 1024)}` }],
  ])('is refused where it %s', async (_, warm) => {
    await expect(build(warm)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(test.files.listTemplates().map(({ name }) => name)).not.toContain('t');
  });

  it.each<[string, () => void]>([
    ['cannot be executed', () => put('10-a', '#!/bin/sh\n', 0o644)],
    ['has a name for terminals', () => put('10-\u001b[31m')],
    ['is a directory', () => mkdirSync(join(place(), '10-a'), { recursive: true })],
    [
      'is a link',
      () => {
        put('10-a');
        symlinkSync('10-a', join(place(), '20-b'));
      },
    ],
    ['is one of too many', () => Array.from({ length: 33 }, (_, n) => put(`n${n}`))],
    [
      'lies in a directory of the machine, by a link',
      () => {
        mkdirSync(join(root, 'etc/holdfast'), { recursive: true });
        symlinkSync('/usr/bin', place());
      },
    ],
  ])('is refused where it %s', async (_, spoil) => {
    spoil();
    await expect(build()).rejects.toMatchObject(refusal);
    expect(test.files.listTemplates().map(({ name }) => name)).not.toContain('t');
  });

  it('is not put through a link of the template', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'hf-outside-'));
    mkdirSync(join(root, 'etc'));
    symlinkSync(outside, join(root, 'etc/holdfast'));
    await expect(build({ name: 'a', text: '#!/bin/sh\n' })).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(readdirSync(outside)).toEqual([]);
    rmSync(outside, { recursive: true });
  });
});
