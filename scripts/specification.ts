/**
 * Writes the tables of SPECIFICATION.md between their markers, from bench/results/ and what examples/noise-training kept: no
 * figure there is typed by hand.
 * With --check it only compares, and exits with 1 when they differ.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogueTables } from '../bench/catalogue/report.ts';
import { type CatalogueResults, readCatalogue } from '../bench/catalogue/results.ts';
import { markdownTable } from '../bench/report.ts';
import { type GroupResult, readResults } from '../bench/results.ts';
import { table as noiseTable, type Outcome } from '../examples/noise-training/main.ts';

const path = join(import.meta.dirname, '../SPECIFICATION.md');
const noiseTraining = join(import.meta.dirname, '../examples/noise-training/result.json');
const place = /<!-- bench:([a-z-]+) -->\n[\s\S]*?<!-- \/bench -->/g;

export async function writeSpecification(): Promise<void> {
  await writeFile(path, filled(await readFile(path, 'utf8'), await measured()));
}

export async function isCurrent(): Promise<boolean> {
  const text = await readFile(path, 'utf8');
  return text === filled(text, await measured());
}

interface Measured {
  groups: readonly GroupResult[];
  catalogue: CatalogueResults;
  noiseTraining: Outcome;
}

async function measured(): Promise<Measured> {
  return {
    groups: await readResults(),
    catalogue: await readCatalogue(),
    // `main.ts --write` wrote it.
    noiseTraining: JSON.parse(await readFile(noiseTraining, 'utf8')) as Outcome,
  };
}

function filled(text: string, results: Measured): string {
  return text.replace(place, (_, name: string) => `<!-- bench:${name} -->\n${tableOf(name, results)}\n<!-- /bench -->`);
}

function tableOf(name: string, { groups, catalogue, noiseTraining: outcome }: Measured): string {
  if (name === 'catalogue') return catalogueTables(catalogue);
  if (name === 'noise-training') return noiseTable(outcome);
  const result = groups.find((one) => one.name === name);
  return result ? markdownTable(result) : `pending: \`npm run bench ${name}\` has not been run.`;
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    process.exitCode = (await isCurrent()) ? 0 : 1;
    if (process.exitCode === 1)
      console.error('SPECIFICATION.md differs from bench/results: run `node scripts/specification.ts`');
  } else {
    await writeSpecification();
  }
}
