/** Sentences that the terminal and the page share. */
import { listed } from '../comparison/observed.ts';
import { fieldOf } from '../fields/index.ts';
import { operations } from '../probes/operations.ts';
import type { Grade, Shift } from '../shift/types.ts';

const meanings: Record<Grade, string> = {
  A: 'The two runtimes behave the same, as far as was measured.',
  B: 'Small differences. An agent trained in the first should do as well in the second.',
  C: 'Differences an agent will meet. Look at the findings before it goes to production.',
  D: 'These are different runtimes. What was learnt in the first does not hold in the second.',
};

/** What a grade means to somebody who decides. */
export function gradeWords(grade: Grade | null): string {
  return grade === null ? 'Too little could be compared to say how far the two runtimes are apart.' : meanings[grade];
}

export function headline(shift: Shift): string {
  const { grade, compared, supportGap } = shift;
  const verdict = grade === null ? 'insufficient data' : `grade ${grade}`;
  if (compared.fields + compared.operations === 0) return `${verdict} · ${comparedWords(shift)}`;
  return `${verdict} · shift ${scoreWords(shift)} · ${comparedWords(shift)} · support gap ${(supportGap * 100).toFixed(1)} %`;
}

/** `2.9 of 100 (95 %: 1.4 to 4.0)`. Where no operation differs the sessions have no part in the score. */
export function scoreWords({ score, interval: { low, high } }: Pick<Shift, 'score' | 'interval'>): string {
  return `${score.toFixed(1)} of 100 (${intervalWords(low, high)})`;
}

function intervalWords(low: number, high: number): string {
  if (low === high) return 'sessions cannot move it';
  const [from, to] = [low.toFixed(1), high.toFixed(1)];
  return from === to ? 'sessions move it by less than 0.1' : `95 %: ${from} to ${to}`;
}

export function comparedWords({ compared }: Pick<Shift, 'compared'>): string {
  const { fields, ofFields, operations, ofOperations } = compared;
  return `over ${fields} of ${ofFields} fields, ${operations} of ${ofOperations} operations`;
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
