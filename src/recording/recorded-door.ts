/**
 * L1: a door whose answers are the recorded ones. Nothing is executed.
 *
 * 1. A call is known by (step, tool, canonical arguments); of equal calls that ran beside each other the first is answered
 *    first. What is not the call that was recorded at this place is never answered with another's answer.
 * 2. Each recorded answer is served at most once.
 * 3. After the first divergence nothing is served any more: what would follow never happened.
 */
import { canonicalDigest } from '../base/index.ts';
import type { Divergence, ServedRecorded } from '../schema/index.ts';
import { blameFor } from './blame.ts';
import { nameContent } from './blobs.ts';
import { short } from './compare.ts';
import { corruptRecording } from './format.ts';
import { answerOf } from './replay.ts';
import type { RecordedRun, RecordedStep } from './run.ts';
import { encodeValue } from './values.ts';

export type Served = { served: true; step: RecordedStep } | { served: false; divergence: Divergence };

export class RecordedDoor {
  readonly #run: RecordedRun;
  readonly #left: RecordedStep[];
  readonly #redact: (value: unknown) => unknown;
  #divergence: Divergence | null = null;

  /** @param redact as it was done when it was recorded, so that secrets match by their tokens */
  constructor(run: RecordedRun, redact: (value: unknown) => unknown, from = 1) {
    this.#run = run;
    this.#redact = redact;
    this.#left = run.steps.slice(from - 1);
  }

  /** Recorded calls that nobody made yet. */
  get left(): readonly RecordedStep[] {
    return this.#left;
  }

  serve(call: { name: string; input: unknown }): Served {
    if (this.#divergence) return { served: false, divergence: this.#divergence };
    const digest = digestOf(this.#redact(call.input));
    const at = this.#armed().findIndex(({ name, inputDigest }) => name === call.name && inputDigest === digest);
    const [step] = at < 0 ? [] : this.#left.splice(at, 1);
    if (step) return { served: true, step };
    this.#divergence = this.#diverged(call);
    return { served: false, divergence: this.#divergence };
  }

  /** As a caller is told. */
  answer(call: { name: string; input: unknown }): ServedRecorded {
    const found = this.serve(call);
    if (!found.served) return found;
    const { step } = found;
    const { callId } = step;
    const durationMs = step.ended?.durationMs ?? 0;
    const recorded = answerOf(this.#run, step);
    if (!recorded) throw corruptRecording(`step ${step.step}`, 'no answer was recorded');
    const result = recorded.ok
      ? { ok: true, callId, output: recorded.value, durationMs }
      : { ok: false, callId, error: recorded.failure, durationMs };
    return { served: true, step: step.step, result };
  }

  /** When no more calls come: null if all recorded ones were made. */
  end(): Divergence | null {
    const [next] = this.#left;
    if (this.#divergence || !next) return this.#divergence;
    return divergence(next.step, 'missing', this.#tell(next), 'no call');
  }

  /** The next step, and those that had begun before it ended: their order was chance. */
  #armed(): RecordedStep[] {
    const [next] = this.#left;
    if (!next) return [];
    const { sequence = Number.POSITIVE_INFINITY } = next.ended ?? {};
    const after = this.#left.findIndex((step) => step.sequence > sequence);
    return after < 0 ? [...this.#left] : this.#left.slice(0, after);
  }

  #diverged({ name, input }: { name: string; input: unknown }): Divergence {
    const [next] = this.#left;
    const actual = `${name} ${short(JSON.stringify(input) ?? 'null')}`;
    if (!next) return divergence(this.#run.steps.length + 1, 'extra', 'no call', actual);
    return divergence(next.step, next.name === name ? 'args' : 'call', this.#tell(next), actual);
  }

  #tell({ name, input }: RecordedStep): string {
    return `${name} ${short(Buffer.from(this.#run.reader.bytes(input)).toString())}`;
  }
}

/** Bytes are named as the recorder names them: only then digests are comparable. */
function digestOf(input: unknown): string {
  return canonicalDigest(encodeValue(input, nameContent));
}

function divergence(
  step: number,
  what: 'call' | 'args' | 'missing' | 'extra',
  expected: string,
  actual: string,
): Divergence {
  const facts = { absorbedBy: null, tapeMissed: false, templateChanged: false, infrastructure: false, edited: false };
  return { step, class: what, expected, actual, absorbedBy: null, ...blameFor({ class: what, ...facts }) };
}
