/** The catalogue's results as the markdown that SPECIFICATION.md embeds. */
import { machineLine } from '../machine.ts';
import type { CatalogueResults, FieldRow, LatencyRow, SensitivityRow } from './results.ts';

export function catalogueTables({ fields, latency, self }: CatalogueResults): string {
  return [...fieldTable(fields), '', ...latencyTable(latency), '', ...selfTable(self)].join('\n');
}

function fieldTable(part: CatalogueResults['fields']): string[] {
  if (part === null) return pending('fields');
  const { rows, on, machine, load } = part;
  const tried = rows.filter(({ skipped }) => skipped === null);
  const count = (is: (row: FieldRow) => boolean | undefined): number => tried.filter(is).length;
  return [
    `**What a runtime is and does**: ${rows.length} mutations, ${tried.length} of them tried on this machine. Found by the name they must have: ${count(({ found }) => found)} of ${tried.length}. What weighs most in the score is theirs: ${count(({ named }) => named)} of ${tried.length}. With findings beside those expected: ${count(({ beside = [] }) => beside.length > 0)}.`,
    '',
    '| what was changed | must be named | found | weighs most | findings | beside | score | grade |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(fieldRow),
    '',
    `\`npm run catalogue fields\`, ${on}: ${machineLine(machine)}, load meanwhile ${load.join(' to ')}.`,
  ];
}

function fieldRow(row: FieldRow): string {
  const { what, names, skipped, found, named, top, findings, beside = [], score, grade } = row;
  const [must] = names;
  if (skipped !== null) return `| ${what} | \`${must}\` | skipped: ${skipped} | | | | | |`;
  const first = top === null ? 'nothing' : `\`${top}\`${named ? '' : ' (**of another name**)'}`;
  const cells = [what, `\`${must}\``, found ? 'yes' : '**no**', first, findings, beside.length, score, grade];
  return `| ${cells.join(' | ')} |`;
}

function latencyTable(part: CatalogueResults['latency']): string[] {
  if (part === null) return pending('latency');
  const { rows, beside, sensitivity, sessions, rounds, on, machine, load } = part;
  const count = (is: (row: LatencyRow) => boolean): number => rows.filter(is).length;
  return [
    `**How long calls take**: ${rows.length} mutations of one operation, ${sessions} sessions a side, ${rounds.join(' and ')} rounds. Found: ${count(({ found }) => found)} of ${rows.length}; what weighs most is theirs: ${count(({ named }) => named)} of ${rows.length}. Findings of the two sides without any mutation: ${beside.join(', ') || 'none'}.`,
    '',
    '| what was changed | found | weighs most |',
    '|---|---|---|',
    ...rows.map(({ what, found, top }) => `| ${what} | ${found ? 'yes' : '**no**'} | \`${top ?? 'nothing'}\` |`),
    '',
    'The smallest slow-down that this comparison finds nine times in ten, as the ratio of medians:',
    '',
    ...sensitivityTable(sensitivity, true),
    '',
    `\`npm run catalogue latency\`, ${on}: ${machineLine(machine)}, load meanwhile ${load.join(' to ')}.`,
  ];
}

/** In the middle of several comparisons, and in the worst; of one, there is one. */
function sensitivityTable(rows: readonly SensitivityRow[], isOne: boolean): string[] {
  return [
    `| operation | p50 | moved by time alone, at most | found from |${isOne ? '' : ' at worst from |'}`,
    `|---|---|---|---|${isOne ? '' : '---|'}`,
    ...rows.map(({ operation, p50Ms, driftFloor, detectable, detectableAtWorst }) => {
      const cells = [`\`${operation}\``, `${p50Ms.toPrecision(3)} ms`, ratio(driftFloor), ratio(detectable)];
      return `| ${[...cells, ...(isOne ? [] : [ratio(detectableAtWorst)])].join(' | ')} |`;
    }),
  ];
}

const ratio = (value: number): string => `×${value.toFixed(2)}`;

function selfTable(part: CatalogueResults['self']): string[] {
  if (part === null) return pending('self');
  const { captures, comparisons, alarms, sensitivity, sessions, rounds, on, machine } = part;
  const loads = captures.flatMap(({ load }) => load);
  const loaded = captures.filter((one) => one.loaded).length;
  const raised = alarms.map(({ first, second, findings }) => `${first + 1} and ${second + 1}: ${findings.join(', ')}`);
  return [
    `**A runtime against itself**: ${captures.length} captures of ${sessions} sessions and ${rounds} rounds, one after another, ${loaded} of them while another process kept a CPU busy; each compared with each. Comparisons that found anything: ${alarms.length} of ${comparisons}${raised.length === 0 ? '' : ` (${raised.join('; ')})`}.`,
    '',
    'What such a comparison finds nine times in ten on a machine as busy as that: in the middle of all comparisons, and in the worst.',
    '',
    ...sensitivityTable(sensitivity, false),
    '',
    `\`npm run catalogue self\`, ${on}: ${machineLine(machine)}, load meanwhile ${Math.min(...loads)} to ${Math.max(...loads)}.`,
  ];
}

const pending = (part: string): string[] => [`pending: \`npm run catalogue ${part}\` has not been run.`];
