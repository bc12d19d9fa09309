/** The catalogue is well-formed, and what was measured of it is of all of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogueTables } from '../../bench/catalogue/report.ts';
import { type CatalogueResults, readCatalogue, selfKinds } from '../../bench/catalogue/results.ts';
import { runtimes } from '../../bench/matrix/profiles.ts';
import { catalogueSuites, ofOtherSuites, storedSuites } from '../../bench/one-suite.ts';
import { currentSuite, fieldOf, sections } from '../../src/contract/index.ts';
import { operations } from '../../src/contract/probes/operations.ts';
import { catalogue, latency } from '../shift-catalogue/index.ts';

const folder = join(import.meta.dirname, '../shift-catalogue');
const preloads = readdirSync(join(folder, 'preload')).map((name) => name.replace('.c', ''));

describe('the catalogue', () => {
  it('has many mutations, each with an id of its own and a sentence', () => {
    expect(catalogue.length + latency.length).toBeGreaterThanOrEqual(180);
    const all = [...catalogue, ...latency];
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ what }) => what)).size).toBe(all.length);
    expect(all.filter(({ id, what }) => !/^[a-z0-9-]+$/.test(id) || what.length < 8 || /[|\n]/.test(what))).toEqual([]);
  });

  it('names fields of the registry, the first of them one and no family', () => {
    const wrong = catalogue.flatMap(({ id, names }) =>
      names
        .filter((name, at) => {
          if (!name.endsWith('.')) return fieldOf(name) === null;
          return at === 0 || !sections.some((section) => name.startsWith(`${section}.`));
        })
        .map((name) => `${id}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('gives a reason wherever what weighs most may be another field than the first', () => {
    const other = catalogue.flatMap(({ id, names, instead }) => (instead ? [{ id, names, ...instead }] : []));
    const wrong = other.filter(
      ({ names: [name], top, why }) => top === name || fieldOf(top) === null || why.length < 8,
    );
    expect(wrong).toEqual([]);
    expect(other.length).toBeLessThan(catalogue.length / 10);
  });

  it('changes something in every entry', () => {
    const idle = catalogue.filter(
      ({ create, layer, preload, wrap, container }) => !create && !layer && !preload && !wrap && !container,
    );
    expect(idle.map(({ id }) => id)).toEqual([]);
    const misplaced = catalogue.filter(({ base, container }) => container !== undefined && base !== 'busybox');
    expect(misplaced.map(({ id }) => id)).toEqual([]);
  });

  it('touches every section that is made of fields', () => {
    const touched = new Set(catalogue.map(({ names: [name] }) => name.split('.')[0]));
    const expected = sections.filter((section) => section !== 'latency');
    expect(expected.filter((section) => !touched.has(section))).toEqual([]);
  });

  it('has a source for every library, and no other', () => {
    const used = new Set(catalogue.flatMap(({ preload }) => preload ?? []));
    expect([...used].filter((name) => !existsSync(join(folder, 'preload', `${name}.c`)))).toEqual([]);
    const text = readFileSync(join(folder, 'latency.ts'), 'utf8');
    expect(preloads.filter((name) => !used.has(name) && !text.includes(`'${name}'`))).toEqual([]);
  });

  it('times operations that there are', () => {
    // Timed once a session, beside the rounds.
    const known = [...operations.map(({ id }) => id), 'lifecycle.open'];
    expect(latency.filter(({ operation }) => !known.includes(operation))).toEqual([]);
    expect(
      latency.filter(({ operation, names }) => !names.every((name) => name.startsWith(`latency.${operation}`))),
    ).toEqual([]);
  });
});

describe('bench/results/catalogue.json', () => {
  it('has every entry, each of what a runtime is found and by its name', async () => {
    const results = await readCatalogue();
    const fields = results.fields?.rows ?? [];
    expect(fields.map(({ id }) => id)).toEqual(catalogue.map(({ id }) => id));
    expect(results.latency?.rows.map(({ id }) => id)).toEqual(latency.map(({ id }) => id));
    const tried = fields.filter(({ skipped }) => skipped === null);
    expect(tried.filter(({ found, named }) => !found || !named).map(({ id }) => id)).toEqual([]);
    expect(results.latency?.beside).toEqual([]);
    expect(results.latency?.rows.flatMap(({ beside }) => beside)).toEqual([]);
  });

  it('has every slower command and every tail found by its name; of the rest says where the machine was too busy to', async () => {
    const { latency: timed } = await readCatalogue();
    if (timed === null) throw new Error('nothing was measured');
    expect(timed.sessions).toBeGreaterThanOrEqual(12);
    expect(missedIn(timed)).toEqual([]);
    const known = timed.sensitivity.map(({ operation }) => operation);
    expect(
      operations.filter(({ id, role }) => role === 'operation' && !known.includes(id)).map(({ id }) => id),
    ).toEqual([]);
    // What a busy machine excuses, and what it does not.
    const rows = timed.rows.map((row) => ({ ...row, found: false, detectable: 9 }));
    const excused = ['slower-userland-python', 'slower-lifecycle-open', 'slower-filesystem-sync'];
    const ids = latency.map(({ id }) => id);
    expect(missedIn({ ...timed, rows })).toEqual(ids.filter((id) => !excused.includes(id)));
    expect(missedIn({ ...timed, rows: rows.map((row) => ({ ...row, detectable: 1.4 })) })).toEqual(ids);
  });

  it('has a runtime against itself at least forty times, and nothing found', async () => {
    const { self } = await readCatalogue();
    expect(self?.comparisons).toBeGreaterThanOrEqual(40);
    expect(self?.alarms).toEqual([]);
  });
});

describe('the tables', () => {
  it('say of a row that was measured again when and by which probes, and in how many trials it was found', async () => {
    const { fields, latency: timed, self } = await readCatalogue();
    const [first] = timed?.rows ?? [];
    if (!timed || !first || !self) throw new Error('nothing was measured');
    const again = { ...stampOf(fields), on: '2027-01-02', suite: `sha256:${'a'.repeat(64)}` };
    const { detectable: _, ...row } = first;
    const rows = [{ ...row, found: false, trials: 5, foundIn: 4, again }];
    const kinds = selfKinds.map((kind, at) => ({
      kind,
      comparisons: 10 + at,
      alarms: at,
      sensitivity: self.sensitivity,
    }));
    const text = catalogueTables({ fields, latency: { ...timed, rows }, self: { ...self, kinds } });
    expect(text).toContain(`| ${first.what} | **no** (in 4 of 5) |`);
    expect(text).toMatch(
      new RegExp(`Measured again alone:\\n\\n- ${first.what}: 2027-01-02: .*, probes \`aaaaaaaaaaaa\``),
    );
    expect(text).toContain('| | quiet/quiet | quiet/busy | busy/busy |');
    expect(text).toContain('| comparisons that found anything | 0 of 10 | 1 of 11 | 2 of 12 |');
  });
});

describe('the probes that asked', () => {
  it('are told of everything that is stored, and what was asked by others is named', async () => {
    const [old, now] = [`sha256:${'0'.repeat(64)}`, `sha256:${'1'.repeat(64)}`];
    const { fields, latency: timed, self } = await readCatalogue();
    const stamp = (suite: string) => ({ ...stampOf(fields), suite });
    const [first] = fields?.rows ?? [];
    const whole = {
      fields: fields && { ...fields, suite: now, rows: first ? [{ ...first, again: stamp(now) }] : [] },
      latency: timed && { ...timed, suite: now, rows: [] },
      self: self && { ...self, suite: now },
    };
    expect(catalogueSuites(whole)).toHaveLength(4);
    expect(ofOtherSuites(catalogueSuites(whole), now)).toEqual([]);
    const mixed = { ...whole, self: self && { ...self, suite: old } };
    expect(ofOtherSuites(catalogueSuites(mixed), now)).toEqual(['catalogue self: by 000000000000']);
    const { suite: _, ...unkept } = stamp(now);
    const rows = first ? [{ ...first, again: unkept }] : [];
    expect(
      ofOtherSuites(catalogueSuites({ ...whole, fields: fields && { ...fields, suite: now, rows } }), now),
    ).toEqual([`catalogue fields, row ${first?.id}: by probes nobody kept`]);
    expect((await storedSuites()).filter(({ what }) => what.startsWith('matrix '))).toHaveLength(runtimes.length);
  });

  it('are those of today in all that is stored', async () => {
    expect(ofOtherSuites(await storedSuites(), (await currentSuite()).digest)).toEqual([]);
  });
});

/** Of commands and of tails every row is asked for; of the rest those whose effect could be seen. */
function missedIn({ rows, sensitivity }: NonNullable<CatalogueResults['latency']>): string[] {
  const missed = latency.filter(({ id, operation, effect = 1.5, names: [name] }) => {
    const row = rows.find((one) => one.id === id);
    if (row?.found && row.named) return false;
    if (operation.startsWith('exec.') || name.endsWith('.tail')) return true;
    const detectable = sensitivity.find((one) => one.operation === operation)?.detectable;
    return (row?.detectable ?? detectable ?? 1) <= effect;
  });
  return missed.map(({ id }) => id);
}

/** When and where a part was measured. */
function stampOf(part: CatalogueResults['fields']) {
  if (part === null) throw new Error('nothing was measured');
  const { on, machine, load } = part;
  return { on, machine, load };
}
