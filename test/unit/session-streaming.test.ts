/** What a step says as it comes: followers.ts and drafts.ts, with a model that answers when told to. */
import { describe, expect, it } from 'vitest';
import type { Update } from '../../src/sessions/index.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';
import { Speaker } from '../fixtures/speaker.ts';

const bundle = { entry: 'a', agents: [agentData('a', [{ say: 'x' }], { tools: [] })] };
const never = new AbortController().signal;

/** A reader that takes all it gets. */
function reader(world: AgentWorld, id: string, after = 0): { updates: Update[]; done: Promise<void>; text(): string } {
  const updates: Update[] = [];
  const done = (async () => {
    for await (const update of world.engine.follow(id, after, never)) updates.push(update);
  })();
  const text = (): string => {
    let shown = '';
    for (const update of updates) {
      if (update.type === 'withdrawn') shown = '';
      if (update.type === 'partial') shown = shown.slice(0, update.from) + update.text;
    }
    return shown;
  };
  return { updates, done, text };
}

const kinds = (updates: readonly Update[]): string[] =>
  updates.map((update) => (update.type === 'entry' ? update.entry.kind : update.type));

describe('text as it comes', () => {
  it('reaches any number of readers, whenever they come, and stands in the log once and whole', async () => {
    const speaker = new Speaker();
    await using world = openWorld({ open: () => speaker.model });
    const { id } = world.start(bundle, 'hi');
    const early = reader(world, id);
    await expect.poll(() => speaker.asked).toBe(1);
    for (const word of ['It ', 'is ', 'so']) {
      speaker.say(word);
      await expect.poll(() => early.text()).toMatch(new RegExp(`${word}$`));
    }
    const late = [reader(world, id), reader(world, id, 2)];
    for (const one of late) await expect.poll(() => one.text()).toBe('It is so');
    expect(late.map(({ updates }) => kinds(updates))).toEqual([['started', 'intent', 'partial'], ['partial']]);
    speaker.say('.');
    await expect.poll(() => [early, ...late].map((one) => one.text())).toEqual(['It is so.', 'It is so.', 'It is so.']);
    expect(world.entries(id).map(({ kind }) => kind)).toEqual(['started', 'intent']);
    speaker.finish();
    await Promise.all([early.done, ...late.map(({ done }) => done)]);
    for (const { updates } of [early, ...late]) expect(kinds(updates).slice(-2)).toEqual(['outcome', 'ended']);
    expect(kinds(early.updates)).not.toContain('withdrawn');
    expect(world.engine.get(id).outcome).toMatchObject({ output: { text: 'It is so.' } });
  });

  it('is not held back by a reader that does not read, who gets it in one piece later', async () => {
    const speaker = new Speaker();
    await using world = openWorld({ open: () => speaker.model });
    const { id } = world.start(bundle, 'hi');
    await expect.poll(() => speaker.asked).toBe(1);
    const slow = world.engine.follow(id, 2, never);
    speaker.say('first');
    expect((await slow.next()).value).toMatchObject({ type: 'partial', text: 'first' });
    const fast = reader(world, id, 2);
    for (let count = 0; count < 2000; count++) speaker.say('.');
    await expect.poll(() => fast.text().length).toBe(2005);
    expect((await slow.next()).value).toEqual({ type: 'partial', step: 2, from: 5, text: '.'.repeat(2000) });
    speaker.finish();
    await world.settled(id, 'done');
    expect([(await slow.next()).value, (await slow.next()).value]).toMatchObject([
      { type: 'entry', entry: { kind: 'outcome' } },
      { type: 'entry', entry: { kind: 'ended' } },
    ]);
    expect((await slow.next()).done).toBe(true);
  });

  it('is withdrawn when an answer breaks off, before the next one is begun', async () => {
    const speaker = new Speaker();
    await using world = openWorld({ open: () => speaker.model });
    const { id } = world.start(bundle, 'hi');
    const one = reader(world, id, 2);
    await expect.poll(() => speaker.asked).toBe(1);
    speaker.say('no, ');
    await expect.poll(() => one.text()).toBe('no, ');
    speaker.breakOff();
    await expect.poll(() => speaker.asked).toBe(2);
    speaker.say('yes');
    speaker.finish();
    await one.done;
    expect(kinds(one.updates)).toEqual(['partial', 'withdrawn', 'partial', 'outcome', 'ended']);
    expect(one.text()).toBe('yes');
  });

  it('is withdrawn when the session is cancelled, and the model is not read on', async () => {
    const speaker = new Speaker();
    await using world = openWorld({ open: () => speaker.model });
    const { id } = world.start(bundle, 'hi');
    const one = reader(world, id, 2);
    await expect.poll(() => speaker.asked).toBe(1);
    speaker.say('I was');
    await expect.poll(() => one.text()).toBe('I was');
    world.engine.cancel(id, 'enough');
    await one.done;
    expect(kinds(one.updates)).toEqual(['partial', 'ended', 'withdrawn']);
    await expect.poll(() => speaker.left).toBe(1);
  });

  it('is withdrawn after a crash in its middle, and the step is done again', async () => {
    const [before, after] = [new Speaker(), new Speaker()];
    const crashed = openWorld({ open: () => before.model });
    const { id } = crashed.start(bundle, 'hi');
    const one = reader(crashed, id);
    await expect.poll(() => before.asked).toBe(1);
    before.say('half an ans');
    await expect.poll(() => one.text()).toBe('half an ans');
    await crashed.close(true);
    await one.done;
    await using world = openWorld({ home: crashed.home, open: () => after.model });
    const again = reader(world, id, 2);
    await expect.poll(() => after.asked).toBe(1);
    expect(kinds(again.updates)).toEqual(['withdrawn']);
    after.say('a whole one');
    after.finish();
    await again.done;
    expect(kinds(again.updates)).toEqual(['withdrawn', 'partial', 'outcome', 'ended']);
    expect(world.engine.get(id).outcome).toMatchObject({ output: { text: 'a whole one' } });
    expect(JSON.stringify(world.entries(id))).not.toContain('half an ans');
  });

  it('ends the answer that grows beyond what one may be', async () => {
    const speaker = new Speaker();
    await using world = openWorld({ open: () => speaker.model });
    const { id } = world.start(bundle, 'hi');
    await expect.poll(() => speaker.asked).toBe(1);
    for (let count = 0; count < 17; count++) speaker.say('x'.repeat(65_536));
    expect((await world.settled(id, 'failed')).outcome).toMatchObject({
      error: { code: 'model-failed', message: expect.stringContaining('longer than 1048576 bytes') },
    });
    expect(speaker.left).toBe(1);
  });
});
