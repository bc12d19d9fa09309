/** docs/capabilities.md is the suite's own lists; `HOLDFAST_UPDATE=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { implementations } from '../suite/implementations.ts';
import { requirements } from '../suite/sandbox-suite.ts';

const page = resolve(import.meta.dirname, '../../docs/capabilities.md');

it('says of every implementation what it can and why not', () => {
  if (process.env['HOLDFAST_UPDATE']) writeFileSync(page, table());
  expect(readFileSync(page, 'utf8')).toBe(table());
});

function table(): string {
  const all: { name: string; skips: Record<string, string> }[] = Object.values(implementations);
  const reasons = [...new Set(all.flatMap(({ skips }) => Object.values(skips)))];
  const mark = (skips: Record<string, string>, id: string): string => {
    const reason = skips[id];
    return reason === undefined ? 'yes' : `no (${reasons.indexOf(reason) + 1})`;
  };
  return [
    '# What each way to run sandboxes can do',
    '',
    'Every row is a requirement of the shared suite (`test/suite/sandbox-suite.ts`), passed by every column that says yes.',
    '',
    `| requirement | what it means | ${all.map(({ name }) => name).join(' | ')} |`,
    `|---|---|${all.map(() => '---|').join('')}`,
    ...requirements.map(
      ([id, claim]) => `| \`${id}\` | ${claim} | ${all.map(({ skips }) => mark(skips, id)).join(' | ')} |`,
    ),
    '',
    ...reasons.map((reason, index) => `${index + 1}. ${reason}`),
    '',
  ].join('\n');
}
