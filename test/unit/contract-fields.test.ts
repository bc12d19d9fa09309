/** docs/contract/fields.md is the registry itself; `HOLDFAST_UPDATE=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { fieldOf, fieldRegistry, keptBy, loadPrograms, sections, unprobed } from '../../src/contract/index.ts';

const page = resolve(import.meta.dirname, '../../docs/contract/fields.md');
const kept = keptBy(await loadPrograms());

it('lists every field, and where a promise of it is kept', () => {
  if (process.env['HOLDFAST_UPDATE']) writeFileSync(page, text());
  expect(readFileSync(page, 'utf8')).toBe(text());
});

it('says of some of each kind that they are kept there, and calls nothing unprobed that is a field', () => {
  const of = (kind: string): string[] => fieldRegistry.map(({ id }) => id).filter((id) => kept(id) === kind);
  expect(of('held')).toEqual(['environment.locale', 'environment.zone']);
  expect(of('asserted at create')).toEqual(
    expect.arrayContaining(['identity.umask', 'environment.loader', 'lifecycle.lifetime', 'resources.open-files']),
  );
  expect(of('certified only').length).toBeGreaterThan(200);
  expect(unprobed.filter(({ what }) => fieldOf(what) !== null)).toEqual([]);
});

function text(): string {
  const cell = (words: string): string => words.replaceAll('|', '\\|');
  return [
    '# What a contract can promise, field by field',
    '',
    `${fieldRegistry.length} fields, each asked by one probe in any runtime that offers exec and files. In our own sandboxes a promise is`,
    'kept in one of three places: **held**, given to every process as the contract says; **asserted at create**, no sandbox comes to',
    'be in which it is otherwise; **certified only**, looked at by `contract verify` and by canaries. Tools, failures, output and the',
    'least latency of tools are held on every call.',
    '',
    ...sections.flatMap((section) => {
      const fields = fieldRegistry.filter((field) => field.section === section);
      if (fields.length === 0) return [];
      return [
        `## ${section}`,
        '',
        '| field | what it is | compared as | kept |',
        '|---|---|---|---|',
        ...fields.map(
          ({ id, name, comparison, harmless }) =>
            `| \`${id}\` | ${cell(name)} | ${comparison}${harmless ? `, ${harmless} is harmless` : ''} | ${kept(id)} |`,
        ),
        '',
      ];
    }),
    '## Not probed',
    '',
    'What no field says, and why; every certificate lists it among what no check covers.',
    '',
    '| what | why |',
    '|---|---|',
    ...unprobed.map(({ what, why }) => `| ${what} | ${why} |`),
    '',
  ].join('\n');
}
