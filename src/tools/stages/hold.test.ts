import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compileEnforcement, parseContract } from '../../contract/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { defineTool } from '../tool.ts';
import type { Call, Outcome } from '../types.ts';
import { hold } from './hold.ts';

const tool = defineTool({
  name: 'say',
  description: '',
  input: z.strictObject({ text: z.string() }),
  output: z.strictObject({ said: z.string() }),
  risk: 'read',
  idempotent: true,
  timing: 'instant',
  run: async ({ text }) => ({ said: text }),
});

const text = `format: holdfast-contract/1
contract: said/1.0.0
date: 2026-11-28
tools:
  say: { timing: instant, risk: read, idempotent: true, arguments: { text: required }, answers: [said] }
latency:
  tools.say: { class: quick, floorMs: 50, p50Ms: [50, 200] }
failures:
  - { code: busy, layer: tool, template: later, rate: 0.1, retryable: false, sideEffect: none }
`;
const held = compileEnforcement(parseContract(text, 'c').value, [tool.describe()]);

const slept: number[] = [];
const stage = hold((sandbox) => (sandbox === 'sbx-free' ? null : held), { sleep: async (ms) => void slept.push(ms) });

function pass(
  input: unknown,
  outcome: Partial<Outcome>,
  kind: Call['kind'] = 'tool',
  sandbox = 'sbx-held',
): Promise<Outcome> {
  slept.length = 0;
  const call = { callId: 'cal-1', sandbox, name: 'say', kind, input, scope: null, started: false } as unknown as Call;
  return stage(
    call,
    async () => ({ callId: 'cal-1', durationMs: 10, ok: true, value: { said: 'a' }, ...outcome }) as Outcome,
  );
}

describe('the stage that holds calls to the contract', () => {
  it('refuses what the contract does not know before it begins (1)', async () => {
    await expect(pass({ text: 'a', loud: true }, {})).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(slept).toEqual([]);
  });

  it('lets time pass up to what was promised, and never less (2)', async () => {
    const outcome = await pass({ text: 'a' }, {});
    expect(outcome).toMatchObject({ ok: true, value: { said: 'a' } });
    expect(slept).toEqual([expect.closeTo(outcome.durationMs - 10)]);
    expect(outcome.durationMs).toBeGreaterThanOrEqual(50);
    await pass({ text: 'a' }, { durationMs: 400 });
    expect(slept).toEqual([]);
  });

  it('turns what it does not know into unclassified (3)', async () => {
    expect(await pass({ text: 'a' }, { value: {} })).toMatchObject({ ok: false, error: { code: 'unclassified' } });
    const busy = { ok: false as const, error: new HoldfastError('busy', 'x') };
    expect(await pass({ text: 'a' }, busy)).toMatchObject({ ok: false, retryable: false, error: { message: 'later' } });
    const died = { ok: false as const, error: new HoldfastError('sandbox-died', 'x') };
    expect(await pass({ text: 'a' }, died)).toMatchObject({ error: { code: 'unclassified' } });
  });

  it('leaves sandboxes alone that are held to nothing', async () => {
    const answer = await pass({ loud: true }, { value: {} }, 'tool', 'sbx-free');
    expect(answer).toMatchObject({ ok: true, value: {}, durationMs: 10 });
  });

  it('leaves verbs alone', async () => {
    expect(await pass({ anything: 1 }, { value: undefined }, 'verb')).toMatchObject({ ok: true, durationMs: 10 });
  });
});
