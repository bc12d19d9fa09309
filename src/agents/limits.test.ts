/** Limits and authority while agents run: nothing goes beyond them, whatever agents ask for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../test/fixtures/agent-world.ts';
import { type AgentLimits, type AgentManifestInput, agentManifestSchema, limitNames } from '../schema/index.ts';
import { type Chain, extendChain, linkOf } from './index.ts';

const call = (tool: string, input: unknown): Record<string, unknown> => ({ tool, input });
const handsAll = (to: string): Partial<AgentManifestInput> => ({ handoffs: [to], passes: { [to]: 'all' } });
const wide: AgentLimits = { steps: 1000, tokens: 10_000_000, cents: 1000, wallMs: 3_600_000, depth: 4 };
const outcomes = (world: ReturnType<typeof openWorld>, id: string): string[] =>
  world.entries(id).flatMap(({ kind, data }) => {
    const error = data['error'] as { code: string; message: string } | undefined;
    return kind === 'outcome' && error ? [error.message] : [];
  });

describe('a budget', () => {
  const looping = (limits: AgentLimits): AgentManifestInput =>
    agentData('looper', [{ call: [call('note', { text: 'x' })] }], { limits });

  it.each(['steps', 'tokens', 'cents', 'wallMs'] as const)('of no %s means none', async (name) => {
    await using world = openWorld();
    const agent = looping({ ...wide, [name]: 0 });
    if (agent.model.provider === 'scripted') agent.model.price = { inputCentsPerMillion: 1, outputCentsPerMillion: 1 };
    const { id } = world.start({ entry: 'looper', agents: [agent] }, 'go');
    const { outcome, spent, state } = await world.settled(id);
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'budget-exhausted', details: { limit: name, left: 0 } },
    });
    expect({ state, spent: spent[name], notes: world.notes() }).toEqual({ state: 'failed', spent: 0, notes: [] });
  });

  it('ends an agent that never stops, at its limit', async () => {
    await using world = openWorld();
    const { id } = world.start({ entry: 'looper', agents: [looping({ ...wide, steps: 7 })] }, 'go');
    const { outcome, spent } = await world.settled(id);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'budget-exhausted' } });
    expect(spent.steps).toBe(7);
    expect(world.notes()).toHaveLength(3);
  });

  it('counts money by the price, and a fork or a resume brings none back', async () => {
    await using world = openWorld();
    const agent = agentData('dear', [{ say: 'x' }], { limits: { ...wide, cents: 1 }, tools: [] });
    if (agent.model.provider === 'scripted') {
      Object.assign(agent.model, {
        price: { inputCentsPerMillion: 1000, outputCentsPerMillion: 1000 },
        maxOutputTokens: 100,
      });
    }
    const { id } = world.start({ entry: 'dear', agents: [agent] }, 'go', { task: false });
    for (let turn = 0; turn < 60 && (await world.settled(id)).endedAt === null; turn++) {
      world.engine.pause(id);
      world.engine.resume(id);
      await world.settled(id);
      world.engine.deliver(id, { event: 'message', data: 'more' });
    }
    const { outcome, spent } = await world.settled(id, 'failed');
    expect(outcome).toMatchObject({ ok: false, error: { details: { limit: 'cents' } } });
    expect(spent.cents).toBeLessThanOrEqual(1);
    expect(spent.cents).toBeGreaterThan(0.05);
  });

  it('is never exceeded anywhere in a tree of agents, and limits are told above as results', async () => {
    const amounts = fc.record({ steps: fc.integer({ min: 0, max: 12 }), tokens: fc.integer({ min: 0, max: 60_000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(amounts, { minLength: 3, maxLength: 3 }), async (given) => {
        await using world = openWorld();
        const [top, ...below] = given.map((more) => ({ ...wide, ...more })) as [AgentLimits, AgentLimits, AgentLimits];
        const least = (one: AgentLimits): AgentLimits => ({
          ...one,
          steps: Math.min(one.steps, top.steps),
          tokens: Math.min(one.tokens, top.tokens),
        });
        const both = ['left', 'right'].map((to) => call('delegate', { to, task: 'go' }));
        const agents = [
          agentData('top', [{ answered: 0, call: both }, { answered: 1, call: both }, { say: 'done' }], {
            tools: ['delegate'],
            delegates: ['left', 'right'],
            limits: top,
          }),
          ...['left', 'right'].map((name, at) =>
            agentData(name, [{ answered: 0, call: [call('note', { text: name })] }, { say: name }], {
              limits: least(below[at] ?? top),
            }),
          ),
        ];
        const { id } = world.start({ entry: 'top', agents }, 'go');
        await expect.poll(() => world.engine.get(id).endedAt, { timeout: 15_000 }).not.toBe(null);
        for (const session of world.store.sessions.list({ tenant: 'default', all: true }).items) {
          for (const name of limitNames) {
            expect(session.spent[name] + session.held[name]).toBeLessThanOrEqual(session.limits[name]);
            expect(session.held[name]).toBe(0);
          }
        }
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  describe('of whoever gets the conversation', () => {
    const handed = (name: keyof AgentLimits, least: number): { entry: string; agents: AgentManifestInput[] } => {
      const handsOver = [{ call: [call('handoff', { to: 'b', reason: 'go' })] }];
      const a = agentData('a', handsOver, { tools: ['handoff'], ...handsAll('b'), limits: { ...wide, steps: 100 } });
      const b = agentData('b', [{ call: [call('note', { text: 'x' })] }], {
        limits: { ...wide, steps: 100, [name]: least },
      });
      if (b.model.provider === 'scripted') b.model.price = { inputCentsPerMillion: 1, outputCentsPerMillion: 1 };
      return { entry: 'a', agents: [a, b] };
    };

    it('holds from then on, out of what is left, and is named', async () => {
      await using world = openWorld();
      const { id } = world.start(handed('steps', 3), 'go');
      const { outcome, spent, limits } = await world.settled(id);
      expect(outcome).toMatchObject({
        ok: false,
        error: { code: 'budget-exhausted', message: expect.stringMatching(/^b has /), details: { limit: 'steps' } },
      });
      // One of the first, and three of its own: it is asked, notes, and is asked.
      expect({ spent: spent.steps, most: limits.steps, notes: world.notes().length }).toEqual({
        spent: 4,
        most: 4,
        notes: 1,
      });
    });

    it.each(['tokens', 'cents', 'wallMs'] as const)('of no %s means none', async (name) => {
      await using world = openWorld();
      const { id } = world.start(handed(name, 0), 'go');
      const { outcome, spent, limits } = await world.settled(id);
      expect(outcome).toMatchObject({
        ok: false,
        error: { code: 'budget-exhausted', details: { limit: name, left: 0 } },
      });
      expect({ steps: spent.steps, most: limits[name], notes: world.notes() }).toEqual({
        steps: 1,
        most: spent[name],
        notes: [],
      });
    });

    it('is never more than the one before had, and goes no deeper', async () => {
      await using world = openWorld();
      const handsOver = [{ call: [call('handoff', { to: 'b', reason: 'go' })] }];
      const a = agentData('a', handsOver, { tools: ['handoff'], handoffs: ['b'], limits: { ...wide, steps: 3 } });
      const b = agentData('b', [{ answered: 1, call: [call('delegate', { to: 'b', task: 'again' })] }, { say: 'x' }], {
        tools: ['delegate'],
        delegates: ['b'],
        limits: { ...wide, steps: 500, depth: 0 },
      });
      // The bundle would be refused; what got by the check is held to all the same.
      const { id } = world.startUnchecked({ entry: 'a', agents: [a, b] }, 'go');
      expect((await world.settled(id)).limits).toMatchObject({ steps: 3, depth: 0 });
      expect(outcomes(world, id)).toEqual(['b may not delegate any deeper']);
    });
  });

  it('bounds depth', async () => {
    await using world = openWorld();
    const agent = agentData(
      'self',
      [{ answered: 0, call: [call('delegate', { to: 'self', task: 'again' })] }, { say: 'enough' }],
      {
        tools: ['delegate'],
        delegates: ['self'],
        limits: { ...wide, depth: 2 },
      },
    );
    const { id } = world.start({ entry: 'self', agents: [agent] }, 'go');
    await world.settled(id, 'done');
    const all = world.store.sessions.list({ tenant: 'default', all: true }).items;
    expect(all).toHaveLength(3);
    expect(outcomes(world, all.at(-1)?.id ?? '')).toEqual(['self may not delegate any deeper']);
  });
});

describe('authority', () => {
  it('is what the whole chain leaves, for every call', async () => {
    await using world = openWorld();
    // The bundle would be refused; a manifest that got by the check is stopped all the same.
    const boss = agentData(
      'boss',
      [{ answered: 0, call: [call('delegate', { to: 'worker', task: 'send' })] }, { say: 'done' }],
      {
        tools: ['delegate'],
        grants: ['agent:delegate'],
        delegates: ['worker'],
      },
    );
    const worker = agentData('worker', [{ answered: 0, call: [call('note', { text: 'x' })] }, { say: 'tried' }], {
      grants: ['notes:write'],
    });
    const { id } = world.startUnchecked({ entry: 'boss', agents: [boss, worker] }, 'go');
    await world.settled(id, 'done');
    const [child] = world.store.sessions.children(id);
    expect(outcomes(world, child?.id ?? '')).toEqual([
      "'worker' may not call note: its chain does not hold 'notes:write'",
    ]);
    expect(world.notes()).toEqual([]);
  });

  it('has an end: a chain gets no longer than it may, which is a result', async () => {
    await using world = openWorld();
    const handoff = (to: string): AgentManifestInput['model'] => ({
      provider: 'scripted',
      rules: [{ sees: 'has at most', say: 'enough' }, { call: [{ tool: 'handoff', input: { to, reason: 'go' } }] }],
    });
    const pair = ['ping', 'pong'].map((name) => {
      const to = name === 'ping' ? 'pong' : 'ping';
      return { ...agentData(name, [], { tools: ['handoff'], ...handsAll(to) }), model: handoff(to) };
    });
    const { id } = world.start({ entry: 'ping', agents: pair }, 'go');
    expect((await world.settled(id)).outcome).toMatchObject({
      ok: true,
      output: { text: expect.stringContaining('enough') },
    });
    expect(world.entries(id).filter(({ kind }) => kind === 'handed-off')).toHaveLength(31);
    expect(outcomes(world, id)).toEqual(['a chain of authority has at most 32 agents, and this one has as many']);
  });

  it('does not come with a forged chain', async () => {
    await using world = openWorld();
    const { id } = world.start({ entry: 'a', agents: [agentData('a', [{ say: 'x' }])] }, 'go', {
      forge: (chain) => ({ ...chain, root: { ...chain.root, person: 'root' } }),
    });
    expect((await world.settled(id)).outcome).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });

  it('does not come with the chain of another person’s session', async () => {
    await using world = openWorld();
    let hers: Chain | null = null;
    const bundle = { entry: 'a', agents: [agentData('a', [{ say: 'x' }])] };
    const keep = (chain: Chain): Chain => {
      hers = chain;
      return chain;
    };
    world.start(bundle, 'go', { person: 'ada', forge: keep });
    const { id } = world.start(bundle, 'go', { person: 'milo', forge: (chain) => hers ?? chain });
    expect((await world.settled(id)).outcome).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  });

  it('does not come with a chain that was made with another agent of its name, anywhere in it', async () => {
    await using world = openWorld();
    const wide = agentData('a', [{ answered: 0, call: [call('note', { text: 'x' })] }, { say: 'x' }]);
    const narrow = { ...wide, grants: ['mail:send'], tools: [] };
    let hers: Chain | null = null;
    const keep = (chain: Chain): Chain => {
      hers = chain;
      return chain;
    };
    const first = world.start({ entry: 'a', agents: [wide] }, 'go', { forge: keep });
    await world.settled(first.id, 'done');
    const refused = {
      ok: false,
      error: { code: 'forbidden', message: 'the chain of authority was made with another a than the session has' },
    };
    // Genuine, of the same person and an agent of that name: only what the agent may do is another.
    const { id } = world.start({ entry: 'a', agents: [narrow] }, 'go', { forge: (chain) => hers ?? chain });
    expect((await world.settled(id)).outcome).toMatchObject(refused);
    const below = agentData('b', [{ say: 'x' }]);
    const longer = (chain: Chain): Chain => extendChain(hers ?? chain, linkOf(agentManifestSchema.parse(below)));
    const other = world.start({ entry: 'b', agents: [below, narrow] }, 'go', { forge: longer });
    expect((await world.settled(other.id)).outcome).toMatchObject(refused);
    const same = world.start({ entry: 'b', agents: [below, wide] }, 'go', { forge: longer });
    await world.settled(same.id, 'done');
    expect(world.notes()).toHaveLength(1);
  });

  it('does not undo what cannot be undone because of a page (3)', async () => {
    await using world = openWorld();
    const rules = [
      { answered: 0, call: [call('fetch', { text: 'evil' })] },
      { answered: 1, call: [call('send', { text: 'all' })] },
      { say: 'x' },
    ];
    const { id } = world.start({ entry: 'a', agents: [agentData('a', rules, { tools: ['fetch', 'send'] })] }, 'go');
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { untrusted: true } });
    expect(outcomes(world, id)).toEqual(['send cannot be undone, and what is asked for may come from outside']);
    const clean = world.start(
      {
        entry: 'a',
        agents: [
          agentData('a', [{ answered: 0, call: [call('send', { text: 'fine' })] }, { say: 'x' }], { tools: ['send'] }),
        ],
      },
      'go',
    );
    await world.settled(clean.id, 'done');
    expect(world.notes().map((line) => line.split(' ')[1])).toEqual(['fine']);
  });

  it('stays untrusted below and after a handoff (2)', async () => {
    await using world = openWorld();
    const fetchFirst = [{ answered: 0, call: [call('fetch', { text: 'evil' })] }];
    const send = [call('send', { text: 'all' })];
    const washed = [
      agentData(
        'top',
        [...fetchFirst, { answered: 1, call: [call('delegate', { to: 'mid', task: 'go' })] }, { say: 'x' }],
        {
          tools: ['fetch', 'delegate'],
          delegates: ['mid'],
        },
      ),
      agentData('mid', [{ answered: 0, call: [call('delegate', { to: 'low', task: 'go' })] }, { say: 'x' }], {
        tools: ['delegate'],
        delegates: ['low'],
      }),
      agentData('low', [{ answered: 0, call: send }, { say: 'x' }], { tools: ['send'] }),
    ];
    const given = [
      agentData('giver', [...fetchFirst, { call: [call('handoff', { to: 'taker', reason: 'go' })] }], {
        tools: ['fetch', 'handoff'],
        ...handsAll('taker'),
      }),
      agentData('taker', [{ answered: 2, call: send }, { say: 'x' }], { tools: ['send'] }),
    ];
    const { id } = world.start({ entry: 'top', agents: washed }, 'go');
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { untrusted: true } });
    const low = world.store.sessions.list({ tenant: 'default', all: true }).items.find(({ agent }) => agent === 'low');
    const handed = world.start({ entry: 'giver', agents: given }, 'go');
    await world.settled(handed.id, 'done');
    for (const session of [low?.id ?? '', handed.id]) {
      expect(outcomes(world, session)).toEqual(['send cannot be undone, and what is asked for may come from outside']);
    }
    expect(world.notes()).toEqual([]);
  });

  it('follows the policies of an agent, by name', async () => {
    await using world = openWorld();
    const agent = agentData('a', [{ answered: 0, call: [call('note', { text: 'x' })] }, { say: 'x' }], {
      policies: {
        all: 'permit (principal, action, resource);',
        quiet: 'forbid (principal, action, resource == Tool::"note") when { context.person == "ada" };',
      },
    });
    const { id } = world.start({ entry: 'a', agents: [agent] }, 'go');
    await world.settled(id, 'done');
    expect(outcomes(world, id)).toEqual(['a policy of a does not let it call note: forbidden by quiet']);
  });

  it.each(['delegate', 'handoff'] as const)('follows the policies of those above after a %s (4)', async (how) => {
    await using world = openWorld();
    const agents = [
      agentData('boss', [{ answered: 0, call: [call(how, { to: 'hand', task: 'go', reason: 'go' })] }, { say: 'x' }], {
        tools: [how],
        delegates: how === 'delegate' ? ['hand'] : [],
        ...(how === 'handoff' ? handsAll('hand') : {}),
        policies: {
          all: 'permit (principal, action, resource);',
          quiet: 'forbid (principal == Agent::"boss", action, resource == Tool::"note");',
        },
      }),
      agentData('hand', [
        { sees: 'go', call: [call('note', { text: 'x' })] },
        { afterTool: true, call: [call('note', { text: 'x' })], answered: 1 },
        { say: 'x' },
      ]),
    ];
    const { id } = world.start({ entry: 'boss', agents }, 'go');
    await world.settled(id, 'done');
    const [child] = world.store.sessions.children(id);
    expect(outcomes(world, child?.id ?? id)[0]).toBe(
      'a policy of boss does not let hand call note: forbidden by quiet',
    );
    expect(world.notes()).toEqual([]);
  });
});
