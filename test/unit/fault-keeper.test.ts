/** What a call meets of its sandbox's plan, and what is told of what could not happen. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootScope, silentLog } from '../../src/base/index.ts';
import { type Means, Noise, type Turn } from '../../src/noise/index.ts';
import { type FaultLabel, type FaultPlanInput, sandboxFaultsSchema } from '../../src/schema/index.ts';
import { openStore } from '../../src/state/index.ts';

const means: Means = {
  lacks: async () => null,
  isHeld: () => true,
  measure: async () => ({}),
  begin: async () => undefined,
  undo: async () => undefined,
  happen: async () => undefined,
};

/** The turns of two calls that are the same, and what the scorer is told of them. */
async function turnsOf(
  faults: FaultPlanInput['faults'],
  more: Partial<Means>,
): Promise<{ turns: (Turn | null)[]; labels: FaultLabel[] }> {
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const home = mkdtempSync(join(tmpdir(), 'hf-keeper-'));
  const store = openStore({ home });
  try {
    const noise = new Noise({
      store,
      events: { publish: () => undefined } as never, // nobody listens here
      means: { ...means, ...more },
      log: silentLog,
    });
    const given = sandboxFaultsSchema.parse({ plan: { format: 'holdfast-faults/1', seed: 1, faults } });
    await noise.begin({ sandbox: 'sbx-1', tenant: 't' }, given, scope);
    const turns: (Turn | null)[] = [];
    for (const callId of ['cal-1', 'cal-2']) {
      const call = { sandbox: 'sbx-1', callId, name: 'files', isTool: true, input: {} };
      turns.push(await noise.turn(call, scope));
      await noise.settle('sbx-1');
    }
    return { turns, labels: noise.report('sbx-1').labels };
  } finally {
    store.close();
    rmSync(home, { recursive: true });
  }
}

const full: FaultPlanInput['faults'] = [{ id: 'full', kind: 'filesystem.no-space', rate: 1, until: 1 }];

describe('a fault of the sandbox itself', () => {
  it('really happens where the sandbox has the means, and nothing is done to its call', async () => {
    const { turns, labels } = await turnsOf(full, {});
    expect(turns[0]).toMatchObject({ ids: ['full'], fault: { label: { means: 'physical' } } });
    expect([...(turns[0]?.held ?? [])]).toEqual(['full']);
    expect(turns[1]).toMatchObject({ ids: [], fault: null });
    expect(labels).toMatchObject([{ means: 'physical', applied: true }]);
  });

  it('is answered elsewhere', async () => {
    const { turns, labels } = await turnsOf(full, { isHeld: () => false });
    expect(turns[0]?.held.size).toBe(0);
    expect(labels).toMatchObject([{ means: 'synthetic', applied: true }]);
  });

  it('that could not happen is no cause, and nothing else happens in its place', async () => {
    const { turns, labels } = await turnsOf(full, {
      begin: async () => {
        throw new Error('it has gone');
      },
    });
    expect(turns[0]).toMatchObject({ fault: null, ids: [], lasting: [] });
    expect(labels).toMatchObject([{ applied: false, because: 'not-possible' }]);
  });
});
