/** A start does not wait for the sessions that an earlier run left, and none of them is forgotten. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { type AgentBundleInput, HoldfastError } from '../schema/index.ts';
import { openStore } from '../state/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = '/bin/true';
let home: string;
let runtime: Runtime;

const open = async (): Promise<void> => {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
};
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-late-'));
  await open();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const bundle = (rules: Record<string, unknown>[]): AgentBundleInput => ({
  entry: 'a',
  agents: [agentData('a', rules, { tools: ['sleep'] })],
});
/** How often the code of sessions was loaded: each time says what it is configured with. */
function opened(): number {
  const directory = join(home, 'audit');
  const text = readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
  return text.split('"kind":"configured"').length - 1;
}
const stateOf = async (id: string): Promise<string> => (await runtime.service().getSession(id)).state;

describe('a start', () => {
  it('loads nothing for what only waits, which goes on when it is asked', async () => {
    const { id } = await runtime.service().startSession({ bundle: bundle([{ say: 'hi' }]), message: 'one' });
    await expect.poll(() => stateOf(id)).toBe('waiting');
    await runtime.close();
    await open();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(opened()).toBe(1);
    const { position } = await runtime.service().sendToSession(id, { data: 'two' });
    expect(opened()).toBe(2);
    await expect.poll(async () => (await runtime.service().getSession(id)).position).toBeGreaterThan(position);
    await expect.poll(() => stateOf(id)).toBe('waiting');
  });

  it('goes on by itself with what comes due, though nobody asks', async () => {
    const rules = [{ answered: 0, call: [{ tool: 'sleep', input: { ms: 1500 } }] }, { say: 'awake' }];
    const { id } = await runtime.service().startSession({ bundle: bundle(rules), message: 'one', task: true });
    await expect.poll(() => stateOf(id)).toBe('waiting');
    await runtime.close();
    await open();
    expect(opened()).toBe(1);
    await expect.poll(opened, { timeout: 10_000 }).toBe(2);
    await expect.poll(() => stateOf(id), { timeout: 10_000 }).toBe('done');
  });
});

describe('what an earlier run ended and did not write down', () => {
  it('is written down, though nobody asks', async () => {
    const { id } = await runtime.service().startSession({ bundle: bundle([{ say: 'hi' }]), message: 'one' });
    await expect.poll(() => stateOf(id)).toBe('waiting');
    await runtime.close();
    const store = openStore({ home });
    const error = new HoldfastError('cancelled', 'all were cancelled').toBody();
    const end = { outcome: { ok: false as const, error }, endedAt: '2026-11-30T10:00:00.000Z', by: null };
    expect(store.sessions.endParked(null, null, 99, end)).toBe(1);
    store.close();
    await open();
    const ended = async (): Promise<number> =>
      (await runtime.service().journal({ limit: 1000 })).items.filter(({ type }) => type === 'session-ended').length;
    await expect.poll(ended, { timeout: 10_000 }).toBe(1);
    expect(opened()).toBe(2);
    const [entry] = (await runtime.service().auditEntries({ kind: 'session-ended' })).items;
    expect(entry?.body).toMatchObject({ endedAt: end.endedAt });
  });
});

describe('a tape of models', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'hf-tape-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));
  const openWith = (modelTape: { replay: string } | { record: string }): Promise<Runtime> =>
    createRuntime({
      home: join(place, 'home'),
      substrate: new FakeSubstrate({ binary: guestBinary }),
      guestBinary,
      agents: { modelTape },
    });

  it('that is not there is found at the start, and nothing is left open', async () => {
    const replay = join(place, 'models.jsonl');
    await expect(openWith({ replay })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining(replay),
    });
    writeFileSync(replay, '');
    await (await openWith({ replay })).close();
  });

  it('may lie in a home that is made by the same start', async () => {
    const record = join(place, 'home', 'models.jsonl');
    await (await openWith({ record })).close();
    expect(readFileSync(record, 'utf8')).toBe('');
  });
});
