/**
 * What a verb says. stdout is data, stderr is narration; text that came out of a sandbox cannot steer the terminal.
 */
import { type Io, writeTo } from './io.ts';

export interface Column<T> {
  title: string;
  of: (row: T) => string;
}

export class Output {
  readonly #io: Io;
  readonly json: boolean;
  readonly #colour: boolean;

  constructor(io: Io, json: boolean) {
    this.#io = io;
    this.json = json;
    this.#colour = io.stderr.isTTY === true && !io.environment['NO_COLOR'] && io.environment['TERM'] !== 'dumb';
  }

  /** Bytes on stdout, untouched. */
  data(bytes: Uint8Array | string): Promise<void> {
    return writeTo(this.#io.stdout, bytes);
  }

  /** Text from inside: untouched into a pipe or file, without power over a terminal. */
  text(text: string): Promise<void> {
    return this.data(this.#io.stdout.isTTY === true ? text.split('\t').map(printable).join('\t') : text);
  }

  line(text: string): Promise<void> {
    return this.data(`${text}\n`);
  }

  /** One document; `compact` for one line of many. */
  document(value: unknown, compact = false): Promise<void> {
    return this.line(JSON.stringify(value, null, compact ? undefined : 2));
  }

  async table<T>(rows: readonly T[], columns: readonly Column<T>[]): Promise<void> {
    await this.data(formatTable(rows, columns));
  }

  /** Narration on stderr. */
  say(text: string): Promise<void> {
    return writeTo(this.#io.stderr, `${printable(text)}\n`);
  }

  /** Narration that stands back: what to run next, what went by. Silent with `--json`. */
  async hint(text: string): Promise<void> {
    if (!this.json) await writeTo(this.#io.stderr, `${this.dim(printable(text))}\n`);
  }

  dim(text: string): string {
    return this.#colour ? `\u001b[2m${text}\u001b[22m` : text;
  }
  bold(text: string): string {
    return this.#colour ? `\u001b[1m${text}\u001b[22m` : text;
  }
}

/** Columns stand two spaces apart; the last one is not padded. Without rows only the titles are printed; where no column has one, no line is theirs. */
export function formatTable<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.of(row))));
  const titles = columns.map((column) => column.title);
  const widths = titles.map((title, at) => Math.max(title.length, ...cells.map((line) => (line[at] ?? '').length)));
  return [...(titles.some((title) => title !== '') ? [titles] : []), ...cells]
    .map(
      (line) =>
        `${line
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Control characters other than a line's end, as `\x1b`. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach the terminal.
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${unit === 0 ? bytes : (bytes / 1024 ** unit).toFixed(1)} ${units[unit]}`;
}

export function formatDuration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** `3 min ago`, `in 57 min`. */
export function formatTime(iso: string, nowMs: number): string {
  const ms = Date.parse(iso) - nowMs;
  return ms > 0 ? `in ${formatDuration(ms)}` : `${formatDuration(-ms)} ago`;
}
