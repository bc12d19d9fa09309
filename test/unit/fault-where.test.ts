/** The guide says where each kind of fault can come as the program says it, word by word. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { whereOf } from '../../src/noise/index.ts';
import { faultKinds } from '../../src/schema/index.ts';

const guide = join(import.meta.dirname, '../../docs/training/noise.md');
const [begins, ends] = ['<!-- kinds by substrate -->', '<!-- end -->'];

/** Kinds that are alike stand in one line. */
function table(): string {
  const lines = new Map<string, string[]>();
  for (const kind of faultKinds) {
    const { namespace, gvisor, microvm, vm } = whereOf(kind);
    const where = [namespace, gvisor, microvm, vm].join(' | ');
    lines.set(where, [...(lines.get(where) ?? []), `\`${kind}\``]);
  }
  const rows = [...lines].map(([where, kinds]) => `| ${kinds.join(' ')} | ${where} |`);
  return ['| kinds | namespace | gvisor | microvm | vm |', '|---|---|---|---|---|', ...rows].join('\n');
}

it('has the table of kinds by substrate', () => {
  const text = readFileSync(guide, 'utf8');
  const [before, after] = [text.indexOf(begins) + begins.length, text.indexOf(ends)];
  const wanted = `${text.slice(0, before)}\n\n${table()}\n\n${text.slice(after)}`;
  // WRITE_DOCS=1 writes it anew.
  if (process.env['WRITE_DOCS']) writeFileSync(guide, wanted);
  expect(readFileSync(guide, 'utf8')).toBe(wanted);
});
