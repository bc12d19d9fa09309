/**
 * Writes the tables of SPECIFICATION.md between their markers, from bench/results/latest.json: no figure there is typed
 * by hand. With --check it only compares, and exits with 1 when they differ.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { markdownTable } from '../bench/report.ts';
import { type GroupResult, readResults } from '../bench/results.ts';

const path = join(import.meta.dirname, '../SPECIFICATION.md');
const place = /<!-- bench:([a-z-]+) -->\n[\s\S]*?<!-- \/bench -->/g;

export async function writeSpecification(): Promise<void> {
  await writeFile(path, filled(await readFile(path, 'utf8'), await readResults()));
}

export async function isCurrent(): Promise<boolean> {
  const text = await readFile(path, 'utf8');
  return text === filled(text, await readResults());
}

function filled(text: string, results: readonly GroupResult[]): string {
  return text.replace(place, (_, name: string) => {
    const result = results.find((one) => one.name === name);
    const table = result ? markdownTable(result) : `pending: \`npm run bench ${name}\` has not been run.`;
    return `<!-- bench:${name} -->\n${table}\n<!-- /bench -->`;
  });
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    process.exitCode = (await isCurrent()) ? 0 : 1;
    if (process.exitCode === 1)
      console.error('SPECIFICATION.md differs from bench/results/latest.json: run `node scripts/specification.ts`');
  } else {
    await writeSpecification();
  }
}
