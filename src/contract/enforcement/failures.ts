/**
 * Which failure of a contract an error is. At the tool door, where an agent reads errors, all that is known of one is its
 * code: of several failures with one code it is the one of the layer `tool`, and two that are left cannot be told apart.
 *
 * 1. What is free takes no part where something is promised; alone, it says that the error is known and left as it is.
 */
import type { FailureTerm } from '../document/terms.ts';

/** The door's own name among layers. */
const doorLayer = 'tool';

/** By code. */
export function failuresAtDoor(failures: readonly FailureTerm[]): Map<string, FailureTerm> {
  const found = [...byCode(failures)].flatMap(([code, terms]) =>
    candidates(terms)
      .slice(0, 1)
      .map((term) => [code, term] as const),
  );
  return new Map(found);
}

/** Those that no call can tell from an earlier one of the same code, with their positions and why. */
export function unclearFailures(failures: readonly FailureTerm[]): { at: number; field: string; problem: string }[] {
  const unclear = new Set([...byCode(failures).values()].flatMap((terms) => candidates(terms).slice(1)));
  return failures.flatMap((term, at) => {
    const { layer, code } = term;
    const problem = `another failure has the code ${code}, and a call tells them apart only where one alone is of the layer ${doorLayer}`;
    return unclear.has(term) ? [{ at, field: `failures.${layer}.${code}`, problem }] : [];
  });
}

function candidates(terms: readonly FailureTerm[]): readonly FailureTerm[] {
  const promised = terms.filter(({ level }) => level !== 'free');
  if (promised.length === 0) return terms.slice(0, 1);
  const own = promised.filter(({ layer }) => layer === doorLayer);
  return own.length > 0 ? own : promised;
}

function byCode(failures: readonly FailureTerm[]): Map<string, FailureTerm[]> {
  return Map.groupBy(failures, ({ code }) => code);
}
