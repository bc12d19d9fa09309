/** A webhook that is away for longer, with a clock that the test moves; what it is told is in test/unit/approvers.test.ts. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import type { AuditLog, NewAuditEntry } from '../audit/index.ts';
import { idMaker, type OwnedScope, rootScope, silentLog, systemRandom } from '../base/index.ts';
import type { SessionPlace, StoredEntry } from '../state/index.ts';
import type { Core } from './core.ts';
import { Notices } from './notices.ts';

const hourMs = 3_600_000;
const bundle = {
  entry: 'clerk',
  agents: [
    agentData('clerk', [{ answered: 0, call: [{ tool: 'note', input: { text: 'x' } }] }, { say: 'no' }], {
      approvals: [{ tools: ['note'], withinMs: 24 * hourMs }],
    }),
  ],
};

let clock: TestClock;
let world: AgentWorld;
let scope: OwnedScope;
let receiver: Server;
let status: number;
let heard: number;
let audited: NewAuditEntry[];
let notices: Notices;
let asked: StoredEntry;
let armed: number;

beforeEach(async () => {
  clock = new TestClock();
  world = openWorld({ clock });
  scope = rootScope({ name: 'notices', clock });
  [status, heard, audited] = [503, 0, []];
  receiver = createServer((request, response) => {
    request.resume().on('end', () => {
      heard++;
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { id } = world.start(bundle, 'go');
  await world.settled(id, 'waiting');
  asked = world.entries(id).find(({ kind }) => kind === 'approval-asked') as StoredEntry;
  const core = {
    store: world.store,
    clock,
    log: silentLog,
    newId: idMaker(clock, systemRandom),
    scope,
  } as unknown as Core;
  const audit = { append: (entry: NewAuditEntry) => void audited.push(entry) } as unknown as AuditLog;
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  notices = new Notices(core, audit, { default: { url, secret: 'x'.repeat(24) } });
  const timers = clock.timers;
  notices.note({ id, tenant: 'default' } as SessionPlace, asked);
  armed = timers + 1;
});
afterEach(async () => {
  await notices.close();
  await scope.close();
  await world.close();
  receiver.closeAllConnections();
  receiver.close();
});

/** Time passes until the next try, and that is made. */
async function tried(): Promise<void> {
  const before = heard;
  const nextMs = world.store.notices.nextMs() ?? 0;
  clock.advance(Math.max(0, nextMs - clock.nowMs()));
  await expect.poll(() => heard).toBeGreaterThan(before);
}

/** What was tried failed, and is tried again later. */
async function again(): Promise<void> {
  await expect.poll(() => world.store.notices.nextMs()).toBeGreaterThan(clock.nowMs());
  await expect.poll(() => clock.timers).toBe(armed);
}

it('gets a notice after it was away for an hour, while the approval is open (2)', async () => {
  const endMs = clock.nowMs() + hourMs;
  while (clock.nowMs() < endMs) {
    await tried();
    await again();
  }
  // Pauses grow to ten minutes and no further.
  expect(heard).toBeGreaterThan(10);
  expect(heard).toBeLessThan(30);
  status = 204;
  await tried();
  await expect.poll(() => world.store.notices.count('default')).toBe(0);
  expect(audited).toEqual([]);
});

it('that never answered is in the audit log when the approval is over (2)', async () => {
  await tried();
  await again();
  clock.advance(24 * hourMs);
  await expect.poll(() => world.store.notices.count('default')).toBe(0);
  expect(heard).toBe(1);
  expect(audited).toMatchObject([{ kind: 'notice-failed', tenant: 'default', body: { attempts: 1 } }]);
});

it('that does not answer is not asked with all that waits for it, one after the other (2)', async () => {
  const { notices: stored } = world.store;
  const approval = `${asked.session}.${asked.position}`;
  const before = (id: string): number => (/^n\d+$/.test(id) ? 5 : 0);
  for (let at = 0; at < 40; at++) {
    stored.insert({ id: `n${at}`, tenant: 'default', approval, attempts: 5, nextMs: clock.nowMs() });
  }
  await tried();
  await again();
  expect(stored.due(clock.nowMs(), 100)).toEqual([]);
  expect(heard).toBe(16);
  // Each has its turn, also while all fail.
  for (let round = 0; round < 2; round++) {
    await tried();
    await again();
  }
  expect(stored.due(clock.nowMs() + hourMs, 100).filter(({ id, attempts }) => attempts === before(id))).toEqual([]);
  clock.advance(24 * hourMs);
  const left = (): number => {
    clock.advance(0);
    return stored.count('default');
  };
  await expect.poll(left).toBe(0);
  expect(audited.filter(({ kind }) => kind === 'notice-failed')).toHaveLength(41);
});

it('that was never asked is in the audit log too when the approval is over (2)', async () => {
  clock.advance(25 * hourMs);
  await expect.poll(() => world.store.notices.count('default')).toBe(0);
  expect(heard).toBe(0);
  expect(audited).toMatchObject([{ kind: 'notice-failed', tenant: 'default', body: { attempts: 0 } }]);
});

it('keeps only its own tenant’s notices from being taken, however many wait for it (2)', async () => {
  const { notices: stored } = world.store;
  const place = { id: asked.session, tenant: 'default' } as SessionPlace;
  const fill = (tenant: string): void =>
    world.store.transaction(() => {
      for (let at = stored.count(tenant); at < 10_000; at++) {
        stored.insert({ id: `${tenant}${at}`, tenant, approval: 's.1', attempts: 1, nextMs: clock.nowMs() + hourMs });
      }
    });
  fill('other');
  notices.note(place, asked);
  expect([stored.count('default'), audited]).toEqual([2, []]);
  fill('default');
  notices.note(place, asked);
  expect(stored.count('default')).toBe(10_000);
  expect(audited).toMatchObject([{ kind: 'notice-failed', tenant: 'default', body: { reason: 'too many wait' } }]);
});
