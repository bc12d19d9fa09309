/** Sessions that earlier versions parked, as they were recorded then, go on under this one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SessionRecord, StoredEntry } from '../../src/state/index.ts';
import { openWorld } from '../fixtures/agent-world.ts';

interface Recorded {
  bundle: unknown;
  sessions: { record: SessionRecord; entries: StoredEntry[] }[];
}

const directory = join(import.meta.dirname, '../fixtures/sessions');
const files = readdirSync(directory).filter((name) => name.endsWith('.json'));

it('has one of every format there was', () => {
  expect(files).toEqual(['format-1.json', 'format-2.json', 'format-3.json', 'format-4.json']);
});

it.each(files)('acceptance test 7: %s goes on', async (file) => {
  // Written by scripts/record-session.ts of that version.
  const { bundle, sessions } = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Recorded;
  await using world = openWorld();
  const parked = sessions.find(({ record }) => record.parent === null)?.record;
  if (!parked) throw new Error('nothing was recorded');
  world.store.sessions.putBundle(parked.bundle, bundle);
  for (const { record, entries } of sessions) {
    world.store.sessions.insert({ ...record, position: 0, wakeMs: null });
    world.store.sessions.append(
      record.id,
      null,
      entries.map(({ kind, data }) => ({ kind, data })),
    );
  }
  world.engine.deliver(parked.id, { event: 'message', data: 'go on' });
  await expect.poll(() => world.engine.get(parked.id).state, { timeout: 10_000 }).toBe('waiting');
  expect(world.notes().map((line) => line.split(' ')[1])).toEqual(['after']);
  const said = world.entries(parked.id).findLast(({ data }) => data['name'] === 'model' && data['ok'] === true);
  expect(JSON.stringify(said?.data['content'])).toContain('done');
});
