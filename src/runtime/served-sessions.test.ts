/** Runs that are answered from recordings: what is held of them, and for how long. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleRun } from '../../test/fixtures/recordings.ts';
import { openRecording, type RecordingReader } from '../recording/reader.ts';
import type { ServedRecorded } from '../schema/index.ts';
import type { Core } from './core.ts';
import { servedSessionsOf } from './served-sessions.ts';

const root = mkdtempSync(join(tmpdir(), 'hf-served-'));
beforeAll(async () => {
  await sampleRun(join(root, 'rec-1'), [{ input: { n: 1 } }, { input: { n: 2 } }]);
});
afterAll(() => rmSync(root, { recursive: true }));

/** A daemon with that recording, and how often it was opened. */
function daemon(state: 'open' | 'closed'): { core: Core; opened: () => number } {
  let opened = 0;
  const record = { id: 'rec-1', state };
  const parts = {
    store: { recordings: { find: () => record } },
    recordings: {
      live: () => record,
      reader: async (id: string): Promise<RecordingReader> => {
        opened++;
        return openRecording(join(root, id));
      },
      redactorOf: async () => ({ value: (value: unknown) => value }),
    },
  };
  return { core: parts as unknown as Core, opened: () => opened };
}

const call = (core: Core, session: string, n: number): Promise<ServedRecorded> =>
  servedSessionsOf(core, 'a').serve('rec-1', { session, tool: 'shell', input: { n } });

it('a run goes on from call to call, whichever service it calls', async () => {
  const { core } = daemon('closed');
  expect(await call(core, 's', 1)).toMatchObject({ served: true, step: 1 });
  expect(await call(core, 's', 2)).toMatchObject({ served: true, step: 2 });
  expect(await call(core, 's', 2)).toMatchObject({ served: false });
});

it('a recording is read once for all runs, and anew for each while it is written', async () => {
  const closed = daemon('closed');
  for (let run = 0; run < 300; run++) await call(closed.core, `s${run}`, 1);
  expect(closed.opened()).toBe(1);
  // Of so many the first are forgotten, and begin anew.
  expect(await call(closed.core, 's0', 1)).toMatchObject({ served: true, step: 1 });
  const open = daemon('open');
  await Promise.all(['x', 'y'].map((session) => call(open.core, session, 1)));
  expect(open.opened()).toBe(2);
});
