/**
 * What a manifest says is held against what the chain says: the first event repeats the head, and what a closed recording
 * counts and lists stands in its events. When it was closed, how many bytes it has and its tape stand in the manifest alone.
 */
import { canonicalJson } from '../base/index.ts';
import type { EventOf, RecordingEvent } from '../schema/index.ts';
import { fitting } from './fit.ts';
import { headSchema, type RecordingClosing, type RecordingHead, type RecordingManifest } from './format.ts';

/** What is this home's own of a recording that was brought in. */
const ownFields: ReadonlySet<string> = new Set(['id', 'name', 'tenant']);

/** Null where the first event repeats it. */
export function headProblem(head: RecordingHead, first: RecordingEvent, isOwn: boolean): string | null {
  if (first.type !== 'recording-begun' || first.resumed) return 'its first event does not begin a recording';
  const { manifest } = first;
  // Trajectories that were brought in before their head was repeated.
  const isOld = head.source === 'atif' && manifest['format'] === undefined && 'from' in manifest;
  if (isOld) return null;
  // Of a trajectory it says its format, too.
  const { from: _, ...told } = manifest;
  const parsed = headSchema.safeParse(told);
  if (!parsed.success) return 'its first event does not repeat its head';
  const [said, then]: Record<string, unknown>[] = [head, parsed.data];
  const other = Object.keys(headSchema.shape)
    .filter((field) => isOwn || !ownFields.has(field))
    .filter((field) => canonicalJson(said?.[field] ?? null) !== canonicalJson(then?.[field] ?? null));
  return other.length === 0 ? null : `its manifest says another ${other.join(', ')} than its first event`;
}

/** Goes through all events once; what it holds is no more than the manifest. */
export class ManifestCheck {
  readonly #head: RecordingHead;
  readonly #closed: RecordingClosing | null;
  readonly #isOwn: boolean;
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #snapshots: ReadonlySet<string>;
  readonly #unseen: { tokens: Set<string>; snapshots: Set<string> };
  #steps = 0;
  #lostEvents = 0;
  #last: RecordingEvent | null = null;

  constructor({ head, closed }: RecordingManifest, isOwn: boolean) {
    this.#head = head;
    this.#closed = closed;
    this.#isOwn = isOwn;
    const told = Object.entries(closed?.redactions ?? {}).map(([token, { kind, name }]) => asTold(token, kind, name));
    this.#tokens = new Map(told.map(({ token, kind, name }) => [token, `${kind} ${name}`]));
    this.#snapshots = new Set(closed?.snapshots.map(spelled));
    this.#unseen = { tokens: new Set(this.#tokens.keys()), snapshots: new Set(this.#snapshots) };
  }

  /** Null where nothing is wrong with it. */
  take(event: RecordingEvent): string | null {
    this.#last = event;
    if (event.sequence === 1) return headProblem(this.#head, event, this.#isOwn);
    if (event.type === 'step-begun') this.#steps = Math.max(this.#steps, event.step);
    if (event.type === 'gap') this.#lostEvents += event.lostEvents;
    if (this.#closed === null) return null;
    if (event.type === 'redacted') {
      const { token, kind, name } = event;
      this.#unseen.tokens.delete(token);
      if (this.#tokens.get(token) !== `${kind} ${name}`)
        return differs(`the token ${token} of event ${event.sequence}`);
    }
    if (event.type === 'snapshot-taken') {
      this.#unseen.snapshots.delete(spelled(event));
      if (!this.#snapshots.has(spelled(event))) return differs(`the snapshot of event ${event.sequence}`);
    }
    return null;
  }

  end(): string[] {
    if (this.#last === null) return ['it has no event'];
    const closed = this.#closed;
    if (closed === null) return [];
    const [events, last] = [this.#last.sequence, this.#last];
    const counts = [
      ...(closed.events === events ? [] : [differs(`the number of its events, ${events}`)]),
      ...(closed.steps === this.#steps ? [] : [differs(`the number of its steps, ${this.#steps}`)]),
    ];
    // An event that could not be written is in the manifest alone; where none is missing the end was written after all of them.
    if (this.#lostEvents > 0 || last.type !== 'recording-ended') return counts;
    const { tokens, snapshots } = this.#unseen;
    const isSame = closed.reason === last.reason && last.steps === closed.steps;
    return [
      ...counts,
      ...(isSame ? [] : [differs('how it ended')]),
      ...[...tokens].slice(0, 1).map((token) => `its manifest has a token that no event tells: ${token}`),
      ...[...snapshots].slice(0, 1).map((snapshot) => `its manifest has a snapshot that no event tells: ${snapshot}`),
    ];
  }
}

const differs = (what: string): string => `its manifest says something else than ${what}`;

/** As the event that tells of it has been cut. */
function asTold(token: string, kind: string, name: string): { token: string; kind: string; name: string } {
  // A kind that no event can have is found when an event has another one.
  const event = fitting({ type: 'redacted', atMs: 0, token, kind: kind as EventOf<'redacted'>['kind'], name });
  return event.type === 'redacted' ? event : { token, kind, name };
}

const spelled = ({ step, snapshot, digest }: RecordingClosing['snapshots'][number]): string =>
  `${step} ${snapshot} ${digest ?? '-'}`;
