/** Values as people write them on a command line. */
import { HoldfastError } from '../schema/error-class.ts';
import type { OptionKind } from './command.ts';

const durations: Record<string, number> = { ms: 1, '': 1000, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes: Record<string, number> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** @throws HoldfastError `invalid-argument` that names the flag, the value and what would be right. */
export function parseValue(kind: OptionKind, flag: string, text: string): string | number {
  switch (kind) {
    case 'whole':
      if (!/^\d{1,15}$/.test(text)) throw wrongValue(flag, text, 'a whole number such as 2');
      return Number(text);
    case 'number':
      return scaled(flag, text, { '': 1 }, 'a number such as 2 or 0.5');
    case 'duration':
      return Math.round(scaled(flag, text, durations, 'a time such as 90s, 5m, 2h or 1d'));
    case 'size':
      return Math.round(scaled(flag, text.replace(/(?<=[kmgt])i?b$/i, ''), sizes, 'a size such as 64k, 512m or 2g'));
    default:
      return text;
  }
}

export function parsePairs(flag: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw wrongValue(flag, text, 'NAME=value');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function scaled(flag: string, text: string, units: Record<string, number>, wanted: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(text) ?? [];
  const factor = units[unit?.toLowerCase() ?? '?'];
  if (digits === undefined || factor === undefined) throw wrongValue(flag, text, wanted);
  return Number(digits) * factor;
}

/** @param wanted with its article */
export function wrongValue(flag: string, text: string | number, wanted: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${flag} does not take "${text}"`, {
    hint: `It takes ${wanted}.`,
    details: { flag, value: text },
  });
}

/** A word of a closed list. @throws HoldfastError `invalid-argument` */
export function chosen<T extends string>(flag: string, word: string, known: readonly T[]): T {
  const found = known.find((one) => one === word);
  if (found !== undefined) return found;
  throw new HoldfastError('invalid-argument', `${flag} does not take "${word}"`, {
    hint: `It takes ${known.join(', ')}.`,
  });
}
