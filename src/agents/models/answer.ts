/**
 * A model's answer as it comes: its text is told piece by piece, and what was told counts only when the answer is whole.
 *
 * 1. An answer is whole when its end came, with a reason for it. One that breaks off before is a failure that passes, whatever
 *    was told of it.
 * 2. It is read no longer than `mostAnswerBytes`, each of its parts counted with what it takes to keep one, and asks for no more
 *    than `mostCalls` at once; what a model would say beyond is not fetched.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4StreamPart,
  LanguageModelV4Text,
  LanguageModelV4ToolCall,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { APICallError, InvalidResponseDataError } from '@ai-sdk/provider';
import { type Scope, untilOrEnded } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { Draft } from '../../sessions/index.ts';

export interface WholeAnswer {
  content: (LanguageModelV4Text | LanguageModelV4ToolCall)[];
  usage: LanguageModelV4Usage;
  finishReason: LanguageModelV4FinishReason;
}

/** Who hears an answer, and how long it is waited for. */
export interface Hearing {
  scope: Scope;
  draft: Draft;
}

/** The answer ended before its end: asking again may help. */
export class BrokenOff extends HoldfastError {
  constructor(cause: unknown) {
    super('model-failed', 'the answer broke off', { cause, hint: 'Try again.' });
  }
}

/** What a provider says of a failure in the middle of an answer: no `Error`, but all that one would say. */
export const isFromStream = (
  error: unknown,
): error is { message: string; isRetryable: boolean | undefined; statusCode?: number | undefined } =>
  typeof error === 'object' &&
  error !== null &&
  'isRetryable' in error &&
  'message' in error &&
  typeof error.message === 'string';

function failureIn(error: unknown): unknown {
  // A client's own word for an answer without an end.
  if (InvalidResponseDataError.isInstance(error)) return new BrokenOff(error);
  if (error instanceof Error || isFromStream(error)) return error;
  return new HoldfastError('model-failed', `the provider says ${JSON.stringify(error)?.slice(0, 1000)}`);
}

const mostAnswerBytes = 1024 * 1024;
const bytesOfPart = 64;
const mostCalls = 64;

/** @throws BrokenOff, or what the model failed with */
export async function readAnswer(
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
  { scope, draft }: Hearing,
): Promise<WholeAnswer> {
  const { stream } = await untilOrEnded(Promise.resolve(model.doStream(options)), scope);
  const reader = stream.getReader();
  const answer = new GrowingAnswer(draft);
  try {
    for (;;) {
      const { done, value } = await untilOrEnded(nextPart(reader), scope);
      if (done) throw new BrokenOff(undefined);
      const whole = answer.take(value);
      if (whole) return whole;
    }
  } finally {
    // Not waited for: a server that sends no more would keep it.
    reader.cancel().catch(() => undefined);
  }
}

async function nextPart(
  reader: ReadableStreamDefaultReader<LanguageModelV4StreamPart>,
): Promise<ReadableStreamReadResult<LanguageModelV4StreamPart>> {
  try {
    return await reader.read();
  } catch (error) {
    throw APICallError.isInstance(error) || error instanceof HoldfastError ? error : new BrokenOff(error);
  }
}

/** An answer as far as it came. */
export class GrowingAnswer {
  readonly #draft: Pick<Draft, 'add'>;
  readonly #content: WholeAnswer['content'] = [];
  readonly #texts = new Map<string, LanguageModelV4Text>();
  #bytes = 0;
  #calls = 0;

  /** @param draft is told its text, piece by piece */
  constructor(draft: Pick<Draft, 'add'> = { add: () => undefined }) {
    this.#draft = draft;
  }

  /** The whole answer, once it is. */
  take(part: LanguageModelV4StreamPart): WholeAnswer | null {
    if (part.type === 'text-delta') this.#text(part.id, part.delta);
    else if (part.type === 'tool-call') this.#call(part);
    else if (part.type === 'error') throw failureIn(part.error);
    if (part.type !== 'finish') return null;
    // A provider's client ends what stopped in its middle by itself, and says so no better than this.
    const { unified, raw } = part.finishReason;
    if (unified === 'interrupted' || unified === 'error' || (unified === 'other' && raw === undefined)) {
      throw new BrokenOff(undefined);
    }
    return { content: this.#content, usage: part.usage, finishReason: part.finishReason };
  }

  #text(id: string, delta: string): void {
    this.#count(delta);
    let text = this.#texts.get(id);
    if (!text) {
      this.#count(id, bytesOfPart);
      // Texts stand on lines of their own, as they do in the whole answer.
      if (this.#texts.size > 0) this.#draft.add('\n');
      text = { type: 'text', text: '' };
      this.#texts.set(id, text);
      this.#content.push(text);
    }
    text.text += delta;
    this.#draft.add(delta);
  }

  #call(call: LanguageModelV4ToolCall): void {
    this.#count(`${call.toolCallId}${call.toolName}${call.input}`, bytesOfPart);
    if (++this.#calls > mostCalls) {
      throw new HoldfastError('model-failed', `the answer asks for more than ${mostCalls} calls at once`);
    }
    this.#content.push(call);
  }

  #count(text: string, more = 0): void {
    this.#bytes += Buffer.byteLength(text) + more;
    if (this.#bytes <= mostAnswerBytes) return;
    throw new HoldfastError('model-failed', `the answer is longer than ${mostAnswerBytes} bytes`);
  }
}
