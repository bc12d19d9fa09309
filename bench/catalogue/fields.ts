/** Each mutation of what a runtime is or does, against the runtime as it was: whole passes in three fresh sandboxes. */
import { type Profile, shiftOf } from '../../src/contract/index.ts';
import { capture, fieldPlan, judge } from '../../test/shift-catalogue/compare.ts';
import { catalogue, type Mutation } from '../../test/shift-catalogue/index.ts';
import type { FieldRow } from './results.ts';
import type { Work } from './run.ts';

/** A pass mostly waits: for time limits, for sleepers, for what does not answer. */
const atOnce = 3;

type Bases = ReadonlyMap<Mutation['base'], Profile>;

/** Of those that were chosen. */
export async function measureFields({ runtimes, say, only }: Work): Promise<{ rows: FieldRow[] }> {
  const chosen = catalogue.filter(({ id }) => only === undefined || only.split(',').includes(id));
  if (chosen.length === 0) throw new Error(`there is no mutation ${only}`);
  const bases = new Map<Mutation['base'], Profile>();
  for (const base of ['debian', 'busybox'] as const) {
    const isUsed = chosen.some((one) => (one.base ?? 'debian') === base);
    if (isUsed && runtimes.whyNot({ base }) === null) bases.set(base, await capture(runtimes.base(base), fieldPlan));
  }
  const rows = new Map<string, FieldRow>();
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const row = await rowOf(next, bases, runtimes);
      rows.set(next.id, row);
      say(`${rows.size}/${chosen.length} ${next.id}: ${wordsOf(row)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { rows: catalogue.flatMap(({ id }) => rows.get(id) ?? []) };
}

async function rowOf(mutation: Mutation, bases: Bases, runtimes: Work['runtimes']): Promise<FieldRow> {
  const { id, what, names, instead, base = 'debian' } = mutation;
  const about = { id, what, names, ...(instead && { instead }) };
  const usual = bases.get(base);
  const skipped = runtimes.whyNot(mutation) ?? (usual ? null : 'the base was not captured');
  if (skipped !== null || !usual) return { ...about, skipped };
  try {
    const other = await capture(await runtimes.mutated(mutation), fieldPlan);
    return { ...about, skipped: null, ...judge(mutation, shiftOf(usual, other)) };
  } catch (error) {
    // It counts as missed: what cannot be tried is not found.
    const failure = error instanceof Error ? error.message : String(error);
    return { ...about, skipped: null, found: false, named: false, top: null, beside: [], failure };
  }
}

function wordsOf({ skipped, found, named, top, beside = [], failure }: FieldRow): string {
  if (failure !== undefined) return `FAILED: ${failure}`;
  if (skipped !== null) return `skipped: ${skipped}`;
  const rest = beside.length === 0 ? '' : `; beside it ${beside.join(', ')}`;
  return `${found ? 'found' : 'MISSED'}, ${named ? 'named' : 'NOT NAMED'} (${top})${rest}`;
}
