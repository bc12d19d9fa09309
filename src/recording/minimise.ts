/**
 * Delta debugging: the smallest list, as far as it is looked for, that still does what the whole does. Answers what was
 * last shown to do it, never what was only hoped to.
 */
export async function minimise<T>(
  items: readonly T[],
  stillDoes: (items: readonly T[]) => Promise<boolean>,
  budget: number,
): Promise<{ items: T[]; tried: number; exhausted: boolean }> {
  let current = [...items];
  let pieces = 2;
  let tried = 0;
  const attempt = async (candidate: readonly T[]): Promise<boolean> => {
    tried++;
    return stillDoes(candidate);
  };
  if (current.length > 0 && budget > 0 && (await attempt([]))) return { items: [], tried, exhausted: false };
  while (current.length >= 2 && tried < budget) {
    const size = Math.ceil(current.length / pieces);
    let reduced = false;
    for (let start = 0; start < current.length && tried < budget; start += size) {
      const without = [...current.slice(0, start), ...current.slice(start + size)];
      if (without.length === current.length || !(await attempt(without))) continue;
      current = without;
      pieces = Math.max(pieces - 1, 2);
      reduced = true;
      break;
    }
    if (reduced) continue;
    if (pieces >= current.length) return { items: current, tried, exhausted: false };
    pieces = Math.min(current.length, pieces * 2);
  }
  return { items: current, tried, exhausted: tried >= budget && current.length > 1 };
}
