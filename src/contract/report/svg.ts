/** Plots as inline SVG: no script, no fonts, no colours that a printer loses. Numbers are rounded so that bytes are few. */
import type { JudgedOperation } from '../shift/latency.ts';
import { inWords } from '../shift/operations.ts';
import type { SessionRow } from '../shift/sessions.ts';
import { median, quantile } from '../statistics/describe.ts';
import { escaped } from './markup.ts';

const width = 640;
const margin = { left: 56, right: 12, top: 10, bottom: 26 };

type Plotted = Pick<JudgedOperation, 'first' | 'second'>;

/** Both sides' latencies as densities over a logarithmic axis, the first above the line, the second below; or one alone. */
export function distributionPlot({ first, second }: Plotted, label: string): string {
  const sides = [first, second].map((rows) => rows.flatMap(({ okMs }) => okMs));
  const all = sides.flat();
  if (all.length === 0) return '';
  const [low, high] = [Math.max(1e-3, quantile(all, 0.001)), Math.max(2e-3, quantile(all, 0.999))];
  const scale = logScale(low / 1.3, high * 1.3);
  const height = 150;
  const middle = (height - margin.bottom + margin.top) / 2;
  const tallest = middle - margin.top;
  const bins = sides.map((values) => densityOf(values, scale));
  const peak = Math.max(...bins.flat(), 1e-9);
  const shapes = bins.flatMap((bin, side) => {
    if (sides[side]?.length === 0) return [];
    const direction = side === 0 ? -1 : 1;
    const points = bin.map((value, at) => `${n(binCentre(at))},${n(middle + (direction * value * tallest) / peak)}`);
    return `<polygon class="s${side}" points="${n(binCentre(0))},${n(middle)} ${points.join(' ')} ${n(binCentre(bin.length - 1))},${n(middle)}"/>`;
  });
  const medians = sides.flatMap((values, side) => {
    if (values.length === 0) return [];
    const at = n(scale(median(values)));
    const [from, to] = side === 0 ? [middle - tallest, middle] : [middle, middle + tallest];
    return `<line class="m${side}" x1="${at}" y1="${n(from)}" x2="${at}" y2="${n(to)}"/>`;
  });
  return frame(height, label, [...shapes, ...medians, ...ticks(scale, low / 1.3, high * 1.3, height)]);
}

/** Each session's median and 90th percentile in order of time: what drifts is seen here, and only here. */
export function driftPlot({ first, second }: Plotted, label: string): string {
  const rows = [...first, ...second].filter(({ okMs }) => okMs.length > 0);
  if (rows.length === 0) return '';
  const height = 120;
  const tops = rows.map(({ okMs }) => quantile(okMs, 0.9));
  const bottoms = rows.map(({ okMs }) => quantile(okMs, 0.1));
  const [low, high] = [Math.max(1e-3, Math.min(...bottoms)) / 1.15, Math.max(2e-3, ...tops) * 1.15];
  const y = (ms: number): number => {
    const share = Math.log(Math.max(ms, low) / low) / Math.log(high / low);
    return height - margin.bottom - share * (height - margin.bottom - margin.top);
  };
  const isAlone = second.length === 0;
  const half = (width - margin.left - margin.right) / (isAlone ? 1 : 2);
  const side = (of: readonly SessionRow[], which: 0 | 1): string[] =>
    of.flatMap((row, at) => {
      if (row.okMs.length === 0) return [];
      const x = margin.left + which * half + ((at + 0.5) * half) / of.length;
      const [a, b] = [quantile(row.okMs, 0.1), quantile(row.okMs, 0.9)];
      return [
        `<line class="m${which} thin" x1="${n(x)}" y1="${n(y(a))}" x2="${n(x)}" y2="${n(y(b))}"/>`,
        `<circle class="s${which}" cx="${n(x)}" cy="${n(y(median(row.okMs)))}" r="3.2"/>`,
      ];
    });
  const divider = margin.left + half;
  const labels = [low * 1.15, Math.sqrt(low * high), high / 1.15].map(
    (ms) => `<text class="t end" x="${margin.left - 6}" y="${n(y(ms) + 3)}">${inWords(ms)}</text>`,
  );
  const captions = isAlone
    ? [`<text class="t" x="${margin.left}" y="${height - 8}">sessions, in order of time</text>`]
    : [
        `<line class="axis" x1="${n(divider)}" y1="${margin.top}" x2="${n(divider)}" y2="${height - margin.bottom}"/>`,
        `<text class="t" x="${margin.left}" y="${height - 8}">sessions of the first side, in order of time</text>`,
        `<text class="t" x="${n(divider + 6)}" y="${height - 8}">sessions of the second side</text>`,
      ];
  return frame(height, label, [...side(first, 0), ...side(second, 1), ...labels, ...captions]);
}

export interface Promised {
  /** E.g. `p50`. */
  name: string;
  /** In milliseconds: training's, then production's; null where that side promises nothing. */
  bounds: [readonly [number, number] | null, readonly [number, number] | null];
}

/** What two contracts promise of one operation, as bars over a logarithmic axis, training's above production's. */
export function promisePlot(promised: readonly Promised[], label: string): string {
  const all = promised.flatMap(({ bounds }) => bounds.flatMap((one) => one ?? []));
  if (all.length === 0) return '';
  const least = Math.min(...all.filter((ms) => ms > 0), 1e9);
  // A bound of 0 is drawn at the left end.
  const [low, high] = [least / 3, Math.max(...all, 2e-3) * 1.3];
  const scale = logScale(low, high);
  const height = 14 + promised.length * 26 + margin.bottom;
  const rows = promised.flatMap(({ name, bounds }, at) => {
    const top = 10 + at * 26;
    const bars = bounds.flatMap((one, side) => {
      if (one === null) return [];
      const [from, to] = [scale(Math.max(one[0], low)), scale(Math.max(one[1], low))];
      return `<rect class="s${side}" x="${n(from)}" y="${n(top + side * 10)}" width="${n(Math.max(2, to - from))}" height="8"/>`;
    });
    return [`<text class="t end" x="${margin.left - 6}" y="${n(top + 12)}">${name}</text>`, ...bars];
  });
  return frame(height, label, [...ticks(scale, low, high, height), ...rows]);
}

/** A score between 0 and 100 on the scale of the grades, with its interval. */
export function scoreBar(score: number, low: number, high: number): string {
  const x = (value: number): number =>
    margin.left + (Math.sqrt(Math.min(100, value)) / 10) * (width - margin.left - 20);
  const bands = [0, 2, 8, 20, 100];
  const rects = ['A', 'B', 'C', 'D'].map((grade, at) => {
    const [from, to] = [x(bands[at] ?? 0), x(bands[at + 1] ?? 100)];
    return `<rect class="g${grade}" x="${n(from)}" y="14" width="${n(to - from)}" height="18"/><text class="t mid" x="${n((from + to) / 2)}" y="27">${grade}</text><text class="t mid" x="${n(from)}" y="48">${bands[at]}</text>`;
  });
  return `<svg class="plot" viewBox="0 0 ${width} 56" role="img" aria-label="score ${score.toFixed(1)} of 100"><title>score ${score.toFixed(1)} of 100</title>${rects.join('')}<line class="interval" x1="${n(x(low))}" y1="23" x2="${n(x(high))}" y2="23"/><circle class="score" cx="${n(x(score))}" cy="23" r="6"/></svg>`;
}

const binCount = 90;

function binCentre(at: number): number {
  return margin.left + ((at + 0.5) * (width - margin.left - margin.right)) / binCount;
}

function densityOf(values: readonly number[], scale: (ms: number) => number): number[] {
  const bins = new Array<number>(binCount).fill(0);
  const span = width - margin.left - margin.right;
  for (const ms of values) {
    const at = Math.floor(((scale(ms) - margin.left) / span) * binCount);
    if (at >= 0 && at < binCount) bins[at] = (bins[at] ?? 0) + 1 / values.length;
  }
  // A moving mean over five, so that shapes are seen and not the noise of counting.
  return bins.map((_, at) => [-2, -1, 0, 1, 2].reduce((sum, step) => sum + (bins[at + step] ?? 0), 0) / 5);
}

function logScale(low: number, high: number): (ms: number) => number {
  const span = Math.log(high / low);
  return (ms) => margin.left + (Math.log(Math.max(ms, low / 2) / low) / span) * (width - margin.left - margin.right);
}

function ticks(scale: (ms: number) => number, low: number, high: number, height: number): string[] {
  const steps = [1, 2, 5].flatMap((digit) => Array.from({ length: 10 }, (_, power) => digit * 10 ** (power - 3)));
  const inside = steps.filter((ms) => ms >= low && ms <= high).sort((one, other) => one - other);
  const every = Math.ceil(inside.length / 9);
  return inside
    .filter((_, at) => at % every === 0)
    .map((ms) => {
      const x = n(scale(ms));
      return `<line class="axis" x1="${x}" y1="${margin.top}" x2="${x}" y2="${height - margin.bottom}"/><text class="t mid" x="${x}" y="${height - 8}">${ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}</text>`;
    });
}

/** Names of operations stand in a file that anybody may have written. */
function frame(height: number, label: string, parts: readonly string[]): string {
  const text = escaped(label);
  return `<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}"><title>${text}</title>${parts.join('')}</svg>`;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
