/** The stage of recordings: a step before and after everything else, and nothing where nobody records. */
import { describe, expect, it } from 'vitest';
import type { OpenStep, Recorder, StepOutcome } from '../../recording/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Call, Outcome } from '../types.ts';
import { keep } from './keep.ts';

const answered: Outcome = { callId: 'cal-1', durationMs: 1, ok: true, value: 'x' };
const call = {
  callId: 'cal-1',
  sandbox: 'sbx-1',
  kind: 'tool',
  name: 'say',
  whole: { a: 1 },
  mutates: true,
} as unknown as Call;

function recorder(
  busy: (Promise<void> | null)[] = [],
  places: () => Promise<Record<string, number>> | null = () => null,
  learn: (input: unknown) => Promise<void> | null = () => null,
  whyEnded: Promise<void>[] = [],
): {
  seen: unknown[];
  recorder: Recorder;
  refuse(error: Error): void;
} {
  const seen: unknown[] = [];
  let refusal: Error | null = null;
  const step: OpenStep = {
    step: 1,
    during: (work) => work(),
    end: (outcome: StepOutcome) => void seen.push(outcome),
  };
  const fake = {
    places,
    learn,
    ready: () => busy.shift() ?? null,
    whyEnded: () => whyEnded.shift() ?? null,
    begin: (facts: object) => {
      if (refusal) throw refusal;
      seen.push(facts);
      return step;
    },
  };
  return {
    seen,
    recorder: fake as unknown as Recorder,
    refuse: (error) => {
      refusal = error;
    },
  };
}

const through = (of: Recorder | null, next: () => Promise<Outcome>): Promise<Outcome> =>
  keep({ forStep: () => of, mend: () => null })(call, next);

describe('the stage that keeps a recording', () => {
  it('writes down the beginning, with all of the input, and the end', async () => {
    const { seen, recorder: one } = recorder();
    expect(await through(one, async () => answered)).toBe(answered);
    expect(seen).toEqual([
      { callId: 'cal-1', kind: 'tool', name: 'say', input: { a: 1 }, mutates: true, places: null },
      { ok: true, value: 'x', durationMs: 1 },
    ]);
  });

  it('asks where the network’s draws stand before a step begins, and again before it ends or fails', async () => {
    const order: string[] = [];
    const places = async (): Promise<Record<string, number>> => {
      order.push('asked');
      return { 'connection a': order.length };
    };
    const { seen, recorder: one } = recorder([], places);
    await through(one, async () => {
      order.push('worked');
      return answered;
    });
    expect(order).toEqual(['asked', 'worked', 'asked']);
    expect(seen[0]).toMatchObject({ places: { 'connection a': 1 } });
    order.length = 0;
    await expect(through(one, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(order).toEqual(['asked', 'asked']);
  });

  it('lets what the step gives to its programs become known before it begins (3)', async () => {
    const known = Promise.withResolvers<void>();
    const asked: unknown[] = [];
    const { seen, recorder: one } = recorder([], undefined, (input) => {
      asked.push(input);
      return known.promise;
    });
    const running = through(one, async () => answered);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([{ a: 1 }]);
    expect(seen).toEqual([]);
    known.resolve();
    await running;
    expect(seen).toHaveLength(2);
    const { seen: none, recorder: refused } = recorder([], undefined, () => Promise.reject(new Error('no tape')));
    await expect(through(refused, async () => answered)).rejects.toThrow('no tape');
    expect(none).toEqual([]);
  });

  it('passes on whether a fault plan is why', async () => {
    const { seen, recorder: one } = recorder();
    await through(one, async () => ({ ...answered, injected: { faults: ['f'], isCause: true } }));
    expect(seen[1]).toMatchObject({ injected: true });
  });

  it('waits for a snapshot that is being taken, and for one that comes right after', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { seen, recorder: one } = recorder(gates.map(({ promise }) => promise));
    const running = through(one, async () => answered);
    for (const gate of gates) {
      await new Promise((resolve) => setImmediate(resolve));
      expect(seen).toEqual([]);
      gate.resolve();
    }
    await running;
    expect(seen).toHaveLength(2);
  });

  it('waits for who holds the recording just when nothing was in its way', async () => {
    const released = Promise.withResolvers<void>();
    const { seen, recorder: one } = recorder();
    let held: Promise<void> | null = null;
    let isAsked = false;
    const ready = (): Promise<void> | null => {
      if (!isAsked) {
        queueMicrotask(() => {
          held = released.promise;
        });
      }
      isAsked = true;
      return held;
    };
    const running = through(Object.assign(one, { ready }), async () => answered);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual([]);
    held = null;
    released.resolve();
    await running;
    expect(seen).toHaveLength(2);
  });

  it('does not let a step through that cannot be written down (1)', async () => {
    const { recorder: one, refuse } = recorder();
    refuse(new HoldfastError('host-disk-full', 'no room'));
    let done = false;
    const refused = through(one, async () => {
      done = true;
      return answered;
    });
    await expect(refused).rejects.toMatchObject({ code: 'host-disk-full' });
    expect(done).toBe(false);
  });

  it('ends a step that was refused or failed with why', async () => {
    const { seen, recorder: one } = recorder();
    const error = new HoldfastError('busy', 'later', { fault: 'injected' });
    await through(one, async () => ({ callId: 'cal-1', durationMs: 2, ok: false, error, retryable: false }));
    expect(seen[1]).toMatchObject({ ok: false, error: { code: 'busy', fault: 'injected', retryable: false } });
    await expect(through(one, () => Promise.reject(error))).rejects.toBe(error);
    expect(seen[3]).toMatchObject({ ok: false, error: { code: 'busy' } });
  });

  it('ends a step whose sandbox ended when it is known why', async () => {
    const why = Promise.withResolvers<void>();
    const { seen, recorder: one } = recorder([], undefined, undefined, [why.promise]);
    const error = new HoldfastError('sandbox-died', 'gone');
    const running = through(one, async () => ({ callId: 'cal-1', durationMs: 2, ok: false, error }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toHaveLength(1);
    why.resolve();
    await running;
    expect(seen).toHaveLength(2);
  });

  it('lets a step whose recording ended while it waited pass, and the next recording have it', async () => {
    const gate = Promise.withResolvers<void>();
    const [{ seen: first, recorder: old }, { seen: second, recorder: next }] = [recorder([gate.promise]), recorder()];
    let current: Recorder | null = old;
    const stage = keep({ forStep: () => current, mend: () => null });
    const running = [stage(call, async () => answered), stage(call, async () => answered)];
    current = next;
    gate.resolve();
    expect(await Promise.all(running)).toEqual([answered, answered]);
    current = null;
    expect([first, second.length]).toEqual([[], 4]);
  });

  it('tries a recording that could not be taken up again before it asks for it', async () => {
    const mended = Promise.withResolvers<void>();
    const { seen, recorder: one } = recorder();
    let current: Recorder | null = null;
    const running = keep({ forStep: () => current, mend: () => mended.promise })(call, async () => answered);
    current = one;
    mended.resolve();
    await running;
    expect(seen).toHaveLength(2);
  });

  it('costs one look where nobody records (2)', async () => {
    expect(await through(null, async () => answered)).toBe(answered);
  });
});
