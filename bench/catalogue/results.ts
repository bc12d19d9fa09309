/**
 * What the measurements of the catalogue leave: each part with its machine and day, so that one can be measured again
 * without the others. The tables in SPECIFICATION.md are made from this file and nothing else.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../../test/shift-catalogue/compare.ts';
import type { Mutation } from '../../test/shift-catalogue/mutation.ts';
import type { Machine } from '../machine.ts';

/** When, where and by which probes. */
export interface Stamp {
  on: string;
  machine: Machine;
  /** One-minute load averages that were seen meanwhile, lowest and highest. */
  load: [number, number];
  /** Digest of the probes that asked; absent in results of before this was kept. */
  suite?: string;
}

export interface FieldRow extends Partial<Verdict> {
  id: string;
  what: string;
  names: readonly string[];
  /** Why what weighs most is another field, and may be. */
  instead?: Mutation['instead'];
  skipped: string | null;
  /** Why it could not be tried to its end, which counts as missed. */
  failure?: string;
  /** Of a row that was measured again alone; the others are of their part's. */
  again?: Stamp;
}

export interface LatencyRow extends Verdict {
  id: string;
  what: string;
  names: readonly string[];
  /** The smallest slow-down of the operation that was found in that comparison, at worst. */
  detectable?: number;
  /** In how many comparisons it was looked for, and found; once each where that is not said. */
  trials?: number;
  foundIn?: number;
  again?: Stamp;
}

/** Of one operation, over all comparisons of the runtime with itself. */
export interface SensitivityRow {
  operation: string;
  p50Ms: number;
  /** Ratios: what time alone did at most, and the smallest effect that is found, in the middle and at worst. */
  driftFloor: number;
  detectable: number;
  detectableAtWorst: number;
}

/** Of comparisons of one kind: both sides quiet, one of them busy, both. */
export interface SelfKind {
  kind: (typeof selfKinds)[number];
  comparisons: number;
  /** That found anything. */
  alarms: number;
  sensitivity: SensitivityRow[];
}
export const selfKinds = ['quiet/quiet', 'quiet/busy', 'busy/busy'] as const;

export interface CatalogueResults {
  fields: (Stamp & { rows: FieldRow[] }) | null;
  latency:
    | (Stamp & {
        sessions: number;
        rounds: [number, number];
        rows: LatencyRow[];
        /** Of the two sides without any mutation. */
        beside: string[];
        sensitivity: SensitivityRow[];
      })
    | null;
  self:
    | (Stamp & {
        sessions: number;
        rounds: number;
        captures: { startedAt: string; endedAt: string; loaded: boolean; load: [number, number] }[];
        comparisons: number;
        alarms: { first: number; second: number; findings: string[] }[];
        /** Over all comparisons. */
        sensitivity: SensitivityRow[];
        /** The same apart; absent in results of before this was kept. */
        kinds?: SelfKind[];
      })
    | null;
}

const path = join(import.meta.dirname, '../results/catalogue.json');

export async function readCatalogue(): Promise<CatalogueResults> {
  const text = await readFile(path, 'utf8').catch(() => null);
  // Written by `keepCatalogue` and kept in the repository.
  return text === null ? { fields: null, latency: null, self: null } : (JSON.parse(text) as CatalogueResults);
}

export async function keepCatalogue(part: Partial<CatalogueResults>): Promise<void> {
  const all = { ...(await readCatalogue()), ...part };
  await writeFile(path, `${JSON.stringify(all, rounded, 2)}\n`);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
