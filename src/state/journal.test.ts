import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Journal, openJournal } from './journal.ts';

let home: string;
const open: Journal[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((journal) => journal.close()));
  rmSync(home, { recursive: true });
});

async function start(options: { home?: string; segmentBytes?: number } = {}): Promise<Journal> {
  const journal = await openJournal({ home, ...options });
  open.push(journal);
  return journal;
}

async function stop(journal: Journal): Promise<void> {
  open.splice(open.indexOf(journal), 1);
  await journal.close();
}

const entry = (n: number, sandbox: string | null = null) => ({
  tenant: 'local',
  sandbox,
  type: 'test',
  body: { n, text: 'zwölf\n' },
});
const segment = (number = 1, base = home): string => join(base, 'journal', `${String(number).padStart(6, '0')}.jsonl`);

describe('the journal', () => {
  it('keeps entries in order, chained, across openings', async () => {
    const first = await start();
    expect([1, 2, 3].map((n) => first.append(entry(n)))).toEqual([1, 2, 3]);
    await stop(first);
    const second = await start();
    expect(second.torn).toBeNull();
    expect(second.append(entry(4))).toBe(4);
    const { items } = await second.read();
    expect(items.map((item) => item.body['n'])).toEqual([1, 2, 3, 4]);
    expect(items[0]?.previousHash).toBe('0'.repeat(64));
    expect(items.slice(1).map((item) => item.previousHash)).toEqual(items.slice(0, -1).map((item) => item.hash));
    expect(await second.verify()).toEqual({ segments: 1, entries: 4, last: second.last });
  });

  it('has a format that stays', async () => {
    const journal = await openJournal({
      home,
      clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {}, after: () => () => {} },
    });
    open.push(journal);
    journal.append({ tenant: 't', sandbox: 's', type: 'tool-call', body: { b: 1, a: [null] } });
    expect(readFileSync(segment(), 'utf8')).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","body":{"a":[null],"b":1},' +
        `"hash":"${journal.last.hash}","previousHash":"${'0'.repeat(64)}","sandbox":"s","sequence":1,"tenant":"t","type":"tool-call"}\n`,
    );
    expect(journal.last.hash).toBe('92449df62c41eea579180c7e87ada48a6aee4525e2338b3792b594bb6d2f14f0');
  });

  it('answers from append only when the entry is in the file, and flushes soon after', async () => {
    const journal = await start();
    journal.append(entry(1));
    expect(readFileSync(segment(), 'utf8').trimEnd().split('\n')).toHaveLength(1);
    await journal.durable();
    journal.append(entry(2));
    journal.append(entry(3));
    await Promise.all([journal.durable(), journal.durable()]);
    expect(readFileSync(segment(), 'utf8').trimEnd().split('\n')).toHaveLength(3);
  });

  it('goes on in a new segment, and reads and verifies over all of them', async () => {
    const journal = await start({ segmentBytes: 2000 });
    for (let n = 1; n <= 50; n++) journal.append(entry(n, n % 2 === 0 ? 'even' : 'odd'));
    await journal.durable();
    const files = readdirSync(join(home, 'journal'));
    expect(files.length).toBeGreaterThan(5);
    expect((await journal.verify()).segments).toBe(files.length);
    for (let after = 0; after <= 50; after++) {
      const { items } = await journal.read({ after, limit: 3 });
      expect(items.map((item) => item.sequence)).toEqual([1, 2, 3].map((n) => after + n).filter((n) => n <= 50));
    }
    await stop(journal);
    const again = await start({ segmentBytes: 2000 });
    expect(again.append(entry(51))).toBe(51);
    expect((await again.verify()).entries).toBe(51);
  });

  it('pages through one sandbox or one tenant', async () => {
    const journal = await start();
    for (let n = 1; n <= 25; n++)
      journal.append({ ...entry(n, n % 5 === 0 ? 'five' : 'x'), tenant: n > 20 ? 'b' : 'a' });
    const first = await journal.read({ sandbox: 'five', limit: 2 });
    expect(first.items.map((item) => item.sequence)).toEqual([5, 10]);
    expect(first.nextCursor).toBe('10');
    const rest = await journal.read({ sandbox: 'five', after: 10, limit: 3 });
    expect(rest).toMatchObject({ nextCursor: null, items: [{ sequence: 15 }, { sequence: 20 }, { sequence: 25 }] });
    expect((await journal.read({ sandbox: 'five', tenant: 'b' })).items.map((item) => item.sequence)).toEqual([25]);
  });

  it('finds a late entry of a large segment', async () => {
    const journal = await start();
    for (let n = 1; n <= 3000; n++) journal.append(entry(n));
    for (const after of [0, 1, 1499, 2998, 2999, 3000]) {
      const { items } = await journal.read({ after, limit: 1 });
      expect(items.map((item) => item.sequence)).toEqual(after < 3000 ? [after + 1] : []);
    }
  });

  it('refuses an entry it could not read back, and stays usable', async () => {
    const journal = await start();
    expect(() => journal.append({ ...entry(1), body: { text: 'x'.repeat(1024 * 1024) } })).toThrow(/over 1048576/);
    expect(() => journal.append({ ...entry(1), body: { n: Number.NaN } })).toThrow(/canonical/);
    expect(journal.append(entry(1))).toBe(1);
  });
});

describe('a journal cut short by a crash', () => {
  it('at every byte keeps exactly the whole entries and goes on', async () => {
    const journal = await start();
    for (let n = 1; n <= 4; n++) journal.append(entry(n));
    await stop(journal);
    const whole = readFileSync(segment());
    const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([index]) => index + 1);
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(segment(), whole.subarray(0, length));
      const kept = ends.filter((end) => end <= length).length;
      const cut = length - (ends[kept - 1] ?? 0);
      const reopened = await start();
      expect(reopened.torn?.bytes.length ?? 0).toBe(cut);
      if (reopened.torn)
        expect(Buffer.from(reopened.torn.bytes).equals(whole.subarray(length - cut, length))).toBe(true);
      expect(reopened.append(entry(9))).toBe(kept + 1);
      const { items } = await reopened.read();
      expect(items.map((item) => item.body['n'])).toEqual([...[1, 2, 3, 4].slice(0, kept), 9]);
      expect((await reopened.verify()).entries).toBe(kept + 1);
      await stop(reopened);
    }
  });

  it('between two segments goes on with the older one as its past', async () => {
    const journal = await start({ segmentBytes: 300 });
    for (let n = 1; n <= 3; n++) journal.append(entry(n));
    await stop(journal);
    for (const left of [0, 40]) {
      truncateSync(segment(3), left);
      const reopened = await start();
      expect(reopened.last.sequence).toBe(2);
      reopened.append(entry(3));
      expect((await reopened.verify()).entries).toBe(3);
      await stop(reopened);
    }
  });
});

describe('an entry that could not be written', () => {
  it('is taken back with the half of it that was, and the next has its place (3)', async () => {
    const journal = await start();
    const write = fs.writeSync;
    const half = (file: number, line: NodeJS.ArrayBufferView): number => {
      write(file, Buffer.from(line.buffer, line.byteOffset, 10));
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    };
    for (const n of [1, 2]) {
      vi.spyOn(fs, 'writeSync').mockImplementationOnce(half as never);
      syncBuiltinESMExports();
      try {
        expect(() => journal.append(entry(n))).toThrow(expect.objectContaining({ code: 'host-disk-full' }));
      } finally {
        vi.restoreAllMocks();
        syncBuiltinESMExports();
      }
      expect(journal.last.sequence).toBe(n - 1);
      expect(journal.append(entry(n))).toBe(n);
    }
    expect((await journal.verify()).entries).toBe(2);
  });
});

describe('a damaged journal', () => {
  it('is located at any flipped byte', async () => {
    const journal = await start({ segmentBytes: 700 });
    for (let n = 1; n <= 4; n++) journal.append(entry(n));
    await stop(journal);
    const copy = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
    const files = readdirSync(join(home, 'journal')).sort();
    expect(files).toHaveLength(2);
    for (const [index, name] of files.entries()) {
      const whole = readFileSync(join(home, 'journal', name));
      for (let position = 0; position < whole.length; position++) {
        cpSync(join(home, 'journal'), join(copy, 'journal'), { recursive: true });
        const bytes = Buffer.from(whole);
        bytes[position] = (bytes[position] ?? 0) ^ (1 + (position % 255));
        writeFileSync(segment(index + 1, copy), bytes);
        const line = whole.subarray(0, position).filter((byte) => byte === 0x0a).length + 1;
        // A byte that became a newline makes two lines of one, and the second is found first when it is the last.
        const lines = bytes[position] === 0x0a ? [line, line + 1] : [line];
        await expect(openAndVerify(copy), `${name} byte ${position}`).rejects.toMatchObject({
          code: 'journal-corrupt',
          details: { file: segment(index + 1, copy), line: expect.toSatisfy((found: number) => lines.includes(found)) },
        });
      }
    }
    rmSync(copy, { recursive: true });
  });

  it('names expected and found hash of a changed entry', async () => {
    const journal = await start();
    journal.append(entry(1));
    journal.append(entry(2));
    const { hash } = journal.last;
    await stop(journal);
    writeFileSync(segment(), readFileSync(segment(), 'utf8').replace('"n":2', '"n":7'));
    await expect(openJournal({ home })).rejects.toMatchObject({
      code: 'journal-corrupt',
      message: expect.stringMatching(/000001\.jsonl line 2: .*; expected [0-9a-f]{64}, found [0-9a-f]{64}$/),
      details: { line: 2, found: hash },
    });
  });

  it('is noticed when a line was taken out, doubled or swapped, or a segment is missing', async () => {
    const journal = await start({ segmentBytes: 900 });
    for (let n = 1; n <= 6; n++) journal.append(entry(n));
    await stop(journal);
    const [one = '', two = '', three = ''] = readFileSync(segment(1), 'utf8').split(/(?<=\n)/);
    for (const lines of [
      [one, three],
      [one, one, two, three],
      [one, three, two],
      [two, three],
    ]) {
      writeFileSync(segment(1), lines.join(''));
      await expect(openAndVerify(home)).rejects.toMatchObject({ code: 'journal-corrupt' });
    }
    rmSync(segment(1));
    await expect(openAndVerify(home)).rejects.toThrow(/000001\.jsonl line 1: the file is missing/);
  });
});

describe('a killed writer', () => {
  it('loses nothing it acknowledged and doubles nothing, twenty times over', { timeout: 120_000 }, async () => {
    let before = 0;
    for (let round = 0; round < 20; round++) {
      const acknowledged = await writeUntilKilled(home, 300 + round * 37);
      const journal = await start();
      const { entries } = await journal.verify();
      expect(entries).toBeGreaterThanOrEqual(acknowledged.at(-1) ?? 0);
      expect(acknowledged).toEqual(acknowledged.map((_, index) => before + index + 1));
      before = entries;
      await stop(journal);
    }
  });
});

async function openAndVerify(directory: string): Promise<void> {
  const journal = await openJournal({ home: directory });
  try {
    await journal.verify();
  } finally {
    await journal.close();
  }
}

/** Kills the writer with SIGKILL once it has acknowledged so many entries; answers all it acknowledged. */
async function writeUntilKilled(directory: string, count: number): Promise<number[]> {
  const writer = resolve(import.meta.dirname, '../../test/fixtures/journal-writer.ts');
  const child = spawn(process.execPath, [writer, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (data) => {
    printed += data;
    if (printed.split('\n').length > count) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return printed.split('\n').slice(0, -1).map(Number);
}
