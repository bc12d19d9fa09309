import { describe, expect, it } from 'vitest';
import { type AgentWorld, agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';

const day = 86_400_000;
const rule = (more = {}): Record<string, unknown> => ({ tools: ['send'], withinMs: 7 * day, ...more });

/** Three agents deep, the lowest of which wants to send. */
function begin(world: AgentWorld, approval: Record<string, unknown>): { root: string } {
  const [top, middle] = [
    ['top', 'middle'],
    ['middle', 'bottom'],
  ].map(([name = '', to = '']) =>
    agentData(name, [{ answered: 0, call: [{ tool: 'delegate', input: { to, task: 'go' } }] }, { say: 'over' }], {
      tools: ['delegate'],
      delegates: [to],
    }),
  );
  const bottom = agentData(
    'bottom',
    [
      { answered: 0, call: [{ tool: 'send', input: { text: 'mail' } }] },
      { sees: 'not approved', say: 'refused' },
      { say: 'sent' },
    ],
    { tools: ['send'], approvals: [approval as never] },
  );
  const { id } = world.start({ entry: 'top', agents: [top, middle, bottom].flatMap((one) => one ?? []) }, 'go');
  return { root: id };
}

async function asked(world: AgentWorld): Promise<{ session: string; position: number }> {
  await expect.poll(() => world.store.sessions.asked('default').length, { timeout: 10_000 }).toBe(1);
  const [entry] = world.store.sessions.asked('default');
  await world.settled(entry?.session ?? '', 'waiting');
  return { session: entry?.session ?? '', position: entry?.position ?? 0 };
}

function decide(
  world: AgentWorld,
  at: { session: string; position: number },
  by: string,
  approve = true,
  key = '',
): void {
  const event = `approval:${at.position}`;
  world.engine.deliver(at.session, {
    event,
    data: { approve, by, reason: approve ? null : 'no' },
    key: `${event}:${by}${key}`,
  });
}

const said = (world: AgentWorld, session: string): unknown => world.engine.get(session).outcome;

describe('an approval', () => {
  it('waits three levels deep over a restart and three days, and is acted upon once (2)', async () => {
    const clock = new TestClock();
    const first = openWorld({ clock });
    const { root } = begin(first, rule());
    const at = await asked(first);
    await first.close(true);
    clock.advance(3 * day);
    await using world = openWorld({ clock, home: first.home });
    expect(world.notes()).toEqual([]);
    decide(world, at, 'milo');
    await world.settled(root, 'done');
    expect(world.notes().map((line) => line.split(' ')[1])).toEqual(['mail']);
    expect(said(world, at.session)).toMatchObject({ ok: true, output: { text: '[scripted] sent' } });
  });

  it('wants other eyes than those it works for, and as many as it says (2)', async () => {
    await using world = openWorld();
    const { root } = begin(world, rule({ quorum: 2 }));
    const at = await asked(world);
    for (const [by, key] of [
      ['ada', ''],
      ['milo', ''],
      ['milo', ' again'],
    ] as const)
      decide(world, at, by, true, key);
    await world.settled(at.session, 'waiting');
    expect(world.notes()).toEqual([]);
    decide(world, at, 'ines');
    await world.settled(root, 'done');
    expect(world.notes()).toHaveLength(1);
  });

  it('may be given by whom it works for where its rule says so', async () => {
    await using world = openWorld();
    const { root } = begin(world, rule({ fourEyes: false }));
    decide(world, await asked(world), 'ada');
    await world.settled(root, 'done');
    expect(world.notes()).toHaveLength(1);
  });

  it('is asked for by the rule of one far above, when a bundle without the check has a laxer one', async () => {
    await using world = openWorld();
    const task = (to: string): Record<string, unknown>[] => [
      { answered: 0, call: [{ tool: 'delegate', input: { to, task: 'go' } }] },
      { say: 'over' },
    ];
    const agents = [
      agentData('top', task('middle'), {
        tools: ['delegate', 'send'],
        delegates: ['middle'],
        approvals: [{ tools: ['send'], quorum: 2, withinMs: day }],
      }),
      agentData('middle', task('bottom'), { tools: ['delegate'], delegates: ['bottom'] }),
      agentData('bottom', [{ answered: 0, call: [{ tool: 'send', input: { text: 'mail' } }] }, { say: 'sent' }], {
        tools: ['send'],
      }),
    ];
    expect(() => world.start({ entry: 'top', agents }, 'go')).toThrow(/'bottom' may call "send" with less approval/);
    const { id } = world.startUnchecked({ entry: 'top', agents }, 'go');
    const at = await asked(world);
    decide(world, at, 'milo');
    await world.settled(at.session, 'waiting');
    expect(world.notes()).toEqual([]);
    decide(world, at, 'ines');
    await world.settled(id, 'done');
    expect(world.notes()).toHaveLength(1);
  });

  it('is spent by nobody but the session that asked: a fork asks anew (3)', async () => {
    await using world = openWorld();
    const clerk = agentData(
      'clerk',
      [{ answered: 0, call: [{ tool: 'send', input: { text: 'mail' } }] }, { say: 'sent' }],
      { tools: ['send'], approvals: [rule() as never] },
    );
    const { id } = world.start({ entry: 'clerk', agents: [clerk] }, 'go');
    const at = await asked(world);
    decide(world, at, 'milo');
    await world.settled(id, 'done');
    const decided = world.entries(id).find(({ kind }) => kind === 'received')?.position ?? 0;
    for (const point of [at.position, decided]) {
      const forked = world.engine.fork(id, { at: point, sandbox: null });
      await world.settled(forked.id, 'waiting');
      decide(world, { session: forked.id, position: at.position }, 'milo');
      await world.settled(forked.id, 'waiting');
      expect(world.notes()).toHaveLength(1);
      world.engine.cancel(forked.id, 'enough');
    }
    const forked = world.engine.fork(id, { at: decided, sandbox: null });
    await world.settled(forked.id, 'waiting');
    const again = world.entries(forked.id).findLast(({ kind }) => kind === 'approval-asked')?.position ?? 0;
    expect(again).toBeGreaterThan(decided);
    decide(world, { session: forked.id, position: again }, 'ines');
    await world.settled(forked.id, 'done');
    expect(world.notes()).toHaveLength(2);
  });

  it('is a no when one says no, and the agent is told why', async () => {
    await using world = openWorld();
    const { root } = begin(world, rule({ quorum: 2 }));
    const at = await asked(world);
    decide(world, at, 'milo');
    decide(world, at, 'ines', false);
    await world.settled(root, 'done');
    expect(said(world, at.session)).toMatchObject({ output: { text: '[scripted] refused' } });
    expect(JSON.stringify(world.entries(at.session))).toContain('send was not approved: it was denied: no');
    expect(world.notes()).toEqual([]);
  });

  it('is a no when the time is over, and a yes after that does not count', async () => {
    const clock = new TestClock();
    await using world = openWorld({ clock });
    const { root } = begin(world, rule());
    const at = await asked(world);
    world.engine.pause(at.session);
    clock.advance(8 * day);
    decide(world, at, 'milo');
    world.engine.resume(at.session);
    await world.settled(root, 'done');
    expect(JSON.stringify(world.entries(at.session))).toContain('nobody approved it in time');
    expect(world.notes()).toEqual([]);
  });
});
