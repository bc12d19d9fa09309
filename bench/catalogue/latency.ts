/** Slower, tailed and breaking operations, one at a time, at twelve sessions a side. */
import { join } from 'node:path';
import { type Profile, type Shift, shiftOf } from '../../src/contract/index.ts';
import { judge } from '../../test/shift-catalogue/compare.ts';
import { type LatencyMutation, latency } from '../../test/shift-catalogue/index.ts';
import { timedProfiles } from '../../test/shift-catalogue/timed.ts';
import { keepProfile, keptProfile } from './profiles.ts';
import type { CatalogueResults, LatencyRow } from './results.ts';
import type { Counts, Work } from './run.ts';
import { sensitivityOf } from './sensitivity.ts';

type Measured = Pick<
  NonNullable<CatalogueResults['latency']>,
  'sessions' | 'rounds' | 'rows' | 'beside' | 'sensitivity' | 'load'
>;

const usual: Counts = { sessions: 12, rounds: 40 };

/** Of those that were chosen; each as often as trials are asked for, on sides of their own. */
export async function measureLatency({ trials, counts = usual, ...work }: Work): Promise<Measured> {
  const { say, only } = work;
  const chosen = latency.filter(({ id }) => only === undefined || only.split(',').includes(id));
  if (chosen.length === 0) throw new Error(`there is no latency mutation ${only}`);
  const first = await firstSide({ ...work, counts });
  const tries = new Map<string, LatencyRow[]>();
  const unchanged: Shift[] = [];
  const captures = [first];
  for (let trial = 0; trial < trials; trial++) {
    const second = await secondSide(chosen, trial, { ...work, counts });
    captures.push(...second.values());
    const plain = second.get(plainName);
    if (plain) unchanged.push(shiftOf(first, plain));
    for (const mutation of chosen) {
      const profile = second.get(mutation.id);
      if (!profile) continue;
      const row = rowOf(mutation, first, profile);
      say(`trial ${trial + 1}, ${row.id}: ${row.found ? 'found' : 'MISSED'} (${row.top}) ${row.beside.join(', ')}`);
      tries.set(row.id, [...(tries.get(row.id) ?? []), row]);
    }
  }
  return {
    sessions: counts.sessions,
    rounds: [first.plan.rounds, counts.rounds],
    rows: [...tries.values()].flatMap(together),
    beside: unchanged.flatMap(({ findings }) => findings.map(({ field }) => field)),
    sensitivity: sensitivityOf(unchanged),
    // Captures that were kept were made at another time than they are compared.
    load: loadOf(captures),
  };
}

function loadOf(captures: readonly Profile[]): [number, number] {
  const loads = captures.flatMap(({ sessions }) => sessions.flatMap(({ load }) => load ?? []));
  return [Math.min(...loads), Math.max(...loads)];
}

const plainName = 'plain';

/** Of several trials: found, and named, is what was so in each; what else it says is of one that missed, if there is one. */
function together(rows: readonly LatencyRow[]): LatencyRow[] {
  const worst = rows.find(({ found }) => !found) ?? rows.find(({ named }) => !named) ?? rows[0];
  if (!worst) return [];
  const beside = [...new Set(rows.flatMap((row) => row.beside))];
  const worstOf = Math.max(...rows.map(({ detectable = 1 }) => detectable));
  return [
    { ...worst, beside, detectable: worstOf, trials: rows.length, foundIn: rows.filter(({ found }) => found).length },
  ];
}

function rowOf(mutation: LatencyMutation, first: Profile, profile: Profile): LatencyRow {
  const { id, what, names, operation } = mutation;
  const shift = shiftOf(first, profile);
  const verdict = judge(mutation, shift);
  const found = shift.findings.some(({ field }) => names.includes(field));
  const own = `latency.${operation}`;
  const beside = verdict.beside.filter((field) => !field.startsWith(own));
  const detectable = shift.operations.find((one) => one.operation === operation)?.minimumDetectable;
  return { id, what, names, ...verdict, found, named: verdict.top === own, beside, ...(detectable && { detectable }) };
}

type Parts = Pick<Work, 'runtimes' | 'say' | 'profiles'> & { counts: Counts };

/** The first capture of `self`, where that is kept. */
async function firstSide({ runtimes, say, profiles, counts }: Parts): Promise<Profile> {
  const kept = await keptProfile(profiles && join(profiles, 'self-0.json'));
  if (kept) return kept;
  const onSession = (done: number): void => say(`first side, session ${done} of ${counts.sessions}`);
  return (await timedProfiles(runtimes.base(), [], { ...counts, onSession })).plain;
}

async function secondSide(
  chosen: readonly LatencyMutation[],
  trial: number,
  { runtimes, say, profiles, counts }: Parts,
): Promise<Map<string, Profile>> {
  const pathOf = (name: string): string | undefined => profiles && join(profiles, `latency-${trial}-${name}.json`);
  const names = [plainName, ...chosen.map(({ id }) => id)];
  const kept = await Promise.all(names.map(async (name) => [name, await keptProfile(pathOf(name))] as const));
  if (kept.every(([, profile]) => profile !== null))
    return new Map(kept.flatMap(([name, profile]) => (profile ? [[name, profile]] : [])));
  const onSession = (done: number): void =>
    say(`second side of trial ${trial + 1}, session ${done} of ${counts.sessions}`);
  const { plain, mutated } = await timedProfiles(runtimes.base(), chosen, { ...counts, onSession });
  const all = new Map([[plainName, plain], ...mutated]);
  for (const [name, profile] of all) await keepProfile(pathOf(name), profile);
  return all;
}
