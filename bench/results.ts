/**
 * What a run leaves: one record per group, each with the machine it was measured on, so that a group can be measured
 * again without the others. SPECIFICATION.md is made from this file and nothing else.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Row } from './harness.ts';
import type { Machine } from './machine.ts';

export interface GroupResult {
  name: string;
  title: string;
  measures: string;
  leavesOut: string;
  /** The day, ISO 8601. */
  on: string;
  quick: boolean;
  machine: Machine;
  versions: Record<string, string>;
  rows: Row[];
  /** What a number cannot say. */
  notes?: string[];
}

export const latestPath: string = join(import.meta.dirname, 'results/latest.json');

export async function readResults(path: string = latestPath): Promise<GroupResult[]> {
  const text = await readFile(path, 'utf8').catch(() => '[]');
  // Written by `writeResults` and kept in the repository beside it.
  return JSON.parse(text) as GroupResult[];
}

/** Groups of this run take the place of earlier ones of the same name; the others stay. */
export async function keepResults(results: readonly GroupResult[], order: readonly string[]): Promise<void> {
  const kept = (await readResults()).filter(({ name }) => !results.some((result) => result.name === name));
  const all = [...kept, ...results].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  await writeResults(latestPath, all);
}

export async function writeResults(path: string, results: readonly GroupResult[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, rounded, 2)}\n`);
}

/** Four significant digits: more would be noise that changes with every run. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
