/** Results as tables: for a terminal, and as the markdown that SPECIFICATION.md embeds. */
import { isMoreBetter, type MeasuredRow, type Row } from './harness.ts';
import { machineLine } from './machine.ts';
import type { GroupResult } from './results.ts';
import { type Target, targets } from './targets.ts';

const columns = ['', 'p50', 'p95', 'p99', 'n', 'success', 'promise', ''] as const;

export function terminalTable({ title, rows }: Pick<GroupResult, 'title' | 'rows'>): string {
  const lines = [[title, ...columns.slice(1)], ...rows.map((row) => cells(row))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdownTable(result: GroupResult): string {
  const { machine, versions, quick, on, rows } = result;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Measures: ${result.measures}`,
    '',
    `Not measured: ${result.leavesOut}`,
    '',
    '| | p50 | p95 | p99 | n | success | promise | |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${cells(row).join(' | ')} |`),
    '',
    ...(result.notes ?? []).flatMap((note) => [`- ${note}`]),
    ...((result.notes ?? []).length > 0 ? [''] : []),
    `\`npm run bench ${result.name}\`, ${on}${quick ? ', a quick run: too few rounds to rely on' : ''}: ${machineLine(machine)}. ${named.join(', ')}.`,
  ].join('\n');
}

function cells(row: Row): string[] {
  if ('skipped' in row) return [row.label, '', '', '', '', '', '', `skipped: ${row.skipped}`];
  const target = targets[row.id];
  const values = [row.p50, row.p95, row.p99].map((value) => formatValue(value, row));
  const success =
    row.n + row.failed === 0 ? '-' : `${((100 * row.n) / (row.n + row.failed)).toFixed(row.failed === 0 ? 0 : 1)} %`;
  return [
    row.label,
    ...values,
    String(row.n),
    success,
    target ? promiseOf(target, row) : '',
    target ? verdictOf(target, row) : '',
  ];
}

/** A row that would read 0.00 ms is said in microseconds. */
function isInMicroseconds({ unit, p50 }: MeasuredRow): boolean {
  return unit === 'ms' && Math.abs(p50) < 0.0995;
}

function formatValue(value: number | null, row: MeasuredRow): string {
  const { unit, n } = row;
  if (n === 0 || value === null || Number.isNaN(value)) return '-';
  if (isInMicroseconds(row)) return `${(value * 1000).toFixed(Math.abs(value) < 0.00995 ? 1 : 0)} µs`;
  const digits = value < 0.995 ? 2 : value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}

function promiseOf(target: Target, row: MeasuredRow): string {
  const sign = isMoreBetter(row.unit) ? '≥' : '≤';
  // In the unit that the row's values are said in, unless it is named.
  const unit = isInMicroseconds(row) ? ` ${row.unit}` : '';
  const parts = (['p50', 'p95', 'p99', 'worst'] as const).flatMap((name) =>
    target[name] === undefined ? [] : [`${name} ${sign} ${target[name]}${unit}`],
  );
  // That all succeed goes without saying.
  const share = target.success !== undefined && target.success < 1 ? [`success ≥ ${100 * target.success} %`] : [];
  return [...parts, ...share].join(', ');
}

/** A promise whose measure alone is noisier than the promise is said to be unknown, unless more than the noise is missing. */
export function verdictOf(target: Target, row: MeasuredRow): string {
  const promised = (['p50', 'p95', 'p99', 'worst'] as const).flatMap((name) => {
    const bound = target[name];
    if (bound === undefined) return [];
    const missing = isMoreBetter(row.unit) ? bound - row[name] : row[name] - bound;
    const noise = row.noise?.[name] ?? 0;
    return [{ name, isKept: missing <= 0, isTold: noise <= bound || missing > noise }];
  });
  const succeeds = row.n > 0 && row.n / (row.n + row.failed) >= (target.success ?? 0);
  if (!succeeds || promised.some(({ isKept, isTold }) => isTold && !isKept)) return '**missed**';
  const untold = promised.filter(({ isTold }) => !isTold).map(({ name }) => name);
  return untold.length > 0 ? `not measurable: ${untold.join(', ')}` : 'kept';
}
