/** Writes the table of escape classes of SECURITY.md, from escape-classes.ts and test/suite/escapes.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Escape, escapes, type Proof } from '../test/suite/escapes.ts';
import { type EscapeClass, escapeClasses } from './escape-classes.ts';
import { root } from './steps.ts';

const page = join(root, 'SECURITY.md');
const place = /<!-- escapes -->\n[\s\S]*?<!-- \/escapes -->/;
const places: Record<Extract<Proof, string>, string> = {
  machine: 'on the machine',
  network: 'on the machine, in a network of its own',
  nobody: 'on the machine, as nobody',
  leak: 'behind a changed root with a descriptor left open',
  vm: 'as root of a `vm`',
};

export const isCurrent = (): boolean => readFileSync(page, 'utf8') === filled(readFileSync(page, 'utf8'));

function filled(text: string): string {
  return text.replace(place, () => `<!-- escapes -->\n${tables()}\n<!-- /escapes -->`);
}

function tables(): string {
  const noticed = escapes.filter(({ proof }) => typeof proof === 'string').length;
  return [
    '| class | layer | attempts | beside them |',
    '|---|---|---|---|',
    ...escapeClasses.map(rowOf),
    '',
    `${noticed} of ${escapes.length} attempts are noticed where they get through.`,
    '',
    '| attempt | gets through and is noticed |',
    '|---|---|',
    ...escapes.map((way) => `| ${way.id} | ${provedIn(way)} |`),
  ].join('\n');
}

function rowOf({ scenario, layer, attempts, tests = [], without }: EscapeClass): string {
  const beside = [
    ...tests.map(([file, name]) => `\`${file}\`: ${name}.`),
    ...(without ? [`Not tried: ${without}`] : []),
  ];
  return `| ${scenario} | ${layer} | ${attempts.join(', ')} | ${beside.join(' ')} |`;
}

const provedIn = ({ proof }: Escape): string => (typeof proof === 'string' ? places[proof] : `nowhere: ${proof.none}`);

if (import.meta.main) writeFileSync(page, filled(readFileSync(page, 'utf8')));
