/**
 * What a program printed, read as the words of a stranger: bounded, never trusted. A runtime can lie about itself, and
 * that is what a profile then says; it cannot speak for fields that were not asked, break the form of a profile, or make
 * the prober use more memory than the bounds below.
 *
 * 1. Only the fields a program announces are taken from it, each once; the first answer holds.
 * 2. A field without an answer is `could-not-measure` and lost, with what is known of why; `cannot` is an answer.
 * 3. What is no text becomes U+FFFD; what is too long is cut.
 */
import type { Loss, Trouble } from '../profile/index.ts';
import {
  bounded,
  listReading,
  type Reading,
  setReading,
  templateReading,
  unmeasured,
  valueReading,
} from './reading.ts';

export const mostOutputBytes: number = 1024 * 1024;
const mostLines = 20_000;

export interface Heard {
  readings: Reading[];
  troubles: Omit<Trouble, 'during'>[];
}

export interface Speech {
  mark: string;
  /** The fields the program announced. */
  fields: readonly string[];
  stdout: Uint8Array;
  /** Why there may be less than was asked: `it ran out of time`, `exit 127: sh: not found`. */
  ending: string;
  timedOut: boolean;
  /** By the prober's clock, in the middle of the call. */
  nowMs: number;
}

export function hear({ mark, fields, stdout, ending, timedOut, nowMs }: Speech): Heard {
  const text = new TextDecoder().decode(stdout.subarray(0, mostOutputBytes));
  const answered = new Map<string, Reading>();
  const troubles: Heard['troubles'] = [];
  const complain = (message: string): void => {
    if (troubles.length < 10) troubles.push({ side: 'runtime', code: 'garbage', message: bounded(message) });
  };
  for (const { kind, id, lines } of blocks(text, mark)) {
    if (!fields.includes(id)) complain(`it answered for ${id.slice(0, 80)}, which it was not asked`);
    else if (answered.has(id)) complain(`it answered twice for ${id}`);
    else {
      const reading = readingOf(kind, id, lines, nowMs);
      if (reading) answered.set(id, reading);
      else complain(`its answer for ${id} has the unknown kind ${kind.slice(0, 20)}`);
    }
  }
  if (stdout.length > mostOutputBytes) complain(`it printed ${stdout.length} bytes; the rest was not read`);
  const lost: Loss = { side: 'runtime', code: timedOut ? 'hung' : 'garbage' };
  const readings = fields.map((id) => answered.get(id) ?? unmeasured(id, `no answer: ${ending}`, lost));
  return { readings, troubles };
}

function* blocks(text: string, mark: string): Generator<{ kind: string; id: string; lines: string[] }> {
  let block: { kind: string; id: string; lines: string[] } | null = null;
  for (const line of text.split('\n', mostLines)) {
    if (line.startsWith(`=${mark} `)) {
      if (block) yield block;
      const [, kind = '', id = ''] = line.trimEnd().split(' ');
      block = { kind, id, lines: [] };
    } else if (line.startsWith('|')) block?.lines.push(line.slice(1).replace(/\r$/, ''));
    // Anything else is not ours: what a profile script or a trap printed.
  }
  // The last block may be cut off in the middle; a whole one ends with a line's end.
  if (block && text.endsWith('\n')) yield block;
}

function readingOf(kind: string, id: string, lines: string[], nowMs: number): Reading | null {
  const text = lines.join('\n');
  switch (kind) {
    case 'value':
      return valueReading(id, text);
    case 'set':
      return setReading(id, lines);
    case 'list':
      return listReading(id, lines);
    case 'template':
      return templateReading(id, text);
    case 'cannot':
      return unmeasured(id, text);
    case 'now':
      return valueReading(id, skewClass(Number(text), nowMs));
    default:
      return null;
  }
}

/** Classes, because the way to the runtime takes its time. */
function skewClass(seconds: number, nowMs: number): string {
  const off = Math.abs(seconds * 1000 - nowMs) / 1000;
  if (!Number.isFinite(off)) return 'not a time';
  const [limit] = [5, 60, 3600, 86_400].filter((one) => off <= one);
  return limit === undefined ? 'more than a day' : `within ${limit} s`;
}
