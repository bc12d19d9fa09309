import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { agentData, openWorld } from '../../../test/fixtures/agent-world.ts';
import { serveWire, type WireAnswer } from '../../../test/fixtures/model-wires.ts';
import type { AgentBundleInput, ModelFacts } from '../../schema/index.ts';
import type { SessionRecord } from '../../state/index.ts';
import { checkTape, type OpenModel, openModel, withTape } from './open.ts';
import { readModelTape } from './replay.ts';
import { scriptedModel } from './scripted.ts';

const left: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of left.splice(0)) await close();
});

async function serveAnswers(answers: WireAnswer[]): Promise<{ url: string; asked: () => number }> {
  const server = await serveWire('compatible', answers);
  left.push(() => server[Symbol.asyncDispose]());
  return { url: server.url, asked: () => server.asked.length };
}

const compatible = (baseUrl: string): ModelFacts => ({
  provider: 'compatible',
  id: 'm',
  baseUrl,
  price: { inputCentsPerMillion: 1_000_000, outputCentsPerMillion: 2_000_000 },
  maxOutputTokens: 50,
});
const asking = (model: ModelFacts, more = {}): AgentBundleInput => ({
  entry: 'a',
  agents: [{ ...agentData('a', [{ say: 'x' }], { tools: [], grants: [], limits: wide, ...more }), model }],
});
const wide = { steps: 100, tokens: 1_000_000, cents: 1_000_000, wallMs: 600_000, depth: 0 };

describe('a model over the wire', () => {
  it('answers, and what it used is counted by its own numbers and price', async () => {
    const { url } = await serveAnswers([{ status: 200, text: 'hello' }]);
    await using world = openWorld();
    const { id } = world.start(asking(compatible(url)), 'hi');
    const { outcome, spent } = await world.settled(id);
    expect(outcome).toMatchObject({ ok: true, output: { text: 'hello' } });
    expect(spent).toMatchObject({ steps: 1, tokens: 18, cents: 11 + 14 });
  });

  it('is asked again after a passing failure, and not after another', async () => {
    const passing = await serveAnswers([{ status: 503 }, { status: 200, text: 'late' }]);
    const lasting = await serveAnswers([{ status: 401 }]);
    await using world = openWorld();
    const good = world.start(asking(compatible(passing.url)), 'hi');
    expect((await world.settled(good.id)).outcome).toMatchObject({ ok: true });
    expect(passing.asked()).toBe(2);
    const bad = world.start(asking(compatible(lasting.url)), 'hi');
    expect((await world.settled(bad.id)).outcome).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    expect(lasting.asked()).toBe(1);
  });

  it('is asked again when its answer broke off, and what came of that one is not in the log', async () => {
    const { url, asked } = await serveAnswers([
      { status: 200, text: 'half of', breaks: 'reset' },
      { status: 200, text: 'whole' },
    ]);
    await using world = openWorld();
    const { id } = world.start(asking(compatible(url)), 'hi');
    expect((await world.settled(id)).outcome).toMatchObject({ ok: true, output: { text: 'whole' } });
    expect(asked()).toBe(2);
    expect(JSON.stringify(world.entries(id))).not.toContain('half of');
  });

  it('is stood in for by the next one, and the log says which answered', async () => {
    const broken = await serveAnswers([{ status: 500 }]);
    await using world = openWorld();
    const rules = [{ say: 'standing in' }];
    const fallbacks = [{ provider: 'scripted', rules, price: 'unpriced', maxOutputTokens: 10 }];
    const { id } = world.start(asking(compatible(broken.url), { fallbacks, attempts: 1 }), 'hi');
    expect((await world.settled(id)).outcome).toMatchObject({ output: { text: '[scripted] standing in' } });
    expect(world.entries(id).find(({ kind }) => kind === 'outcome')?.data['model']).toBe('scripted');
  });

  it('costs all that was held when nobody says what it used', async () => {
    const broken = await serveAnswers([{ status: 500 }]);
    await using world = openWorld();
    const { id } = world.start(asking(compatible(broken.url), { attempts: 1, patienceMs: 0 }), 'hi');
    expect((await world.settled(id)).spent.tokens).toBeGreaterThan(50);
  });
});

describe('a model on tape', () => {
  function newTape(): string {
    const home = mkdtempSync(join(tmpdir(), 'hf-tape-'));
    left.push(() => rmSync(home, { recursive: true, force: true }));
    return join(home, 'tape.jsonl');
  }
  const priced = (id: string): ModelFacts => ({ provider: 'openai', id, price: 'unpriced', maxOutputTokens: 50 });
  const boss = agentData('boss', [], { tools: ['delegate'], delegates: ['clerk'] });
  /** Both ask the same kind of model, and what the boss asks next has the id of the clerk's session in it. */
  const desk = (model: ModelFacts): AgentBundleInput => ({
    entry: 'boss',
    agents: [
      { ...boss, model },
      { ...agentData('clerk', [], { limits: { ...boss.limits, depth: 0 } }), model },
    ],
  });
  const live = scriptedModel([
    { answered: 0, sees: 'go', call: [{ tool: 'delegate', input: { to: 'clerk', task: 'count' } }] },
    { sees: 'count', say: 'three' },
    { sees: 'three', say: 'the clerk counts three' },
  ]);
  const play = async (open: OpenModel, bundle: AgentBundleInput, message = 'go'): Promise<SessionRecord['outcome']> => {
    await using world = openWorld({ open });
    const { id } = world.start(bundle, message);
    await expect.poll(() => world.engine.get(id).endedAt, { timeout: 10_000 }).not.toBe(null);
    return world.engine.get(id).outcome;
  };

  it('answers what was recorded, also work that was given away, and nothing else', async () => {
    const tape = newTape();
    const recorded = await play(
      withTape(() => live, { record: tape }),
      desk(priced('m')),
    );
    expect(recorded).toMatchObject({ ok: true, output: { text: '[scripted] the clerk counts three' } });
    const never: OpenModel = () => Promise.reject(new Error('asked'));
    const replay = withTape(never, { replay: tape });
    expect(await play(replay, desk(priced('m')))).toEqual(recorded);
    expect(await play(replay, desk(priced('m')), 'go elsewhere')).toMatchObject({
      ok: false,
      error: { code: 'model-failed', message: expect.stringContaining('is not on the tape') },
    });
    expect(await play(replay, desk(priced('other')))).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('to openai/other is not on the tape') },
    });
  });

  it('keeps what several models answer to the same question apart, and asks which is meant', async () => {
    const tape = newTape();
    const says = (facts: ModelFacts) => scriptedModel([{ say: 'id' in facts ? facts.id : 'none' }]);
    const record = withTape(says, { record: tape });
    await play(record, asking(priced('one')));
    await play(record, asking(priced('two')));
    const from = (more: { of?: string }): Promise<SessionRecord['outcome']> =>
      play(openModel, asking({ provider: 'replay', tape, price: 'unpriced', maxOutputTokens: 50, ...more }));
    expect(await from({ of: 'openai/one' })).toMatchObject({ output: { text: '[scripted] one' } });
    expect(await from({ of: 'openai/two' })).toMatchObject({ output: { text: '[scripted] two' } });
    expect(await from({})).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('has answers of openai/one, openai/two') },
    });
  });

  it('that cannot be used is found before any model is needed', async () => {
    const tape = newTape();
    await expect(checkTape({ record: join(tape, 'no', 'such', 'place') })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    await expect(checkTape({ replay: tape })).rejects.toMatchObject({ code: 'not-found' });
    const replay = withTape(() => live, { replay: tape });
    expect(await play(replay, asking(priced('m')))).toMatchObject({ ok: false, error: { code: 'model-failed' } });
    writeFileSync(tape, 'no line');
    await expect(checkTape({ replay: tape })).rejects.toMatchObject({ code: 'tape-corrupt' });
    rmSync(tape);
    await checkTape({ record: tape });
    await play(
      withTape(() => live, { record: tape }),
      desk(priced('m')),
    );
    await checkTape({ replay: tape });
    // What could not be read before is looked for again.
    expect(await play(replay, desk(priced('m')))).toMatchObject({ ok: true });
  });

  it('ends in whole lines after whoever wrote it was killed in a line (3)', async () => {
    const tape = newTape();
    const says = (facts: ModelFacts) => scriptedModel([{ say: 'id' in facts ? facts.id : 'none' }]);
    const record = withTape(says, { record: tape });
    await play(record, asking(priced('one')));
    const whole = readFileSync(tape, 'utf8');
    // A line may be longer than what is read of it at once.
    for (const half of ['{', whole.slice(0, -10), `${whole.slice(0, -10)}${'x'.repeat(100_000)}`]) {
      writeFileSync(tape, `${whole}${half}`);
      await checkTape({ replay: tape });
      expect((await readModelTape(tape)).answers.size).toBe(1);
      await checkTape({ record: tape });
      expect(readFileSync(tape, 'utf8')).toBe(whole);
    }
    await play(record, asking(priced('two')));
    expect((await readModelTape(tape)).answers.size).toBe(2);
    writeFileSync(tape, whole.slice(0, -10));
    await checkTape({ record: tape });
    expect(readFileSync(tape, 'utf8')).toBe('');
  });

  it('loses nothing of a file that is none', async () => {
    const tape = newTape();
    for (const text of ['no line', 'one\nanother']) {
      writeFileSync(tape, text);
      await expect(checkTape({ record: tape }), text).rejects.toMatchObject({ code: 'tape-corrupt' });
      await expect(checkTape({ replay: tape }), text).rejects.toMatchObject({ code: 'tape-corrupt' });
      expect(readFileSync(tape, 'utf8')).toBe(text);
    }
  });

  it('has nothing of an answer that could not be put on it whole', async () => {
    const tape = newTape();
    const code = `import { recordingModel } from ${JSON.stringify(join(import.meta.dirname, 'replay.ts'))};
import { scriptedModel } from ${JSON.stringify(join(import.meta.dirname, 'scripted.ts'))};
for (const say of ['short', 'long '.repeat(10_000)]) {
  const model = recordingModel(scriptedModel([{ say }]), ${JSON.stringify(tape)}, 'm');
  await model.doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: say }] }] }).then(
    () => console.log('kept'),
    (error) => console.log(error.code),
  );
}`;
    // No file beyond some blocks, and no signal for it: the write that crosses that ends in the middle.
    const limited = 'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"';
    const { stdout } = spawnSync('sh', ['-c', limited, process.execPath, code], { encoding: 'utf8', timeout: 20_000 });
    expect(stdout.split('\n')).toEqual(['kept', 'model-failed', '']);
    const { answers } = await readModelTape(tape);
    expect(answers.size).toBe(1);
  });

  it('that cannot be written is a failure, and not an answer that is nowhere', async () => {
    const tape = join(newTape(), 'no', 'such', 'place');
    expect(
      await play(
        withTape(() => live, { record: tape }),
        asking(priced('m')),
      ),
    ).toMatchObject({
      ok: false,
      error: { code: 'model-failed', message: expect.stringContaining('could not be put on') },
    });
  });
});

it('streams what a scripted model says as its parts', async () => {
  const model = scriptedModel([{ say: 'hi', call: [{ tool: 'note', input: {} }] }]);
  const { stream } = await model.doStream({ prompt: [] });
  const types: string[] = [];
  for (const reader = stream.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    types.push(value.type);
  }
  expect(types).toEqual(['stream-start', 'text-start', 'text-delta', 'text-end', 'tool-call', 'finish']);
});

it('leaves out the oldest turns when the manifest says so, and tells the model', async () => {
  await using world = openWorld();
  const long = 'x'.repeat(3000);
  const agent = agentData('a', [{ say: long }], { tools: [], compaction: { aboveBytes: 8000, keepTurns: 1 } });
  const { id } = world.start({ entry: 'a', agents: [agent] }, 'one', { task: false });
  for (const text of ['two', 'three', 'four', 'five']) {
    await world.settled(id, 'waiting');
    world.engine.deliver(id, { event: 'message', data: text });
    await expect.poll(() => world.engine.get(id).state).toBe('waiting');
  }
  const compacted = world.entries(id).filter(({ kind }) => kind === 'compacted');
  expect(compacted.length).toBeGreaterThanOrEqual(1);
  expect(compacted[0]?.data['messages']).toBeGreaterThanOrEqual(2);
});
