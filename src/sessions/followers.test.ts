import { expect, it } from 'vitest';
import type { SessionRepository, StoredEntry } from '../state/index.ts';
import { Followers } from './followers.ts';

/** One session's log, as readers see it. */
function log(): { followers: Followers; write: () => void; end: () => void } {
  const entries: StoredEntry[] = [];
  let endedAt: string | null = null;
  const followers = new Followers({
    get: () => ({ endedAt, owedEnd: null }),
    entries: (_: string, after: number) => entries.slice(after),
  } as unknown as SessionRepository);
  const write = (): void => {
    entries.push({ session: 's', position: entries.length + 1, kind: 'received', at: '', format: 1, data: {} });
    followers.tell('s');
  };
  const end = (): void => {
    endedAt = '2026-01-01T00:00:00.000Z';
    write();
  };
  return { followers, write, end };
}

const positions = async (followers: Followers, signal: AbortSignal, after = 0): Promise<number[]> => {
  const seen: number[] = [];
  for await (const update of followers.follow('s', after, signal)) {
    if (update.type === 'entry') seen.push(update.entry.position);
  }
  return seen;
};

it('keeps nothing of readers that left, nor of sessions that ended', async () => {
  const { followers, write, end } = log();
  write();
  const stays = positions(followers, new AbortController().signal);
  for (let count = 0; count < 20; count++) {
    const leaving = new AbortController();
    const leaves = positions(followers, leaving.signal);
    await expect.poll(() => followers.waiting).toBe(2);
    leaving.abort();
    expect(await leaves).toEqual([1]);
    expect(followers.waiting).toBe(1);
  }
  write();
  end();
  expect(await stays).toEqual([1, 2, 3]);
  // One that comes when all is over reads what there is.
  expect(await positions(followers, new AbortController().signal, 1)).toEqual([2, 3]);
  expect(followers.waiting).toBe(0);
});

it('ends its readers when it closes', async () => {
  const { followers, write } = log();
  write();
  const readers = [1, 2, 3].map(() => positions(followers, new AbortController().signal));
  await expect.poll(() => followers.waiting).toBe(3);
  followers.close();
  expect(await Promise.all(readers)).toEqual([[1], [1], [1]]);
  expect(followers.waiting).toBe(0);
});

it('tells a reader that what a step said does not count when the session ends before the step has left (3)', async () => {
  const { followers, write, end } = log();
  write();
  const draft = followers.drafts.open('s', 1, false);
  draft.add('I was');
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { type } of followers.follow('s', 1, new AbortController().signal)) seen.push(type);
  })();
  await expect.poll(() => seen).toEqual(['partial']);
  end();
  await reading;
  expect(seen).toEqual(['partial', 'entry', 'withdrawn']);
  draft[Symbol.dispose]();
  expect(followers.drafts.of('s')).toBeNull();
});
