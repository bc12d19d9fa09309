/**
 * Records parked sessions of the current format as fixtures: `node scripts/record-session.ts`. Each state is kept for every
 * format there ever was, and test/unit/session-formats.test.ts goes on with each; none is ever written again.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFormatVersion } from '../src/agents/program.ts';
import { openWorld } from '../test/fixtures/agent-world.ts';
import { putRecorded, type Recorded, readRecorded, recordings, states } from '../test/fixtures/session-states.ts';
import { TestClock } from '../test/fixtures/test-clock.ts';

const format: number = agentFormatVersion;
for (const [name, { since, entry, agents, message = 'begin', park }] of Object.entries(states)) {
  const path = join(recordings, `format-${format}-${name}.json`);
  if (since > format || existsSync(path)) {
    console.error(`${name}: ${since > format ? 'is not of this format' : 'is there already, and is kept'}`);
    continue;
  }
  const world = openWorld({ clock: new TestClock() });
  try {
    const isUpgraded = name === 'upgraded';
    const id = isUpgraded
      ? putRecorded(world, readRecorded(format - 1, 'resting'))
      : world.start({ entry, agents }, message, { task: false }).id;
    await park(world, id);
    const sessions = world.store.sessions.list({ tenant: 'default', all: true }).items;
    const recorded: Recorded = {
      bundle: world.store.sessions.getBundle(world.engine.get(id).bundle),
      sessions: sessions.map((record) => ({ record, entries: world.entries(record.id) })),
    };
    writeFileSync(path, `${JSON.stringify(recorded, null, 1)}\n`);
    console.error(`${name}: recorded`);
  } finally {
    await world.close();
  }
}
