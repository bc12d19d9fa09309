import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, readdir, readFile, rm, stat, truncate, unlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, begin, record, temporaryHome, textOf } from '../../../test/fixtures/tapes.ts';
import { blobFiles } from './recovery.ts';
import { openTapeStore, type TapeStore } from './store.ts';

const tenant = 'local';
let home: string;
let store: TapeStore;

beforeEach(async () => {
  home = await temporaryHome();
  store = await openTapeStore({ home });
});

afterEach(async () => {
  await store.close();
  await rm(home, { recursive: true });
});

const directoryOf = (tape: string): string => join(home, 'tapes', tape);
const linesOf = (tape: string): string => join(directoryOf(tape), 'exchanges.jsonl');

/** A closed tape with a body in a line and one in a blob. */
async function smallTape(): Promise<string> {
  const recorder = await store.create({ tenant });
  record(recorder, { target: '/short' }, { body: ['in the line'] });
  record(recorder, { target: '/long' }, { body: ['x'.repeat(10_000)] });
  await recorder.close();
  return recorder.tape;
}

describe('a tape on the disk', () => {
  it('stores equal bodies once, compressed when that is smaller', async () => {
    const recorder = await store.create({ tenant });
    const noise = randomBytes(9000);
    for (let index = 0; index < 5; index++) {
      record(recorder, { target: `/${index}` }, { body: ['x'.repeat(10_000)] });
      record(recorder, { target: `/${index}/long` }, { body: Array.from({ length: 10 }, () => 'y'.repeat(30_000)) });
    }
    record(recorder, { target: '/noise' }, { body: [noise] });
    await recorder.close();
    const files = await blobFiles(directoryOf(recorder.tape));
    expect(files).toHaveLength(3);
    expect(files.filter((path) => path.endsWith('.zst'))).toHaveLength(2);
    expect(await store.verify(tenant, recorder.tape)).toMatchObject({ exchanges: 11, blobs: 3, tornBytes: 0 });
    expect(await readdir(directoryOf(recorder.tape))).toEqual(['blobs', 'exchanges.jsonl', 'tape.json']);
  });

  it('says how much it has, open or closed', async () => {
    const recorder = await store.create({ tenant, name: 'first', sandbox: 'sbx-1' });
    record(recorder, {}, { body: ['x'.repeat(10_000)] });
    await recorder.durable();
    const open = { id: recorder.tape, name: 'first', exchanges: 1, open: true, root: null };
    expect(await store.list(tenant)).toMatchObject([open]);
    await recorder.close();
    const info = await store.info(tenant, recorder.tape);
    expect(info).toMatchObject({ sandbox: 'sbx-1', exchanges: 1, open: false });
    expect((await store.verify(tenant, recorder.tape)).root).toBe(info.root);
    const files = [linesOf(recorder.tape), ...(await blobFiles(directoryOf(recorder.tape)))];
    const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size));
    expect(info.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  it('is there for its own tenant only', async () => {
    const tape = await smallTape();
    expect(await store.list('other')).toEqual([]);
    for (const verb of ['info', 'player', 'remove'] as const) {
      await expect(store[verb]('other', tape)).rejects.toMatchObject({ code: 'not-found' });
    }
    await expect(store.info(tenant, '../../etc')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('goes when it is removed, but not while it is written', async () => {
    const recorder = await store.create({ tenant });
    await expect(store.remove(tenant, recorder.tape)).rejects.toMatchObject({ code: 'in-use' });
    await recorder.close();
    await store.remove(tenant, recorder.tape);
    expect(await readdir(join(home, 'tapes'))).toEqual([]);
  });
});

describe('damage', () => {
  it('of a line is found when the tape is opened', async () => {
    const tape = await smallTape();
    const good = await readFile(linesOf(tape));
    for (const at of [5, good.length >> 1, good.length - 5]) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      await writeFile(linesOf(tape), bad);
      await expect(store.player(tenant, tape)).rejects.toMatchObject({ code: 'tape-corrupt' });
    }
  });

  it('at the end of a closed tape is found, whole lines missing or half ones', async () => {
    const tape = await smallTape();
    const { size } = await stat(linesOf(tape));
    const firstLine = (await readFile(linesOf(tape))).indexOf(0x0a) + 1;
    await appendFile(linesOf(tape), '{"half');
    await expect(store.verify(tenant, tape)).rejects.toMatchObject({ code: 'tape-corrupt' });
    for (const length of [size - 1, firstLine, 0]) {
      await truncate(linesOf(tape), length);
      await expect(store.verify(tenant, tape)).rejects.toMatchObject({ code: 'tape-corrupt' });
    }
  });

  it('of lines in another order is found', async () => {
    const tape = await smallTape();
    const lines = (await readFile(linesOf(tape), 'utf8')).trimEnd().split('\n');
    await writeFile(linesOf(tape), `${lines.toReversed().join('\n')}\n`);
    await expect(store.player(tenant, tape)).rejects.toMatchObject({
      code: 'tape-corrupt',
      message: expect.stringMatching(/line 1: it does not follow/),
    });
  });

  it('of a body is found before it is served whole, and the others are served', async () => {
    const tape = await smallTape();
    const [blob = ''] = await blobFiles(directoryOf(tape));
    const good = await readFile(blob);
    const bad = Buffer.from(good);
    bad[bad.length - 1] = (bad.at(-1) ?? 0) ^ 1;
    for (const damage of [() => writeFile(blob, bad), () => truncate(blob, 3), () => unlink(blob)]) {
      await damage();
      const player = await store.player(tenant, tape);
      await expect(ask(player, { target: '/long' })).rejects.toMatchObject({ code: 'tape-corrupt' });
      expect(await textOf(player, { target: '/short' })).toBe('in the line');
      await player.close();
      await expect(store.verify(tenant, tape)).rejects.toMatchObject({ code: 'tape-corrupt' });
    }
  });

  it('of a long body breaks it before its last piece', async () => {
    const recorder = await store.create({ tenant });
    record(recorder, {}, { body: [randomBytes(2_000_000)] });
    await recorder.close();
    const [blob = ''] = await blobFiles(directoryOf(recorder.tape));
    expect(blob).not.toMatch(/zst$/);
    const bad = await readFile(blob);
    bad[0] = (bad[0] ?? 0) ^ 1;
    await writeFile(blob, bad);
    const player = await store.player(tenant, recorder.tape);
    await expect(ask(player, {})).rejects.toMatchObject({ code: 'tape-corrupt' });
    await player.close();
  });

  it('of the manifest is found', async () => {
    const tape = await smallTape();
    await writeFile(join(directoryOf(tape), 'tape.json'), '{}');
    await expect(store.info(tenant, tape)).rejects.toMatchObject({ code: 'tape-corrupt' });
    expect(await store.recover()).toMatchObject([{ tape, problem: { code: 'tape-corrupt' } }]);
  });
});

describe('limits', () => {
  it('cuts a body that is too long, exactly, and replays it as broken', async () => {
    const small = await openTapeStore({ home, limits: { bodyBytes: 100_000 } });
    const recorder = await small.create({ tenant });
    record(recorder, { target: '/down' }, { body: ['a'.repeat(99_999), 'bc', 'd'.repeat(50_000)] });
    record(recorder, { target: '/up', method: 'POST', body: ['e'.repeat(100_001)] }, { body: ['x'] });
    await recorder.close();
    const player = await small.player(tenant, recorder.tape);
    const { response, pieces } = await ask(player, { target: '/down' });
    expect(response?.broken).toBe('the tape has 100000 of 150001 bytes of this response (body-limit)');
    expect(pieces?.map((piece) => piece.length)).toEqual([99_999, 1]);
    const { miss } = await ask(player, { target: '/up', method: 'POST', body: ['e'.repeat(100_000)] });
    expect(miss?.message).toMatch(/does not have all of its request body/);
    await player.close();
    await small.close();
  });

  it('keeps no more in memory than it may: what comes too fast is cut, and says so', async () => {
    const small = await openTapeStore({ home, limits: { backlogBytes: 1_000_000 } });
    const recorder = await small.create({ tenant });
    const taped = begin(recorder, {});
    taped.response({ status: 200, reason: '', headers: [] });
    // The writer cannot answer while this loop holds the thread.
    for (let index = 0; index < 40; index++) taped.responseBody(Buffer.alloc(50_000, index));
    taped.responseEnd();
    await recorder.close();
    const player = await small.player(tenant, recorder.tape);
    const { response, pieces } = await ask(player, {});
    expect(response?.broken).toBe('the tape has 1000000 of 2000000 bytes of this response (backlog)');
    expect(Buffer.concat(pieces ?? [])).toHaveLength(1_000_000);
    await player.close();
    await small.close();
  });

  it('takes no more exchanges when the tape is full, and says how many it did not take', async () => {
    const small = await openTapeStore({ home, limits: { tapeBytes: 20_000 } });
    const recorder = await small.create({ tenant });
    for (let index = 0; index < 60; index++) record(recorder, { target: `/${index}` }, { body: ['x'.repeat(1000)] });
    record(recorder, { target: '/big' }, { body: [Buffer.alloc(300_000)] });
    await recorder.durable();
    for (let index = 0; index < 5; index++) record(recorder, { target: `/late/${index}` });
    await recorder.close();
    const { exchanges, bytes } = await small.info(tenant, recorder.tape);
    const manifest: unknown = JSON.parse(await readFile(join(directoryOf(recorder.tape), 'tape.json'), 'utf8'));
    expect(manifest).toMatchObject({ closed: { dropped: 66 - exchanges } });
    expect(bytes).toBeLessThan(200_000);
    const player = await small.player(tenant, recorder.tape);
    expect((await ask(player, { target: '/late/4' })).miss?.message).toMatch(/The tape was full/);
    await player.close();
    await small.close();
  });

  it('holds all tapes of a tenant to one total', async () => {
    const small = await openTapeStore({ home, totalBytes: 30_000 });
    const first = await small.create({ tenant });
    for (const target of ['/1', '/2']) record(first, { target }, { body: [randomBytes(9000)] });
    await first.close();
    const second = await small.create({ tenant });
    record(second, {}, { body: [randomBytes(20_000)] });
    record(second, { target: '/spooled' }, { body: [randomBytes(200_000)] });
    await second.close();
    const player = await small.player(tenant, second.tape);
    expect((await ask(player, {})).response?.broken).toMatch(/0 of 20000 bytes .*tape-limit/);
    expect((await ask(player, { target: '/spooled' })).response?.broken).toMatch(/0 of 200000 bytes .*tape-limit/);
    await player.close();
    await small.close();
    const smaller = await openTapeStore({ home, totalBytes: 10_000 });
    await expect(smaller.create({ tenant })).rejects.toMatchObject({ code: 'quota-exceeded' });
    await (await smaller.create({ tenant: 'other' })).close();
    for (const { id } of await smaller.list(tenant)) await smaller.remove(tenant, id);
    await (await smaller.create({ tenant })).close();
    await smaller.close();
  });
});

describe('a disk that fails', () => {
  it('fails the close and every wait, and leaves what was written', async () => {
    const failures: string[] = [];
    const recorder = await store.create({ tenant, onFailed: (tape) => failures.push(tape) });
    record(recorder, {}, { body: ['kept'] });
    await recorder.durable();
    await rm(join(directoryOf(recorder.tape), 'blobs'), { recursive: true });
    await writeFile(join(directoryOf(recorder.tape), 'blobs'), 'in the way');
    const lost = record(recorder, { target: '/lost' }, { body: ['x'.repeat(10_000)] });
    expect([lost.isLost, failures]).toEqual([false, []]);
    await expect(recorder.durable()).rejects.toMatchObject({ name: 'HoldfastError' });
    expect([lost.isLost, begin(recorder, {}).isLost]).toEqual([true, true]);
    await expect(recorder.close()).rejects.toMatchObject({ name: 'HoldfastError' });
    expect(failures).toEqual([recorder.tape]);
    const player = await store.player(tenant, recorder.tape);
    expect(await textOf(player, {})).toBe('kept');
    await player.close();
    expect(await store.info(tenant, recorder.tape)).toMatchObject({ open: false, exchanges: 1 });
    await store.remove(tenant, recorder.tape);
  });
});

describe('a killed writer', () => {
  it('loses nothing that was durable; the rest is cut off and counted', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 4; round++) {
      const durable = await recordUntilKilled(home, 30 + round * 45, round * 3);
      const [recovery, ...others] = (await store.recover()).filter(({ problem }) => problem === null);
      expect(others).toEqual([]);
      const tape = recovery?.tape ?? '';
      expect(recovery?.exchanges).toBeGreaterThanOrEqual(durable.length);
      expect(await store.info(tenant, tape)).toMatchObject({ open: false, exchanges: recovery?.exchanges });
      const { blobs } = await store.verify(tenant, tape);
      expect(await blobFiles(directoryOf(tape))).toHaveLength(blobs);
      const player = await store.player(tenant, tape);
      for (const number of durable.slice(-40)) {
        const target = `/${Math.floor((number - 1) / 20) + 1}/${(number - 1) % 20}`;
        expect((await ask(player, { target })).response).toMatchObject({ exchange: number, broken: null });
      }
      await player.close();
    }
  });

  it('leaves half a line, which is cut; and a spool and blobs of nobody, which go', async () => {
    const durable = await recordUntilKilled(home, 20, 0);
    const [tape = ''] = await readdir(join(home, 'tapes'));
    await appendFile(linesOf(tape), '{"body":{"number":');
    await writeFile(join(directoryOf(tape), 'blobs', 'stray'), 'nobody names it');
    const [recovery] = await store.recover();
    expect(recovery?.cutBytes).toBeGreaterThanOrEqual(18);
    expect(recovery?.blobsRemoved).toBeGreaterThanOrEqual(1);
    expect(recovery?.exchanges).toBeGreaterThanOrEqual(durable.length);
    await store.verify(tenant, tape);
    expect(await store.recover()).toEqual([]);
    expect(await readdir(directoryOf(tape))).toEqual(['blobs', 'exchanges.jsonl', 'tape.json']);
  });
});

/** Kills the writer with SIGKILL once so many exchanges are durable; answers their numbers. */
async function recordUntilKilled(directory: string, count: number, delayMs: number): Promise<number[]> {
  const writer = resolve(import.meta.dirname, '../../../test/fixtures/tape-writer.ts');
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
    if (printed.split('\n').length > count) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  await once(child, 'close');
  return printed.split('\n').slice(0, -1).map(Number);
}
