/**
 * Does training with noise help in a noisy production, and what does it cost in a clean one? Policies that are the same at the
 * start learn the same task in real sandboxes, half of them where everything works, half under a fault plan; then all work
 * under two other plans, each meeting the very same faults, and where nothing happens. What comes out is printed, whatever it is.
 *
 *   node examples/noise-training/main.ts [training episodes] [evaluation episodes] [seeds]
 *   node examples/noise-training/main.ts --write          writes what came out into result.json and README.md
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRuntime } from 'holdfast';
import { keyedDraw } from 'holdfast/noise';
import type { FaultPlanInput, HoldfastService } from 'holdfast/schema';
import { clean, rough, training, usual } from './plans.ts';
import { Policy } from './policy.ts';
import { type Episode, play, prepare } from './task.ts';

export interface Counts {
  /** Episodes of each policy. */
  training: number;
  /** Episodes of each policy in each production. */
  evaluation: number;
  /** Of training: each seed trains a policy clean and one with noise. */
  seeds: number;
}

const places = { rough, usual, clean } as const;
export type Place = keyof typeof places;

/** In one production, over all seeds. */
export interface Compared {
  /** Share of all calls that met a fault. */
  hit: number;
  /** Share of successes: trained clean, trained with noise. */
  trainedClean: number;
  trainedNoisy: number;
  /** What noise in training was worth, with its 95 % interval; and for each seed. */
  gain: number;
  low: number;
  high: number;
  gainOfSeed: number[];
  callsClean: number;
  callsNoisy: number;
}

export interface Outcome {
  counts: Counts;
  /** Day, machine, and sha256 of what trains and is met: `plans.ts`, `policy.ts`, `task.ts`. */
  made: { on: string; machine: string; sources: string };
  in: Record<Place, Compared>;
  /** What the policies of the first seed do. */
  tables: { clean: Record<string, string>; noisy: Record<string, string> };
}

const atOnce = 4;

export async function demonstrate(service: HoldfastService, counts: Counts): Promise<Outcome> {
  const snapshot = await start(service);
  const seeds = Array.from({ length: counts.seeds }, (_, seed) => seed + 1);
  const trained = await inTurns(seeds, async (seed) => ({
    clean: await train(service, snapshot, { plan: clean, name: 'clean', seed, count: counts.training }),
    noisy: await train(service, snapshot, { plan: training, name: 'noisy', seed, count: counts.training }),
  }));
  const compared = async (place: Place): Promise<Compared> => {
    const plan = places[place];
    const evaluated = (policy: Policy): Promise<Episode[]> =>
      inTurns(range(counts.evaluation), (rollout) =>
        episode(service, snapshot, { policy, plan, task: `evaluation ${place}`, rollout, explores: false }),
      );
    const pairs: Pair[] = [];
    for (const { clean: one, noisy: other } of trained)
      pairs.push({ clean: await evaluated(one), noisy: await evaluated(other) });
    return comparison(pairs);
  };
  const [first] = trained;
  return {
    counts,
    made: { on: new Date().toISOString().slice(0, 10), machine: machine(), sources: sourcesDigest() },
    in: { rough: await compared('rough'), usual: await compared('usual'), clean: await compared('clean') },
    tables: { clean: first?.clean.table() ?? {}, noisy: first?.noisy.table() ?? {} },
  };
}

const machine = (): string =>
  `${cpus().length} CPUs (${cpus()[0]?.model.trim()}), Linux ${release()}, Node ${process.version}`;

/** Of other plans, another learner or another task, what came out says nothing. */
export function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const name of ['plans.ts', 'policy.ts', 'task.ts']) hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex');
}

/** What every episode starts from. */
async function start(service: HoldfastService): Promise<string> {
  const { id } = await service.createSandbox({});
  await prepare(service, id);
  const snapshot = await service.createSnapshot(id);
  await service.destroySandbox(id);
  return snapshot.id;
}

interface Training {
  plan: FaultPlanInput;
  name: string;
  seed: number;
  count: number;
}

/** One after the other: each episode is played by what the ones before have taught. */
async function train(
  service: HoldfastService,
  snapshot: string,
  { plan, name, seed, count }: Training,
): Promise<Policy> {
  const policy = new Policy();
  for (let rollout = 0; rollout < count; rollout++) {
    const task = `training ${name} ${seed}`;
    const played = await episode(service, snapshot, { policy, plan, task, rollout, explores: true });
    policy.learn(played.chosen, played.reward);
  }
  return policy;
}

interface Setting {
  policy: Policy;
  plan: FaultPlanInput;
  task: string;
  rollout: number;
  explores: boolean;
}

async function episode(service: HoldfastService, snapshot: string, setting: Setting): Promise<Episode> {
  const { policy, plan, task, rollout, explores } = setting;
  const { id } = await service.createSandbox({
    template: snapshot,
    lifetimeMs: 120_000,
    faults: { plan, episode: { task, rollout } },
  });
  try {
    let turn = 0;
    const draw = (): number => keyedDraw('policy', [task, rollout, turn++]).unit;
    return await play({ service, sandbox: id, policy, draw, explores });
  } finally {
    await service.destroySandbox(id);
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

async function inTurns<I, T>(items: readonly I[], work: (item: I) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  const left = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) done[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

interface Pair {
  clean: Episode[];
  noisy: Episode[];
}

function comparison(pairs: readonly Pair[]): Compared {
  const differences = pairs.map(({ clean: one, noisy: other }) =>
    one.map(({ success }, at) => Number(other[at]?.success) - Number(success)),
  );
  const all = { clean: pairs.flatMap((pair) => pair.clean), noisy: pairs.flatMap((pair) => pair.noisy) };
  const resampled = bootstrap(differences);
  const played = [...all.clean, ...all.noisy];
  const sum = (of: (one: Episode) => number): number => played.reduce((total, one) => total + of(one), 0);
  return {
    hit:
      sum(({ hit }) => hit) /
      Math.max(
        1,
        sum(({ calls }) => calls),
      ),
    trainedClean: mean(all.clean.map(({ success }) => Number(success))),
    trainedNoisy: mean(all.noisy.map(({ success }) => Number(success))),
    gain: mean(differences.flat()),
    low: resampled[50] ?? 0,
    high: resampled[1949] ?? 0,
    gainOfSeed: differences.map(mean),
    callsClean: mean(all.clean.map(({ calls }) => calls)),
    callsNoisy: mean(all.noisy.map(({ calls }) => calls)),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Over seeds and over rollouts: policies of one seed are one draw of what training can come to, and all of them met the same
 * faults in a rollout, so both are drawn again, each for all of the other.
 */
function bootstrap(differences: readonly (readonly number[])[]): number[] {
  const rollouts = differences[0]?.length ?? 0;
  return range(2000)
    .map((turn) => {
      const pick = (what: string, at: number, count: number): number =>
        Math.floor(keyedDraw('bootstrap', [turn, what, at]).unit * count);
      const columns = range(rollouts).map((at) => pick('rollout', at, rollouts));
      const rows = range(differences.length).map((at) => differences[pick('seed', at, differences.length)] ?? []);
      return mean(rows.map((row) => mean(columns.map((column) => row[column] ?? 0))));
    })
    .sort((a, b) => a - b);
}

export function report({ counts, made, in: seen, tables }: Outcome): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const points = (share: number): string => `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}`;
  const lines = (title: string, one: Compared): string[] => [
    `in a ${title} production, where ${percent(one.hit)} of the calls met something:`,
    `  trained clean:       ${percent(one.trainedClean)} succeed, ${one.callsClean.toFixed(1)} calls each`,
    `  trained with noise:  ${percent(one.trainedNoisy)} succeed, ${one.callsNoisy.toFixed(1)} calls each`,
    `  gain: ${points(one.gain)} points, 95 % interval ${points(one.low)} to ${points(one.high)}; by seed ${one.gainOfSeed.map(points).join(', ')}`,
  ];
  return [
    `${counts.seeds} seeds; ${counts.training} episodes of training for each policy, ${counts.evaluation} of evaluation in each production, in real sandboxes`,
    `${made.on}: ${made.machine}`,
    ...lines('rough', seen.rough),
    ...lines('usual', seen.usual),
    ...lines('clean', seen.clean),
    '',
    'what the policies of the first seed do, where they have learned something (trained clean, trained with noise):',
    ...[...new Set([...Object.keys(tables.clean), ...Object.keys(tables.noisy)])]
      .sort()
      .map(
        (situation) =>
          `  ${situation.padEnd(34)} ${(tables.clean[situation] ?? '(never seen)').padEnd(14)} ${tables.noisy[situation] ?? '(never seen)'}`,
      ),
    '',
  ].join('\n');
}

const [begins, ends] = ['<!-- what came out: written by main.ts --write -->', '<!-- end -->'];

/** For SPECIFICATION.md. */
export function table({ counts, made, in: seen }: Outcome): string {
  const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const points = (value: number): string => `${value < 0 ? '' : '+'}${(value * 100).toFixed(1)}`;
  return [
    '| production | calls that met something | trained clean: successes | trained with noise: successes | gain, in points | 95 % interval |',
    '|---|---|---|---|---|---|',
    ...Object.entries(seen).map(
      ([place, one]) =>
        `| ${[place, share(one.hit), share(one.trainedClean), share(one.trainedNoisy), points(one.gain), `${points(one.low)} to ${points(one.high)}`].join(' | ')} |`,
    ),
    '',
    `\`node examples/noise-training/main.ts --write\`, ${made.on}: ${made.machine}. ${counts.seeds} seeds, ${counts.training} episodes of training, ${counts.evaluation} of evaluation for each policy and production.`,
  ].join('\n');
}

/** README.md with what came out in its place. */
export function documented(readme: string, outcome: Outcome): string {
  const [before, after] = [readme.indexOf(begins) + begins.length, readme.indexOf(ends)];
  return `${readme.slice(0, before)}\n\n${report(outcome)
    .trimEnd()
    .replace(/^(?=.)/gm, '    ')}\n\n${readme.slice(after)}`;
}

function write(outcome: Outcome): void {
  const at = (name: string): string => join(import.meta.dirname, name);
  writeFileSync(at('result.json'), `${JSON.stringify(outcome, null, 2)}\n`);
  writeFileSync(at('README.md'), documented(readFileSync(at('README.md'), 'utf8'), outcome));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const words = process.argv.slice(2);
  const [trained = 200, evaluation = 100, seeds = 5] = words.filter((word) => word !== '--write').map(Number);
  await using runtime = await createRuntime({ ephemeral: true });
  const outcome = await demonstrate(runtime.service(), { training: trained, evaluation, seeds });
  process.stdout.write(report(outcome));
  if (words.includes('--write')) write(outcome);
}
