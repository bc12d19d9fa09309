import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HostAccess } from '../../test/fixtures/host-access.ts';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { idMaker, rootScope, systemClock, systemRandom } from '../base/index.ts';
import { HoldfastError, type HoldfastEvent, type ToolResult } from '../schema/index.ts';
import { EventBus, type Journal, openJournal, openStore, type Store } from '../state/index.ts';
import { createDoor, type Door, standardStages } from './door.ts';
import { defineTool } from './tool.ts';
import type { Stage, Tool } from './types.ts';

let home: string;
let store: Store;
let journal: Journal;
let events: EventBus;
let sandbox: string;
/** How often the effect of `count` happened. */
let executed: number;
/** What `count` does while it is executed. */
let during: () => unknown;
const newId = idMaker(systemClock, systemRandom);

const count: Tool = defineTool({
  name: 'count',
  description: 'Counts.',
  input: z.strictObject({ text: z.string() }),
  output: z.strictObject({ times: z.number(), text: z.string() }),
  risk: 'write',
  idempotent: false,
  timing: 'instant',
  run: async ({ text }) => {
    executed++;
    const times = executed;
    await during();
    return { times, text };
  },
});

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-door-'));
  mkdirSync(join(home, 'workspace'));
  store = openStore({ home });
  journal = await openJournal({ home });
  events = new EventBus(store.events, systemClock, newId);
  const record = sandboxRecord({ tenant: 'a', state: 'ready' });
  store.sandboxes.insert(record);
  sandbox = record.id;
  executed = 0;
  during = () => undefined;
});
afterEach(async () => {
  await journal.close();
  store.close();
  rmSync(home, { recursive: true });
});

const parts = () => ({ store, journal, events, clock: systemClock, newId });
const door = (more: object = {}): Door => createDoor({ ...parts(), tools: [count], ...more });

interface CallChanges {
  tenant?: string;
  tool?: string;
  input?: unknown;
  idempotencyKey?: string;
  through?: Door;
}

async function call({ through = door(), ...changes }: CallChanges = {}): Promise<ToolResult> {
  await using scope = rootScope({ name: 'test', timeoutMs: 5000 });
  const whole = { tenant: 'a', sandbox, tool: 'count', input: { text: 'x' }, ...changes };
  return await through.call(whole, new HostAccess(home), scope);
}

const code = (result: ToolResult): string => (result.ok ? 'ok' : result.error.code);
const entries = async (): Promise<{ type: string; body: Record<string, unknown> }[]> =>
  (await journal.read({ sandbox })).items.map(({ type, body }) => ({ type, body }));

describe('a call through the door', () => {
  it("answers the tool's output and leaves intent, outcome and events", async () => {
    const reader = events.subscribe({ sandbox });
    const result = await call();
    expect(result).toMatchObject({ ok: true, output: { times: 1, text: 'x' }, callId: expect.stringMatching(/^cal-/) });
    const about = { callId: result.callId, tool: 'count' };
    expect(await entries()).toMatchObject([
      { type: 'call-begun', body: { ...about, input: { preview: '{"text":"x"}', bytes: 12 }, idempotencyKey: null } },
      { type: 'call-ended', body: { ...about, ok: true, output: { preview: '{"text":"x","times":1}' } } },
    ]);
    const seen: HoldfastEvent[] = [(await reader.next()).value, (await reader.next()).value];
    expect(seen).toMatchObject([
      { type: 'tool-called', tenant: 'a', sandbox, data: about },
      { type: 'tool-ended', data: { ...about, ok: true } },
    ]);
  });

  it('is refused for a sandbox of another tenant, a pooled one and none, without a trace of which (S6)', async () => {
    const pooled = sandboxRecord({ tenant: 'a', pooled: true });
    store.sandboxes.insert(pooled);
    const others = await call({ tenant: 'b' });
    expect(code(others)).toBe('sandbox-not-found');
    sandbox = pooled.id;
    expect(code(await call())).toBe('sandbox-not-found');
    sandbox = newId('sandbox');
    expect(code(await call())).toBe('sandbox-not-found');
    expect(executed).toBe(0);
    expect((await journal.read()).items).toEqual([]);
    await expect(
      door().perform({ tenant: 'b', sandbox, action: 'exec', subject: {} }, async () => executed++),
    ).rejects.toMatchObject({ code: 'sandbox-not-found' });
    expect(executed).toBe(0);
  });

  it('never throws: unknown tools, bad input, failing and lying tools are all results (1)', async () => {
    expect(await call({ tool: 'nope' })).toMatchObject({
      ok: false,
      error: { code: 'not-found', fault: 'caller', hint: 'The tools are: count.' },
    });
    expect(await call({ input: { text: 1, more: 2 } })).toMatchObject({
      ok: false,
      error: { code: 'invalid-argument', message: expect.stringMatching(/^count: text: .*; .*more/) },
    });
    expect(code(await call({ input: { text: 'x', f: () => 1 } }))).toBe('invalid-argument');
    during = () => {
      throw new HoldfastError('disk-full', 'no room');
    };
    expect(await call()).toMatchObject({ ok: false, error: { code: 'disk-full', fault: 'agent' } });
    during = () => {
      throw new TypeError('oops');
    };
    expect(await call()).toMatchObject({ ok: false, error: { code: 'internal', fault: 'bug', message: 'oops' } });
    during = () => undefined;
    const lying = defineTool({
      name: 'lying',
      description: '',
      input: z.strictObject({}),
      output: z.strictObject({ n: z.number() }),
      risk: 'read',
      idempotent: true,
      timing: 'instant',
      run: async () => JSON.parse('{"n":"no"}'),
    });
    expect(code(await call({ tool: 'lying', input: {}, through: door({ tools: [lying] }) }))).toBe('internal');
    const failures = (await entries()).filter(({ type }) => type === 'call-ended');
    expect(failures.map(({ body }) => body['ok'])).toEqual([false, false, false, false]);
  });

  it('passes the stages in their order', async () => {
    const seen: string[] = [];
    const note =
      (name: string): Stage =>
      async (current, next) => {
        seen.push(`${name} in ${current.started}`);
        const outcome = await next();
        seen.push(`${name} out ${current.started}`);
        return outcome;
      };
    const [first, second, last] = standardStages(parts());
    if (!first || !second || !last) throw new Error('three stages');
    const through = door({ stages: [note('a'), first, note('b'), second, note('c'), last] });
    expect(code(await call({ through }))).toBe('ok');
    expect(seen).toEqual(['a in false', 'b in false', 'c in false', 'c out true', 'b out true', 'a out true']);
    expect(code(await call({ through: door({ stages: [first] }) }))).toBe('internal');
  });

  it('is not executed when its intent cannot be recorded', async () => {
    const full = {
      append: () => {
        throw new HoldfastError('host-disk-full', 'no space');
      },
    };
    expect(code(await call({ through: door({ journal: full }) }))).toBe('host-disk-full');
    expect(executed).toBe(0);
  });

  it('leaves only a short preview of long texts, whole characters and no bytes', async () => {
    const text = `${'x'.repeat(4087)}€€€${'y'.repeat(100_000)}`;
    await call({ input: { text } });
    for (const { body } of await entries()) {
      const { preview, bytes } = (body['input'] ?? body['output']) as { preview: string; bytes: number };
      expect(bytes).toBeGreaterThan(100_000);
      expect(Buffer.byteLength(preview)).toBeLessThanOrEqual(4096);
      expect(Buffer.byteLength(preview)).toBeGreaterThan(4092);
      expect(preview).not.toContain('\ufffd');
    }
    await door().perform({ tenant: 'a', sandbox, action: 'exec', subject: { argv: ['x'] } }, async () => ({
      stdout: Buffer.from('abc'),
      none: undefined,
    }));
    const last = (await entries()).at(-1);
    expect(last).toMatchObject({ type: 'call-ended', body: { verb: 'exec', ok: true } });
    expect(JSON.stringify(last?.body['output'])).toContain(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('a verb through the door', () => {
  it('answers and throws what its work does, and is recorded', async () => {
    const verb = { tenant: 'a', sandbox, action: 'write-file', subject: { path: '/x' } };
    const answer = { deep: [1] };
    expect(await door().perform(verb, async () => answer)).toBe(answer);
    const failure = new HoldfastError('file-exists', 'there');
    await expect(door().perform(verb, () => Promise.reject(failure))).rejects.toBe(failure);
    expect((await entries()).map(({ type, body }) => [type, body['ok']])).toEqual([
      ['call-begun', undefined],
      ['call-ended', true],
      ['call-begun', undefined],
      ['call-ended', false],
    ]);
  });
});

describe('a repeated key', () => {
  const idempotencyKey = 'k';

  it('gets the first result and executes nothing, later and at the same time', async () => {
    during = () => systemClock.sleep(50);
    const through = door();
    const [one, two] = await Promise.all([call({ idempotencyKey, through }), call({ idempotencyKey, through })]);
    const three = await call({ idempotencyKey });
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    expect(executed).toBe(1);
    expect((await call({ idempotencyKey: 'other' })).ok).toBe(true);
    expect(executed).toBe(2);
  });

  it('gets the first failure too', async () => {
    during = () => {
      throw new HoldfastError('disk-full', 'no room', { hint: 'make some' });
    };
    const one = await call({ idempotencyKey });
    during = () => undefined;
    expect(await call({ idempotencyKey })).toEqual(one);
    expect(executed).toBe(1);
  });

  it('is free again when the call was refused before it began', async () => {
    expect(code(await call({ idempotencyKey, input: { wrong: 1 } }))).toBe('invalid-argument');
    expect(await call({ idempotencyKey })).toMatchObject({ ok: true, output: { times: 1 } });
  });

  it('is refused for another input or tool', async () => {
    await call({ idempotencyKey });
    expect(code(await call({ idempotencyKey, input: { text: 'y' } }))).toBe('idempotency-conflict');
    expect(executed).toBe(1);
  });

  it('says that the outcome is unknown after a crash in between, and executes nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    during = () => promise;
    const lost = call({ idempotencyKey });
    await systemClock.sleep(20);
    store.close();
    store = openStore({ home });
    resolve();
    expect(code(await lost)).toBe('internal');
    expect(await call({ idempotencyKey })).toMatchObject({
      ok: false,
      error: { code: 'outcome-unknown', fault: 'infrastructure', retryable: false },
    });
    expect(executed).toBe(1);
  });

  it('says so too when the outcome could not be recorded', async () => {
    let appended = 0;
    const failing = {
      append: (entry: Parameters<Journal['append']>[0]) => {
        if (++appended === 2) throw new HoldfastError('host-disk-full', 'no space');
        return journal.append(entry);
      },
    };
    const through = door({ journal: failing });
    expect(code(await call({ idempotencyKey, through }))).toBe('host-disk-full');
    expect(code(await call({ idempotencyKey, through }))).toBe('outcome-unknown');
    expect(executed).toBe(1);
  });
});

describe('the standard tools', () => {
  it('are described by schemas every provider takes', () => {
    const described = createDoor(parts()).tools();
    expect(described.map(({ name }) => name)).toEqual(['shell', 'shell_session', 'files']);
    for (const { input, output, description } of described) {
      expect(input).toMatchObject({ type: 'object', properties: expect.any(Object), additionalProperties: false });
      expect(Object.keys(input as object)).not.toContain('anyOf');
      expect(Object.keys(input as object)).not.toContain('oneOf');
      expect(output).toBeTypeOf('object');
      expect(description.length).toBeGreaterThan(100);
    }
  });
});
