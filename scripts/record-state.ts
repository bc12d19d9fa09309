/**
 * Records a `state.db` of the current version, with sessions parked in it, as a fixture: `node scripts/record-state.ts`. One is
 * kept for every version that changed what sessions need, and test/unit/state-upgrades.test.ts opens each; none is ever written again.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrations } from '../src/state/migrations.ts';
import { openWorld } from '../test/fixtures/agent-world.ts';
import { dumpOf, stoppedAgent, storedPath, storedSessions } from '../test/fixtures/stored-states.ts';
import { TestClock } from '../test/fixtures/test-clock.ts';

const path = storedPath(migrations.length);
if (existsSync(path)) console.error(`${path} is there already, and is kept`);
else {
  const world = openWorld({ clock: new TestClock() });
  for (const { entry, agents, message = 'begin', park } of storedSessions) {
    const { id } = world.start({ entry, agents }, message, { task: false });
    await park(world, id);
  }
  world.engine.stop('default', stoppedAgent, 'ada');
  await world.close(true);
  writeFileSync(path, dumpOf(join(world.home, 'state.db')));
  rmSync(world.home, { recursive: true, force: true });
}
