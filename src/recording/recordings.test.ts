/** Beginnings that fail, on a store that only says whether it writes. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleHead } from '../../test/fixtures/recordings.ts';
import { idMaker, silentLog, systemClock, systemRandom } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { Recordings } from './recordings.ts';
import type { RecordingsParts } from './recordings-parts.ts';

let home: string;
let isFull: boolean;
let rows: string[];
let parts: RecordingsParts;
let recordings: Recordings;
let disk: { used: number; ceiling: number } | null;
let ended: unknown[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-recordings-'));
  [isFull, rows, disk, ended] = [false, [], null, []];
  const store = {
    recordings: {
      insert: ({ id }: { id: string }) => {
        if (isFull) throw new Error('no room');
        rows.push(id);
      },
      keepSnapshot: () => undefined,
      remove: (id: string) => {
        rows = rows.filter((row) => row !== id);
      },
      update: () => undefined,
      openOf: () => null,
      find: (_tenant: string, id: string) => ({ id }),
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
    publish: (type, _, data) => {
      if (type === 'recording-ended') ended.push(data);
    },
    diskUse: () => disk,
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

it('none begins where its tenant keeps as much as it may, and one under way ends with the reason', async () => {
  disk = { used: 900, ceiling: 1000 };
  await recordings.start(sampleHead(), false);
  const recorder = recordings.mustOf('sbx-1');
  recorder.add({ type: 'note', by: 'a', text: 'there is room' });
  disk = { used: 1000, ceiling: 1000 };
  await expect(recordings.start(sampleHead({ id: 'rec-2' }), false)).rejects.toMatchObject({ code: 'in-use' });
  const other = sampleHead({ id: 'rec-3' });
  const refused = recordings.start({ ...other, sandbox: { ...other.sandbox, id: 'sbx-3' } }, false);
  await expect(refused).rejects.toMatchObject({
    code: 'quota-exceeded',
    details: { quota: 'keptBytes', ceiling: 1000, used: 1000 },
  });
  expect(readdirSync(join(home, 'recordings')).sort()).toEqual(['rec-1', 'redaction.key']);
  recorder.add({ type: 'note', by: 'a', text: 'this is one too many' });
  await expect.poll(() => ended).toMatchObject([{ recording: 'rec-1', reason: 'quota' }]);
  expect(recordings.of('sbx-1')).toBeNull();
});

it('tells the tape what is a secret: at the beginning, when there is more, and at the end but of the sandbox', async () => {
  const told: unknown[] = [];
  const secrets = [{ name: 'one', value: Buffer.from('a-secret-of-the-store') }];
  recordings = new Recordings({
    ...parts,
    secrets: async () => [...secrets],
    onSecrets: async (sandbox) => {
      const tokens = recordings.tokensOf(sandbox);
      told.push(tokens && { recording: tokens.recording, values: tokens.secrets.values.length });
    },
  });
  const head = sampleHead();
  const { id: sandbox } = head.sandbox;
  await recordings.start(head, false);
  await recordings.learn(head.tenant);
  secrets.push({ name: 'two', value: Buffer.from('another-one-of-it') });
  await recordings.learn(head.tenant);
  const learnt = recordings.of(sandbox)?.learn({ environment: { NEW_TOKEN: 'given-with-a-command' } });
  await learnt;
  await recordings.finish(sandbox, 'stopped');
  const began = (told[0] as { values: number }).values;
  expect(told).toEqual([
    { recording: head.id, values: began },
    { recording: head.id, values: began + 1 },
    { recording: head.id, values: began + 2 },
    null,
  ]);
  await recordings.start({ ...head, id: 'rec-2' }, false);
  await recordings.finish(sandbox, 'sandbox-removed');
  expect(told.slice(4)).toEqual([{ recording: 'rec-2', values: began + 1 }]);
  expect(recordings.tokensOf(sandbox)).toBeNull();
});

it('of a sandbox that lived before does not begin without its files, says why, and leaves nothing behind', async () => {
  const told: string[] = [];
  let isSmall = false;
  recordings = new Recordings({
    ...parts,
    publish: (type) => told.push(type),
    snapshots: () => ({
      take: async () => {
        if (!isSmall) throw new HoldfastError('host-disk-full', 'no room for 9 GiB', { hint: 'Make room.' });
        const nothing = { pauseMs: 0, addedFiles: 0, addedBytes: 0 };
        return { snapshot: 'snp-1', digest: null, method: 'copy', ...nothing };
      },
      changes: async () => ({ changes: [], more: 0 }),
    }),
  });
  const head = sampleHead();
  await expect(recordings.start(head, true)).rejects.toMatchObject({
    code: 'host-disk-full',
    message: 'the files it would begin with cannot be kept: no room for 9 GiB',
    hint: 'Make room.',
  });
  expect(recordings.of(head.sandbox.id)).toBeNull();
  expect([rows, told, readdirSync(join(home, 'recordings'))]).toEqual([[], [], ['redaction.key']]);
  isSmall = true;
  await recordings.start({ ...head, id: 'rec-2' }, true);
  expect([rows, told]).toEqual([['rec-2'], ['recording-started']]);
  expect(recordings.of(head.sandbox.id)?.snapshotsTaken).toMatchObject([{ step: 0, snapshot: 'snp-1' }]);
});

it('does not begin where its tape cannot be told, and leaves nothing behind', async () => {
  recordings = new Recordings({ ...parts, onSecrets: () => Promise.reject(new Error('no gateway')) });
  const head = sampleHead();
  await expect(recordings.start(head, false)).rejects.toThrow('no gateway');
  expect(recordings.tokensOf(head.sandbox.id)).toBeNull();
  expect(rows).toEqual([]);
});

it('ends after the step that is under way, and the next one is of no recording', async () => {
  await recordings.start(sampleHead(), false);
  const recorder = recordings.mustOf('sbx-1');
  const step = recorder.begin({ callId: 'cal-1', kind: 'tool', name: 'shell', input: {}, mutates: false });
  const finishing = recordings.finish('sbx-1', 'stopped');
  const next = recorder.ready()?.then(() => recordings.forStep('sbx-1'));
  await systemClock.sleep(30);
  expect(recordings.of('sbx-1')).toBe(recorder);
  step.end({ ok: true, value: 1, durationMs: 1 });
  await finishing;
  expect(await next).toBeNull();
  const types: string[] = [];
  for await (const { type } of (await recordings.reader('rec-1')).events()) types.push(type);
  expect(types.slice(-2)).toEqual(['step-ended', 'recording-ended']);
});

it('one that ends has the end of a program that was on its way', async () => {
  parts.heard = async (tenant, sandbox) => {
    expect([tenant, sandbox]).toEqual(['a', 'sbx-1']);
    const exit = {
      reason: 'exited',
      exitCode: 0,
      signal: null,
      durationMs: 1,
      stdoutBytes: 0,
      stderrBytes: 0,
    } as const;
    recordings.mustOf(sandbox).processEnded('prc-1', exit);
  };
  await recordings.start(sampleHead(), false);
  const facts = { processId: 'prc-1', argv: ['make'], cwd: '/', environment: {}, tag: null, pty: false };
  recordings.mustOf('sbx-1').processStarted(facts);
  await recordings.finish('sbx-1', 'stopped');
  const types: string[] = [];
  for await (const { type } of (await recordings.reader('rec-1')).events()) types.push(type);
  expect(types.slice(-3)).toEqual(['process-ended', 'snapshot-failed', 'recording-ended']);
});
