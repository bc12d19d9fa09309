/** Durable sessions: steps, turns, those that wait, beside other durable engines. */
import { closeSync, fdatasync, openSync, write } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type MeasuredRow, type Row, timed } from '../harness.ts';
import { dbosEngine } from '../sessions/dbos.ts';
import type { DurableEngine } from '../sessions/engine.ts';
import { holdfastEngine } from '../sessions/ours.ts';
import { parkedRows } from '../sessions/parked.ts';
import { restateEngine } from '../sessions/restate.ts';
import { switchRows } from '../sessions/switch.ts';

const stepsOfOne = 200;
const sessionsAtOnce = 200;
const stepsOfEach = 20;

export const group: Group = {
  name: 'sessions',
  title: 'Durable sessions',
  measures: `A step answers 512 bytes and does nothing else; it is over when its result is on the disk, and a session when its end is. Steps per second: of one session of ${stepsOfOne} steps, and of ${sessionsAtOnce} sessions of ${stepsOfEach} begun at once. Turn: a session of one step, from its start in the caller to its end. Ours writes before each step as well, holds and settles a budget of five limits, and has an entry of the audit log, sealed and on the disk as well, beside each of its own; one row is without that. Beside: our steps per second divided by theirs, percentile by percentile. Parked: each session has answered and waits for a message; memory is resident memory of a daemon that was just started, beside one without sessions. Woken: until a reader over HTTP sees it at work, by the millisecond of the log’s clock for timers. Switch: one agent of one of two tenants, all of one tenant’s, or everybody’s are stopped and their sessions ended, in a daemon with its audit log, while shells run in sandboxes; until the verb answers, and until the machine has none of their processes any more; afterwards no such session begins.`,
  leavesOut:
    'What a model or a tool takes. Disks that take longer: all wait for the same one, and the first row says how long. More than one machine. Work of the others that ours does not do: DBOS and Restate run functions of any shape, which ours reads from a log.',
  run,
};

async function run(plan: Plan): Promise<Row[]> {
  const { bench, rounds, say } = plan;
  const engines = [
    await holdfastEngine(bench, true),
    await dbosEngine(bench),
    await restateEngine(bench),
    await holdfastEngine(bench, false),
  ];
  say('steps of one session');
  const one = await interleave(engines.map(ofOne), rounds(10, 1));
  say(`steps of ${sessionsAtOnce} sessions`);
  const many = await interleave(engines.map(ofMany), rounds(10, 1));
  say('turns');
  const turns = await interleave([...engines.map(ofTurn), flush(plan)], { ...rounds(60, 3), inARow: 5 });
  const parked = await parkedRows(plan);
  say('the switch for emergencies');
  const switched = await switchRows(plan);
  const steps = [...turns.slice(-1), ...one, ...many, ...beside(many, engines), ...turns.slice(0, -1)];
  return [...steps, ...parked, ...switched];
}

function ofOne({ id, label, skip, run: session }: DurableEngine): Contender {
  return {
    id: `sessions-one-${id}`,
    label: `${label}: steps of one session`,
    unit: 'per second',
    skip: skip ?? null,
    attempt: async () => (1000 * stepsOfOne) / (await timed(() => session(stepsOfOne))),
  };
}

function ofMany({ id, label, skip, run: session }: DurableEngine): Contender {
  const all = (): Promise<unknown> => Promise.all(Array.from({ length: sessionsAtOnce }, () => session(stepsOfEach)));
  return {
    id: `sessions-many-${id}`,
    label: `${label}: steps of ${sessionsAtOnce} sessions`,
    unit: 'per second',
    skip: skip ?? null,
    attempt: async () => (1000 * sessionsAtOnce * stepsOfEach) / (await timed(all)),
  };
}

function ofTurn({ id, label, skip, run: session }: DurableEngine): Contender {
  return {
    id: `sessions-turn-${id}`,
    label: `${label}: a turn of one step`,
    skip: skip ?? null,
    attempt: () => timed(() => session(1)),
  };
}

/** Four kibibytes more in a file, and on the disk: what no durable step is below. */
function flush({ bench }: Plan): Contender {
  const file = openSync(join(bench.directory, 'flushed'), 'a');
  bench.defer(async () => closeSync(file));
  const bytes = Buffer.alloc(4096, 1);
  return {
    id: 'sessions-flush',
    label: 'Append 4 KiB and flush (floor)',
    attempt: () =>
      timed(async () => {
        await promisify(write)(file, bytes);
        await promisify(fdatasync)(file);
      }),
  };
}

/** Ours divided by each of the others: with the audit log, which they have none of, and without it, for the same work. */
function beside(rows: readonly Row[], engines: readonly DurableEngine[]): Row[] {
  const [logged, dbos, restate, alone] = [0, 1, 2, 3].map((at) => ({ row: rows[at], engine: engines[at] }));
  return [logged, alone].flatMap((ours) =>
    [dbos, restate].map((other): Row => {
      const head = {
        id: `sessions-beside-${other?.engine?.id}${ours === alone ? '-alone' : ''}`,
        label: `${ours?.engine?.label} beside ${other?.engine?.label}: steps of ${sessionsAtOnce} sessions`,
      };
      const [own, theirs] = [ours?.row, other?.row];
      if (!own || 'skipped' in own) return { ...head, skipped: 'not run' };
      if (!theirs || 'skipped' in theirs) return { ...head, skipped: theirs?.skipped ?? 'not run' };
      return { ...ratio(own, theirs), ...head, unit: 'times' };
    }),
  );
}

function ratio(ours: MeasuredRow, theirs: MeasuredRow): MeasuredRow {
  const quantiles = (['best', 'p50', 'p95', 'p99', 'worst'] as const).map((at) => [at, ours[at] / theirs[at]]);
  return { ...ours, ...Object.fromEntries(quantiles), failed: ours.failed + theirs.failed };
}
