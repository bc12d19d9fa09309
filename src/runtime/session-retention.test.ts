/** Sessions that are over go after their time, or when somebody says so, and tenants keep no more of them than they may. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { rootScope } from '../base/index.ts';
import { FakeSubstrate } from '../compute/index.ts';
import {
  type AgentBundleInput,
  HoldfastError,
  type HoldfastService,
  type Quotas,
  type Session,
  type StartSession,
} from '../schema/index.ts';
import { openStore, type Store } from '../state/index.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from './index.ts';
import { removeOver } from './session-removal.ts';

const guestBinary = '/bin/true';
const day = 86_400_000;
let home: string;
let clock: TestClock;
let runtime: Runtime;

async function open(more: Partial<RuntimeOptions> = {}): Promise<void> {
  runtime = await createRuntime({
    home,
    clock,
    substrate: new FakeSubstrate({ binary: guestBinary }),
    guestBinary,
    ...more,
  });
}
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-retention-'));
  clock = new TestClock();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const memory = { s: { scope: 'session' as const, retentionDays: 365, class: 'internal' as const } };
const call = (tool: string, input: Record<string, unknown>): Record<string, unknown> => ({ tool, input });
/** Remembers something of its session's own; another bundle by each name. */
const keeper = (name: string): AgentBundleInput => ({
  entry: name,
  agents: [
    agentData(
      name,
      [{ answered: 0, call: [call('remember', { slot: 's', key: name, value: 'an old zebra' })] }, { say: 'done' }],
      { tools: ['remember'], memory },
    ),
  ],
});
const boss: AgentBundleInput = {
  entry: 'boss',
  agents: [
    agentData('boss', [{ answered: 0, call: [call('delegate', { to: 'clerk', task: 'go' })] }, { say: 'done' }], {
      tools: ['delegate'],
      delegates: ['clerk'],
    }),
    agentData('clerk', [{ say: 'done' }], { tools: [] }),
  ],
};

/** When it is done, where it is a task, or waits. */
async function settled(service: HoldfastService, input: StartSession, state?: Session['state']): Promise<Session> {
  const { id } = await service.startSession(input);
  const wanted = state ?? (input.task ? 'done' : 'waiting');
  await expect.poll(async () => (await service.getSession(id)).state, { timeout: 10_000 }).toBe(wanted);
  return service.getSession(id);
}
const idsOf = async (service: HoldfastService): Promise<string[]> =>
  (await service.listSessions({ all: true })).items.map(({ id }) => id).sort();
const remembered = async (service: HoldfastService): Promise<string[]> =>
  (await service.searchMemories({ query: 'zebra' })).map(({ key }) => key).sort();
function stored<T>(use: (store: Store) => T): T {
  using store = openStore({ home, clock });
  return use(store);
}

describe('what is over its time', () => {
  const started = async (): Promise<Record<'over' | 'living' | 'held' | 'spoken' | 'recent', string>> => {
    const owner = runtime.service();
    const living = await settled(owner, { bundle: keeper('living'), message: 'go', person: 'ada' });
    const held = await settled(owner, { bundle: keeper('held'), message: 'go', task: true, person: 'eve' });
    const spoken = await settled(owner, { bundle: keeper('spoken'), message: 'go', person: 'milo' });
    await runtime.service('default', 'eve').sendToSession(spoken.id, { data: 'I was here' });
    await expect.poll(async () => (await owner.getSession(spoken.id)).state).toBe('waiting');
    await owner.cancelSession(spoken.id);
    // The oldest are looked at first: when it is gone, those that stay were looked at.
    clock.advance(1000);
    const over = await settled(owner, { bundle: keeper('over'), message: 'go', task: true, person: 'ada' });
    clock.advance(5 * day);
    const recent = await settled(owner, { bundle: keeper('recent'), message: 'go', task: true, person: 'ada' });
    return { over: over.id, living: living.id, held: held.id, spoken: spoken.id, recent: recent.id };
  };

  it('goes with all that it alone has, and nothing else does', async () => {
    await open();
    const ids = await started();
    const hold = await runtime.service().placeHold({ person: 'eve', reason: 'a case' });
    await runtime.close();
    const bundleOf = (id: string): string => stored((store) => store.sessions.get(id)?.bundle ?? '');
    const bundles = [bundleOf(ids.over), bundleOf(ids.recent)];
    clock.advance(4 * day);
    await open({ sessions: { keptMs: 7 * day } });
    const owner = runtime.service();
    await expect.poll(() => idsOf(owner)).not.toContain(ids.over);
    expect(await idsOf(owner)).toEqual([ids.living, ids.held, ids.spoken, ids.recent].sort());
    expect(await remembered(owner)).toEqual(['held', 'living', 'recent', 'spoken']);
    expect((await owner.auditEntries({ kind: 'session-removed' })).items).toMatchObject([
      { session: ids.over, agent: 'over', body: { below: 0 } },
    ]);
    expect((await owner.verifyAudit()).ok).toBe(true);
    await owner.releaseHold(hold.id);
    // The daemon goes on, and looks again the next day.
    clock.advance(day);
    await expect.poll(() => idsOf(owner)).toEqual([ids.living, ids.recent].sort());
    await runtime.close();
    expect(bundles.map((hash) => stored((store) => store.sessions.getBundle(hash)) !== null)).toEqual([false, true]);
    expect(stored((store) => store.sessions.entries(ids.over, 0, 10))).toEqual([]);
  });

  it('stays for good where nobody said how long, and no shorter time than a week is taken', async () => {
    await open();
    const { id } = await settled(runtime.service(), { bundle: keeper('over'), message: 'go', task: true });
    await runtime.close();
    clock.advance(400 * day);
    await open();
    expect(await idsOf(runtime.service())).toEqual([id]);
    await runtime.close();
    await expect(open({ sessions: { keptMs: 7 * day - 1 } })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('stays while its end is not in its log, and while its going cannot be logged', async () => {
    await using world = openWorld();
    await open();
    const { id } = world.start(keeper('over'), 'go');
    await world.settled(id, 'done');
    const { store } = world;
    const logged: string[] = [];
    let isDown = false;
    const log = {
      knows: () => false,
      append: ({ kind }: { kind: string }) => {
        if (isDown) throw new HoldfastError('audit-unavailable', 'no room');
        logged.push(kind);
      },
    };
    const removing = (): Promise<void> =>
      // Nothing else of a log is asked.
      removeOver({ store, audit: { open: async () => log } as never, scope: rootScope({ name: 'test' }) }, farOff);
    const farOff = Date.parse('2100-01-01T00:00:00Z');
    store.sessions.append(id, null, [], { owedEnd: { by: null } });
    await removing();
    expect(store.sessions.get(id)).not.toBe(null);
    store.sessions.append(id, null, [], { owedEnd: null });
    isDown = true;
    await expect(removing()).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(world.entries(id).length).toBeGreaterThan(2);
    isDown = false;
    await removing();
    expect(store.sessions.get(id)).toBe(null);
    expect(logged).toEqual(['session-removed']);
  });

  it('is not logged again where somebody removed it meanwhile', async () => {
    await using world = openWorld();
    await open();
    const { store } = world;
    const ids = ['first', 'second'].map(() => world.start(keeper('over'), 'go').id);
    for (const id of ids) await world.settled(id, 'done');
    const logged: string[] = [];
    const log = {
      knows: () => false,
      append: ({ session }: { session: string }) => {
        logged.push(session);
        // Whoever else removes one does so when this gives way.
        const other = ids.find((id) => id !== session) ?? '';
        queueMicrotask(() => store.sessions.forget(other));
      },
    };
    const core = { store, audit: { open: async () => log } as never, scope: rootScope({ name: 'test' }) };
    await removeOver(core, Date.parse('2100-01-01T00:00:00Z'));
    expect(ids.map((id) => store.sessions.get(id))).toEqual([null, null]);
    expect(logged).toHaveLength(1);
  });
});

describe('session rm', () => {
  it('removes one that is over, with all below it, and its key can be used again', async () => {
    await open();
    const owner = runtime.service();
    const input = { bundle: boss, message: 'go', task: true, idempotencyKey: 'once' };
    const { id } = await settled(owner, input);
    const [child] = (await owner.listSessions({ all: true, parent: id })).items;
    await expect(owner.removeSession(child?.id ?? '')).rejects.toMatchObject({ code: 'wrong-state' });
    expect(await idsOf(owner)).toHaveLength(2);
    await runtime.service('default', 'milo').removeSession(id);
    expect(await idsOf(owner)).toEqual([]);
    await expect(owner.getSession(id)).rejects.toMatchObject({ code: 'session-not-found' });
    const [gone] = (await owner.auditEntries({ kind: 'session-removed' })).items;
    expect(gone).toMatchObject({ session: id, agent: 'boss', body: { below: 1 } });
    expect(gone?.actor).not.toBe(null);
    expect((await settled(owner, input)).id).not.toBe(id);
  });

  it('refuses one that is not over, of another tenant, or under a legal hold', async () => {
    await open();
    const owner = runtime.service();
    const living = await settled(owner, { bundle: keeper('a'), message: 'go' });
    await expect(owner.removeSession(living.id)).rejects.toMatchObject({ code: 'wrong-state' });
    const over = await settled(owner, { bundle: keeper('b'), message: 'go', task: true, person: 'ada' });
    const acme = runtime.service('acme', 'eve');
    await expect(acme.removeSession(over.id)).rejects.toMatchObject({ code: 'session-not-found' });
    const { id: hold } = await owner.placeHold({ person: 'ada', reason: 'a case' });
    await expect(owner.removeSession(over.id)).rejects.toMatchObject({ code: 'forbidden', details: { hold } });
    expect(await remembered(owner)).toEqual(['a', 'b']);
    await owner.releaseHold(hold);
    await owner.removeSession(over.id);
    expect(await remembered(owner)).toEqual(['a']);
  });
});

describe('quota sessionBytes', () => {
  const quotas = (tenant: string): Quotas => (tenant === 'acme' ? { sessionBytes: 200_000 } : {});
  const tooMuch = { code: 'quota-exceeded', details: { quota: 'sessionBytes', ceiling: 200_000 } };
  const careful: AgentBundleInput = {
    entry: 'careful',
    agents: [
      agentData(
        'careful',
        [
          { answered: 0, call: [call('escalate', { question: 'may I?', withinMs: day })] },
          { answered: 1, call: [call('remember', { slot: 's', key: 'k', value: 'v' })] },
          { say: 'done' },
        ],
        {
          grants: [...agentData('x', []).grants, 'person:escalate'],
          tools: ['escalate', 'remember'],
          memory,
        },
      ),
    ],
  };

  it('refuses what begins, is sent or remembered, and neither decisions nor other tenants', async () => {
    await open({ quotas });
    const acme = runtime.service('acme', 'eve');
    const old = await settled(acme, { bundle: keeper('old'), message: 'go', task: true });
    const asking = await settled(acme, { bundle: careful, message: 'go', task: true }, 'waiting');
    await acme.sendToSession(asking.id, { event: 'x', data: 'x'.repeat(200_000) });
    await expect(acme.sendToSession(asking.id, { event: 'x' })).rejects.toMatchObject(tooMuch);
    await expect(acme.startSession({ bundle: keeper('new'), message: 'go' })).rejects.toMatchObject(tooMuch);
    await expect(acme.startSession({ bundle: careful, message: 'go' })).rejects.toMatchObject(tooMuch);
    await expect(acme.forkSession(old.id)).rejects.toMatchObject(tooMuch);
    const [approval] = await acme.listApprovals();
    await runtime.service('acme', 'milo').decideApproval(approval?.id ?? '', { approve: true });
    await expect.poll(async () => (await acme.getSession(asking.id)).state).toBe('done');
    const outcomes: unknown[] = [];
    for await (const { kind, data } of acme.sessionEntries(asking.id, { follow: false })) {
      if (kind === 'outcome' && data['tool'] === 'remember') outcomes.push(data);
    }
    expect(outcomes).toMatchObject([{ ok: false, error: tooMuch }]);
    await settled(runtime.service(), { bundle: keeper('new'), message: 'go', task: true });
    await acme.removeSession(asking.id);
    await settled(acme, { bundle: keeper('new'), message: 'go', task: true });
  });

  it('counts agents that are brought before they are kept', async () => {
    await open({ quotas: () => ({ sessionBytes: 500 }) });
    const acme = runtime.service('acme', 'eve');
    const refused = { code: 'quota-exceeded', details: { quota: 'sessionBytes', ceiling: 500, used: 0 } };
    await expect(acme.startSession({ bundle: keeper('a'), message: 'go' })).rejects.toMatchObject(refused);
    await runtime.close();
    expect(stored((store) => store.sessions.bytesKept('acme'))).toBe(0);
  });
});
