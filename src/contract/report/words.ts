/** Sentences that the terminal and the page share. */
import { listed } from '../comparison/observed.ts';
import { fieldOf } from '../fields/index.ts';
import { operations } from '../probes/operations.ts';
import type { Grade, Shift } from '../shift/types.ts';

/** What a grade means to somebody who decides. */
export const gradeWords: Record<Grade, string> = {
  A: 'The two runtimes behave the same, as far as was measured.',
  B: 'Small differences. An agent trained in the first should do as well in the second.',
  C: 'Differences an agent will meet. Look at the findings before it goes to production.',
  D: 'These are different runtimes. What was learnt in the first does not hold in the second.',
};

export function headline({ score, interval, grade, supportGap }: Shift): string {
  const range = `${score.toFixed(1)} (95 %: ${interval.low.toFixed(1)} to ${interval.high.toFixed(1)})`;
  return `grade ${grade} · shift ${range} of 100 · support gap ${(supportGap * 100).toFixed(1)} %`;
}

export function hostWords({ hostSpeed }: Shift): string | null {
  if (hostSpeed === null) return null;
  if (Math.abs(Math.log(hostSpeed)) < Math.log(1.05))
    return 'Work inside that passes no door takes as long on both sides.';
  const ratio = hostSpeed > 1 ? hostSpeed : 1 / hostSpeed;
  const how = hostSpeed > 1 ? 'slower' : 'faster';
  return `Work inside that passes no door is ×${ratio.toFixed(2)} ${how} on the second side: its machine, or its shell. That is not counted.`;
}

/** Timed once per session, with no operation of their own. */
const once: Readonly<Record<string, string>> = {
  'lifecycle.open': 'opening a session',
  'lifecycle.first-exec': 'the first command of a session',
  'lifecycle.close': 'closing a session',
};

/** What a field, a message or an operation is about, in plain words; null for what nobody named. */
export function plainName(what: string): string | null {
  const id = what.replace(/^(messages|latency)\./, '');
  if (!what.startsWith('latency.')) return fieldOf(id)?.name ?? null;
  const isOf = (operation: string): boolean => id === operation || id.startsWith(`${operation}.`);
  const [, timedOnce] = Object.entries(once).find(([operation]) => isOf(operation)) ?? [];
  return operations.find((operation) => isOf(operation.id))?.what ?? timedOnce ?? null;
}

/** Of what follows from a difference: `7 more follow from it: clock.hash-seed, …`. */
export function followWords(follows: readonly string[]): string {
  if (follows.length === 0) return '';
  return `${follows.length} more ${follows.length === 1 ? 'follows' : 'follow'} from it: ${listed(follows)}`;
}

export function pluralOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
