/**
 * An event as its reader will take it: what the schema refuses is not written.
 *
 * A token is longer than the secret it stands for, so texts may have outgrown their bound when they come here: they are cut,
 * and say so. What is executed again is never cut.
 */
import { HoldfastError, type RecordingEventBody, recordingEventSchema } from '../schema/index.ts';

type Parent = Record<PropertyKey, unknown>;
type Issue = NonNullable<ReturnType<typeof recordingEventSchema.safeParse>['error']>['issues'][number];

const mostRounds = 3;

/** @throws HoldfastError `invalid-argument` when it cannot be made to fit */
export function fitting(event: RecordingEventBody): RecordingEventBody {
  let fit: unknown = event;
  let parsed = recordingEventSchema.safeParse(fit);
  // The items of a list are looked at once the list itself fits.
  for (let round = 0; !parsed.success && round < mostRounds; round++) {
    const { issues } = parsed.error;
    if (event.type === 'step-begun' || issues.some(({ code }) => code !== 'too_big')) break;
    fit = cut(fit, issues);
    parsed = recordingEventSchema.safeParse(fit);
  }
  if (parsed.success) return fit === event ? event : parsed.data;
  const [issue] = parsed.error.issues;
  const where = `${issue?.path.join('.')}: ${issue?.message}`.slice(0, 300);
  throw new HoldfastError('invalid-argument', `a ${event.type} of this form does not fit into a recording: ${where}`);
}

function cut(event: unknown, issues: readonly Issue[]): unknown {
  const copy = structuredClone(event) as Parent;
  for (const issue of issues) {
    const last = issue.path.at(-1);
    if (issue.code !== 'too_big' || last === undefined) continue;
    const parent = issue.path.slice(0, -1).reduce((at, key) => at[key] as Parent, copy);
    parent[last] = shortened(parent[last], Number(issue.maximum));
  }
  return copy;
}

function shortened(value: unknown, most: number): unknown {
  if (typeof value === 'string') {
    const mark = `… [cut from ${value.length} characters]`;
    return value.slice(0, most - mark.length).toWellFormed() + mark;
  }
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) return value;
  return [...value.slice(0, most - 1), `… [cut from ${value.length} items]`];
}
