/** What is told of faults while calls go on: that one came, when it came, and that what lasted is over. */
import { beforeEach, describe, expect, it } from 'vitest';
import { rootScope, type Scope, silentLog } from '../base/index.ts';
import type { FaultLabel, FaultPlanInput, PlannedFault } from '../schema/index.ts';
import { faultPlanSchema } from '../schema/index.ts';
import type { FaultRecord } from '../state/index.ts';
import { type FaultTold, Noise, type NoiseParts } from './keeper.ts';
import type { Turn } from './turn.ts';

let said: string[];
/** What only whoever records hears. */
let recorder: string[];
let labels: FaultLabel[];
/** What the host refuses to do. */
let refused: string | null;
/** What putting back waits for. */
let gate: Promise<void>;
let onBegin: () => void;
/** What passes does, and whether it says that it has come. */
let onHappen: (hasCome: () => void, scope: Scope) => void;
/** What cannot be put back once. */
let stuck: Set<string>;
/** What a start finds, and what was put back. */
let found: FaultRecord[];
let undone: string[];

beforeEach(() => {
  [said, recorder, labels, refused] = [[], [], [], null];
  gate = Promise.resolve();
  onBegin = () => undefined;
  onHappen = (hasCome) => hasCome();
  stuck = new Set();
  [found, undone] = [[], []];
});

const scope = () => rootScope({ name: 'test', timeoutMs: 10_000 });

/** As much of a store and a host as a keeper asks for. */
function noise(): Noise {
  let kept: FaultRecord | null = null;
  const faults = {
    insert: (record: FaultRecord) => {
      kept = record;
    },
    get: () => kept,
    update: (_sandbox: string, change: object) => Object.assign(kept ?? {}, change),
    label: (_sandbox: string, more: readonly FaultLabel[]) => labels.push(...more) - more.length,
    relabel: (_sandbox: string, at: number, label: FaultLabel) => {
      labels[at] = label;
    },
    labels: () => labels.map((label, number) => ({ number, label })),
    living: () => found,
  };
  const act = (what: string) => async () => {
    if (refused === what) throw new Error(`the host does not ${what}`);
    if (what === 'begin') onBegin();
    said.push(what);
  };
  const parts = {
    store: { faults, transaction: (work: () => unknown) => work() },
    events: {
      publish: ({ type, data }: { type: string; data: { fault?: string } }) => said.push(`${type} ${data.fault}`),
    },
    means: {
      lacks: async () => null,
      isHeld: ({ kind }: { kind: string }) => kind.startsWith('resources.'),
      measure: async () => ({}),
      begin: act('begin'),
      undo: async (kind: string) => {
        if (stuck.delete(kind)) throw new Error('it sleeps');
        undone.push(kind);
        await gate;
      },
      happen: async (_fault: PlannedFault, _sandbox: string, hasCome: () => void, within: Scope) => {
        await act('happen')();
        onHappen(hasCome, within);
      },
    },
    log: silentLog,
    onComing: (_sandbox: string, { id }: PlannedFault) => recorder.push(`comes ${id}`),
    onMissed: (_sandbox: string, { id }: PlannedFault) => recorder.push(`missed ${id}`),
    onFault: (_sandbox: string, { draw }: FaultTold) => said.push(`told ${String(draw['id'])}`),
    onHealed: (_sandbox: string, fault: string) => said.push(`over ${fault}`),
  };
  return new Noise(parts as unknown as NoiseParts);
}

async function begun(...faults: FaultPlanInput['faults']): Promise<Noise> {
  const keeper = noise();
  const plan = faultPlanSchema.parse({ format: 'holdfast-faults/1', seed: 1, faults });
  const episode = { task: '', group: '', rollout: 0 };
  await keeper.begin({ sandbox: 'sbx-1', tenant: 'a' }, { plan, episode } as never, scope());
  return keeper;
}

const call = (keeper: Noise, at: number, within = scope()) =>
  keeper.turn({ sandbox: 'sbx-1', callId: `cal-${at}`, name: 'shell', isTool: true, input: { at } }, within);

const memory = { id: 'squeeze', kind: 'resources.memory', rate: 1, from: 1, until: 1, lastsCalls: 1 } as const;

describe('a fault', () => {
  it('is told when it has begun and before the call goes on, and once more when it is over', async () => {
    const keeper = await begun(memory);
    expect(await call(keeper, 1)).toMatchObject({ ids: ['squeeze'] });
    expect(said).toEqual(['begin', 'fault-injected squeeze', 'told squeeze']);
    expect(recorder).toEqual(['comes squeeze']);
    await keeper.settle('sbx-1');
    expect(said.slice(3)).toEqual(['fault-healed squeeze', 'over squeeze']);
  });

  it.each([
    ['begin', memory],
    ['happen', { id: 'gap', kind: 'lifecycle.suspend-gap', rate: 1, from: 1, until: 1 } as const],
  ])(
    'that turns out not to be possible never came: nobody hears of it, and the call is not its (%s)',
    async (what, fault) => {
      refused = what;
      const keeper = await begun(fault);
      expect(await call(keeper, 1)).toMatchObject({ fault: null, lasting: [], ids: [] });
      expect(said).toEqual([]);
      expect(recorder).toEqual([`comes ${fault.id}`, `missed ${fault.id}`]);
      expect(labels).toMatchObject([
        { applied: false, because: 'not-possible', parameters: { why: `the host does not ${what}` } },
      ]);
    },
  );

  it('of a call that waits while faults are stopped does not come any more', async () => {
    const keeper = await begun(memory, { id: 'more', kind: 'resources.cpu', rate: 1, from: 2, until: 2 });
    await call(keeper, 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const stopping = keeper.stop('sbx-1', scope());
    const waiting = call(keeper, 2);
    resolve();
    await stopping;
    expect(await waiting).toMatchObject({ fault: null, lasting: [], ids: [] });
    expect(said.filter((what) => what === 'begin')).toHaveLength(1);
    expect(labels[1]).toMatchObject({ fault: 'more', applied: false, because: 'not-possible' });
  });

  it('of a call that ends before it is begun, or in the midst of that, never came', async () => {
    for (const what of ['before', 'begin']) {
      [labels, said] = [[], []];
      const ends = new AbortController();
      const ended = new Error('the call is over');
      const keeper = await begun(memory);
      if (what === 'before') ends.abort(ended);
      onBegin = () => {
        ends.abort(ended);
        throw ended;
      };
      const ending = rootScope({ name: 'test', timeoutMs: 10_000, signal: ends.signal });
      await expect(call(keeper, 1, ending), what).rejects.toThrow('the call is over');
      expect(labels, what).toMatchObject([{ applied: false, because: 'not-possible' }]);
      expect(said, what).toEqual([]);
    }
  });

  it.each(['the call ends', 'the sandbox does not wake'])(
    'that cannot be put back has come once something of it has, though %s (4)',
    async (why) => {
      const ends = new AbortController();
      onHappen = (hasCome) => {
        hasCome();
        if (why === 'the call ends') ends.abort(new Error(why));
        throw new Error(why);
      };
      const keeper = await begun({ id: 'reap', kind: 'lifecycle.reap-notice', rate: 1, until: 1 });
      const going = call(keeper, 1, rootScope({ name: 'test', timeoutMs: 10_000, signal: ends.signal }));
      const outcome = await going.catch((error: unknown) => error);
      if (why === 'the call ends') expect(outcome).toMatchObject({ message: why });
      else expect(outcome).toMatchObject({ ids: ['reap'] });
      expect(labels).toMatchObject([{ applied: true, because: 'applied' }]);
      expect(recorder).toEqual(['comes reap']);
      expect(said).toEqual(['happen', 'fault-injected reap', 'told reap']);
    },
  );

  it('has as long as the plan says', async () => {
    let leftMs = 0;
    onHappen = (_hasCome, within) => {
      leftMs = within.remainingMs();
    };
    const keeper = await begun({ id: 'gap', kind: 'lifecycle.suspend-gap', rate: 1, until: 1, gapMs: 3_600_000 });
    await call(keeper, 1, rootScope({ name: 'test' }));
    expect(leftMs).toBeGreaterThan(3_600_000);
    expect(leftMs).toBeLessThan(3_800_000);
  });

  it('that was drawn and not applied is kept, and nobody hears that it came', async () => {
    const keeper = await begun({ id: 'busy', kind: 'tool.error', rate: 1, most: 1, until: 2 });
    await call(keeper, 1);
    await keeper.settle('sbx-1');
    await call(keeper, 2);
    expect(labels.map(({ applied }) => applied)).toEqual([true, false]);
    expect(said).toEqual(['fault-injected busy', 'told busy']);
  });

  it('of the network is told where it was applied', async () => {
    const keeper = await begun({ id: 'cut', kind: 'network.reset', rate: 1 });
    const label = { channel: 'connection', fault: 'cut', kind: 'network.reset', name: 'a.example', parameters: {} };
    keeper.heard('sbx-1', [
      { ...label, applied: true, because: 'applied' },
      { ...label, applied: false, because: 'budget' },
    ] as never);
    expect(said).toEqual(['fault-injected cut', 'told cut']);
    expect(labels).toHaveLength(2);
  });
});

describe('what is to come once its call has begun', () => {
  const twice = { id: 'twice', kind: 'tool.duplicate', rate: 1 } as const;
  const hang = { id: 'hang', kind: 'exec.hang', rate: 1, afterMs: 60_000 } as const;
  /** Kept as what is to hit a program, and whether it was called off. */
  function hit(turn: Turn | null, hasCome = false): { isCalledOff: boolean } {
    const kept = { isCalledOff: false };
    turn?.later(() => {
      kept.isCalledOff = true;
      return !hasCome;
    });
    return kept;
  }

  it('does not come after faults were stopped, and is kept as not come', async () => {
    const keeper = await begun(twice);
    const turn = await call(keeper, 1);
    expect(turn).toMatchObject({ ids: ['twice'] });
    await keeper.stop('sbx-1', scope());
    expect(turn?.mayCome()).toBe(false);
    expect(turn).toMatchObject({ fault: null, ids: [] });
    expect(labels).toMatchObject([{ applied: false, because: 'not-possible' }]);
  });

  it('has come where it came before', async () => {
    const keeper = await begun(twice);
    const turn = await call(keeper, 1);
    expect(turn?.mayCome()).toBe(true);
    const late = hit(turn, true);
    await keeper.stop('sbx-1', scope());
    expect(turn?.mayCome()).toBe(false);
    expect(late.isCalledOff).toBe(true);
    expect(turn).toMatchObject({ ids: ['twice'] });
    expect(labels).toMatchObject([{ applied: true }]);
  });

  it('comes where faults could not be stopped, but for what was called off', async () => {
    const keeper = await begun(hang);
    const first = hit(await call(keeper, 1));
    stuck.add('exec.hang');
    await expect(keeper.stop('sbx-1', scope())).rejects.toThrow('it sleeps');
    expect(first.isCalledOff).toBe(true);
    const turn = await call(keeper, 2);
    const second = hit(turn);
    expect([second.isCalledOff, turn?.mayCome()]).toEqual([false, true]);
    await keeper.stop('sbx-1', scope());
    expect([second.isCalledOff, turn?.mayCome()]).toEqual([true, false]);
    expect(labels.map(({ applied }) => applied)).toEqual([false, false]);
  });

  it('hits nobody in a sandbox that is gone, and nothing is said of it', async () => {
    const keeper = await begun(hang);
    const kept = hit(await call(keeper, 1));
    keeper.forget('sbx-1');
    expect(kept.isCalledOff).toBe(true);
    expect(labels).toMatchObject([{ applied: true }]);
  });
});

describe('what a start finds changed', () => {
  const anew = { id: 'anew', kind: 'lifecycle.restart', rate: 0 } as const;
  async function started(): Promise<Noise> {
    const faults = [{ ...memory, rate: 0 }, anew];
    const plan = faultPlanSchema.parse({ format: 'holdfast-faults/1', seed: 1, faults });
    const given = { plan, episode: { task: '', group: '', rollout: 0 } };
    const held = { squeeze: {}, anew: {} };
    found = [{ sandbox: 'sbx-1', tenant: 'a', given, state: null, held, stopped: false, generation: 0 } as FaultRecord];
    const keeper = noise();
    await keeper.open(scope());
    return keeper;
  }

  it('is put back once the sandbox is awake', async () => {
    await started();
    expect(undone).toEqual(['lifecycle.restart', 'resources.memory']);
  });

  it.each(['call', 'awake'] as const)('and could not be put back is by what comes next: %s (2)', async (next) => {
    stuck = new Set(['resources.memory']);
    const keeper = await started();
    expect(keeper.holds('sbx-1')).toBe(true);
    if (next === 'awake') await keeper.awake('sbx-1');
    else expect(await call(keeper, 1)).toMatchObject({ ids: [] });
    expect(undone).toEqual(['lifecycle.restart', 'resources.memory']);
    expect(keeper.holds('sbx-1')).toBe(false);
  });

  it('and still cannot be is in every call meanwhile', async () => {
    stuck = new Set(['resources.memory']);
    const keeper = await started();
    stuck = new Set(['resources.memory']);
    const turn = await call(keeper, 1);
    expect(turn).toMatchObject({ ids: ['squeeze'], fault: null });
    expect([...(turn?.held ?? [])]).toEqual(['squeeze']);
  });

  it.each(['heal', 'stop'] as const)('is put back in that order by whoever asks later: %s', async (how) => {
    stuck = new Set(['lifecycle.restart', 'resources.memory']);
    const keeper = await started();
    await keeper[how]('sbx-1', scope());
    expect(undone).toEqual(['lifecycle.restart', 'resources.memory']);
  });
});
