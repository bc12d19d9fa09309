/**
 * Records a parked session of the current format as a fixture: `node scripts/record-session.ts`. One is kept for every
 * format there ever was, and test/unit/session-formats.test.ts goes on with each; none is ever written again.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentData, openWorld } from '../test/fixtures/agent-world.ts';

const world = openWorld();
const helper = agentData('helper', [
  { answered: 0, call: [{ tool: 'note', input: { text: 'helped' } }] },
  { say: 'helped' },
]);
const clerk = agentData(
  'clerk',
  [
    {
      answered: 0,
      call: [
        { tool: 'note', input: { text: 'before' } },
        { tool: 'delegate', input: { to: 'helper', task: 'help' } },
      ],
    },
    { answered: 1, say: 'what else?' },
    { answered: 2, call: [{ tool: 'note', input: { text: 'after' } }] },
    { say: 'done' },
  ],
  { tools: ['note', 'delegate'], delegates: ['helper'] },
);
const { id } = world.start({ entry: 'clerk', agents: [clerk, helper] }, 'begin', { task: false });
await world.settled(id, 'waiting');
while (world.engine.get(id).waitsFor[0] !== 'message') await new Promise((resolve) => setTimeout(resolve, 5));
const sessions = world.store.sessions.list({ tenant: 'default', all: true }).items;
const format = world.engine.get(id).format;
const path = join(import.meta.dirname, `../test/fixtures/sessions/format-${format}.json`);
const recorded = {
  bundle: world.store.sessions.getBundle(world.engine.get(id).bundle),
  sessions: sessions.map((record) => ({ record, entries: world.entries(record.id) })),
};
if (existsSync(path)) console.error(`${path} is there already, and is kept`);
else writeFileSync(path, `${JSON.stringify(recorded, null, 1)}\n`);
await world.close();
