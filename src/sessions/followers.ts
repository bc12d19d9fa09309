/**
 * Any number of readers of sessions' logs, and of what the step under way says.
 *
 * 1. A reader is a position in the log and in the text under way, so it misses nothing, sees nothing twice, and holds no
 *    memory and nobody up, however slow it is: what came meanwhile it gets in one piece.
 * 2. Whoever comes late gets what is there, then the rest.
 * 3. Text of a step counts when the step's result follows. Whatever else follows, the reader is told that it does not: a
 *    further attempt, the step done again after a crash, an end.
 * 4. It ends when the session has ended and all was read, with its signal, or when the engine closes.
 */
import type { SessionRepository, StoredEntry } from '../state/index.ts';
import { Drafts, type DraftText } from './drafts.ts';
import type { Update } from './types.ts';

const pageSize = 256;

/** How far a reader is in the text of a step. */
interface Shown {
  step: number;
  attempt: number;
  chars: number;
}

export class Followers {
  readonly drafts: Drafts = new Drafts((id) => this.tell(id));
  readonly #sessions: SessionRepository;
  /** Those that read all there is and wait for the next write; each leaves when it waits no more. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #closed = false;

  constructor(sessions: SessionRepository) {
    this.#sessions = sessions;
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<Update, void, undefined> {
    let position = after;
    let shown: Shown | null = null;
    while (!this.#closed && !signal.aborted) {
      const record = this.#sessions.get(id);
      // Its log is whole only with its end.
      const isOver = !record || (record.endedAt !== null && record.owedEnd === null);
      const page = this.#sessions.entries(id, position, pageSize);
      for (const entry of page) {
        if (signal.aborted) return;
        if (shown && isResult(entry, shown)) shown = null;
        yield { type: 'entry', entry };
        position = entry.position;
      }
      if (page.length > 0) continue;
      const news = newsOf(isOver ? null : this.drafts.of(id), shown);
      if (news) {
        shown = news.shown;
        yield news.update;
        continue;
      }
      if (isOver) return;
      // Nothing can have been written since: none of this gave way.
      await this.#nextNews(id, signal);
    }
  }

  /** Something was written to the session, or said. */
  tell(id: string): void {
    for (const wake of [...(this.#waiting.get(id) ?? [])]) wake();
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) this.tell(id);
  }

  /** How many wait. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  #nextNews(id: string, signal: AbortSignal): Promise<void> {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** The step's result, whole: it stands for what was shown. A failure does not. */
function isResult({ session, kind, data }: StoredEntry, { step }: Shown): boolean {
  return kind === 'outcome' && data['key'] === `${session}/${step}` && data['ok'] !== false;
}

/** What a reader that is so far has to be told next. */
function newsOf(draft: DraftText | null, shown: Shown | null): { update: Update; shown: Shown | null } | null {
  const reached = draft && { step: draft.step, attempt: draft.attempt, chars: 0 };
  if (shown && shown.chars > 0 && shown.attempt !== draft?.attempt) {
    return { update: { type: 'withdrawn', step: shown.step }, shown: reached };
  }
  if (!draft) return null;
  const { step, attempt, text } = draft;
  if (draft.isRedone && shown?.step !== step) return { update: { type: 'withdrawn', step }, shown: reached };
  const from = shown?.attempt === attempt ? shown.chars : 0;
  if (text.length === from) return null;
  return {
    update: { type: 'partial', step, from, text: text.slice(from) },
    shown: { step, attempt, chars: text.length },
  };
}
