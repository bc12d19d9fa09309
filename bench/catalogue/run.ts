/**
 * npm run catalogue [fields] [latency] [self] [-- --only ID,ID] [--captures N] [--profiles DIR]
 *
 * Measures how well a comparison of two runtimes finds what was changed on purpose, and how often it finds what was not:
 * the mutations of test/shift-catalogue/, and a runtime against itself. Keeps the results in bench/results/catalogue.json
 * and puts them into SPECIFICATION.md; with --only the other rows stay as they were measured before.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeSpecification } from '../../scripts/specification.ts';
import { Runtimes } from '../../test/shift-catalogue/runtimes.ts';
import { describeMachine } from '../machine.ts';
import { measureFields } from './fields.ts';
import { measureLatency } from './latency.ts';
import { type CatalogueResults, keepCatalogue, readCatalogue } from './results.ts';
import { measureSelf } from './self.ts';

export interface Work {
  runtimes: Runtimes;
  say(text: string): void;
  only: string | undefined;
  /** Of earlier runs. */
  kept: CatalogueResults;
  captures: number;
  /** Where captures of `self` and `latency` are kept and found again. */
  profiles: string | undefined;
}

const parts = { fields: measureFields, latency: measureLatency, self: measureSelf } as const;
type PartName = keyof typeof parts;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, captures: { type: 'string', default: '10' }, profiles: { type: 'string' } },
  });
  const directory = await mkdtemp('/var/tmp/hfm-');
  const runtimes = await Runtimes.open(directory);
  try {
    for (const name of namesOf(positionals)) {
      const work = {
        runtimes,
        say: (text: string) => console.error(`${name}: ${text}`),
        only: values.only,
        profiles: values.profiles,
        kept: await readCatalogue(),
        captures: Number(values.captures),
      };
      const part = await measured(name, work);
      await keepCatalogue(part);
    }
    await writeSpecification();
  } finally {
    await runtimes[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measured(name: PartName, work: Work): Promise<Partial<CatalogueResults>> {
  const machine = await describeMachine();
  const seen: [number, number] = [machine.loadBefore, machine.loadBefore];
  const look = setInterval(() => {
    const now = loadavg()[0] ?? 0;
    seen[0] = Math.min(seen[0], now);
    seen[1] = Math.max(seen[1], now);
  }, 5000);
  try {
    const found = await parts[name](work);
    const on = new Date().toISOString().slice(0, 10);
    // Rows of earlier runs stay, and with them the load they were measured under.
    const [low, high] = (work.only !== undefined && work.kept[name]?.load) || seen;
    return { [name]: { on, machine, load: [Math.min(low, seen[0]), Math.max(high, seen[1])], ...found } };
  } finally {
    clearInterval(look);
  }
}

function namesOf(words: readonly string[]): PartName[] {
  const known = Object.keys(parts) as PartName[];
  const unknown = words.filter((word) => !known.some((name) => name === word));
  if (unknown.length > 0) {
    console.error(`catalogue: there is no part ${unknown.join(', ')}; there are ${known.join(', ')}`);
    process.exit(2);
  }
  return words.length === 0 ? known : known.filter((name) => words.includes(name));
}

await main();
process.exit();
