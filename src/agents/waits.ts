/** How long a tool may wait for somebody or something outside: each such wait has an end, whoever asks for it. */
export const shortestWaitMs = 1000;
export const longestWaitMs: number = 366 * 86_400_000;

/** Tools of the runtime that need `withinMs`. */
export const waitingTools: ReadonlySet<string> = new Set(['ask', 'escalate', 'waitFor']);

export const isWait = (value: unknown): value is number =>
  typeof value === 'number' && value >= shortestWaitMs && value <= longestWaitMs;
