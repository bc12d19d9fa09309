/**
 * npm run catalogue [fields] [latency] [self] [-- --only ID,ID] [--trials N] [--captures N] [--profiles DIR]
 *
 * Measures how well a comparison of two runtimes finds what was changed on purpose, and how often it finds what was not:
 * the mutations of test/shift-catalogue/, and a runtime against itself. Keeps the results in bench/results/catalogue.json
 * and puts them into SPECIFICATION.md; with --only the other rows stay as they were measured before, and the new ones say
 * their own day, machine and probes. --try N keeps nothing and takes N sessions of N rounds: whether it runs at all.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { writeSpecification } from '../../scripts/specification.ts';
import { currentSuite } from '../../src/contract/index.ts';
import { catalogue, latency } from '../../test/shift-catalogue/index.ts';
import { Runtimes } from '../../test/shift-catalogue/runtimes.ts';
import { describeMachine } from '../machine.ts';
import { measureFields } from './fields.ts';
import { measureLatency } from './latency.ts';
import {
  type CatalogueResults,
  type FieldRow,
  keepCatalogue,
  type LatencyRow,
  readCatalogue,
  type Stamp,
} from './results.ts';
import { measureSelf } from './self.ts';

export interface Work {
  runtimes: Runtimes;
  say(text: string): void;
  only: string | undefined;
  captures: number;
  /** Of each latency mutation. */
  trials: number;
  /** The usual ones if not said. */
  counts?: Counts;
  /** Where captures of `self` and `latency` are kept and found again. */
  profiles: string | undefined;
}

export interface Counts {
  sessions: number;
  rounds: number;
}

const parts = { fields: measureFields, latency: measureLatency, self: measureSelf } as const;
type PartName = keyof typeof parts;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      captures: { type: 'string', default: '10' },
      trials: { type: 'string', default: '1' },
      profiles: { type: 'string' },
      try: { type: 'string' },
    },
  });
  const tried = values.try === undefined ? null : Number(values.try);
  const directory = await mkdtemp('/var/tmp/hfm-');
  const runtimes = await Runtimes.open(directory);
  try {
    for (const name of namesOf(positionals)) {
      const work = {
        runtimes,
        say: (text: string) => console.error(`${name}: ${text}`),
        only: values.only,
        profiles: values.profiles,
        captures: Number(values.captures),
        trials: Number(values.trials),
        ...(tried !== null && { counts: { sessions: tried, rounds: tried } }),
      };
      const part = await measured(name, work, await readCatalogue());
      if (tried === null) await keepCatalogue(part);
    }
    if (tried === null) await writeSpecification();
  } finally {
    await runtimes[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  }
}

async function measured(name: PartName, work: Work, kept: CatalogueResults): Promise<Partial<CatalogueResults>> {
  const machine = await describeMachine();
  const seen: [number, number] = [machine.loadBefore, machine.loadBefore];
  const look = setInterval(() => {
    const now = loadavg()[0] ?? 0;
    seen[0] = Math.min(seen[0], now);
    seen[1] = Math.max(seen[1], now);
  }, 5000);
  try {
    const found = await parts[name](work);
    const { digest: suite } = await currentSuite();
    const stamp: Stamp = { on: new Date().toISOString().slice(0, 10), machine, load: seen, suite };
    // Of captures that were kept: what they met, and not what is met by comparing them.
    if ('load' in found) machine.loadBefore = found.load[0];
    const before = work.only === undefined ? null : kept[name];
    if (before === null || !('rows' in before) || !('rows' in found)) return { [name]: { ...stamp, ...found } };
    // Of the same part, so of the same kind.
    return { [name]: { ...before, rows: mixed(before.rows, found.rows, stamp) } } as Partial<CatalogueResults>;
  } finally {
    clearInterval(look);
  }
}

type Row = FieldRow | LatencyRow;

/** Those measured again in the place of the old ones, in the order of the catalogue. */
function mixed(old: readonly Row[], fresh: readonly Row[], again: Stamp): Row[] {
  const rows = new Map([...old, ...fresh.map((row) => ({ ...row, again }))].map((row) => [row.id, row]));
  return [...catalogue, ...latency].flatMap(({ id }) => rows.get(id) ?? []);
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
