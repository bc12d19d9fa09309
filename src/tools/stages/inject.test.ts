import { beforeEach, describe, expect, it } from 'vitest';
import { type Scope, systemClock } from '../../base/index.ts';
import type { Noise, NoisyCall, Turn } from '../../noise/index.ts';
import { type FaultLabel, faultSchema, HoldfastError, type PlannedFault } from '../../schema/index.ts';
import { standardStages } from '../door.ts';
import type { Call, Outcome, SandboxAccess } from '../types.ts';
import { inject } from './inject.ts';

const fault = (input: Record<string, unknown>): PlannedFault => faultSchema.parse({ id: 'f', ...input });

/** Whether faults are stopped, how long a turn may take, how often it was asked, and what is called off when they are. */
let isStopped = false;
let turnMs = 0;
let asks = 0;
let cancels: (() => boolean)[] = [];
beforeEach(() => {
  isStopped = false;
  cancels = [];
});

/** A plan that always answers with one fault, and notes what was asked of it. */
function always(
  given: PlannedFault | null,
  lasting: PlannedFault[] = [],
): { noise: Noise; asked: NoisyCall[]; settled: boolean[]; kept: unknown[] } {
  const asked: NoisyCall[] = [];
  const settled: boolean[] = [];
  const kept: unknown[] = [];
  const label = { parameters: { delayMs: 1 }, draw: 'ab' } as unknown as FaultLabel;
  const turn = async (call: NoisyCall, scope: Scope): Promise<Turn> => {
    asked.push(call);
    turnMs = scope.remainingMs();
    const ids = [...(given ? [given.id] : []), ...lasting.map(({ id }) => id)];
    return {
      fault: given && { fault: given, label },
      lasting,
      held: new Set(),
      ids,
      earlier: 'of before',
      keep: (answer) => kept.push(answer),
      later: (cancel) => {
        cancels.push(cancel);
        return () => undefined;
      },
      mayCome: () => {
        asks++;
        return !isStopped;
      },
    };
  };
  const settle = async (_sandbox: string, goesOn: boolean): Promise<void> => void settled.push(goesOn);
  // What the stage asks for, and no more.
  return { noise: { turn, settle, concerns: () => true } as unknown as Noise, asked, settled, kept };
}

function callOf(more: Partial<Call> = {}): Call {
  return {
    callId: 'cal-1',
    tenant: 't',
    sandbox: 'sbx-1',
    kind: 'tool',
    name: 'shell',
    input: { command: 'make' },
    whole: { command: 'make' },
    mutates: true,
    idempotencyKey: null,
    scope: null,
    access: null,
    prepare: () => async () => null,
    started: false,
    ...more,
  };
}

async function pass(
  given: PlannedFault | null,
  value: unknown = 'done',
  lasting: PlannedFault[] = [],
  onExecuted: () => void = () => undefined,
) {
  const { noise, asked, settled, kept } = always(given, lasting);
  let executed = 0;
  const next = async (): Promise<Outcome> => {
    executed++;
    onExecuted();
    return { callId: 'cal-1', durationMs: 1, ok: true, value };
  };
  const parts = { clock: systemClock, newId: () => 'prc-1' };
  const outcome = await inject(noise, parts)(callOf(), next);
  return { outcome, executed, asked, settled, kept };
}

describe('a call that meets a fault', () => {
  it.each([
    ['tool.error', 0],
    ['tool.rate-limited', 0],
    ['tool.unavailable', 0],
    ['tool.auth-expired', 0],
    ['tool.lost-acknowledgement', 1],
  ])('%s fails after it was executed %i times (2)', async (kind, times) => {
    const { outcome, executed, settled } = await pass(fault({ kind }));
    expect(outcome).toMatchObject({ ok: false, injected: { faults: ['f'], isCause: true } });
    if (!outcome.ok) expect(outcome.error.fault).not.toBe('injected');
    expect(executed).toBe(times);
    expect(settled).toEqual([false]);
  });

  it('is executed twice, and answers once, when it is delivered twice (3)', async () => {
    const { outcome, executed } = await pass(fault({ kind: 'tool.duplicate' }));
    expect(executed).toBe(2);
    expect(outcome).toMatchObject({ ok: true, value: 'done' });
  });

  it('answers less, or what was answered before', async () => {
    expect((await pass(fault({ kind: 'tool.empty' }), { stdout: 'abc' })).outcome).toMatchObject({
      value: { stdout: '' },
    });
    expect((await pass(fault({ kind: 'tool.partial', fraction: 0.34 }), { stdout: 'abc' })).outcome).toMatchObject({
      value: { stdout: 'a' },
    });
    expect((await pass(fault({ kind: 'tool.stale' }))).outcome).toMatchObject({ value: 'of before' });
  });

  it.each(['lost-acknowledgement', 'duplicate', 'empty', 'partial', 'stale'])(
    'meets none any more once faults were stopped while it ran: tool.%s (4)',
    async (kind) => {
      const stop = (): void => {
        isStopped = true;
      };
      const { outcome, executed } = await pass(fault({ kind: `tool.${kind}` }), { stdout: 'abc' }, [], stop);
      expect(outcome).toMatchObject({ ok: true, value: { stdout: 'abc' } });
      expect(executed).toBe(1);
    },
  );

  it('has no less time for it than the plan says', async () => {
    await pass(fault({ kind: 'lifecycle.suspend-gap' }));
    expect(turnMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('is told of what lasts, and what only slows is no cause', async () => {
    const slow = await pass(null, 'done', [fault({ kind: 'resources.cpu' })]);
    expect(slow.outcome).toMatchObject({ ok: true, injected: { faults: ['f'], isCause: false } });
    expect(slow.kept).toEqual(['done']);
    const tight = await pass(null, 'done', [fault({ kind: 'resources.memory' })]);
    expect(tight.outcome.injected?.isCause).toBe(true);
    const moved = await pass(null, 'done', [fault({ kind: 'clock.jump' })]);
    expect(moved.outcome.injected?.isCause).toBe(true);
  });

  it('is left alone when nothing comes, and asked about with its input alone', async () => {
    const { outcome, asked, kept } = await pass(null);
    expect(outcome).toEqual({ callId: 'cal-1', durationMs: 1, ok: true, value: 'done' });
    expect(asked).toEqual([
      { sandbox: 'sbx-1', callId: 'cal-1', name: 'shell', isTool: true, input: { command: 'make' } },
    ]);
    expect(kept).toEqual(['done']);
  });
});

describe('programs and files under a fault', () => {
  const access = (seen: unknown[]): SandboxAccess =>
    ({
      sandbox: 'sbx-1',
      exec: async (input: unknown) => {
        seen.push(input);
        await whileRunning();
        return { stdout: new Uint8Array(10), stderr: new Uint8Array(0), stdoutCutBytes: 0, stderrCutBytes: 0 };
      },
      startProcess: async (input: { argv: string[] }) => {
        seen.push(input);
        return { ...input, processId: 'prc-1' };
      },
      signalProcess: async (_processId: string, signal: string) => {
        seen.push(signal);
      },
      writeFile: async () => {
        seen.push('written');
      },
    }) as unknown as SandboxAccess; // all that these calls reach

  /** What is due on the clock, besides what really waits. */
  let due: { ms: number; fn: () => void }[] = [];
  let whileRunning: () => Promise<void>;
  beforeEach(() => {
    due = [];
    whileRunning = async () => undefined;
  });
  const clock = {
    ...systemClock,
    after: (ms: number, fn: () => void) => {
      const one = { ms, fn };
      due.push(one);
      return () => {
        due = due.filter((each) => each !== one);
      };
    },
  };

  const through = async (given: PlannedFault, work: (way: SandboxAccess) => Promise<unknown>): Promise<unknown[]> => {
    const seen: unknown[] = [];
    const call = callOf({ kind: 'verb', name: 'exec', access: access(seen) });
    const next = async (): Promise<Outcome> => {
      if (call.access) seen.push(await work(call.access).catch((error: unknown) => error));
      return { callId: 'cal-1', durationMs: 1, ok: true, value: null };
    };
    await inject(always(given).noise, { clock, newId: () => 'prc-1' })(call, next);
    return seen;
  };
  const scope = { signal: new AbortController().signal } as never;
  const run = (way: SandboxAccess): Promise<unknown> => way.exec({ argv: ['make'], timeoutMs: 1000 }, scope);

  it('start in another way, and the program is the one that was asked for', async () => {
    const [input] = await through(fault({ kind: 'exec.hang', mostMs: 60_000 }), run);
    expect(input).toMatchObject({ argv: ['/bin/sh', '-c', 'kill -STOP $$\nexec "$@"', 'sh', 'make'], timeoutMs: 1000 });
    const [early] = await through(fault({ kind: 'exec.timeout-early', fraction: 0.2 }), run);
    expect(early).toMatchObject({ timeoutMs: 200 });
    const [zone] = await through(fault({ kind: 'clock.zone', zone: 'UTC-3' }), run);
    expect(zone).toMatchObject({ argv: ['make'], environment: { TZ: 'UTC-3' } });
  });

  it('fail as the guest’s own errors read', async () => {
    const seen = await through(fault({ kind: 'filesystem.no-space' }), (way) =>
      way.writeFile('/workspace/a', new Uint8Array(0), {}, scope),
    );
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBeInstanceOf(HoldfastError);
    expect(seen[0]).toMatchObject({
      code: 'disk-full',
      message: 'could not write /workspace/a: no space left in the sandbox',
    });
  });

  it('are as they are once faults were stopped (4)', async () => {
    isStopped = true;
    const begun = (way: SandboxAccess): Promise<unknown> => way.startProcess({ argv: ['make'] }, scope);
    for (const work of [run, begun]) {
      const [input] = await through(fault({ kind: 'exec.hang' }), work);
      expect(input).toMatchObject({ argv: ['make'] });
    }
    const write = (way: SandboxAccess): Promise<unknown> => way.writeFile('/workspace/a', new Uint8Array(0), {}, scope);
    expect((await through(fault({ kind: 'filesystem.no-space' }), write))[0]).toBe('written');
    expect(due).toEqual([]);
  });

  it('say all that they said when faults were stopped meanwhile (4)', async () => {
    const cut = fault({ kind: 'exec.truncate', keepBytes: 4 });
    asks = 0;
    expect((await through(cut, run))[1]).toMatchObject({ stdout: new Uint8Array(4), stdoutCutBytes: 6 });
    // Nothing of it came before.
    expect(asks).toBe(1);
    whileRunning = async () => {
      isStopped = true;
    };
    expect((await through(cut, run))[1]).toMatchObject({ stdout: new Uint8Array(10), stdoutCutBytes: 0 });
  });

  it('that were only just begun when faults were stopped do not stand still for long', async () => {
    const begin = (way: SandboxAccess): Promise<unknown> => way.startProcess({ argv: ['make'] }, scope);
    const seen = await through(fault({ kind: 'exec.hang', mostMs: 60_000 }), begin);
    expect(due.map(({ ms }) => ms)).toEqual([60_000]);
    expect(cancels.map((cancel) => cancel())).toEqual([false]);
    expect(due.map(({ ms }) => ms)).toEqual([1000]);
    due[0]?.fn();
    await expect.poll(() => seen).toContain('SIGCONT');
  });

  it('that were to be hit later are not, once that was called off, and it is known whether they were', async () => {
    const begin = (way: SandboxAccess): Promise<unknown> => way.startProcess({ argv: ['make'] }, scope);
    const killed = fault({ kind: 'exec.signal', afterMs: 500 });
    await through(killed, begin);
    expect(cancels.map((cancel) => cancel())).toEqual([true]);
    expect(due).toEqual([]);
    const seen = await through(killed, begin);
    due[0]?.fn();
    await expect.poll(() => seen).toContain('SIGKILL');
    expect(cancels.at(-1)?.()).toBe(false);
  });
});

it('a list without a plan has one stage less: nothing is paid for what nobody uses', () => {
  const parts = { store: {}, journal: {}, events: {}, clock: systemClock, newId: () => 'x' } as unknown as Parameters<
    typeof standardStages
  >[0];
  expect(standardStages(parts, always(null).noise).length).toBe(standardStages(parts).length + 1);
});
