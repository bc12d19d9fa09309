/** Functions of the host: what they answer is kept, or it is said what was done; and they stay what agents were made for. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentData, openWorld, type WorldOptions } from '../../test/fixtures/agent-world.ts';
import { agentBundleSchema } from '../schema/index.ts';
import { agent, agentsOf, cap, limits, tool } from './constructs/constructs.ts';
import { checkBundle, digestOf, parseBundle, withHostTools } from './manifest.ts';
import { type AgentTool, type AnyHostTool, hostTool } from './tools.ts';

const facts = {
  name: 'send',
  description: 'Sends.',
  capability: 'mail:send',
  risk: 'irreversible',
  idempotent: false,
  untrusted: false,
  input: z.strictObject({ text: z.string() }),
  output: z.looseObject({ sent: z.unknown() }),
} as const;

/** How often it ran, and what the agent heard. */
async function heard(more: Partial<AnyHostTool>): Promise<{ ran: number; heard: unknown }> {
  let ran = 0;
  const tools: WorldOptions['tools'] = (store) => {
    const given: AnyHostTool = { ...facts, run: async () => ({ sent: true }), ...more };
    const { run } = given;
    const counted = async (...input: Parameters<typeof run>): ReturnType<typeof run> => {
      ran++;
      return run(...input);
    };
    return [hostTool({ ...given, run: counted }, store)];
  };
  await using world = openWorld({ tools });
  const rules = [{ answered: 0, call: [{ tool: 'send', input: { text: 'x' } }] }, { say: 'well' }];
  const { id } = world.start({ entry: 'a', agents: [agentData('a', rules, { tools: ['send'] })] }, 'go');
  await world.settled(id, 'done');
  const { data } = world.entries(id).find(({ kind, data: { name } }) => kind === 'outcome' && name === 'tool') ?? {};
  return { ran, heard: data?.['error'] ?? data?.['output'] };
}

describe('what a function of the host answers', () => {
  const unkept = { sent: new Map([['a', 1]]) };
  const large = { sent: 'x'.repeat(300_000) };

  it('is plain data, or the function is not taken', () => {
    const store = { idempotency: undefined as never, durable: undefined as never };
    for (const output of [z.strictObject({ at: z.date() }), z.map(z.string(), z.number()), z.bigint()]) {
      expect(() => hostTool({ ...facts, output, run: async () => undefined as never }, store)).toThrow(
        expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining('what send answers') }),
      );
    }
  });

  it('does not invite anybody to do it again, when it cannot be kept', async () => {
    for (const [answer, why] of [
      [unkept, 'cannot be stored'],
      [large, 'answered more than 262144 bytes'],
      [null, 'its schema does not allow'],
    ] as const) {
      expect(await heard({ run: async () => answer })).toEqual({
        ran: 1,
        heard: expect.objectContaining({
          code: 'outcome-unknown',
          fault: 'bug',
          message: expect.stringContaining(why),
        }),
      });
    }
  });

  it('is only missing where nothing was done but to read', async () => {
    const code = async (answer: unknown): Promise<unknown> =>
      Reflect.get(Object((await heard({ risk: 'read', run: async () => answer })).heard), 'code');
    expect([await code(unkept), await code(large), await code(null)]).toEqual([
      'internal',
      'file-too-large',
      'internal',
    ]);
    expect(await heard({})).toEqual({ ran: 1, heard: { sent: true } });
  });
});

describe('agents that call functions of the host', () => {
  const here = (more: Partial<AgentTool> = {}): AgentTool => ({
    ...facts,
    input: {},
    call: async () => ({ ok: true, output: {} }),
    ...more,
  });
  const plain = agentBundleSchema.parse({ entry: 'a', agents: [agentData('a', [{ say: 'x' }], { tools: ['send'] })] });
  const pinned = withHostTools(plain, [here() as AnyHostTool & AgentTool]);

  it('say what those are, in their digest; others are as they were', () => {
    expect(pinned.hostTools).toEqual([
      { name: 'send', capability: 'mail:send', risk: 'irreversible', untrusted: false, idempotent: false },
    ]);
    const written = tool({ ...facts, capability: cap('mail:send'), run: async () => ({ sent: true }) });
    const small = limits({ steps: 1, tokens: 1, cents: 1, wallMs: 1, depth: 0 });
    const words = {
      purpose: 'p',
      instructions: 'i',
      model: { provider: 'scripted', rules: [{ say: 'x' }] },
      limits: small,
    };
    const made = agent({ ...words, name: 'a', grants: ['mail:send'], tools: [written], model: words.model as never });
    const without = agent({ ...words, name: 'b', grants: [], tools: [], model: words.model as never });
    const [one, other] = agentsOf(made, without).bundles;
    expect(one?.hostTools).toEqual(pinned.hostTools);
    expect(other && 'hostTools' in other).toBe(false);
    expect(digestOf(pinned)).not.toBe(digestOf(plain));
    expect(withHostTools(plain, [])).toBe(plain);
  });

  it.each([
    [{ risk: 'write' }, 'risk irreversible, and here it is write'],
    [{ capability: 'notes:write' }, 'capability mail:send, and here it is notes:write'],
    [{ untrusted: true }, 'untrusted false, and here it is true'],
    [{ idempotent: true }, 'idempotent false, and here it is true'],
  ] as const)('are not started where one is another: %o', (change, says) => {
    const messages = checkBundle(pinned, [here(change)]).map(({ message }) => message);
    expect(messages).toContain(`the agents were made for a "send" with ${says}`);
    expect(() => parseBundle(pinned, [here(change)])).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(checkBundle(pinned, [here()])).toEqual([]);
  });

  it('are not started where it is not said any more how secret its answers are, if anything is said of it', () => {
    const guarded = withHostTools(plain, [here({ class: 'secret' }) as AnyHostTool & AgentTool]);
    expect(checkBundle(guarded, [here()]).map(({ message }) => message)).toEqual([
      'the agents were made for a "send" with class secret, and here it is not said',
    ]);
    expect(checkBundle(guarded, [{ name: 'send', capability: 'mail:send' }])).toEqual([]);
    expect(checkBundle(guarded, [here({ class: 'secret' })])).toEqual([]);
    expect(checkBundle(pinned, [here({ class: 'secret' })])).toEqual([]);
  });

  it('do not call one that became another while their session waited', async () => {
    const rules = [{ sees: 'now', call: [{ tool: 'send', input: { text: 'x' } }] }, { say: 'well' }];
    const bundle = { ...pinned, agents: [agentData('a', rules, { tools: ['send'] })] };
    let called = 0;
    const tools = (risk: AgentTool['risk']) => (): AgentTool[] => [
      here({
        risk,
        call: async () => {
          called++;
          return { ok: true, output: {} };
        },
      }),
    ];
    const first = openWorld({ tools: tools('irreversible') });
    const { id } = first.start(bundle, 'hi', { task: false });
    await first.settled(id, 'waiting');
    await first.close(true);
    await using world = openWorld({ home: first.home, tools: tools('write') });
    world.engine.deliver(id, { event: 'message', data: 'now' });
    await expect.poll(() => JSON.stringify(world.entries(id))).toContain('is not what a was made for any more');
    expect(called).toBe(0);
  });
});
