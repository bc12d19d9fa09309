/** An audit log that goes down while sessions write. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { idMaker, rootScope, silentLog, systemClock, systemRandom } from '../base/index.ts';
import { EventBus, openStore } from '../state/index.ts';
import { LateAudit } from './audit.ts';

it('tells everybody so, although what was written is undone (3)', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hf-late-audit-'));
  await using scope = rootScope({ name: 'test' });
  const [clock, random, log] = [systemClock, systemRandom, silentLog];
  const audit: LateAudit = new LateAudit(home, {}, () => ({ home, store, clock, random, log, events, scope }));
  using store = openStore({ home, witness: audit.witness });
  const events = new EventBus(store.events, clock, idMaker(clock, random));
  const opened = await audit.open();
  audit.onSessions({ see: () => undefined, consent: () => opened.handOver() });
  const [waiting, behind] = [events.subscribe({}), events.subscribe({})];
  const told = waiting.next();
  // Whether the log is where it was is looked at once a turn.
  await turn();
  renameSync(audit.places.directory, `${audit.places.directory}-away`);
  const write = (): number => opened.appendLater({ kind: 'step', tenant: 'default', body: {} });
  expect(() => store.transaction(write)).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
  const down = { type: 'audit-down', tenant: 'default', data: { reason: expect.any(String) } };
  expect((await behind.next()).value).toMatchObject(down);
  expect((await told).value).toMatchObject(down);
  expect(store.events.after(0, 10).map(({ event }) => event.type)).toEqual(['audit-down']);
  await audit.close();
  rmSync(home, { recursive: true });
});
