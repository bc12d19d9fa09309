/**
 * Does training with noise help in a noisy production? Two policies that are the same at the start learn the same task in
 * real sandboxes, one where everything works, one under a fault plan; then both work under another plan, each meeting the
 * very same faults. What comes out is printed, whatever it is.
 *
 *   node examples/noise-training/main.ts [training episodes] [evaluation episodes]
 */
import { pathToFileURL } from 'node:url';
import { keyedDraw } from '../../src/base/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { FaultPlanInput, HoldfastService } from '../../src/schema/index.ts';
import { clean, production, training } from './plans.ts';
import { Policy } from './policy.ts';
import { type Episode, play, prepare } from './task.ts';

export interface Counts {
  training: number;
  evaluation: number;
}

export interface Outcome {
  /** Share of successes in production: trained clean, trained with noise. */
  clean: number;
  noisy: number;
  /** What noise in training was worth, with its 95 % interval. */
  gain: number;
  low: number;
  high: number;
  callsClean: number;
  callsNoisy: number;
  tables: { clean: Record<string, string>; noisy: Record<string, string> };
}

const atOnce = 4;

export async function demonstrate(service: HoldfastService, counts: Counts): Promise<Outcome> {
  const snapshot = await start(service);
  const policies = { clean: new Policy(), noisy: new Policy() };
  await train(service, snapshot, { policy: policies.clean, plan: clean, name: 'clean', count: counts.training });
  await train(service, snapshot, { policy: policies.noisy, plan: training, name: 'noisy', count: counts.training });
  const evaluated = async (policy: Policy): Promise<Episode[]> =>
    inTurns(counts.evaluation, (rollout) =>
      episode(service, snapshot, { policy, plan: production, task: 'evaluation', rollout, explores: false }),
    );
  const [withoutNoise, withNoise] = [await evaluated(policies.clean), await evaluated(policies.noisy)];
  return summary(withoutNoise, withNoise, policies);
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
  policy: Policy;
  plan: FaultPlanInput;
  name: string;
  count: number;
}

/** One after the other: each episode is played by what the ones before have taught. */
async function train(
  service: HoldfastService,
  snapshot: string,
  { policy, plan, name, count }: Training,
): Promise<void> {
  for (let rollout = 0; rollout < count; rollout++) {
    const played = await episode(service, snapshot, {
      policy,
      plan,
      task: `training ${name}`,
      rollout,
      explores: true,
    });
    policy.learn(played.chosen, played.reward);
  }
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

async function inTurns<T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) done[at] = await work(at);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return done;
}

function summary(one: Episode[], other: Episode[], policies: { clean: Policy; noisy: Policy }): Outcome {
  const differences = one.map(({ success }, at) => Number(other[at]?.success) - Number(success));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  // The rollout is the unit: both met the same faults in it.
  const resampled = Array.from({ length: 2000 }, (_, turn) =>
    mean(
      differences.map(
        (_, at) => differences[Math.floor(keyedDraw('bootstrap', [turn, at]).unit * differences.length)] ?? 0,
      ),
    ),
  ).sort((a, b) => a - b);
  return {
    clean: mean(one.map(({ success }) => Number(success))),
    noisy: mean(other.map(({ success }) => Number(success))),
    gain: mean(differences),
    low: resampled[50] ?? 0,
    high: resampled[1949] ?? 0,
    callsClean: mean(one.map(({ calls }) => calls)),
    callsNoisy: mean(other.map(({ calls }) => calls)),
    tables: { clean: policies.clean.table(), noisy: policies.noisy.table() },
  };
}

export function report(outcome: Outcome, { training: trained, evaluation }: Counts): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const points = (share: number): string => `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}`;
  return [
    `${trained} episodes of training each, ${evaluation} of evaluation in a noisy production, in real sandboxes`,
    `trained clean:       ${percent(outcome.clean)} succeed, ${outcome.callsClean.toFixed(1)} calls each`,
    `trained with noise:  ${percent(outcome.noisy)} succeed, ${outcome.callsNoisy.toFixed(1)} calls each`,
    `gain: ${points(outcome.gain)} points, 95 % interval ${points(outcome.low)} to ${points(outcome.high)}`,
    '',
    'what each does, where it has learned something:',
    ...[...new Set([...Object.keys(outcome.tables.clean), ...Object.keys(outcome.tables.noisy)])]
      .sort()
      .map(
        (situation) =>
          `  ${situation.padEnd(34)} ${(outcome.tables.clean[situation] ?? '(never seen)').padEnd(14)} ${outcome.tables.noisy[situation] ?? '(never seen)'}`,
      ),
    '',
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [trained = '300', evaluation = '200'] = process.argv.slice(2);
  const counts = { training: Number(trained), evaluation: Number(evaluation) };
  await using runtime = await createRuntime({ ephemeral: true });
  process.stdout.write(report(await demonstrate(runtime.service(), counts), counts));
}
