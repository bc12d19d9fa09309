/** A `state.db` that an earlier version left, with sessions parked in it, is opened by this one, and all of them go on. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { agentFormatVersion } from '../../src/agents/program.ts';
import type { StoredEntry } from '../../src/state/index.ts';
import { migrations } from '../../src/state/migrations.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';
import { restore, stoppedAgent, storedSessions, storedStates } from '../fixtures/stored-states.ts';
import { TestClock } from '../fixtures/test-clock.ts';

const versions = readdirSync(storedStates)
  .map((name) => Number(/^version-(\d+)\.sql$/.exec(name)?.[1]))
  .sort((one, other) => one - other);
const withStops = migrations.findIndex(({ name }) => name === 'stops of agents') + 1;

it('has one of every version that changed what sessions need', () => {
  const needed = /\b(bundles|sessions|session_entries|holds|memories|stops|legal_holds|notices|channel_\w+)\b/;
  const changed = migrations.flatMap(({ sql }, at) => (needed.test(sql) ? [at + 1] : []));
  expect(changed.length).toBeGreaterThan(4);
  expect(changed.filter((version) => !versions.includes(version))).toEqual([]);
});

it.each(versions)('acceptance test 7: what version %i of the database has parked goes on', async (version) => {
  const home = mkdtempSync(join(tmpdir(), 'hf-upgrade-'));
  try {
    restore(version, join(home, 'state.db'));
    const clock = new TestClock();
    await using world = openWorld({ home, clock });
    const parked = world.store.sessions.list({ tenant: 'default' }).items.filter(({ parent }) => parent === null);
    expect(parked.map(({ agent }) => agent).sort()).toEqual(storedSessions.map(({ entry }) => entry).sort());
    expect(new Set(parked.map(({ state }) => state))).toEqual(new Set(['waiting']));
    const open = (): string[] => world.store.sessions.openApprovals('default', clock.nowMs()).map((one) => one.session);
    expect(open()).toEqual(parked.filter((one) => isAsked(one.waitsFor)).map(({ id }) => id));
    expect(open()).toHaveLength(1);
    for (const { id, bytes } of parked) expect(bytes).toBe(sizeOf(world.entries(id)));
    // Those below them, too.
    const living = world.store.sessions.list({ tenant: 'default', limit: 1000 }).items;
    expect(world.store.sessions.living('default')).toBe(living.length);
    for (const { entry, goOn } of storedSessions) {
      goOn(world, parked.find(({ agent }) => agent === entry)?.id ?? '', clock);
    }
    for (const { id, agent, position } of parked) {
      await expect.poll(() => saidAfter(world, id, position), { timeout: 10_000, message: agent }).toMatch(/done"/);
      await expect.poll(() => world.engine.get(id).waitsFor, { timeout: 10_000 }).toEqual(['message']);
      expect(world.engine.get(id).format).toBe(agentFormatVersion);
    }
    expect(open()).toEqual([]);
    const notes = world.notes().map((line) => line.split(' ')[1]);
    expect(notes).toEqual(storedSessions.flatMap((each) => each.notes));
    if (version >= withStops) liftStop(world);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

const isAsked = (events: readonly string[]): boolean => events.some((event) => event.startsWith('approval:'));
const sizeOf = (entries: readonly StoredEntry[]): number =>
  entries.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0);

/** Answers of models, and what came of work that was given away. */
const saidAfter = (world: AgentWorld, id: string, after: number): string =>
  JSON.stringify(
    world
      .entries(id)
      .filter(({ position, kind }) => position > after && (kind === 'outcome' || kind === 'received'))
      .map(({ data }) => [data['content'], data['output'], data['data']]),
  );

/** It holds over the upgrade, and whoever looked at it lifts it. */
function liftStop(world: AgentWorld): void {
  const [stop] = world.store.stops.over('default');
  expect(stop).toMatchObject({ agent: stoppedAgent, placedBy: 'ada' });
  const bundle = { entry: stoppedAgent, agents: [agentData(stoppedAgent, [{ say: 'x' }])] };
  expect(() => world.start(bundle, 'go')).toThrow(`${stoppedAgent} is stopped`);
  expect(stop && world.engine.allow(stop)).toBe(true);
  world.start(bundle, 'go');
}
