/** What holds agents back until somebody says otherwise: a pause above, and the switch for emergencies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentTool } from '../../src/agents/index.ts';
import type { AgentBundleInput } from '../../src/schema/index.ts';
import type { Store } from '../../src/state/index.ts';
import { type AgentWorld, agentData, openWorld, standardHostTools } from '../fixtures/agent-world.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-stops-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A note that waits until it is let go. */
function gate(): { tools: (store: Store, home: string) => AgentTool[]; calls: () => number; open: () => void } {
  let calls = 0;
  const waiting: (() => void)[] = [];
  const tools = (store: Store, place: string): AgentTool[] =>
    standardHostTools(store, place).map((tool) =>
      tool.name === 'note'
        ? {
            ...tool,
            call: async (input, context) => {
              calls++;
              await new Promise<void>((resolve) => waiting.push(resolve));
              return tool.call(input, context);
            },
          }
        : tool,
    );
  const open = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  return { tools, calls: () => calls, open };
}

const note = { tool: 'note', input: { text: 'x' } };
const worker = agentData('worker', [{ answered: 0, call: [note] }, { answered: 1, call: [note] }, { say: 'worked' }]);
const boss = agentData(
  'boss',
  [{ answered: 0, call: [{ tool: 'delegate', input: { to: 'worker', task: 'go' } }] }, { say: 'done' }],
  { tools: ['delegate'], delegates: ['worker'] },
);
const team: AgentBundleInput = { entry: 'boss', agents: [boss, worker] };
const host: AgentBundleInput = { entry: 'host', agents: [agentData('host', [{ say: 'well' }], { tools: [] })] };

const childOf = (world: AgentWorld, id: string): string => world.store.sessions.children(id)[0]?.id ?? '';
/** Long enough for a step to begin that must not. */
const quiet = (): Promise<void> => sleep(60);

describe('a pause', () => {
  it('holds for all below after the step that is under way, over a restart, until it is lifted', async () => {
    const slow = gate();
    let world = openWorld({ home, tools: slow.tools });
    const { id } = world.start(team, 'go');
    await expect.poll(slow.calls).toBe(1);
    const child = childOf(world, id);
    world.engine.pause(id);
    slow.open();
    await expect.poll(() => world.entries(child).some(({ data }) => data['tool'] === 'note')).toBe(true);
    await quiet();
    const { position } = world.engine.get(child);
    expect({ calls: slow.calls(), notes: world.notes().length, running: world.engine.running }).toEqual({
      calls: 1,
      notes: 1,
      running: 0,
    });
    expect(world.engine.blockedBy(child)).toMatchObject({ code: 'wrong-state', details: { session: id } });
    await world.close(true);
    world = openWorld({ home });
    await quiet();
    expect(world.engine.get(child)).toMatchObject({ state: 'running', position });
    world.engine.resume(id);
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ ok: true });
    expect(world.engine.blockedBy(child)).toBe(null);
    expect(world.notes()).toHaveLength(2);
    await world.close();
  });

  it('of one below stays when the one above goes on', async () => {
    const slow = gate();
    await using world = openWorld({ tools: slow.tools });
    const { id } = world.start(team, 'go');
    await expect.poll(slow.calls).toBe(1);
    const child = childOf(world, id);
    world.engine.pause(child);
    world.engine.pause(id);
    slow.open();
    world.engine.resume(id);
    await quiet();
    expect({ calls: slow.calls(), paused: world.engine.get(child).paused }).toEqual({ calls: 1, paused: true });
    world.engine.resume(child);
    await expect.poll(slow.calls).toBe(2);
    slow.open();
    await world.settled(id, 'done');
  });
});

describe('an agent that is stopped', () => {
  it('does nothing more after the step that is under way, and begins nothing, also after a restart', async () => {
    const slow = gate();
    let world = openWorld({ home, tools: slow.tools });
    const { id } = world.start({ entry: 'worker', agents: [worker] }, 'go');
    const waits = world.start({ entry: 'worker', agents: [agentData('worker', [{ say: 'well' }])] }, 'hi', {
      task: false,
    });
    await world.settled(waits.id, 'waiting');
    await expect.poll(slow.calls).toBe(1);
    const stop = world.engine.stop('default', 'worker', 'ada');
    slow.open();
    await quiet();
    const begin = (tenant = 'default'): unknown => world.start({ entry: 'worker', agents: [worker] }, 'go', { tenant });
    const forbidden = expect.objectContaining({ code: 'forbidden', message: 'worker is stopped' });
    expect(begin).toThrow(forbidden);
    expect(() => world.engine.fork(waits.id, { sandbox: null })).toThrow(forbidden);
    world.engine.deliver(waits.id, { event: 'message', data: 'are you there?' });
    await quiet();
    expect({ calls: slow.calls(), notes: world.notes().length }).toEqual({ calls: 1, notes: 1 });
    expect(world.engine.blockedBy(id)).toMatchObject({ code: 'forbidden', details: { agent: 'worker' } });
    await world.close(true);
    world = openWorld({ home });
    expect(begin).toThrow(forbidden);
    await quiet();
    const asked = (): number => world.entries(waits.id).filter(({ kind }) => kind === 'intent').length;
    expect({ notes: world.notes().length, asked: asked() }).toEqual({ notes: 1, asked: 1 });
    expect(world.engine.allow({ ...stop, agent: 'boss' })).toBe(false);
    expect(world.engine.allow(stop)).toBe(true);
    await world.settled(id, 'done');
    await expect.poll(asked).toBe(2);
    expect(world.notes()).toHaveLength(2);
    begin();
    await world.close();
  });

  it('is one of its tenant, or of every tenant', async () => {
    await using world = openWorld();
    const begin = (tenant: string): unknown => world.start(host, 'hi', { tenant });
    world.engine.stop('acme', '');
    expect(() => begin('acme')).toThrow('all agents are stopped');
    begin('default');
    const stop = world.engine.stop('', 'host');
    expect(() => begin('default')).toThrow('host is stopped, for every tenant');
    expect(world.engine.allow({ ...stop, tenant: 'default' })).toBe(false);
    expect(world.engine.allow(stop)).toBe(true);
    begin('default');
    expect(() => begin('acme')).toThrow('all agents are stopped');
  });

  it('holds all below it, gets no work, and no conversation goes on with it', async () => {
    const slow = gate();
    await using world = openWorld({ tools: slow.tools });
    const { id } = world.start(team, 'go');
    await expect.poll(slow.calls).toBe(1);
    const stop = world.engine.stop('default', 'boss');
    slow.open();
    await quiet();
    expect({ calls: slow.calls(), blocked: world.engine.blockedBy(childOf(world, id))?.message }).toEqual({
      calls: 1,
      blocked: 'boss is stopped',
    });
    world.engine.allow(stop);
    await expect.poll(slow.calls).toBe(2);
    slow.open();
    await world.settled(id, 'done');
    world.engine.stop('default', 'worker');
    const refused = world.start(team, 'go');
    await world.settled(refused.id, 'done');
    const [error] = world.entries(refused.id).flatMap(({ data }) => (data['refused'] ? [data['error']] : []));
    expect(error).toMatchObject({ code: 'forbidden', message: 'worker is stopped' });
    const rules = [{ call: [{ tool: 'handoff', input: { to: 'worker', reason: 'go' } }] }];
    const giver = agentData('giver', rules, { tools: ['handoff'], handoffs: ['worker'], passes: { worker: 1 } });
    const handed = world.start({ entry: 'giver', agents: [giver, worker] }, 'go');
    await expect.poll(() => world.engine.blockedBy(handed.id)?.message).toBe('worker is stopped');
    await quiet();
    expect({ calls: slow.calls(), running: world.engine.running }).toEqual({ calls: 2, running: 0 });
  });

  it('stays so when that is said again, also for whoever was about to lift what was said before', async () => {
    await using world = openWorld();
    const first = world.engine.stop('default', 'host', 'ada');
    const second = world.engine.stop('default', 'host', 'milo');
    expect(second).toEqual({ ...first, id: second.id });
    expect(world.engine.allow(first)).toBe(false);
    expect(() => world.start(host, 'hi')).toThrow('host is stopped');
    expect(world.store.stops.over('default')).toEqual([second]);
    expect([world.engine.allow(second), world.engine.allow(second)]).toEqual([true, false]);
    world.start(host, 'hi');
  });

  it('does not begin again after its sessions were ended', async () => {
    await using world = openWorld();
    const { id } = world.start(host, 'hi', { task: false });
    await world.settled(id, 'waiting');
    world.engine.stop('default', 'host');
    expect((await world.engine.cancelAll({ tenant: 'default', agent: 'host', reason: 'stop' })).ended).toBe(1);
    expect(() => world.engine.deliver(id, { event: 'message', data: 'again' })).toThrow(/cancelled/);
    expect(() => world.start(host, 'hi')).toThrow('host is stopped');
    expect(world.store.sessions.livingIds(null, null)).toEqual([]);
  });
});
