/** Beginnings that fail, on a store that only says whether it writes. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleHead } from '../../test/fixtures/recordings.ts';
import { idMaker, silentLog, systemClock, systemRandom } from '../base/index.ts';
import { Recordings, type RecordingsParts } from './recordings.ts';

let home: string;
let isFull: boolean;
let rows: string[];
let parts: RecordingsParts;
let recordings: Recordings;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-recordings-'));
  [isFull, rows] = [false, []];
  const store = {
    recordings: {
      insert: ({ id }: { id: string }) => {
        if (isFull) throw new Error('no room');
        rows.push(id);
      },
      remove: (id: string) => {
        rows = rows.filter((row) => row !== id);
      },
      update: () => undefined,
      openOf: () => null,
    },
    networks: { get: () => null },
  };
  parts = {
    home,
    store: store as unknown as RecordingsParts['store'],
    clock: systemClock,
    random: systemRandom,
    newId: idMaker(systemClock, systemRandom),
    log: silentLog,
    secrets: async () => [],
    snapshots: () => ({
      take: () => Promise.reject(new Error('none')),
      changes: async () => ({ changes: [], more: 0 }),
    }),
    publish: () => undefined,
  };
  recordings = new Recordings(parts);
});
afterEach(async () => {
  await recordings.close();
  rmSync(home, { recursive: true });
});

it('a beginning that fails leaves nothing behind, and the next one is free', async () => {
  isFull = true;
  await expect(recordings.start(sampleHead(), false)).rejects.toThrow('no room');
  expect(recordings.of('sbx-1')).toBeNull();
  expect(readdirSync(join(home, 'recordings'))).toEqual(['redaction.key']);
  isFull = false;
  expect(await recordings.start(sampleHead({ id: 'rec-2' }), false)).toMatchObject({ id: 'rec-2', state: 'open' });
  expect(rows).toEqual(['rec-2']);
});

it('of two beginnings at once one is refused, and the other goes on', async () => {
  const both = [recordings.start(sampleHead(), false), recordings.start(sampleHead({ id: 'rec-2' }), false)];
  expect(await Promise.allSettled(both)).toMatchObject([
    { status: 'fulfilled', value: { id: 'rec-1' } },
    { status: 'rejected', reason: { code: 'in-use' } },
  ]);
  expect(recordings.of('sbx-1')?.id).toBe('rec-1');
  expect(rows).toEqual(['rec-1']);
});

it('all who come first at once have the same key, and one that was left empty is refused until it is removed', async () => {
  const redactors = await Promise.all(Array.from({ length: 20 }, () => recordings.redactorOf('a')));
  const word = `ghp_${'a1B2'.repeat(9)}`;
  expect(new Set(redactors.map((redactor) => redactor.text(word))).size).toBe(1);

  const path = join(home, 'recordings', 'redaction.key');
  writeFileSync(path, '');
  const next = new Recordings(parts);
  await expect(next.redactorOf('a')).rejects.toMatchObject({
    code: 'state-unusable',
    hint: expect.stringMatching('Remove'),
  });
  rmSync(path);
  expect((await next.redactorOf('a')).text(word)).toMatch(/^hfr_/);
});
