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

/** No text of an event has a lower bound, nor has any list. */
const [shortest, fewest] = [256, 1000];
const steps = { names: new Set(['step', 'after']), most: 1_000_000 };
/** What stands in a line of its content, and what people write. */
const longer = new Set(['text', 'base64']);
const longerBound = 65_536;

/**
 * An event of ours is of its type: only texts, lists and numbers can be out of bounds. Where they are below all bounds
 * nothing else is asked. A look at four short events costs a step less than a reader's whole check of one.
 */
export function plainlyFits(value: unknown, name = ''): boolean {
  if (typeof value === 'string') return value.length <= (longer.has(name) ? longerBound : shortest);
  if (typeof value === 'number') return Number.isFinite(value) && (!steps.names.has(name) || value <= steps.most);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.length <= fewest && value.every((item) => plainlyFits(item));
  for (const key in value) {
    if (key.length > shortest || !plainlyFits((value as Parent)[key], key)) return false;
  }
  return true;
}

/** @throws HoldfastError `invalid-argument` when it cannot be made to fit */
export function fitting(event: RecordingEventBody): RecordingEventBody {
  if (plainlyFits(event)) return event;
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
