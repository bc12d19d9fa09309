/** Fault plans as files, and what the command line says of them. */
import { resolve } from 'node:path';
import { HoldfastError } from '../schema/error-class.ts';
import type { FaultPlan, SandboxFaultsInput } from '../schema/index.ts';
import { type Place, textOf } from './contract-files.ts';

export const faultOptions = {
  faults: { kind: 'text', value: 'PLAN', description: 'a fault plan, YAML or JSON: what its agent meets' },
  episode: { kind: 'pairs', value: 'K=V', description: 'of the plan’s run: task=, group= and rollout=' },
} as const;

export async function loadPlan(name: string, { directory }: Place): Promise<FaultPlan> {
  const { readSource } = await import('../contract/index.ts');
  const { faultPlanSchema } = await import('../schema/index.ts');
  const text = await textOf(resolve(directory, name), name, 'Give a file; `holdfast faults calibrate` writes one.');
  const hint = 'Correct what is named; `holdfast faults list` says which kinds there are.';
  return readSource({ text, file: name, schema: faultPlanSchema, what: 'a fault plan', hint }).value;
}

/** Undefined when nothing was said: no faults. */
export async function faultsInputOf(
  { faults, episode }: { faults: string | undefined; episode: Record<string, string> },
  place: Place,
): Promise<SandboxFaultsInput | undefined> {
  const words = Object.keys(episode);
  if (faults === undefined) {
    if (words.length === 0) return undefined;
    throw new HoldfastError('invalid-argument', '--episode says which run of a plan it is, and no plan was given', {
      hint: 'Give the plan too: --faults plan.yaml',
    });
  }
  const odd = words.find((word) => !['task', 'group', 'rollout'].includes(word));
  const { rollout = '0', ...rest } = episode;
  if (odd !== undefined || !/^\d{1,15}$/.test(rollout)) {
    throw new HoldfastError(
      'invalid-argument',
      `--episode takes task=, group= and rollout= with a number, not ${odd ?? rollout}`,
      {
        hint: 'For example: --episode task=fix-build --episode rollout=3',
      },
    );
  }
  return { plan: await loadPlan(faults, place), episode: { ...rest, rollout: Number(rollout) } };
}
