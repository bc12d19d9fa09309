/** Input from outside, checked once at the border: one `invalid-argument` that names every field and what it wants. */
import type { z } from 'zod';
import { HoldfastError } from './errors.ts';

/** @param what names the input in the message, e.g. `create` */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), problem: issue.message }));
  const text = problems.map(({ path, problem }) => (path ? `${path}: ${problem}` : problem)).join('; ');
  throw new HoldfastError('invalid-argument', `${what}: ${text}`, {
    hint: 'Correct the named fields and send it again.',
    details: { problems },
  });
}
