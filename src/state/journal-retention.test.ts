/** What is over its time goes from the journal in whole segments, and what stays still verifies. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { type Journal, openJournal } from './journal.ts';

const day = 86_400_000;
let home: string;
let clock: TestClock;
let journal: Journal;
const open = async (): Promise<void> => {
  journal = await openJournal({ home, clock, segmentBytes: 1000 });
};
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-journal-kept-'));
  clock = new TestClock();
  await open();
});
afterEach(async () => {
  await journal.close();
  rmSync(home, { recursive: true, force: true });
});

const path = (name: string): string => join(home, 'journal', name);
const files = (): string[] => readdirSync(join(home, 'journal')).sort();
const sequences = async (): Promise<number[]> => (await journal.read()).items.map(({ sequence }) => sequence);
const append = (count: number): void => {
  for (let n = 0; n < count; n++)
    journal.append({ tenant: 'a', sandbox: null, type: 'test', body: { text: 'x'.repeat(200) } });
};
/** Two entries fit a segment. */
async function twoDays(): Promise<void> {
  append(4);
  clock.advance(2 * day);
  append(3);
}

it('goes in whole segments, oldest first; what stays verifies, also when it is opened again', async () => {
  await twoDays();
  const before = journal.last;
  expect(await journal.forgetOlder(clock.nowMs() - day)).toBe(2);
  expect(files()).toEqual(['000003.jsonl', '000004.jsonl', 'begins.json']);
  expect(await sequences()).toEqual([5, 6, 7]);
  expect(await journal.verify()).toEqual({ segments: 2, entries: 7, last: before });
  await journal.close();
  await open();
  append(1);
  expect(await sequences()).toEqual([5, 6, 7, 8]);
  expect((await journal.verify()).entries).toBe(8);
});

it('says where it begins in a form that stays', async () => {
  await twoDays();
  const { hash } = (await journal.read({ after: 3, limit: 1 })).items[0] ?? {};
  await journal.forgetOlder(clock.nowMs() - day);
  expect(readFileSync(path('begins.json'), 'utf8')).toBe(`{"segment":3,"sequence":4,"hash":"${hash}"}\n`);
});

it('keeps what is young, and a segment with anything young in it', async () => {
  append(1);
  clock.advance(2 * day);
  append(4);
  expect(await journal.forgetOlder(clock.nowMs() - 3 * day)).toBe(0);
  expect(await journal.forgetOlder(clock.nowMs() - day)).toBe(0);
  expect(await sequences()).toEqual([1, 2, 3, 4, 5]);
});

it('comes to the end of a small journal too', async () => {
  append(1);
  clock.advance(2 * day);
  append(1);
  expect(await journal.forgetOlder(clock.nowMs() - day)).toBe(0);
  append(1);
  clock.advance(2 * day);
  expect(await journal.forgetOlder(clock.nowMs() - day)).toBe(2);
  expect(await sequences()).toEqual([]);
  await journal.close();
  await open();
  append(1);
  expect(await sequences()).toEqual([4]);
  expect((await journal.verify()).entries).toBe(4);
});

it('keeps all of it when what would go is damaged', async () => {
  await twoDays();
  await journal.durable();
  const text = readFileSync(path('000001.jsonl'), 'utf8');
  writeFileSync(path('000001.jsonl'), text.replace('xxx', 'xyx'));
  await expect(journal.forgetOlder(clock.nowMs() - day)).rejects.toMatchObject({ code: 'journal-corrupt' });
  expect(files()).toEqual(['000001.jsonl', '000002.jsonl', '000003.jsonl', '000004.jsonl']);
});

it('removes what a crash left of what had gone, and believes no other beginning', async () => {
  await twoDays();
  const first = readFileSync(path('000001.jsonl'));
  await journal.forgetOlder(clock.nowMs() - day);
  await journal.close();
  writeFileSync(path('000001.jsonl'), first);
  await open();
  expect(files()).toEqual(['000003.jsonl', '000004.jsonl', 'begins.json']);
  await journal.close();
  const said = readFileSync(path('begins.json'), 'utf8');
  writeFileSync(path('begins.json'), said.slice(0, -3));
  await expect(openJournal({ home, clock })).rejects.toMatchObject({ code: 'journal-corrupt' });
  const other = said.replace(/"hash":"(.)/, (_, digit) => `"hash":"${digit === '0' ? '1' : '0'}`);
  writeFileSync(path('begins.json'), other);
  await open();
  await expect(journal.verify()).rejects.toMatchObject({ code: 'journal-corrupt' });
});
