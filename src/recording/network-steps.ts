/**
 * To which step a fault of the network belongs. The gateway draws by host and knows nothing of steps; where its draws stood
 * when a step began says which lookups, connections and requests came after that.
 */

/** How many there were, by `channel host`. */
export type Places = Readonly<Record<string, number>>;

export interface Mark {
  step: number;
  /** When it began. */
  places: Places;
}

/** Steps of one sandbox that may be under way at once, and those that just were. */
export const mostMarks = 256;

/**
 * @param draw of the gateway's label
 * @returns the step that had begun last before it, and which of that step's it was, counted from 1; null where none had
 */
export function stepInNetwork(
  marks: readonly Mark[],
  { channel, name, position }: Record<string, unknown>,
): { step: number; inStep: number } | null {
  if (typeof name !== 'string' || typeof position !== 'number' || channel === 'call') return null;
  const before = ({ places }: Mark): number => places[`${String(channel)} ${name}`] ?? 0;
  const mark = marks.findLast((one) => before(one) < position);
  return mark ? { step: mark.step, inStep: position - before(mark) } : null;
}
