import { describe, expect, it } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { Noise, NoisyCall, Turn } from '../../noise/index.ts';
import { type FaultLabel, faultSchema, HoldfastError, type PlannedFault } from '../../schema/index.ts';
import { standardStages } from '../door.ts';
import type { Call, Outcome, SandboxAccess } from '../types.ts';
import { inject } from './inject.ts';

const fault = (input: Record<string, unknown>): PlannedFault => faultSchema.parse({ id: 'f', ...input });

/** A plan that always answers with one fault, and notes what was asked of it. */
function always(
  given: PlannedFault | null,
  lasting: PlannedFault[] = [],
): { noise: Noise; asked: NoisyCall[]; settled: boolean[]; kept: unknown[] } {
  const asked: NoisyCall[] = [];
  const settled: boolean[] = [];
  const kept: unknown[] = [];
  const label = { parameters: { delayMs: 1 }, draw: 'ab' } as unknown as FaultLabel;
  const turn = async (call: NoisyCall): Promise<Turn> => {
    asked.push(call);
    const ids = [...(given ? [given.id] : []), ...lasting.map(({ id }) => id)];
    return {
      fault: given && { fault: given, label },
      lasting,
      held: new Set(),
      ids,
      earlier: 'of before',
      keep: (answer) => kept.push(answer),
      later: () => () => undefined,
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

async function pass(given: PlannedFault | null, value: unknown = 'done', lasting: PlannedFault[] = []) {
  const { noise, asked, settled, kept } = always(given, lasting);
  let executed = 0;
  const next = async (): Promise<Outcome> => {
    executed++;
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

  it('is told of what lasts, and what only slows is no cause', async () => {
    const slow = await pass(null, 'done', [fault({ kind: 'resources.cpu' })]);
    expect(slow.outcome).toMatchObject({ ok: true, injected: { faults: ['f'], isCause: false } });
    expect(slow.kept).toEqual(['done']);
    const tight = await pass(null, 'done', [fault({ kind: 'resources.memory' })]);
    expect(tight.outcome.injected?.isCause).toBe(true);
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
        return { stdout: new Uint8Array(10), stderr: new Uint8Array(0), stdoutCutBytes: 0, stderrCutBytes: 0 };
      },
      writeFile: async () => {
        seen.push('written');
      },
    }) as unknown as SandboxAccess; // all that these calls reach

  const through = async (given: PlannedFault, work: (way: SandboxAccess) => Promise<unknown>): Promise<unknown[]> => {
    const seen: unknown[] = [];
    const call = callOf({ kind: 'verb', name: 'exec', access: access(seen) });
    const next = async (): Promise<Outcome> => {
      if (call.access) seen.push(await work(call.access).catch((error: unknown) => error));
      return { callId: 'cal-1', durationMs: 1, ok: true, value: null };
    };
    await inject(always(given).noise, { clock: systemClock, newId: () => 'prc-1' })(call, next);
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
});

it('a list without a plan has one stage less: nothing is paid for what nobody uses', () => {
  const parts = { store: {}, journal: {}, events: {}, clock: systemClock, newId: () => 'x' } as unknown as Parameters<
    typeof standardStages
  >[0];
  expect(standardStages(parts, always(null).noise).length).toBe(standardStages(parts).length + 1);
});
