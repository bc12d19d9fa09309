/**
 * Fuzzes what reads bytes of those who may be hostile, guided by coverage: `npm run fuzz -- [seconds] [target...]`, two
 * targets at a time, and one table of what came of it. Targets: scripts/fuzz/targets.ts.
 *
 * `seconds` (60) is CPU time of each target, so that a busy machine flatters no figure; with `--within` it is the time on
 * the clock for all together, and three seconds more of each that it leaves none for. `--record` adds the run to what docs/fuzzing.md shows. `--replay FILE target` runs one input
 * again, `--merge target...` keeps of what was found the few inputs that reach more than the seeds do.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { mergeSeeds } from './fuzz/merge.ts';
import { record } from './fuzz/report.ts';
import { endOnSignals, fuzz, type Outcome, once, wasEnded } from './fuzz/run.ts';
import { OutOfTime, type Program, type Target, targets } from './fuzz/targets.ts';

const usage = `npm run fuzz -- [--within] [--record] [seconds] [${Object.keys(targets).join('|')}...]`;
const lanes = 2;
const longestMakeMs = 600_000;
/** Whatever is left of the time on the clock: a target that was not tried must not look like one that holds. */
const leastSeconds = 3;

interface Job {
  name: string;
  target: Target;
}

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const startedMs = performance.now();
  const options = {
    within: { type: 'boolean' },
    record: { type: 'boolean' },
    merge: { type: 'boolean' },
    replay: { type: 'string' },
  } as const;
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true });
  const seconds = /^\d+$/.test(positionals[0] ?? '') ? Number(positionals.shift()) : 60;
  const unknown = positionals.find((name) => !targets[name]);
  if (unknown !== undefined || seconds < 1) {
    console.error(`fuzz: '${unknown ?? seconds}' is not understood; usage: ${usage}`);
    return 2;
  }
  const jobs = runnable(positionals.length > 0 ? positionals : Object.keys(targets));
  const isMissing = positionals.length > jobs.length;
  if (values.replay !== undefined) return await replay(jobs, values.replay);
  if (values.merge) return await merge(jobs);
  endOnSignals();
  const endMs = values.within ? startedMs + seconds * 1000 : Number.POSITIVE_INFINITY;
  const outcomes = await fuzzAll(jobs, endMs, values.within ? Number.POSITIVE_INFINITY : seconds);
  console.log(table(outcomes));
  if (values.record) record(outcomes);
  const crashes = [...outcomes].filter(([, { crash }]) => crash);
  for (const [name, { crash }] of crashes) if (crash) tell(name, crash);
  const untried = wasEnded() ? [] : jobs.filter(({ name }) => !outcomes.has(name));
  for (const { name } of untried) console.error(`FAILED   ${name}: it could not be made in time, and was not run`);
  return crashes.length > 0 || untried.length > 0 || isMissing ? 1 : 0;
}

/** Those that can run here; the others are named with the reason. */
function runnable(names: string[]): Job[] {
  const jobs: Job[] = [];
  for (const name of new Set(names)) {
    const target = targets[name];
    if (!target) continue;
    const why = target.lacks();
    if (why === null) jobs.push({ name, target });
    else console.error(`skipped  ${name}: ${why}`);
  }
  return jobs;
}

async function fuzzAll(jobs: Job[], endMs: number, cpuSeconds: number): Promise<Map<string, Outcome>> {
  const waiting = [...jobs];
  const outcomes = new Map<string, Outcome>();
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job && !wasEnded(); job = waiting.shift()) {
      const left = waiting.length + 1;
      const ownEndMs = performance.now() + ((endMs - performance.now()) * Math.min(lanes, left)) / left;
      const program = await make(job);
      const wallSeconds = Math.max(leastSeconds, (ownEndMs - performance.now()) / 1000);
      if (program) outcomes.set(job.name, await fuzz(job.name, job.target, program, { cpuSeconds, wallSeconds }));
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return new Map(jobs.flatMap(({ name }) => [...outcomes].filter(([done]) => done === name)));
}

/** Null when there was no time to. */
async function make({ target }: Job): Promise<Program | null> {
  try {
    return await target.make(longestMakeMs);
  } catch (error) {
    if (error instanceof OutOfTime) return null;
    throw error;
  }
}

async function replay(jobs: Job[], file: string): Promise<number> {
  for (const job of jobs) {
    const program = await make(job);
    if (!program) return 1;
    const { status, text } = await once(program, ['-timeout=25', '-rss_limit_mb=1024', resolve(file)]);
    console.error(text);
    if (status !== 0) return 1;
  }
  return jobs.length > 0 ? 0 : 1;
}

async function merge(jobs: Job[]): Promise<number> {
  for (const job of jobs) {
    const { name, target } = job;
    const program = await make(job);
    if (!program) return 1;
    const { kept, bytes } = await mergeSeeds(name, target, program);
    console.log(`${name}: ${kept} seeds, ${bytes} bytes`);
  }
  return 0;
}

function table(outcomes: ReadonlyMap<string, Outcome>): string {
  const rows = [['target', 'executions', 'seconds', 'of CPU', 'edges', 'features', 'new inputs', 'crashes']];
  for (const [name, one] of outcomes) {
    const figures = [one.executions, one.seconds, one.cpuSeconds, one.edges, one.features, one.newInputs];
    rows.push([name, ...figures.map((figure) => String(Math.round(figure))), one.crash ? '1' : '0']);
  }
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  const padded = (cell: string, at: number): string =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  return rows.map((row) => row.map(padded).join('  ')).join('\n');
}

function tell(name: string, crash: NonNullable<Outcome['crash']>): void {
  console.error(`\n${crash.text.slice(-8000).trimEnd()}\n\nFAILED   ${name}`);
  if (crash.input === null) console.error('no input was written: it failed before the first, or outside of one');
  else console.error(`the input: ${crash.input}\nagain:     npm run fuzz -- --replay ${crash.input} ${name}`);
}
