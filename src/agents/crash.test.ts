/**
 * Every durable write of scripted sessions is a place to die at. What a killed process leaves is what its files hold: they
 * are set aside after each write and after each effect, and each such state is gone on with. That processes killed for real leave
 * no less is shown by test/unit/session-kills.test.ts.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ledScenarios, playOn, type Scenario, scenarios } from '../../test/fixtures/agent-scenarios.ts';
import { type AgentWorld, agentData, notesIn, openWorld } from '../../test/fixtures/agent-world.ts';
import { atWrites } from '../../test/fixtures/write-points.ts';
import { type AgentBundleInput, type AgentLimits, limitNames } from '../schema/index.ts';
import { openStore } from '../state/index.ts';

interface End {
  state: string;
  outcome: unknown;
  notes: string[];
  spent: AgentLimits;
  held: AgentLimits;
}

describe.each(Object.entries({ ...scenarios, ...ledScenarios }))('%s', (_name, scenario) => {
  it('comes to the same end, whichever write was the last', async () => {
    const base = mkdtempSync(join(tmpdir(), 'hf-crash-'));
    try {
      const { clean, states } = await record(scenario, base);
      expect(clean).toMatchObject({ state: 'done', notes: scenario.notes });
      expect(JSON.stringify(clean.outcome)).toContain(scenario.says);
      expect(states.length).toBeGreaterThan(10);
      expect(clean.spent.cents).toBeGreaterThan(0);
      for (const { home, at } of states) {
        const { interrupted, least } = usedWhenItDied(home);
        const { spentBy, ...end } = await goOn(scenario, home);
        expect({ at, ...end, spent: null }).toEqual({ at, ...clean, spent: null });
        // What was under way when it died counts as used, once more than without a crash.
        expect(end.spent.steps, at).toBe(clean.spent.steps + interrupted);
        expect(end.spent.tokens, at).toBeGreaterThanOrEqual(clean.spent.tokens);
        expect(end.spent.cents, at).toBeGreaterThanOrEqual(clean.spent.cents);
        // Neither what was used nor what was held comes back, to none of its sessions; time too, which no two runs take alike.
        for (const [id, used] of least) {
          for (const name of limitNames) {
            expect(spentBy.get(id)?.[name], `${name} of ${id}, ${at}`).toBeGreaterThanOrEqual(used[name]);
          }
        }
      }
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  }, 120_000);
});

it('does nothing twice that has no key of its own, and says that it does not know', async () => {
  const base = mkdtempSync(join(tmpdir(), 'hf-crash-'));
  const agent = agentData(
    'clerk',
    [
      { answered: 0, call: [{ tool: 'stamp', input: { text: 'x' } }] },
      { sees: 'outcome-unknown', say: 'not known' },
      { say: 'known' },
    ],
    { tools: ['stamp'] },
  );
  const scenario = { bundle: { entry: 'clerk', agents: [agent] }, message: 'stamp', notes: ['x'], says: 'known' };
  try {
    const { states } = await record(scenario, base);
    const ends: Record<string, number> = {};
    for (const { home } of states) {
      const { notes, outcome } = await goOn(scenario, home);
      const said = JSON.stringify(outcome).includes('not known') ? 'not known' : 'known';
      const what = `${said}, done ${notes.filter((note) => note === 'x').length}`;
      ends[what] = (ends[what] ?? 0) + 1;
    }
    expect(Object.keys(ends).sort()).toEqual(['known, done 1', 'not known, done 0', 'not known, done 1']);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

/** Steps that were given something to use and had not said what they used, and what each session used and held. */
function usedWhenItDied(home: string): { interrupted: number; least: Map<string, AgentLimits> } {
  using store = openStore({ home });
  const all = store.sessions.list({ tenant: 'default', all: true }).items;
  const open = all.flatMap(({ id }) => store.sessions.openHolds(id)).filter((key) => !key.includes(' time '));
  const least = all.map(({ id, spent, held }) => {
    const used = { ...spent };
    for (const name of limitNames) used[name] = Math.round((spent[name] + held[name]) * 1e6) / 1e6;
    return [id, used] as const;
  });
  return { interrupted: open.length, least: new Map(least) };
}

/** Its models cost something. */
function priced({ entry, agents }: AgentBundleInput): AgentBundleInput {
  const price = { inputCentsPerMillion: 100, outputCentsPerMillion: 500 };
  return { entry, agents: agents.map((agent) => ({ ...agent, model: { ...agent.model, price } })) };
}

/** Plays it once, and sets aside what is on the disk around each write from the first entry on. */
async function record(
  scenario: Scenario,
  base: string,
): Promise<{ clean: End; states: { home: string; at: string }[] }> {
  const states: { home: string; at: string }[] = [];
  const home = join(base, 'clean');
  mkdirSync(home);
  let isRecording = false;
  let noted = 0;
  const aside = (at: string): void => {
    // Between two writes only an effect changes anything: without one, before the next is what was after the last.
    const done = notesIn(home).length;
    if (!isRecording || (at.startsWith('before') && done === noted)) return;
    noted = done;
    const copy = join(base, `${states.length}`);
    mkdirSync(copy);
    for (const name of ['state.db', 'state.db-wal', 'notes']) {
      if (existsSync(join(home, name))) copyFileSync(join(home, name), join(copy, name));
    }
    states.push({ home: copy, at });
  };
  await using world = openWorld({ home, wrap: (store) => atWrites(store, aside) });
  const { id } = world.start(priced(scenario.bundle), scenario.message);
  isRecording = true;
  await playOn(world, id, scenario);
  isRecording = false;
  return { clean: endOf(world, id), states };
}

async function goOn(scenario: Scenario, home: string): Promise<End & { spentBy: ReadonlyMap<string, AgentLimits> }> {
  await using world = openWorld({ home });
  const id =
    world.store.sessions.list({ tenant: 'default', all: true }).items.find(({ parent }) => parent === null)?.id ?? '';
  await playOn(world, id, scenario);
  const all = world.store.sessions.list({ tenant: 'default', all: true }).items;
  return { ...endOf(world, id), spentBy: new Map(all.map((each) => [each.id, each.spent])) };
}

function endOf(world: AgentWorld, id: string): End {
  const { state, outcome, spent, held } = world.engine.get(id);
  const below = world.store.sessions.list({ tenant: 'default' }).items;
  expect(below).toEqual([]);
  return {
    state,
    outcome,
    spent,
    held,
    notes: world
      .notes()
      .map((line) => line.split(' ').slice(1).join(' '))
      .sort(),
  };
}
