/** Sessions that earlier versions parked, as they were recorded then, go on under this one. */
import { readdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConversation } from '../../src/agents/conversation.ts';
import { agentFormatVersion } from '../../src/agents/program.ts';
import { type EntryKind, entryKinds } from '../../src/schema/index.ts';
import { openWorld } from '../fixtures/agent-world.ts';
import { putRecorded, readRecorded, recordings, states } from '../fixtures/session-states.ts';
import { TestClock } from '../fixtures/test-clock.ts';

const formats = Array.from({ length: agentFormatVersion }, (_, at) => at + 1);
const recorded = formats.flatMap((format) =>
  Object.entries(states)
    .filter(([, { since }]) => since <= format)
    .map(([name]) => [format, name] as const),
);
/** Which it cannot have written. */
const later: Readonly<Record<number, readonly EntryKind[]>> = { 1: ['began', 'called', 'upgraded'] };

it('has one of every format there was, in every state that it had', () => {
  const names = recorded.map(([format, name]) => `format-${format}-${name}.json`);
  expect(readdirSync(recordings).toSorted()).toEqual(names.toSorted());
});

describe.each(formats)('what was recorded of format %i', (format) => {
  const sessions = recorded.filter(([of]) => of === format).flatMap(([, name]) => readRecorded(format, name).sessions);

  it('has every kind of entry that it can write', () => {
    const found = new Set(sessions.flatMap(({ entries }) => entries.map(({ kind }) => kind)));
    const known = entryKinds.filter((kind) => !later[format]?.includes(kind));
    expect([...found].toSorted()).toEqual(known.toSorted());
  });

  it('is of that format, and waits, with when it wakes where that has an end', () => {
    const living = sessions.filter(({ record }) => record.endedAt === null).map(({ record }) => record);
    expect(new Set(living.map(({ format: of }) => of))).toEqual(new Set([format]));
    expect(new Set(living.map(({ state }) => state))).toEqual(new Set(['waiting']));
    expect(living.filter(({ wakeMs }) => wakeMs !== null).length).toBeGreaterThan(living.length / 2);
  });
});

it.each([
  // Each message of a person was a turn then.
  [3, 3],
  [4, 0],
])('what a handoff of format %i left out stays out: %i messages', (format, left) => {
  const { sessions } = readRecorded(format, 'passed');
  const conversation = readConversation(sessions[0]?.entries ?? [], 'desk');
  expect(conversation).toMatchObject({ agent: 'expert', left });
  expect(JSON.stringify(conversation.messages).includes('"begin"')).toBe(left === 0);
});

it.each(recorded)('acceptance test 7: format %i, %s, goes on', async (format, name) => {
  const state = states[name];
  if (!state) throw new Error(`there is no state ${name}`);
  const clock = new TestClock();
  const earlier = openWorld({ clock });
  const id = putRecorded(earlier, readRecorded(format, name));
  await earlier.close(true);
  await using _home = { [Symbol.asyncDispose]: async () => rmSync(earlier.home, { recursive: true, force: true }) };
  await using world = openWorld({ home: earlier.home, clock });
  const { position } = world.engine.get(id);
  state.goOn(world, id, clock);
  const answers = (): string =>
    JSON.stringify(
      world
        .entries(id)
        .filter(({ position: at, kind }) => at > position && (kind === 'outcome' || kind === 'received'))
        .map(({ data }) => [data['content'], data['output'], data['data']]),
    );
  await expect.poll(answers, { timeout: 10_000 }).toMatch(/"(\[scripted\] )?done"/);
  await expect.poll(() => world.engine.get(id).waitsFor, { timeout: 10_000 }).toEqual(['message']);
  expect(
    world
      .notes()
      .map((line) => line.split(' ')[1])
      .filter(Boolean),
  ).toEqual(state.notes);
  expect(world.engine.get(id).format).toBe(agentFormatVersion);
});
