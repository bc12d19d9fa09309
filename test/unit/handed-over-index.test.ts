/** Who has a session's conversation, and who spoke in it, is found without reading all that stands between. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, it, vi } from 'vitest';
import { agentData, openWorld } from '../fixtures/agent-world.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('is looked up in an index at each step under a stop, by the switch for an agent, and for whoever decides', async () => {
  const asked = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (this: DatabaseSync, sql: string) {
    asked.add(sql);
    return prepare.call(this, sql);
  });
  const world = openWorld();
  const { home } = world;
  try {
    const desk = agentData('desk', [{ call: [{ tool: 'handoff', input: { to: 'expert', reason: 'x' } }] }], {
      tools: ['handoff'],
      handoffs: ['expert'],
      passes: { expert: 'all' },
    });
    const expert = agentData('expert', [{ say: 'I have it' }], { tools: [] });
    world.engine.stop('default', 'somebody-else');
    const { id } = world.start({ entry: 'desk', agents: [desk, expert] }, 'go', { task: false });
    await world.settled(id, 'waiting');
    expect(world.store.sessions.handedTo(id)).toBe('expert');
    expect(world.store.sessions.speakers(id)).toEqual([]);
    expect(world.store.sessions.living(null, 'expert')).toBe(1);
    expect((await world.engine.cancelAll({ tenant: null, agent: 'expert', reason: 'stop' })).ended).toBe(1);
    await world.close(true);
    using database = new DatabaseSync(join(home, 'state.db'));
    const plansOf = (text: string, reads: RegExp): string[][] =>
      [...asked]
        .filter((sql) => sql.includes(text) && /^\s*(SELECT|UPDATE)/.test(sql))
        .map((sql) => {
          const rows = prepare.call(database, `EXPLAIN QUERY PLAN ${sql}`).all();
          return rows.map((row) => String(row['detail'])).filter((detail) => reads.test(detail));
        });
    const handed = plansOf("kind = 'handed-off'", /session_entries/);
    // One for one session, and those of the switch.
    expect(handed.length).toBeGreaterThan(3);
    for (const plan of handed) {
      expect(plan.length).toBeGreaterThan(0);
      for (const detail of plan) expect(detail).toContain('USING INDEX session_entries_handed (session=?)');
    }
    const said = plansOf("kind IN ('started', 'received') AND name", /session_entries/);
    expect(said).toEqual([[expect.stringContaining('USING INDEX session_entries_said (session=?)')]]);
  } finally {
    await world.close(true);
    rmSync(home, { recursive: true, force: true });
  }
});
