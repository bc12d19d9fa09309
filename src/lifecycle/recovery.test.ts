import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import {
  bootId,
  KeyedLock,
  type OwnedScope,
  rootScope,
  type Scope,
  silentLog,
  systemClock,
  untilOrEnded,
} from '../base/index.ts';
import type { SandboxIdentity } from '../compute/index.ts';
import { openStore, type SandboxRecord, type Store } from '../state/index.ts';
import { SandboxController } from './controller.ts';
import { LeaseAlarm } from './leases.ts';
import type { Parts } from './parts.ts';
import { Pools } from './pools.ts';
import { type Recovered, recover } from './recovery.ts';

let home = '';
let store: Store;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-recovery-'));
  store = openStore({ home });
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

/** What recovery asks of a substrate on which nothing is alive any more, in order. */
function partsOf(asked: string[], changes: object = {}): Parts {
  const substrate = {
    thaw: async () => void asked.push('thaw'),
    kill: async () => void asked.push('kill'),
    upperOf: async () => null,
  };
  // What recovery needs of them.
  return {
    store,
    substrates: { of: () => substrate, strays: async () => [], alive: async () => new Set() },
    files: { recover: async () => ({ repairedSandboxes: [] }), removeSandbox: async () => undefined },
    connections: { close: () => undefined },
    alarm: { clear: () => undefined },
    reserve: { tend: () => undefined },
    clock: systemClock,
    scope: rootScope({ name: 'daemon' }),
    log: silentLog,
    socketPath: (id: string) => join(home, `${id}.sock`),
    memoryPath: (id: string) => join(home, id),
    report: () => undefined,
    ...changes,
  } as unknown as Parts;
}

const identity = {
  sandbox: '',
  pid: 1,
  startTicks: 1,
  bootId: bootId(),
  socketPath: '',
  cgroup: '',
  limitGroups: [],
  agentIncarnation: '',
};

describe('a daemon that died while memory went to disk', () => {
  it.each([
    ['goes no further than its image, when that is whole', true, ['kill'], 'hibernated'],
    ['is let go on, when it is not', false, ['thaw', 'kill'], 'gone'],
  ] as const)('leaves a sandbox that %s', async (_, isWhole, expected, state) => {
    const record = sandboxRecord({ state: 'ready', identity });
    store.sandboxes.insert(record);
    store.operations.begin({ id: 'op-1', kind: 'hibernate', sandbox: record.id, payload: {} });
    mkdirSync(join(home, record.id));
    if (isWhole) writeFileSync(join(home, record.id, 'image.json'), '{}');
    const asked: string[] = [];
    const parts = partsOf(asked);
    await recover(parts, new Pools(parts, []));
    expect(asked).toEqual(expected);
    expect(store.sandboxes.get(record.id)).toMatchObject({ state, memoryKept: isWhole });
    expect(store.operations.listOpen()).toEqual([]);
  });
});

describe('a daemon that starts', () => {
  let clock: TestClock;
  let daemon: OwnedScope;
  beforeEach(() => {
    clock = new TestClock();
    daemon = rootScope({ name: 'daemon', clock });
  });
  const open = async (parts: Parts): Promise<[SandboxController, Recovered]> => {
    const controller = new SandboxController(parts, new Pools(parts, []));
    return [controller, await controller.open()];
  };
  /** Its agents are all alive; what a channel into one of them is, is for `guest` to say. */
  const agents = (guest: (record: SandboxRecord, scope: Scope) => Promise<object>, asked: string[] = []): Parts => {
    const parts = partsOf(asked, {
      clock,
      alarm: { set: () => undefined, clear: () => undefined },
      connections: { use: guest, close: () => undefined },
      scope: daemon,
    });
    const alive = async (all: { identity: SandboxIdentity }[]) =>
      new Set(all.map(({ identity: { sandbox } }) => sandbox));
    Object.assign(parts.substrates, { alive });
    return parts;
  };
  const insert = (): SandboxRecord => {
    const record = sandboxRecord({ state: 'ready', leaseEndsMs: clock.nowMs() + 3_600_000 });
    store.sandboxes.insert({ ...record, identity: { ...identity, sandbox: record.id } });
    return record;
  };
  const never = (scope?: Scope): Promise<never> => {
    const nothing = new Promise<never>(() => undefined);
    return scope ? untilOrEnded(nothing, scope) : nothing;
  };

  it('ends all others where one does not end, and tries that one again until it does (3)', async () => {
    const [stuck, other] = [sandboxRecord(), sandboxRecord()];
    for (const record of [stuck, other])
      store.sandboxes.insert({ ...record, state: 'ready', identity: { ...identity, sandbox: record.id } });
    const stray = { sandbox: sandboxRecord().id, cgroup: '', limitGroups: [] };
    const lasting = new Set([stuck.id, stray.sandbox]);
    const kills: string[] = [];
    const substrate = {
      kill: async ({ sandbox }: { sandbox: string }) => {
        kills.push(sandbox);
        if (lasting.has(sandbox)) throw new Error('it does not end');
      },
    };
    const alarm = new LeaseAlarm(clock, (id) => controller.onDue(id));
    const parts = partsOf([], {
      alarm,
      clock,
      locks: new KeyedLock(),
      scope: daemon,
      substrates: {
        of: () => substrate,
        strays: async () => (lasting.has(stray.sandbox) ? [{ ...stray, substrate }] : []),
        alive: async () => new Set(),
      },
    });
    const [controller, recovered] = await open(parts);
    const stateOf = (id: string) => store.sandboxes.get(id)?.state;
    const triesOf = (id: string) => kills.filter((killed) => killed === id).length;
    expect(recovered).toEqual({ adopted: 0, ended: 1, reaped: 0 });
    expect([stateOf(stuck.id), stateOf(other.id)]).toEqual(['stopping', 'gone']);
    clock.advance(10_000);
    await expect.poll(() => [stuck.id, stray.sandbox].map(triesOf)).toEqual([2, 2]);
    for (const id of [stuck.id, stray.sandbox]) await parts.locks.run(id, parts.scope, async () => undefined);
    expect(stateOf(stuck.id)).toBe('stopping');
    lasting.clear();
    clock.advance(10_000);
    await expect.poll(() => stateOf(stuck.id)).toBe('gone');
    expect(store.sandboxes.get(stuck.id)?.exitDetail).toBe('its processes ended while no daemon was there');
    alarm.close();
  });

  it('ends none for whose answer there was no time', async () => {
    const { id } = insert();
    const parts = agents((_, scope) => never(scope));
    const recovered = recover(parts, new Pools(parts, []));
    await expect.poll(() => clock.timers).toBe(2);
    await daemon.close();
    await expect(recovered).rejects.toMatchObject({ code: 'cancelled' });
    expect(store.sandboxes.get(id)?.state).toBe('ready');
  });

  it('is not kept from it by an agent that says who it is and no more (3, 4)', async () => {
    const [silent, other] = [insert(), insert()];
    const lease = async (_: number, scope?: Scope) => never(scope);
    const parts = agents(async ({ id }) => (id === silent.id ? { lease } : { lease: async () => undefined }));
    const opening = open(parts);
    await expect.poll(() => clock.timers).toBe(2);
    clock.advance(2000);
    await expect.poll(() => clock.timers).toBe(2);
    clock.advance(10_000);
    expect((await opening)[1]).toMatchObject({ adopted: 1, ended: 1 });
    expect([silent, other].map(({ id }) => store.sandboxes.get(id)?.state)).toEqual(['gone', 'ready']);
  });

  it('is not kept from it by an agent that does not end its processes (3, 4)', async () => {
    const [stuck, other] = [insert(), insert()];
    const parts = agents(async () => ({ lease: async () => undefined, reset: never }));
    const substrate = parts.substrates.of(stuck);
    const upperOf = async ({ sandbox }: SandboxIdentity) => `${sandbox}/${sandbox === stuck.id ? 'sealed' : '1'}/upper`;
    Object.assign(substrate, { upperOf });
    const opening = open(parts);
    await expect.poll(() => clock.timers).toBe(2);
    clock.advance(10_000);
    expect((await opening)[1]).toMatchObject({ adopted: 1, ended: 1 });
    expect([stuck, other].map(({ id }) => store.sandboxes.get(id)?.state)).toEqual(['gone', 'ready']);
  });

  it('takes from none the time that others use up, however many (4)', async () => {
    const silent = new Set(Array.from({ length: 192 }, () => insert().id));
    const other = insert();
    const parts = agents(async ({ id }, scope) => {
      scope.throwIfEnded();
      return silent.has(id) ? never(scope) : { lease: async () => undefined };
    });
    let isOpen = false;
    const opening = open(parts).finally(() => {
      isOpen = true;
    });
    const startedMs = clock.nowMs();
    while (!isOpen) {
      await nextTurn();
      clock.advance(100);
    }
    expect(clock.nowMs() - startedMs).toBeGreaterThan(60_000);
    expect((await opening)[1]).toMatchObject({ adopted: 1, ended: 192 });
    expect(store.sandboxes.get(other.id)?.state).toBe('ready');
  });

  it('is not kept from it by work of before that cannot be settled (3)', async () => {
    const record = sandboxRecord({ state: 'ready', identity });
    store.sandboxes.insert(record);
    store.operations.begin({ id: 'op-1', kind: 'rollback', sandbox: record.id, payload: {} });
    const parts = partsOf([], { clock });
    const substrate = { thaw: async () => undefined, kill: async () => undefined, upperOf: () => Promise.reject(gone) };
    const gone = new Error('nothing tells');
    Object.assign(parts.substrates, { of: () => substrate });
    Object.assign(parts.alarm, { set: () => undefined });
    expect(await recover(parts, new Pools(parts, []))).toMatchObject({ ended: 1 });
  });

  it('has its time for the rest, however long it took to finish a snapshot', async () => {
    insert();
    const parts = agents(async () => ({ lease: async () => undefined }));
    const { alive } = parts.substrates;
    Object.assign(parts.files, {
      recover: async () => {
        clock.advance(3_000_000);
        return { repairedSandboxes: [] };
      },
    });
    Object.assign(parts.substrates, {
      alive: async (all: Parameters<typeof alive>[0], scope: Scope) => {
        scope.throwIfEnded();
        return await alive(all, scope);
      },
    });
    expect((await open(parts))[1]).toMatchObject({ adopted: 1, ended: 0 });
  });

  it('holds what is said to stand still, and tries that again too (3)', async () => {
    const [one, other] = [insert(), insert()];
    for (const { id } of [one, other]) store.sandboxes.update(id, { state: 'suspended' });
    const frozen: string[] = [];
    let failures = 1;
    const freeze = async ({ sandbox }: SandboxIdentity) => {
      if (sandbox === one.id && failures-- > 0) throw new Error('it goes on');
      frozen.push(sandbox);
    };
    const alarm = new LeaseAlarm(clock, (id) => controller.onDue(id));
    const parts = { ...agents(async () => ({})), alarm, locks: new KeyedLock() };
    Object.assign(parts.substrates.of(one), { freeze });
    const [controller, recovered] = await open(parts);
    expect([recovered.adopted, frozen]).toEqual([1, [other.id]]);
    clock.advance(10_000);
    await expect.poll(() => frozen).toEqual([other.id, one.id]);
    expect([one, other].map(({ id }) => store.sandboxes.get(id)?.state)).toEqual(['suspended', 'suspended']);
    alarm.close();
  });

  it('waits for an agent as long as it does later', async () => {
    insert();
    const answers = Promise.withResolvers<object>();
    const asked: string[] = [];
    const opening = open(agents((_, scope) => untilOrEnded(answers.promise, scope), asked));
    await expect.poll(() => clock.timers).toBe(2);
    clock.advance(2000);
    await expect.poll(() => [...asked, clock.timers]).toEqual(['thaw', 2]);
    clock.advance(9000);
    answers.resolve({ lease: async () => undefined });
    expect((await opening)[1]).toMatchObject({ adopted: 1, ended: 0 });
  });
});
