import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { wilson } from '../../src/contract/statistics/proportions.ts';
import { type Asked, Episode } from '../../src/noise/episode.ts';
import { positionWeight, ratesOf, readyPlan } from '../../src/noise/plan.ts';
import { inOrder } from '../../src/noise/report.ts';
import { type FaultLabel, type FaultPlanInput, faultPlanSchema } from '../../src/schema/index.ts';

const planOf = (plan: Partial<FaultPlanInput>): FaultPlanInput => ({
  format: 'holdfast-faults/1',
  seed: 7,
  faults: [],
  ...plan,
});

function episodeOf(plan: Partial<FaultPlanInput>, rollout = 0): Episode {
  return new Episode(readyPlan(faultPlanSchema.parse(planOf(plan)), { task: 't', group: 'g', rollout }));
}

const call = (name: string, input: unknown = {}): Asked => ({ channel: 'call', name, input, isTool: true });

/** Different calls, so that none is the same operation again. */
const calls = (count: number): Asked[] => Array.from({ length: count }, (_, at) => call('shell', { at }));

const labelsOf = (episode: Episode, asked: readonly Asked[]): FaultLabel[] =>
  asked.flatMap((one) => episode.decide(one).labels);

const two = [
  { id: 'slow', kind: 'exec.slow-start', rate: 0.2 },
  { id: 'busy', kind: 'tool.unavailable', rate: 0.2 },
] as const;

describe('draws of an episode', () => {
  it('are moved by no other fault that is switched on or off (1)', () => {
    const other = fc.constantFrom('tool.error', 'exec.hang', 'tool.empty', 'lifecycle.restart', 'exec.garble');
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(other, { maxLength: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, kinds, rate) => {
          const more = kinds.map((kind, at) => ({ id: `more-${at}`, kind, rate }) as const);
          const alone = labelsOf(episodeOf({ seed, faults: [...two] }), calls(60));
          const among = labelsOf(episodeOf({ seed, faults: [...more, ...two] }), calls(60));
          const drawn = (labels: FaultLabel[]): unknown[] =>
            labels.filter(({ fault }) => !fault.startsWith('more')).map(({ applied: _, because: __, ...draw }) => draw);
          expect(drawn(among)).toEqual(drawn(alone));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('follow from seed, task, group, rollout, fault, tool, ordinal and input, and from each of them', () => {
    const faults = [{ id: 'a', kind: 'tool.error', rate: 1 }] as const;
    const drawOf = (plan: Partial<FaultPlanInput>, rollout: number, asked: Asked[]): string =>
      labelsOf(episodeOf({ faults: [...faults], ...plan }, rollout), asked).at(-1)?.draw ?? '';
    const base = drawOf({}, 0, [call('shell', { a: 1 })]);
    expect(drawOf({}, 0, [call('shell', { a: 1 })])).toBe(base);
    const others = [
      drawOf({ seed: 8 }, 0, [call('shell', { a: 1 })]),
      drawOf({}, 1, [call('shell', { a: 1 })]),
      drawOf({}, 0, [call('files', { a: 1 })]),
      drawOf({}, 0, [call('shell', { a: 2 })]),
      drawOf({}, 0, [call('shell', { b: 1 }), call('shell', { a: 1 })]),
      drawOf({ faults: [{ id: 'b', kind: 'tool.error', rate: 1 }] }, 0, [call('shell', { a: 1 })]),
    ];
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
  });

  it('take no account of the order of an input’s fields', () => {
    const faults = [{ id: 'a', kind: 'tool.error', rate: 1 }] as const;
    const draw = (input: unknown): string | undefined =>
      labelsOf(episodeOf({ faults: [...faults] }), [call('shell', input)])[0]?.draw;
    expect(draw({ a: 1, b: 2 })).toBe(draw({ b: 2, a: 1 }));
  });

  it('are the same for a whole group, or of each rollout its own', () => {
    const draws = (group: 'shared' | 'independent', rollout: number): unknown =>
      labelsOf(episodeOf({ group, faults: [...two] }, rollout), calls(50)).map(({ draw }) => draw);
    expect(draws('shared', 1)).toEqual(draws('shared', 2));
    expect(draws('independent', 1)).not.toEqual(draws('independent', 2));
  });
});

describe('the log', () => {
  it.each([8, 64])('is the same byte by byte at concurrency 1 and %i', async (atOnce) => {
    const plan = { control: 0.2, activation: 0.6, dependencies: { web: { enter: 0.1, leave: 0.3 } }, budget: 9 };
    const faults = [
      ...two.map((fault) => ({ ...fault, dependency: 'web' })),
      { id: 'cut', kind: 'exec.truncate', rate: 0.1 } as const,
    ];
    const run = async (limit: number): Promise<string> => {
      const logs: string[] = Array.from({ length: 96 }, () => '');
      let next = 0;
      const work = async (): Promise<void> => {
        for (let rollout = next++; rollout < logs.length; rollout = next++) {
          const episode = episodeOf({ ...plan, faults }, rollout);
          const labels: FaultLabel[] = [];
          for (const asked of calls(40)) {
            labels.push(...episode.decide(asked).labels);
            // Others come in between, in another order each time.
            if (limit > 1 && rollout % 3 === 0) await systemClock.sleep(0);
            else await Promise.resolve();
          }
          logs[rollout] = labels.map((label) => JSON.stringify(label)).join('\n');
        }
      };
      await Promise.all(Array.from({ length: limit }, work));
      return logs.join('\n\n');
    };
    const alone = await run(1);
    expect(alone.length).toBeGreaterThan(10_000);
    expect(await run(atOnce)).toBe(alone);
  });

  it('goes on where it was after its state was written down (4)', () => {
    const plan = {
      consecutive: 1 as const,
      dependencies: { web: { enter: 0.2, leave: 0.2 } },
      faults: two.map((one) => ({ ...one, dependency: 'web' })),
    };
    const whole = labelsOf(episodeOf(plan), calls(80));
    const first = episodeOf(plan);
    const before = labelsOf(first, calls(80).slice(0, 33));
    const second = new Episode(first.ready, JSON.parse(JSON.stringify(first.state)));
    expect([...before, ...labelsOf(second, calls(80).slice(33))]).toEqual(whole);
  });

  it('stands in an order that does not follow from when things came', () => {
    const label = (channel: FaultLabel['channel'], name: string, position: number): FaultLabel => ({
      ...(labelsOf(episodeOf({ faults: [{ id: 'a', kind: 'tool.error', rate: 1 }] }), [
        call('shell'),
      ])[0] as FaultLabel),
      channel,
      name,
      position,
    });
    const all = [
      label('request', 'b', 1),
      label('call', 'z', 2),
      label('connection', 'b', 2),
      label('call', 'a', 3),
      label('connection', 'a', 5),
    ];
    const numbered = all.map((one, at) => ({ number: at + 1, label: one }));
    const mixed = [...all].reverse().map((one, at) => ({ number: at + 1, label: one }));
    expect(inOrder(mixed)).toEqual(inOrder(numbered));
    expect(inOrder(numbered).map(({ channel, name }) => `${channel} ${name}`)).toEqual([
      'call z',
      'call a',
      'connection a',
      'connection b',
      'request b',
    ]);
  });
});

describe('rates over 10,000 calls', () => {
  const count = 10_000;
  const measured = (labels: readonly FaultLabel[], fault: string): [low: number, high: number] => {
    const { low, high } = wilson(labels.filter((label) => label.fault === fault).length, count);
    return [low, high];
  };

  it('lie within Wilson bounds of what the plan says', () => {
    const rates = [0.001, 0.01, 0.05, 0.3];
    const faults = rates.map((rate, at) => ({ id: `f-${at}`, kind: 'tool.error', rate }) as const);
    let missed = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const labels = labelsOf(episodeOf({ seed, faults: [...faults], budget: 1 }), calls(count));
      for (const { id, rate } of faults) {
        const [low, high] = measured(labels, id);
        if (low > rate || high < rate) missed++;
        const hits = labels.filter((label) => label.fault === id).length;
        // Whatever the seed: four standard deviations are missed once in 16,000.
        expect(Math.abs(hits - count * rate), `${id} of seed ${seed}`).toBeLessThan(
          4 * Math.sqrt(count * rate * (1 - rate)),
        );
      }
    }
    // The bounds hold 95 of 100: of 20, more than three outside would be no chance.
    expect(missed).toBeLessThanOrEqual(3);
  });

  it('lie within them for the dial, split by weights', () => {
    const plan = faultPlanSchema.parse(
      planOf({
        dial: 0.05,
        faults: [
          { id: 'a', kind: 'tool.error' },
          { id: 'b', kind: 'tool.empty' },
          { id: 'c', kind: 'exec.hang' },
        ],
      }),
    );
    const rates = ratesOf(plan);
    expect([...rates.values()].reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(0.05);
    const labels = labelsOf(episodeOf(plan), calls(count));
    for (const [id, rate] of rates) {
      const [low, high] = measured(labels, id);
      expect(low, id).toBeLessThanOrEqual(rate);
      expect(high, id).toBeGreaterThanOrEqual(rate);
    }
  });

  it('are higher in bursts, which come and stay as the two chances say', () => {
    const [enter, leave, factor, rate] = [0.02, 0.1, 8, 0.02];
    const plan = {
      dependencies: { web: { enter, leave, factor } },
      faults: [{ id: 'a', kind: 'tool.error', rate, dependency: 'web' } as const],
    };
    const episode = episodeOf(plan);
    let [inBurst, before, stays, pairs] = [0, false, 0, 0];
    const labels = calls(count).flatMap((asked) => {
      const { labels: drawn } = episode.decide(asked);
      const isIn = episode.state.bursts['call web']?.isIn ?? false;
      inBurst += Number(isIn);
      if (before) pairs++;
      if (before && isIn) stays++;
      before = isIn;
      return drawn;
    });
    const share = enter / (enter + leave);
    expect(inBurst / count).toBeGreaterThan(share * 0.75);
    expect(inBurst / count).toBeLessThan(share * 1.25);
    const staying = wilson(stays, pairs);
    expect(staying.low).toBeLessThanOrEqual(1 - leave);
    expect(staying.high).toBeGreaterThanOrEqual(1 - leave);
    // Of the very bursts that came.
    const expected = (inBurst * rate * factor + (count - inBurst) * rate) / count;
    const [low, high] = measured(labels, 'a');
    expect(low).toBeLessThanOrEqual(expected);
    expect(high).toBeGreaterThanOrEqual(expected);
  });

  it('follow the position in the episode', () => {
    const horizon = 100;
    const parsed = faultPlanSchema.parse(planOf({ position: 'middle', horizon }));
    const weights = Array.from({ length: horizon }, (_, at) => positionWeight(parsed, at + 1));
    expect(weights.reduce((sum, weight) => sum + weight, 0) / horizon).toBeCloseTo(1, 2);
    const hits = Array.from({ length: 100 }, (_, rollout) =>
      labelsOf(
        episodeOf({ position: 'middle', horizon, faults: [{ id: 'a', kind: 'tool.error', rate: 0.1 }] }, rollout),
        calls(horizon),
      ).map(({ position }) => position),
    ).flat();
    const inMiddle = hits.filter((at) => at > 33 && at <= 67).length;
    expect(inMiddle / hits.length).toBeGreaterThan(0.44);
    expect(hits.filter((at) => at <= 10).length / hits.length).toBeLessThan(0.05);
  });
});

describe('bounds of a plan', () => {
  const always = [{ id: 'a', kind: 'tool.error', rate: 1 }] as const;

  it('hit one operation at most so often in a row (3)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 60 }),
        (consecutive, inputs) => {
          const episode = episodeOf({
            consecutive,
            faults: [...always, { id: 'shut', kind: 'filesystem.read-only', rate: 0.3, lastsCalls: 9 }],
          });
          const inARow = new Map<number, number>();
          for (const input of inputs) {
            const { injection, lasting } = episode.decide(call('shell', { input }));
            const hit = injection !== null || lasting.length > 0;
            inARow.set(input, hit ? (inARow.get(input) ?? 0) + 1 : 0);
            expect(inARow.get(input)).toBeLessThanOrEqual(consecutive);
          }
        },
      ),
    );
  });

  it('end with the budget, of the plan and of a fault', () => {
    const applied = (plan: Partial<FaultPlanInput>): number =>
      labelsOf(episodeOf(plan), calls(50)).filter((label) => label.applied).length;
    expect(applied({ budget: 3, faults: [...always] })).toBe(3);
    expect(applied({ faults: [{ ...always[0], most: 4 }] })).toBe(4);
    expect(applied({ budget: 0, faults: [...always] })).toBe(0);
    expect(labelsOf(episodeOf({ budget: 3, faults: [...always] }), calls(5)).map(({ because }) => because)).toEqual([
      'applied',
      'applied',
      'applied',
      'budget',
      'budget',
    ]);
  });

  it('share a budget between the door and the network, in the proportion of what can come', () => {
    const faults: FaultPlanInput['faults'] = [
      { id: 'a', kind: 'tool.error', rate: 0.9 },
      { id: 'b', kind: 'network.refuse', rate: 0.3 },
    ];
    const budgets = (given: FaultPlanInput['faults'], rollouts = 400): { door: number; network: number }[] =>
      Array.from({ length: rollouts }, (_, rollout) => episodeOf({ budget: 1, faults: given }, rollout).ready.budget);
    const both = budgets(faults);
    expect(both.every(({ door, network }) => door + network === 1)).toBe(true);
    const { low, high } = wilson(both.filter(({ door }) => door === 1).length, both.length);
    expect(low).toBeLessThan(0.75);
    expect(high).toBeGreaterThan(0.75);
    expect(episodeOf({ budget: 8, faults }).ready.budget).toEqual({ door: 6, network: 2 });
    expect(budgets(faults.slice(0, 1), 1)).toEqual([{ door: 1, network: 0 }]);
    expect(budgets(faults.slice(1), 1)).toEqual([{ door: 0, network: 1 }]);
  });

  it('keep to a schedule', () => {
    const labels = labelsOf(episodeOf({ faults: [{ ...always[0], from: 4, until: 6 }] }), calls(10));
    expect(labels.map(({ position }) => position)).toEqual([4, 5, 6]);
  });

  it('leave control rollouts alone, about as many as the plan says', () => {
    const controls = Array.from({ length: 1000 }, (_, rollout) =>
      episodeOf({ control: 0.5, faults: [...always] }, rollout),
    ).filter(({ ready }) => ready.control);
    expect(Math.abs(controls.length - 500)).toBeLessThan(4 * Math.sqrt(250));
    expect(controls.flatMap((episode) => labelsOf(episode, calls(3)))).toEqual([]);
  });

  it('activate each fault in its share of the episodes', () => {
    const active = Array.from(
      { length: 1000 },
      (_, rollout) => episodeOf({ activation: 0.25, faults: [...two] }, rollout).ready.faults,
    );
    for (const { id } of two) {
      const { low, high } = wilson(active.filter((faults) => faults.some(({ fault }) => fault.id === id)).length, 1000);
      expect(low).toBeLessThanOrEqual(0.25);
      expect(high).toBeGreaterThanOrEqual(0.25);
    }
  });

  it('hit only calls that a kind can hit, and that the fault names', () => {
    const hits = (
      kind: 'exec.hang' | 'tool.empty' | 'filesystem.io-error',
      names: string[],
      only?: string[],
    ): string[] => {
      const episode = episodeOf({ faults: [{ id: 'a', kind, rate: 1, ...(only ? { calls: only } : {}) }] });
      return names.filter(
        (name, at) =>
          episode.decide({ ...call(name, { at }), isTool: ['shell', 'files', 'browser'].includes(name) }).injection,
      );
    };
    const names = ['shell', 'files', 'browser', 'exec', 'start-process', 'write-file', 'share-port', 'signal-process'];
    expect(hits('exec.hang', names)).toEqual(['shell', 'exec', 'start-process']);
    expect(hits('tool.empty', names)).toEqual(['shell', 'files', 'browser', 'exec']);
    expect(hits('filesystem.io-error', names)).toEqual(['files', 'write-file']);
    expect(hits('exec.hang', names, ['exec'])).toEqual(['exec']);
  });

  it('apply one fault to a call, and say of the others why not (2)', () => {
    const { labels } = episodeOf({ faults: [...always, { id: 'b', kind: 'tool.empty', rate: 1 }] }).decide(
      call('shell'),
    );
    expect(labels.map(({ fault, because }) => [fault, because])).toEqual([
      ['a', 'applied'],
      ['b', 'another'],
    ]);
  });

  it('let a fault last for its calls, and no longer', () => {
    const episode = episodeOf({
      faults: [{ id: 'shut', kind: 'filesystem.read-only', rate: 1, until: 1, lastsCalls: 3 }],
    });
    const decided = calls(5).map((asked) => episode.decide(asked));
    expect(decided.map(({ lasting }) => lasting.length)).toEqual([1, 1, 1, 0, 0]);
    expect(decided.map(({ ending }) => ending.length)).toEqual([0, 0, 0, 1, 0]);
  });
});

describe('a hostile sandbox', () => {
  it('makes nobody write without an end', () => {
    const episode = episodeOf({ faults: [{ id: 'a', kind: 'network.no-name', rate: 1 }] });
    for (let at = 0; at < 6000; at++) episode.decide({ channel: 'lookup', name: `${at}.example.com`, input: {} });
    expect(Object.keys(episode.state.ordinals).length).toBeLessThanOrEqual(4097);
  });
});
