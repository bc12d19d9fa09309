/** Answers that say less than was done: emptied, shortened, cut, garbled. Their shape stays what the tool promises. */
import { keyedDraw } from '../../base/index.ts';

/** Fields that carry what was found or said; all others are facts about it. */
const carrying = new Set(['stdout', 'stderr', 'content', 'text', 'matches', 'entries', 'items', 'lines', 'results']);

export const emptied = (answer: unknown): unknown => changed(answer, () => 0);

export const shortened = (answer: unknown, fraction: number): unknown =>
  changed(answer, (length) => Math.floor(length * fraction));

/** @param keep how much of what is that long stays */
function changed(answer: unknown, keep: (length: number) => number): unknown {
  if (typeof answer === 'string') return answer.slice(0, keep(answer.length)).toWellFormed();
  if (Array.isArray(answer)) return answer.slice(0, keep(answer.length));
  if (typeof answer !== 'object' || answer === null) return answer;
  const fields = Object.entries(answer).map(([name, value]): [string, unknown] => {
    if (!carrying.has(name)) return [name, value];
    if (value instanceof Uint8Array) return [name, value.subarray(0, keep(value.length))];
    return [name, typeof value === 'string' || Array.isArray(value) ? changed(value, keep) : value];
  });
  return Object.fromEntries(fields);
}

interface Output {
  stdout: Uint8Array;
  stderr: Uint8Array;
  stdoutCutBytes: number;
  stderrCutBytes: number;
}

/** The first bytes stay; the rest counts as cut. */
export function truncated<O extends Output>(output: O, keepBytes: number): O {
  const stdout = output.stdout.subarray(0, keepBytes);
  const stderr = output.stderr.subarray(0, keepBytes);
  return {
    ...output,
    stdout,
    stderr,
    stdoutCutBytes: output.stdoutCutBytes + output.stdout.length - stdout.length,
    stderrCutBytes: output.stderrCutBytes + output.stderr.length - stderr.length,
  };
}

/** Of both streams, about that share of the bytes is another one; which and how follows from the key. */
export function garbled<O extends Output>(output: O, share: number, key: string): O {
  return {
    ...output,
    stdout: garbledBytes(output.stdout, share, `${key} stdout`),
    stderr: garbledBytes(output.stderr, share, `${key} stderr`),
  };
}

function garbledBytes(bytes: Uint8Array, share: number, key: string): Uint8Array {
  if (share <= 0) return bytes;
  const changedBytes = Uint8Array.from(bytes);
  let at = -1;
  for (let turn = 0; ; turn++) {
    const { unit, hex } = keyedDraw(key, [turn]);
    // How many are spared before the next one: no draw for those.
    at += 1 + (share >= 1 ? 0 : Math.floor(Math.log(1 - unit) / Math.log(1 - share)));
    const before = changedBytes[at];
    if (before === undefined) return changedBytes;
    changedBytes[at] = before ^ (1 + (Number.parseInt(hex.slice(-2), 16) % 255));
  }
}
