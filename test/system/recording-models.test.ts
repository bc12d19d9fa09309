/** What models of sessions answered, carried out of the recording of a sandbox, and answered from again when they are gone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HoldfastService, Session } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { serveWire, type WireServer } from '../fixtures/model-wires.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

const secret = 'of-many-letters-that-stay-outside';
let left: { close(): Promise<void> }[] = [];
beforeEach(() => {
  left = [];
});
afterEach(async () => {
  for (const each of left) await each.close();
});

async function serving(answers: Parameters<typeof serveWire>[1]): Promise<WireServer> {
  const wire = await serveWire('compatible', answers);
  left.push({ close: async () => wire[Symbol.asyncDispose]() });
  return wire;
}

async function runtimeOf(replay?: string): Promise<{ runs: RecordedRuns; service: HoldfastService }> {
  const runs = new RecordedRuns();
  left.push(runs);
  const service = await runs.open(replay === undefined ? {} : { agents: { modelTape: { replay } } });
  return { runs, service };
}

interface Asked {
  message: string;
  record?: boolean;
  models: { url: string; maxOutputTokens?: number }[];
}

/** A session in a sandbox of its own, until it is over. */
async function talk(
  service: HoldfastService,
  { message, record = false, models: [first, second] }: Asked,
): Promise<{ box: string; session: Session }> {
  const modelAt = ({ url, maxOutputTokens = 1000 }: Asked['models'][number]) => ({
    provider: 'compatible' as const,
    id: 'm',
    baseUrl: url,
    price: 'unpriced' as const,
    maxOutputTokens,
  });
  const { id: box } = await service.createSandbox({ record });
  const agent = {
    ...agentData('a', [], { grants: ['sandbox:files'], tools: ['files'], attempts: 1, patienceMs: 0 }),
    model: modelAt(first ?? { url: '' }),
    fallbacks: second ? [{ ...modelAt(second), id: 'standing-in' }] : [],
  };
  const bundle = { entry: 'a', agents: [agent] };
  const { id } = await service.startSession({ bundle, message, sandbox: box, task: true });
  await expect.poll(async () => (await service.getSession(id)).endedAt, { timeout: 20_000 }).not.toBeNull();
  return { box, session: await service.getSession(id) };
}

async function tapeOf(service: HoldfastService, recording: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await service.exportRecording(recording, 'models')) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const list = { call: { tool: 'files', input: { action: 'write', path: '/workspace/b', content: 'x' } } };
const missed = { ok: false, error: { message: expect.stringContaining('is not on the tape') } };

it('answers the same session again without a model, and nothing that was not asked', { timeout: 90_000 }, async () => {
  const wire = await serving([list, { text: 'it is written' }]);
  const { runs, service } = await runtimeOf();
  const { box, session } = await talk(service, { message: 'write it', record: true, models: [wire] });
  expect(session.outcome).toMatchObject({ ok: true, output: { text: 'it is written' } });
  const recording = await runs.finished({ id: box });
  const tape = join(runs.home, 'models.jsonl');
  writeFileSync(tape, await tapeOf(service, recording));
  await wire[Symbol.asyncDispose]();

  const { service: other } = await runtimeOf(tape);
  const again = await talk(other, { message: 'write it', models: [wire] });
  expect(again.session.outcome).toEqual(session.outcome);
  expect(again.session.budget.spent).toMatchObject({ steps: session.budget.spent.steps, tokens: 36 });
  expect((await talk(other, { message: 'write else', models: [wire] })).session.outcome).toMatchObject(missed);
  // As with every tape: who may say less was not answered, nor who is asked elsewhere.
  for (const model of [{ ...wire, maxOutputTokens: 999 }, { url: `${wire.url}/2` }])
    expect((await talk(other, { message: 'write it', models: [model] })).session.outcome).toMatchObject(missed);
  expect(wire.asked).toHaveLength(2);
});

it('has tokens where secrets were, answers who asks with them, and nobody who asks with the secret', async () => {
  const wire = await serving([{ text: `the secret is ${secret}` }]);
  const { runs, service } = await runtimeOf();
  await service.putSecret('token', new TextEncoder().encode(secret));
  const message = (value: string): string => `keep ${value}`;
  const { box } = await talk(service, { message: message(secret), record: true, models: [wire] });
  const text = await tapeOf(service, await runs.finished({ id: box }));
  expect(text).not.toContain(secret);
  const [token = ''] = /the secret is ([^"\\]+)/.exec(text)?.slice(1) ?? [];
  expect(token.length).toBeGreaterThan(8);
  const tape = join(runs.home, 'models.jsonl');
  writeFileSync(tape, text);

  const { service: other } = await runtimeOf(tape);
  expect((await talk(other, { message: message(secret), models: [wire] })).session.outcome).toMatchObject(missed);
  expect((await talk(other, { message: message(token), models: [wire] })).session.outcome).toMatchObject({
    output: { text: `the secret is ${token}` },
  });
}, 90_000);

it('answers again what a fallback answered, as that fallback and no other', async () => {
  const [broken, stands] = [await serving([{ status: 500 }]), await serving([list, { text: 'standing in' }])];
  const { runs, service } = await runtimeOf();
  const { box, session } = await talk(service, { message: 'go', record: true, models: [broken, stands] });
  expect(session.outcome).toMatchObject({ ok: true, output: { text: 'standing in' } });
  const tape = join(runs.home, 'models.jsonl');
  writeFileSync(tape, await tapeOf(service, await runs.finished({ id: box })));
  const names = readFileSync(tape, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Reflect.get(JSON.parse(line), 'model'));
  expect(names).toEqual(Array(2).fill(`compatible/standing-in at ${stands.url}`));
  for (const wire of [broken, stands]) await wire[Symbol.asyncDispose]();

  const { service: other } = await runtimeOf(tape);
  const again = await talk(other, { message: 'go', models: [broken, stands] });
  expect(again.session.outcome).toEqual(session.outcome);
  expect(again.session.budget.spent).toMatchObject({
    steps: session.budget.spent.steps,
    tokens: session.budget.spent.tokens,
  });
  // Nobody answers in the name of who failed, nor one that stands elsewhere, may say less or was asked something else.
  const others = [
    [broken],
    [{ url: stands.url }],
    [broken, { url: `${stands.url}/2` }],
    [broken, { ...stands, maxOutputTokens: 999 }],
  ];
  for (const models of others) {
    expect((await talk(other, { message: 'go', models })).session.outcome).toMatchObject(missed);
  }
  expect((await talk(other, { message: 'stay', models: [broken, stands] })).session.outcome).toMatchObject(missed);
}, 120_000);

it('leaves out what failed, and what others recorded', async () => {
  const broken = await serving([{ status: 500 }]);
  const { runs, service } = await runtimeOf();
  const { box, session } = await talk(service, { message: 'go', record: true, models: [broken] });
  expect(session.outcome).toMatchObject({ ok: false });
  const request = { model: 'theirs', messages: [{ role: 'user', content: 'hi' }] };
  await service.recordEvent(box, { type: 'model-call', model: 'theirs', request, response: 'hello' });
  await service.recordEvent(box, { type: 'model-call', model: 'theirs', request: null, response: null });
  expect(await tapeOf(service, await runs.finished({ id: box }))).toBe('');
}, 60_000);
