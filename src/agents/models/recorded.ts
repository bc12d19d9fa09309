/**
 * What models were asked and answered as it stands in a recording of a sandbox, and the tape of models that is made of it.
 *
 * 1. A question is recorded as whoever answered was asked it, also where that one stood in for another: its answer is found again under that
 *    name and with those limits, and under no other.
 * 2. Secrets are tokens in a recording, in questions and in answers: who asks with the token is answered, who asks with the secret is not.
 * 3. What was cut, what failed and what others recorded makes no line: it is a miss, never another answer.
 */
import type { LanguageModelV4CallOptions, LanguageModelV4Content } from '@ai-sdk/provider';
import { z } from 'zod';
import type { RecordingReader } from '../../recording/index.ts';
import type { Content, EventOf, ModelFacts } from '../../schema/index.ts';
import { type Answer, type AnswerPart, askedOf, type Question } from './ask.ts';
import { tapedName } from './open.ts';
import { questionKey, tapeLine } from './replay.ts';

interface Told {
  question: Question;
  answer: Answer;
  /** Who answered, or was asked last. */
  model: ModelFacts;
}

/** For a recording: plain JSON. */
export function recordedQuestion({ question, answer, model }: Told): unknown {
  return answer.ok ? { model: tapedName(model), ...askedOf(question, model) } : question;
}

const askedSchema = z.looseObject({ model: z.string(), prompt: z.array(z.unknown()), maxOutputTokens: z.number() });
const answerSchema = z.array(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text'), text: z.string() }),
    z.strictObject({ type: z.literal('call'), tool: z.string(), input: z.unknown() }),
  ]),
);

/** Lines of a tape with all that models of sessions answered there. */
export async function* tapeOfRecording(reader: RecordingReader): AsyncGenerator<string, void, undefined> {
  for await (const event of reader.events()) {
    const line = event.type === 'model-call' ? lineOf(reader, event) : null;
    if (line !== null) yield line;
  }
}

function lineOf(reader: RecordingReader, { request, response, usage }: EventOf<'model-call'>): string | null {
  const asked = askedSchema.safeParse(valueIn(reader, request));
  const answered = answerSchema.safeParse(valueIn(reader, response));
  if (!asked.success || !answered.success) return null;
  const { model, ...options } = asked.data;
  const isCall = answered.data.some(({ type }) => type === 'call');
  return tapeLine({
    // As `recordedQuestion` wrote it.
    key: questionKey(model, options as unknown as LanguageModelV4CallOptions),
    model,
    result: {
      content: answered.data.map(contentOf),
      // Why it ended was not kept: a call is waited for, all else is an end.
      finishReason: { unified: isCall ? 'tool-calls' : 'stop', raw: undefined },
      usage: {
        inputTokens: {
          total: usage.inputTokens ?? undefined,
          noCache: undefined,
          cacheRead: undefined,
          cacheWrite: undefined,
        },
        outputTokens: { total: usage.outputTokens ?? undefined, text: undefined, reasoning: undefined },
      },
    },
  });
}

/** What was not kept whole is nothing. */
function valueIn(reader: RecordingReader, content: Content | null): unknown {
  try {
    return content && reader.value(content);
  } catch {
    return null;
  }
}

const contentOf = (part: AnswerPart, index: number): LanguageModelV4Content =>
  part.type === 'text'
    ? part
    : {
        type: 'tool-call',
        toolCallId: `recorded-${index}`,
        toolName: part.tool,
        input: JSON.stringify(part.input) ?? '{}',
      };
