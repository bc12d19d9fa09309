/** Which approvals are open is known without reading the logs that say so. */
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { AuditLog } from '../../src/audit/index.ts';
import { rootScope, silentLog, systemClock } from '../../src/base/index.ts';
import { approvalVerbs } from '../../src/runtime/approvals.ts';
import type { Core } from '../../src/runtime/core.ts';
import { Notices } from '../../src/runtime/notices.ts';
import type { SessionRecord } from '../../src/state/index.ts';
import { type AgentWorld, agentData, openWorld, type WorldOptions } from '../fixtures/agent-world.ts';
import { TestClock } from '../fixtures/test-clock.ts';

const day = 86_400_000;

function careful(quorum = 1): ReturnType<typeof agentData> {
  const note = { tool: 'note', input: { text: 'done' } };
  return agentData('careful', [{ afterTool: true, say: 'over' }, { call: [note] }], {
    approvals: [{ tools: ['note'], withinMs: 7 * day, quorum }],
  });
}

async function ask(world: AgentWorld, { quorum = 1, tenant = 'default' } = {}): Promise<SessionRecord> {
  const bundle = { entry: 'careful', agents: [careful(quorum)] };
  const { id } = world.start(bundle, 'go', { task: false, tenant });
  return world.settled(id, 'waiting');
}

function decide(world: AgentWorld, { id, waitsFor }: SessionRecord, by: string, approve = true): void {
  const [event = ''] = waitsFor;
  world.engine.deliver(id, { event, data: { approve, by, reason: null }, key: `${event}:${by}` });
}

function listed({ store }: AgentWorld, tenant = 'default', nowMs = systemClock.nowMs()): [string, string[]][] {
  return store.sessions.openApprovals(tenant, nowMs).map(({ session, approvedBy }) => [session, approvedBy]);
}

/** Approvals that wait, by nothing but their entries. */
function parked({ store }: AgentWorld, count: number, like: SessionRecord): string[] {
  const [asked] = store.sessions.asked(like.tenant);
  if (!asked) throw new Error('nothing is asked for');
  const ids = [...Array(count).keys()].map((n) => `${like.id.slice(0, -5)}${String(n).padStart(5, '0')}`);
  store.transaction(() => {
    for (const id of ids) {
      store.sessions.insert({ ...like, id, root: id, position: 0 });
      const data = { ...asked.data, session: id };
      store.sessions.append(id, null, [
        { kind: 'started', data: { message: 'go' } },
        { kind: 'approval-asked', data },
      ]);
    }
  });
  return ids;
}

describe('an open approval', () => {
  it('is listed until enough approve, or one does not (1)', async () => {
    await using world = openWorld();
    const [first, second] = [await ask(world, { quorum: 2 }), await ask(world)];
    await ask(world, { tenant: 'other' });
    expect(listed(world)).toEqual([
      [first.id, []],
      [second.id, []],
    ]);
    decide(world, first, 'milo');
    decide(world, first, 'milo');
    decide(world, second, 'milo', false);
    expect(listed(world)).toEqual([[first.id, ['milo']]]);
    decide(world, first, 'ines');
    expect(listed(world)).toEqual([]);
    expect(listed(world, 'other')).toHaveLength(1);
    await world.settled(first.id, 'waiting');
    // Each call asks for its own.
    world.engine.deliver(second.id, { event: 'message', data: 'again' });
    await expect.poll(() => listed(world)).toEqual([[second.id, []]]);
  });

  it('is none when its time is over, and gone when its session has noticed (1)', async () => {
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { id } = await ask(world);
    const later = clock.nowMs() + 7 * day;
    expect(listed(world, 'default', later - 1)).toHaveLength(1);
    expect(listed(world, 'default', later)).toEqual([]);
    clock.advance(7 * day);
    await expect.poll(() => world.engine.get(id).waitsFor).toEqual(['message']);
    expect(listed(world, 'default', later - 1)).toEqual([]);
  });

  it('goes with its session, whatever ends that (1)', async () => {
    await using world = openWorld();
    const [first, second, third] = [await ask(world), await ask(world), await ask(world)];
    world.engine.cancel(first.id, 'enough');
    expect(listed(world).map(([id]) => id)).toEqual([second.id, third.id]);
    world.store.sessions.forget(second.id);
    expect(listed(world).map(([id]) => id)).toEqual([third.id]);
    parked(world, 300, third);
    expect(listed(world)).toHaveLength(301);
    const { ended } = await world.engine.cancelAll({ tenant: 'default', agent: null, reason: 'all' });
    expect({ ended, left: listed(world) }).toEqual({ ended: 301, left: [] });
    // Nor does a row of any stay, which would name who approved.
    await world.close(true);
    using database = new DatabaseSync(join(world.home, 'state.db'), { readOnly: true });
    expect(database.prepare('SELECT * FROM open_approvals').all()).toEqual([]);
    rmSync(world.home, { recursive: true, force: true });
  });

  it('is asked for anew by a fork, and by nothing that it was copied (2)', async () => {
    await using world = openWorld();
    const { id } = await ask(world);
    const fork = world.engine.fork(id, { sandbox: null });
    expect(listed(world)).toEqual([[id, []]]);
    await world.settled(fork.id, 'waiting');
    expect(listed(world)).toEqual([
      [id, []],
      [fork.id, []],
    ]);
  });
});

describe('whoever decides, or is told', () => {
  /** What of all sessions is read. */
  function watched(): { calls: string[]; wrap: NonNullable<WorldOptions['wrap']> } {
    const calls: string[] = [];
    const wrap: NonNullable<WorldOptions['wrap']> = (store) => ({
      ...store,
      sessions: new Proxy(store.sessions, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            calls.push(String(name));
            return Reflect.apply(value, target, args);
          };
        },
      }),
    });
    return { calls, wrap };
  }
  const ofAll = ['openApprovals', 'asked', 'entries', 'list', 'livingIds'];

  it('reads one approval, however many there are, and no log', async () => {
    const { calls, wrap } = watched();
    await using world = openWorld({ wrap });
    const session = await ask(world, { quorum: 3 });
    // Nothing but the decision happens.
    world.engine.pause(session.id);
    const core = { store: world.store, clock: systemClock, journal: { append: () => undefined } } as unknown as Core;
    const by = (person: string) => approvalVerbs(core, world.engine, { tenant: 'default', person });
    const [{ id = '' } = {}] = await by('milo').listApprovals();
    const costOf = async (person: string): Promise<string[]> => {
      calls.splice(0);
      await by(person).decideApproval(id, { approve: true });
      return calls.splice(0);
    };
    const alone = await costOf('milo');
    expect(alone).toContain('openApproval');
    expect(alone.filter((name) => ofAll.includes(name))).toEqual([]);
    const others = parked(world, 50, session);
    const among = await costOf('ines');
    expect(among.length).toBeLessThanOrEqual(alone.length);
    expect(among.filter((name) => ofAll.includes(name))).toEqual([]);
    expect(await by('otto').listApprovals()).toHaveLength(51);
    for (const wrong of [`${others[0]}.3`, `${others[0]}.02`, `${others[0]}.`, 'x', '.2', `${id}.2`]) {
      await expect(by('otto').decideApproval(wrong, { approve: true }), wrong).rejects.toMatchObject({
        code: 'not-found',
      });
    }
  });

  it('is told of 2000 that wait without reading any other, within 30 seconds', { timeout: 60_000 }, async () => {
    const { calls, wrap } = watched();
    const told = new Set<string>();
    const receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        told.add((JSON.parse(body) as { approval: { id: string } }).approval.id);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await using world = openWorld({ wrap });
    await using scope = rootScope({ name: 'notices' });
    const ids = parked(world, 2000, await ask(world));
    let made = 0;
    const newId = (): string => `notice-${++made}`;
    const core = { store: world.store, clock: systemClock, log: silentLog, scope, newId } as unknown as Core;
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const webhook = { url, secret: 'x'.repeat(24) };
    const notices = new Notices(core, { append: () => undefined } as unknown as AuditLog, { default: webhook });
    const like = world.store.sessions.get(ids[0] ?? '');
    world.store.transaction(() => {
      for (const id of ids) {
        const [, entry] = world.store.sessions.entries(id, 0, 2);
        if (like && entry) notices.note({ ...like, id }, entry);
      }
    });
    calls.splice(0);
    const startedMs = performance.now();
    try {
      await expect.poll(() => told.size, { timeout: 45_000, interval: 20 }).toBe(ids.length);
      expect(performance.now() - startedMs).toBeLessThan(30_000);
      expect(calls.filter((name) => ofAll.includes(name))).toEqual([]);
      expect(calls.filter((name) => name === 'openApproval')).toHaveLength(ids.length);
    } finally {
      await notices.close();
      receiver.closeAllConnections();
      receiver.close();
    }
  });
});
