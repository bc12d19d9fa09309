/** The catalogue's results as the markdown that SPECIFICATION.md embeds. */
import { machineLine } from '../machine.ts';
import type { CatalogueResults, FieldRow, LatencyRow, SelfKind, SensitivityRow, Stamp } from './results.ts';

export function catalogueTables({ fields, latency, self }: CatalogueResults): string {
  return [...fieldTable(fields), '', ...latencyTable(latency), '', ...selfTable(self)].join('\n');
}

function fieldTable(part: CatalogueResults['fields']): string[] {
  if (part === null) return pending('fields');
  const { rows } = part;
  const tried = rows.filter(({ skipped }) => skipped === null);
  const count = (is: (row: FieldRow) => boolean | undefined): number => tried.filter(is).length;
  return [
    `**What a runtime is and does**: ${rows.length} mutations, ${tried.length} of them tried on this machine. Found by the name they must have: ${count(({ found }) => found)} of ${tried.length}. What weighs most in the score is what was changed, or for a reason something else: ${count(isFirst)} of ${tried.length}. With findings beside those expected: ${count(({ beside = [] }) => beside.length > 0)}.`,
    '',
    '| what was changed | must be named | found | weighs most | findings | beside | score | grade |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(fieldRow),
    '',
    ...stampLines('fields', part, rows),
  ];
}

/** By the rule of now, whichever it was judged by when it was measured. */
function isFirst({ top, names, instead }: FieldRow): boolean {
  return top === (instead?.top ?? names[0]);
}

function fieldRow(row: FieldRow): string {
  const { what, names, instead, skipped, found, top, findings, beside = [], score, grade } = row;
  const [must] = names;
  if (skipped !== null) return `| ${what} | \`${must}\` | skipped: ${skipped} | | | | | |`;
  const reason = instead && top === instead.top ? ` (${instead.why})` : '';
  const first = top === null ? 'nothing' : `\`${top}\`${isFirst(row) ? reason : ' (**not what was changed**)'}`;
  const cells = [what, `\`${must}\``, found ? 'yes' : '**no**', first, findings, beside.length, score, grade];
  return `| ${cells.join(' | ')} |`;
}

function latencyTable(part: CatalogueResults['latency']): string[] {
  if (part === null) return pending('latency');
  const { rows, beside, sensitivity, sessions, rounds } = part;
  const trials = Math.max(...rows.map(({ trials = 1 }) => trials));
  const inHowMany = ({ found, trials: all = 1, foundIn = 0 }: LatencyRow): string =>
    all === 1 ? '' : ` (${found ? '' : 'in '}${foundIn} of ${all})`;
  const unseen = ({ found, detectable }: LatencyRow): string =>
    found || detectable === undefined ? '' : `; seen from ${ratio(detectable)}`;
  const count = (is: (row: LatencyRow) => boolean): number => rows.filter(is).length;
  return [
    `**How long calls take**: ${rows.length} mutations of one operation, ${sessions} sessions a side, ${rounds.join(' and ')} rounds${trials === 1 ? '' : `, each looked for up to ${trials} times`}. Found: ${count(({ found }) => found)} of ${rows.length}; what weighs most is theirs: ${count(({ named }) => named)} of ${rows.length}. Findings of the two sides without any mutation: ${beside.join(', ') || 'none'}.`,
    '',
    '| what was changed | found | weighs most |',
    '|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.what} | ${row.found ? 'yes' : '**no**'}${inHowMany(row)}${unseen(row)} | \`${row.top ?? 'nothing'}\` |`,
    ),
    '',
    'The smallest slow-down that this comparison finds nine times in ten, as the ratio of medians:',
    '',
    ...sensitivityTable(sensitivity, trials === 1),
    '',
    ...stampLines('latency', part, rows),
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
  const { captures, comparisons, alarms, sensitivity, sessions, rounds, kinds = [] } = part;
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
    ...kindsTable(kinds),
    ...stampLines('self', { ...part, load: [Math.min(...loads), Math.max(...loads)] }, []),
  ];
}

/** What a busy neighbour hides must not stand for what a quiet machine does not show. */
function kindsTable(kinds: readonly SelfKind[]): string[] {
  if (kinds.length === 0) return [];
  const names = kinds.flatMap(({ sensitivity }) => sensitivity.map(({ operation }) => operation));
  const cells = (operation: string): string[] =>
    kinds.map(({ sensitivity }) => {
      const row = sensitivity.find((one) => one.operation === operation);
      return row ? `${ratio(row.detectable)}, at worst ${ratio(row.detectableAtWorst)}` : '';
    });
  return [
    'The same by how busy the two sides were:',
    '',
    `| | ${kinds.map(({ kind }) => kind).join(' | ')} |`,
    `|---|${kinds.map(() => '---|').join('')}`,
    `| comparisons that found anything | ${kinds.map(({ alarms, comparisons }) => `${alarms} of ${comparisons}`).join(' | ')} |`,
    ...[...new Set(names)]
      .sort()
      .map((operation) => `| \`${operation}\` found from | ${cells(operation).join(' | ')} |`),
    '',
  ];
}

/** When, where and by which probes; rows that were measured again alone say their own. */
function stampLines(name: string, part: Stamp, rows: readonly { what: string; again?: Stamp }[]): string[] {
  const line = ({ on, machine, load, suite }: Stamp): string =>
    `${on}: ${machineLine(machine)}, load meanwhile ${load.join(' to ')}${suite === undefined ? '' : `, probes \`${suite.slice(7, 19)}\``}.`;
  const again = rows.flatMap(({ what, again: own }) => (own ? [`- ${what}: ${line(own)}`] : []));
  return [
    `\`npm run catalogue ${name}\`, ${line(part)}`,
    ...(again.length === 0 ? [] : ['', 'Measured again alone:', '', ...again]),
  ];
}

const pending = (part: string): string[] => [`pending: \`npm run catalogue ${part}\` has not been run.`];
