/**
 * What steps under way have said so far: one text per session, whoever reads it and however many do.
 *
 * 1. A step adds to its text and is never held back: readers come and take what is there, at their pace.
 * 2. A text is gone with its step. Nothing of it is on the disk: the step's result is, once and whole.
 */
import type { Draft } from './types.ts';

export interface DraftText {
  /** Position of the step's intent. */
  readonly step: number;
  /** Another one whenever the text begins anew. */
  readonly attempt: number;
  readonly text: string;
  /** A step that an earlier run had begun: what that one said does not count. */
  readonly isRedone: boolean;
}

export class Drafts {
  readonly #texts = new Map<string, DraftText>();
  readonly #changed: (session: string) => void;
  #attempts = 0;

  constructor(changed: (session: string) => void) {
    this.#changed = changed;
  }

  of(session: string): DraftText | null {
    return this.#texts.get(session) ?? null;
  }

  open(session: string, step: number, isRedone: boolean): Draft & Disposable {
    const set = (text: string, attempt: number): void => {
      this.#texts.set(session, { step, attempt, text, isRedone });
      this.#changed(session);
    };
    let text = '';
    let attempt = ++this.#attempts;
    set(text, attempt);
    return {
      add: (more) => {
        text += more;
        set(text, attempt);
      },
      withdraw: () => {
        text = '';
        attempt = ++this.#attempts;
        set(text, attempt);
      },
      [Symbol.dispose]: () => {
        this.#texts.delete(session);
        this.#changed(session);
      },
    };
  }
}
