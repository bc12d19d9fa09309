/** Pages of a recording's events: each goes on where the one before it ended. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeSample, sampleWriter } from '../../test/fixtures/recordings.ts';
import { openRecording } from '../recording/reader.ts';
import { EventPages } from './event-pages.ts';

let directory: string;
beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-pages-')), 'rec-1');
  const writer = await sampleWriter(directory, []);
  for (let at = 2; at <= 25; at++) writer.append({ type: 'note', by: 'a', text: String(at) });
  await closeSample(writer, 0);
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

async function sequences(pages: EventPages, after: number, limit: number): Promise<[number[], string | null]> {
  const { items, nextCursor } = await pages.page(await openRecording(directory), { after, limit });
  return [items.map(({ sequence }) => sequence), nextCursor];
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

it('they have every event once, whoever remembers where they ended', async () => {
  const pages = new EventPages();
  expect(await sequences(pages, 0, 10)).toEqual([range(1, 10), '10']);
  expect(await sequences(pages, 10, 10)).toEqual([range(11, 20), '20']);
  expect(await sequences(pages, 20, 10)).toEqual([range(21, 25), null]);
  expect(await sequences(new EventPages(), 20, 10)).toEqual([range(21, 25), null]);
  expect(await sequences(pages, 0, 25)).toEqual([range(1, 25), null]);
});

/** Whoever reads that event finds it damaged. */
function damage(text: string): void {
  const path = join(directory, 'events.jsonl');
  const lines = readFileSync(path);
  lines.write('X', lines.indexOf(`"text":"${text}"`));
  writeFileSync(path, lines);
}

it('they are no longer than their bound, and have an event', async () => {
  const pages = new EventPages();
  const reader = await openRecording(directory);
  const seen: number[] = [];
  let after: string | null = '0';
  for (; after !== null; ) {
    const { items, nextCursor }: Awaited<ReturnType<EventPages['page']>> = await pages.page(reader, {
      after: Number(after),
      limit: 100,
      mostBytes: 700,
    });
    expect(items.length).toBeLessThan(4);
    seen.push(...items.map(({ sequence }) => sequence));
    after = nextCursor;
  }
  expect(seen).toEqual(range(1, 25));
});

it('what stands before is not read again', async () => {
  const pages = new EventPages();
  await sequences(pages, 0, 10);
  damage('5');
  expect(await sequences(pages, 10, 10)).toEqual([range(11, 20), '20']);
  await expect(sequences(new EventPages(), 10, 10)).rejects.toMatchObject({ code: 'recording-corrupt' });
});

it('what comes behind is held against where they ended', async () => {
  const pages = new EventPages();
  await sequences(pages, 0, 10);
  damage('15');
  await expect(sequences(pages, 10, 10)).rejects.toMatchObject({ code: 'recording-corrupt' });
});
