/** Slower, tailed and breaking operations, one at a time, at twelve sessions a side. */
import { shiftOf } from '../../src/contract/index.ts';
import { judge } from '../../test/shift-catalogue/compare.ts';
import { latency } from '../../test/shift-catalogue/index.ts';
import { timedProfiles } from '../../test/shift-catalogue/timed.ts';
import type { CatalogueResults } from './results.ts';
import type { Work } from './run.ts';

type Measured = Pick<NonNullable<CatalogueResults['latency']>, 'sessions' | 'rounds' | 'rows' | 'beside'>;

const counts = { sessions: 12, rounds: 48 };

export async function measureLatency({ runtimes, say, only }: Work): Promise<Measured> {
  const chosen = latency.filter(({ id }) => only === undefined || only.split(',').includes(id));
  if (chosen.length === 0) throw new Error(`there is no latency mutation ${only}`);
  const target = runtimes.base();
  const first = await timedProfiles(target, [], { ...counts, onSession: (done) => say(`first side, session ${done}`) });
  const second = await timedProfiles(target, chosen, {
    ...counts,
    onSession: (done) => say(`second side, session ${done}`),
  });
  const rows = chosen.flatMap((mutation) => {
    const profile = second.mutated.get(mutation.id);
    if (!profile) return [];
    const { id, what, names } = mutation;
    const shift = shiftOf(first.plain, profile);
    const verdict = judge(mutation, shift);
    const found = shift.findings.some(({ field }) => names.includes(field));
    const own = `latency.${mutation.operation}`;
    const rest = verdict.beside.filter((field) => !field.startsWith(own));
    say(`${id}: ${found ? 'found' : 'MISSED'} (${verdict.top}) ${rest.join(', ')}`);
    return [{ id, what, names, ...verdict, found, named: verdict.top === own, beside: rest }];
  });
  const beside = shiftOf(first.plain, second.plain).findings.map(({ field }) => field);
  return { ...counts, rows, beside };
}
