/**
 * What is kept of a capture while it goes on: whole sessions, in one file that is replaced atomically. Whoever repeats
 * the command goes on from there; a capture of something else under the same name is refused, never mixed in.
 */
import { readFileIfPresent, removeFile, writeFileAtomic } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf, type Plan, type TargetDescription } from '../profile/index.ts';
import type { SessionCapture } from './session.ts';

/** Of the file: what another version wrote in another form is of another capture. */
const form = 2;

export interface Identity {
  target: TargetDescription;
  /** What the target tells itself apart by, beside its description; null where it says nothing. */
  own: unknown;
  plan: Plan;
  suite: string;
}

/** What may change from day to day without being another target. */
const passing = ['version', 'client'];

const pathOf = (output: string): string => `${output}.part`;

/** @param output where the profile is, whole and safe */
export function removePartial(output: string): Promise<void> {
  return removeFile(pathOf(output));
}

export class PartialFile {
  readonly #path: string;
  readonly #identity: string;

  /** @param output where the profile will be */
  constructor(output: string, { target: { spec, kind, facts }, own, plan, suite }: Identity) {
    this.#path = pathOf(output);
    const lasting = Object.fromEntries(Object.entries(facts).filter(([name]) => !passing.includes(name)));
    this.#identity = digestOf({ form, spec, kind, facts: lasting, own, plan, suite });
  }

  /** Whole sessions of the same capture. @throws HoldfastError `invalid-argument` */
  async read(): Promise<SessionCapture[]> {
    const text = await readFileIfPresent(this.#path);
    if (text === null) return [];
    const kept = parsed(text);
    if (kept?.identity === this.#identity && kept.digest === digestOf(kept.sessions)) return kept.sessions;
    throw new HoldfastError('invalid-argument', `${this.#path} is of another capture, or damaged`, {
      hint: 'Give the flags it was begun with, or another --output; or remove the file to begin anew.',
    });
  }

  /** Only sessions that are complete: the others are done again. */
  async write(sessions: readonly SessionCapture[]): Promise<void> {
    const whole = sessions.filter(({ session }) => session.outcome === 'complete');
    const text = JSON.stringify({ identity: this.#identity, digest: digestOf(whole), sessions: whole });
    await writeFileAtomic(this.#path, text, { sync: true });
  }
}

function parsed(text: string): { identity: string; digest: string; sessions: SessionCapture[] } | null {
  try {
    // Written by `write`; the digest tells whether it still is what was written.
    return JSON.parse(text) as { identity: string; digest: string; sessions: SessionCapture[] };
  } catch {
    return null;
  }
}
