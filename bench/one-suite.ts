/**
 * By which probes everything that is stored of comparisons was captured: the catalogue's parts and rows, the matrix's
 * profiles. Figures of two suites do not stand beside each other honestly.
 */
import { type CatalogueResults, readCatalogue } from './catalogue/results.ts';
import { runtimes, storedProfile } from './matrix/profiles.ts';

export interface Asked {
  /** e.g. `catalogue fields, row python-missing`. */
  what: string;
  /** Null where it was not kept. */
  suite: string | null;
}

export async function storedSuites(): Promise<Asked[]> {
  const profiles = await Promise.all(
    runtimes.map(async ({ name }) => ({ name, suite: (await storedProfile(name))?.suite.digest })),
  );
  return [
    ...catalogueSuites(await readCatalogue()),
    ...profiles.flatMap(({ name, suite }) => (suite === undefined ? [] : [{ what: `matrix ${name}`, suite }])),
  ];
}

export function catalogueSuites({ fields, latency, self }: CatalogueResults): Asked[] {
  const parts = { fields, latency, self };
  return Object.entries(parts).flatMap(([name, part]): Asked[] => {
    if (part === null) return [];
    const rows = 'rows' in part ? part.rows : [];
    return [
      { what: `catalogue ${name}`, suite: part.suite ?? null },
      ...rows.flatMap(({ id, again }) =>
        again ? [{ what: `catalogue ${name}, row ${id}`, suite: again.suite ?? null }] : [],
      ),
    ];
  });
}

/** One line for each that was not captured by these probes; nothing where all were. */
export function ofOtherSuites(stored: readonly Asked[], suite: string): string[] {
  return stored
    .filter((one) => one.suite !== suite)
    .map(({ what, suite: own }) => `${what}: ${own === null ? 'by probes nobody kept' : `by ${own.slice(7, 19)}`}`);
}
