import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AgentWorld, agentData, openWorld, standardHostTools } from '../../../test/fixtures/agent-world.ts';
import type { AgentBundleInput, AgentManifestInput, ErrorBody } from '../../schema/index.ts';
import { hostTool } from '../tools.ts';

const grants = [...agentData('x', []).grants, 'model:ask', 'time:read', 'chance:draw'];
const codeOf = (body: string): string => `exports.default = { run: async (ctx, message) => { ${body} } };`;
const led = (body: string, more: Partial<AgentManifestInput> = {}): AgentBundleInput => ({
  entry: 'led',
  agents: [
    agentData('led', [{ say: 'a thought' }], { grants, tools: ['note'], program: { code: codeOf(body) }, ...more }),
    agentData(
      'below',
      [
        { sees: 'fail', call: [{ tool: 'note', input: { text: 'x' } }] },
        { answered: 0, say: 'from below' },
      ],
      {
        limits: { steps: 3, tokens: 100_000, cents: 1, wallMs: 60_000, depth: 0 },
      },
    ),
  ],
});

async function outcomeOf(
  world: AgentWorld,
  bundle: AgentBundleInput,
): Promise<{ text: string; error: ErrorBody | null }> {
  const { id } = world.start(bundle, 'hello');
  await expect.poll(() => world.engine.get(id).endedAt).not.toBe(null);
  const { outcome } = world.engine.get(id);
  if (outcome?.ok === false) return { text: '', error: outcome.error };
  return { text: (outcome?.output as { text: string } | undefined)?.text ?? 'it waits', error: null };
}
const answerOf = async (world: AgentWorld, body: string, more?: Partial<AgentManifestInput>): Promise<string> => {
  const { text, error } = await outcomeOf(world, led(body, more));
  return error ? `${error.code}: ${error.message}` : text;
};
const told = `(error) => error.code + ': ' + error.message`;

/** What a session's program answered, turn by turn. */
const programOutputs = (world: AgentWorld, id: string): unknown[] =>
  world
    .entries(id)
    .filter(({ data }) => data['name'] === 'program')
    .map(({ data }) => data['output']);

describe('a program', () => {
  it('F13: has a binding for each tool that it was given, and nothing else', async () => {
    await using world = openWorld();
    const bindings = (tools: string[]): Promise<string> =>
      answerOf(world, 'return Object.keys(ctx).sort().join(" ") + (Object.isFrozen(ctx) ? " frozen" : "")', {
        tools,
        memory: { m: { scope: 'user', retentionDays: 1, class: 'public' } },
      });
    expect(await bindings(['note'])).toBe('call frozen');
    const all = ['think', 'ask', 'sleep', 'remember', 'recall', 'now', 'random', 'note'];
    expect(await bindings(all)).toBe('ask call now random recall remember sleep think frozen');
    expect(await answerOf(world, `return ctx.call('send', { text: 'x' }).catch((error) => error.message)`)).toBe(
      'this agent has no tool send',
    );
    expect(
      await answerOf(
        world,
        `return [typeof Date, typeof Math.random, typeof eval, typeof process, typeof require].join(' ')`,
      ),
    ).toBe('undefined undefined undefined undefined function');
    const kinds = ['() => 1', 'async () => 1', 'function* () {}', 'async function* () {}'];
    const made = kinds.map(
      (kind) =>
        `(() => { try { return (${kind}).constructor('return 1')() } catch (error) { return error.message } })()`,
    );
    expect(await answerOf(world, `return [${made.join(',')}].join('|')`)).toBe(
      kinds.map(() => 'code cannot be made of a text here').join('|'),
    );
    expect(await answerOf(world, `try { require('node:fs') } catch (error) { return error.message }`)).toBe(
      'there is no module node:fs; a program may import holdfast/program',
    );
  });

  it('is one journal step for each call, in its order', async () => {
    await using world = openWorld();
    const { id } = world.start(
      led(`await ctx.call('note', { text: 'one' }); return await ctx.think('what?');`, { tools: ['note', 'think'] }),
      'hello',
    );
    const ended = await world.settled(id, 'done');
    expect(world.entries(id).map(({ kind, data }) => [kind, data['tool'] ?? data['name'] ?? null])).toEqual([
      ['started', null],
      ['began', null],
      ['called', 'note'],
      ['intent', 'tool'],
      ['outcome', 'note'],
      ['called', 'think'],
      ['intent', 'tool'],
      ['outcome', 'think'],
      ['outcome', 'program'],
      ['ended', null],
    ]);
    expect(ended.spent.steps).toBe(2);
    expect(ended.spent.tokens).toBeGreaterThan(0);
    expect(ended.outcome).toMatchObject({ output: { text: '[scripted] a thought' } });
  });

  it('may wait for several at once, and is told of failures below as data', async () => {
    await using world = openWorld();
    const more = { tools: ['delegate', 'note'], delegates: ['below'] };
    expect(
      await answerOf(
        world,
        `const all = await Promise.all([ctx.delegate('below', 'a'), ctx.call('note', { text: 'x' }), ctx.delegate('below', 'b')]);
         return all.map((each) => JSON.stringify(each)).join(' ');`,
        more,
      ),
    ).toBe('"[scripted] from below" {"noted":"x"} "[scripted] from below"');
    expect(await answerOf(world, `return await ctx.delegate('below', 'fail').catch(${told})`, more)).toContain(
      'model-failed',
    );
    expect(await answerOf(world, `return await ctx.delegate('nobody', 'x').catch(${told})`, more)).toBe(
      'forbidden: led may not give work to "nobody"',
    );
  });

  it('begins anew with each message, and keeps what it remembered', async () => {
    await using world = openWorld();
    const more = {
      tools: ['remember', 'recall', 'ask'],
      memory: { m: { scope: 'session', retentionDays: 1, class: 'public' } as const },
    };
    const body = `const before = await ctx.recall('m', 'k'); await ctx.remember('m', 'k', message); return before + ' then ' + message;`;
    const { id } = world.start(led(body, more), 'first', { task: false });
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: 'second' });
    await expect.poll(() => programOutputs(world, id)).toEqual(['null then first', 'first then second']);
  });

  it('finds what it remembered by words, and in the turn only what belongs to it', async () => {
    await using world = openWorld();
    const more = {
      tools: ['remember', 'recall', 'ask'],
      memory: {
        m: { scope: 'session', retentionDays: 1, class: 'public' } as const,
        now: { scope: 'turn', retentionDays: 1, class: 'public' } as const,
      },
    };
    const body = `const before = await ctx.recall('now', 'k');
      await ctx.remember('now', 'k', message); await ctx.remember('m', message, message + ' of kelp');
      const found = await ctx.recall('m', { query: 'kelp' });
      return JSON.stringify([before, await ctx.recall('now', 'k'), found.map(({ key, value }) => key + '=' + value).sort()]);`;
    const { id } = world.start(led(body, more), 'first', { task: false });
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: 'second' });
    await expect
      .poll(() => programOutputs(world, id).map((output) => JSON.parse(String(output))))
      .toEqual([
        [null, 'first', ['first=first of kelp']],
        [null, 'second', ['first=first of kelp', 'second=second of kelp']],
      ]);
  });

  it('waits for a person, and for a time, as a row', async () => {
    await using world = openWorld();
    const { id } = world.start(
      led(`await ctx.sleep(5); return 'they said ' + (await ctx.ask('Really?', { ms: 60000 }));`, {
        tools: ['ask', 'sleep'],
      }),
      'hello',
    );
    await expect.poll(() => world.engine.get(id).waitsFor).toEqual(['message']);
    expect(world.engine.running).toBe(0);
    world.engine.deliver(id, { event: 'message', data: 'yes' });
    expect((await world.settled(id, 'done')).outcome).toMatchObject({ output: { text: 'they said yes' } });
  });

  it('draws a number once, whenever it is run again', async () => {
    await using world = openWorld();
    const drawn = await answerOf(world, 'return String([await ctx.random(), await ctx.random()])', {
      tools: ['random'],
    });
    const [one = 0, other = 0] = drawn.split(',').map(Number);
    expect(one).toBeGreaterThan(0);
    expect(one).toBeLessThan(1);
    expect(one).not.toBe(other);
  });
});

describe('the broker', () => {
  it('stands before every call: chain, policies, approvals, labels', async () => {
    await using world = openWorld();
    const small = { grants: ['notes:write'], tools: ['note'] };
    const above = agentData(
      'above',
      [
        { answered: 0, call: [{ tool: 'delegate', input: { to: 'led', task: 'x' } }] },
        { sees: 'forbidden', say: 'refused' },
      ],
      {
        ...small,
        grants: ['notes:write', 'agent:delegate'],
        tools: ['delegate'],
        delegates: ['led'],
      },
    );
    const [program] = led(`return await ctx.call('send', { text: 'x' }).catch(${told})`, { tools: ['send'] }).agents;
    if (!program) throw new Error('no agent');
    // A bundle as no check lets it through: the chain holds all the same.
    const { id } = world.startUnchecked({ entry: 'above', agents: [above, program] }, 'go');
    await expect.poll(() => JSON.stringify(world.engine.get(id).outcome)).toContain('refused');
    expect(
      await answerOf(world, `return await ctx.call('note', { text: 'x' }).catch(${told})`, {
        policies: { none: 'forbid (principal, action, resource == Tool::"note");' },
      }),
    ).toContain('forbidden: a policy of led does not let it call note');
    expect(
      await answerOf(
        world,
        `await ctx.call('fetch', { text: 'x' }); return await ctx.call('send', { text: 'x' }).catch(${told})`,
        { tools: ['fetch', 'send'] },
      ),
    ).toContain('forbidden: send cannot be undone, and what is asked for may come from outside');
    expect(world.notes()).toEqual([]);
  });

  it('charges every call, and ends who has nothing left', async () => {
    await using world = openWorld();
    const limits = { steps: 3, tokens: 100_000, cents: 10, wallMs: 60_000, depth: 0 };
    const memory = { m: { scope: 'session', retentionDays: 1, class: 'public' } as const };
    const more = { limits, memory, tools: ['remember', 'recall', 'now', 'random', 'note'] };
    expect(
      await answerOf(
        world,
        `await ctx.remember('m', 'k', 'v'); await ctx.recall('m', 'k'); await ctx.now(); await ctx.random(); return 'too much';`,
        more,
      ),
    ).toContain('budget-exhausted');
    const none = { ...more, limits: { ...limits, tokens: 0 }, tools: ['think'] };
    expect(await answerOf(world, `return await ctx.think('x')`, none)).toContain('budget-exhausted');
  });

  it('goes on with the call that a crash interrupted, also when another one was approved meanwhile', async () => {
    const calm = Promise.withResolvers<void>();
    let isSlow = true;
    const tools = (store: AgentWorld['store'], home: string) => [
      ...standardHostTools(store, home),
      hostTool(
        {
          name: 'slow',
          description: 'Takes its time.',
          capability: 'notes:write',
          risk: 'write',
          idempotent: true,
          untrusted: false,
          input: z.strictObject({}),
          output: z.strictObject({ done: z.boolean() }),
          run: async () => {
            if (isSlow) await calm.promise;
            return { done: true };
          },
        },
        store,
      ),
    ];
    const bundle = led(
      `await Promise.all([ctx.call('send', { text: 'mail' }), ctx.call('slow', {})]); return 'both';`,
      {
        tools: ['send', 'slow'],
        approvals: [{ tools: ['send'], withinMs: 60_000 }],
      },
    );
    const first = openWorld({ tools });
    const { id } = first.start(bundle, 'go');
    await expect.poll(() => first.entries(id).some(({ kind }) => kind === 'intent')).toBe(true);
    const asked = first.entries(id).find(({ kind }) => kind === 'approval-asked');
    first.engine.deliver(id, {
      event: `approval:${asked?.position}`,
      data: { approve: true, by: 'milo', reason: null },
    });
    const closing = first.close(true);
    isSlow = false;
    calm.resolve();
    await closing;
    await using second = openWorld({ home: first.home, tools });
    expect((await second.settled(id, 'done')).outcome).toMatchObject({ output: { text: 'both' } });
    expect(second.notes().map((note) => note.split(' ')[1])).toEqual(['mail']);
  });
});

describe('a run', () => {
  it('that does not follow its journal ends, with what was expected (2)', async () => {
    await using world = openWorld();
    const body = `await ctx.call('note', { text: 'x' }); return await ctx.ask('?', { ms: 60000 });`;
    const { id } = world.start(led(body, { tools: ['note', 'ask'] }), 'hello');
    await world.settled(id, 'waiting');
    // Another session with the same log, but for what was called.
    const record = world.engine.get(id);
    const other = {
      ...record,
      id: `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`,
      position: 0,
      fence: 0,
      origin: null,
    };
    world.store.sessions.insert({ ...other, root: other.id });
    world.store.sessions.append(
      other.id,
      null,
      world.entries(id).map(({ kind, data }) => ({
        kind,
        data: data['tool'] === 'note' && kind === 'called' ? { ...data, input: { text: 'y' } } : data,
      })),
    );
    world.engine.deliver(other.id, { event: 'message', data: 'go on' });
    const { outcome } = await world.settled(other.id, 'failed');
    expect(outcome).toMatchObject({
      error: {
        code: 'program-diverged',
        details: { expected: { tool: 'note', input: { text: 'y' } }, found: { tool: 'note', input: { text: 'x' } } },
      },
    });
  });

  it.each([
    ['throws', 'throw new Error("no")', 'threw'],
    ['waits for nothing', 'await new Promise(() => undefined)', 'stuck'],
    ['says too much', `return 'x'.repeat(200000)`, 'message'],
    [
      'says it too deep',
      `const deep = []; let at = deep; for (let n = 0; n < 200; n++) { at.push([]); at = at[0]; } await ctx.call('note', deep)`,
      'message',
    ],
    ['calls too often', `for (let n = 0; n < 100; n++) ctx.call('note', { text: 'x' }); await null`, 'calls'],
  ])('ends with its reason when it %s', async (_, body, reason) => {
    await using world = openWorld();
    const { error } = await outcomeOf(world, led(body));
    expect([error?.code, error?.details?.['reason']]).toEqual(['program-failed', reason]);
    expect(world.notes()).toEqual([]);
  });

  it('without an end is ended by the machine itself, before anybody outside has to', async () => {
    await using world = openWorld();
    const { error } = await outcomeOf(world, led('for (;;) {}'));
    expect(error).toMatchObject({ message: expect.stringContaining('interrupted'), details: { reason: 'time' } });
  });

  it('says where it threw', async () => {
    await using world = openWorld();
    const { error } = await outcomeOf(world, led('\n\nnull.field'));
    expect(error?.details?.['where']).toContain('agent.js:3');
  });

  it('gives its machine up to others, and goes on from its journal (3)', async () => {
    await using world = openWorld();
    const body = `for (let n = 0; n < 3; n++) await ctx.call('note', { text: message + n }); return message;`;
    const sessions = Array.from({ length: 12 }, (_, n) => world.start(led(body), `${n}-`).id);
    for (const id of sessions) {
      await expect.poll(() => world.engine.get(id).state, { timeout: 30_000 }).toBe('done');
    }
    expect(world.notes()).toHaveLength(36);
    expect(new Set(world.notes()).size).toBe(36);
  }, 60_000);
});
