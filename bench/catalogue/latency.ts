/** Slower, tailed and breaking operations, one at a time, at twelve sessions a side. */
import { join } from 'node:path';
import { type Profile, shiftOf } from '../../src/contract/index.ts';
import { judge } from '../../test/shift-catalogue/compare.ts';
import { type LatencyMutation, latency } from '../../test/shift-catalogue/index.ts';
import { timedProfiles } from '../../test/shift-catalogue/timed.ts';
import { keepProfile, keptProfile } from './profiles.ts';
import type { CatalogueResults, LatencyRow } from './results.ts';
import type { Work } from './run.ts';
import { sensitivityOf } from './sensitivity.ts';

type Measured = Pick<
  NonNullable<CatalogueResults['latency']>,
  'sessions' | 'rounds' | 'rows' | 'beside' | 'sensitivity'
>;

const counts = { sessions: 12, rounds: 40 };

export async function measureLatency({ runtimes, say, only, profiles }: Work): Promise<Measured> {
  const chosen = latency.filter(({ id }) => only === undefined || only.split(',').includes(id));
  if (chosen.length === 0) throw new Error(`there is no latency mutation ${only}`);
  const first = await firstSide({ runtimes, say, profiles });
  const second = await secondSide(chosen, { runtimes, say, profiles });
  const rows = chosen.flatMap((mutation) => {
    const profile = second.get(mutation.id);
    return profile ? [rowOf(mutation, first, profile)] : [];
  });
  for (const { id, found, top, beside } of rows)
    say(`${id}: ${found ? 'found' : 'MISSED'} (${top}) ${beside.join(', ')}`);
  const plain = second.get(plainName);
  const unchanged = plain ? [shiftOf(first, plain)] : [];
  return {
    sessions: counts.sessions,
    rounds: [first.plan.rounds, counts.rounds],
    rows,
    beside: unchanged.flatMap(({ findings }) => findings.map(({ field }) => field)),
    sensitivity: sensitivityOf(unchanged),
  };
}

const plainName = 'plain';

function rowOf(mutation: LatencyMutation, first: Profile, profile: Profile): LatencyRow {
  const { id, what, names, operation } = mutation;
  const shift = shiftOf(first, profile);
  const verdict = judge(mutation, shift);
  const found = shift.findings.some(({ field }) => names.includes(field));
  const own = `latency.${operation}`;
  const beside = verdict.beside.filter((field) => !field.startsWith(own));
  return { id, what, names, ...verdict, found, named: verdict.top === own, beside };
}

type Parts = Pick<Work, 'runtimes' | 'say' | 'profiles'>;

/** The first capture of `self`, where that is kept. */
async function firstSide({ runtimes, say, profiles }: Parts): Promise<Profile> {
  const kept = await keptProfile(profiles && join(profiles, 'self-0.json'));
  if (kept) return kept;
  const onSession = (done: number): void => say(`first side, session ${done} of ${counts.sessions}`);
  return (await timedProfiles(runtimes.base(), [], { ...counts, onSession })).plain;
}

async function secondSide(
  chosen: readonly LatencyMutation[],
  { runtimes, say, profiles }: Parts,
): Promise<Map<string, Profile>> {
  const pathOf = (name: string): string | undefined => profiles && join(profiles, `latency-${name}.json`);
  const names = [plainName, ...chosen.map(({ id }) => id)];
  const kept = await Promise.all(names.map(async (name) => [name, await keptProfile(pathOf(name))] as const));
  if (kept.every(([, profile]) => profile !== null))
    return new Map(kept.flatMap(([name, profile]) => (profile ? [[name, profile]] : [])));
  const onSession = (done: number): void => say(`second side, session ${done} of ${counts.sessions}`);
  const { plain, mutated } = await timedProfiles(runtimes.base(), chosen, { ...counts, onSession });
  const all = new Map([[plainName, plain], ...mutated]);
  for (const [name, profile] of all) await keepProfile(pathOf(name), profile);
  return all;
}
