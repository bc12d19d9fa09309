/**
 * A model that follows a list of rules: for tests and for examples without a key. It says what it is in every answer, and
 * never pretends to reason.
 */
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { HoldfastError, type ScriptedRule } from '../../schema/index.ts';

export function scriptedModel(rules: readonly ScriptedRule[]): LanguageModelV4 {
  const generate = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> =>
    answer(rules, options);
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate: generate,
    doStream: async (options) => ({ stream: streamOf(await generate(options)) }),
  };
}

function answer(rules: readonly ScriptedRule[], { prompt }: LanguageModelV4CallOptions): LanguageModelV4GenerateResult {
  const answered = prompt.filter(({ role }) => role === 'assistant').length;
  const newest = prompt.at(-1);
  const seen = newest ? textOf(newest) : '';
  const rule = rules.find(
    (each) =>
      (each.answered === undefined || each.answered === answered) &&
      (each.sees === undefined || seen.includes(each.sees)) &&
      (each.afterTool === undefined || each.afterTool === (newest?.role === 'tool')),
  );
  if (!rule) {
    throw new HoldfastError('model-failed', `the scripted model has no rule for answer ${answered}`, {
      hint: 'Add a rule without conditions at the end.',
      details: { answered, sees: seen.slice(0, 200) },
    });
  }
  const calls = (rule.call ?? []).map(({ tool, input }, index) => ({
    type: 'tool-call' as const,
    toolCallId: `scripted-${answered}-${index}`,
    toolName: tool,
    input: JSON.stringify(input),
  }));
  const text = rule.say === undefined ? [] : [{ type: 'text' as const, text: `[scripted] ${rule.say}` }];
  const isCall = calls.length > 0;
  return {
    content: [...text, ...calls],
    finishReason: { unified: isCall ? 'tool-calls' : 'stop', raw: undefined },
    usage: usageOf(prompt.map(textOf).join('').length, JSON.stringify([...text, ...calls]).length),
    warnings: [],
  };
}

/** What a person would read: texts, and results as they were given. */
function textOf({ content }: LanguageModelV4Message): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if (part.type === 'text') return part.text;
      if (part.type !== 'tool-result') return JSON.stringify(part);
      return 'value' in part.output && typeof part.output.value === 'string'
        ? part.output.value
        : JSON.stringify(part.output);
    })
    .join('\n');
}

function usageOf(inputChars: number, outputChars: number): LanguageModelV4GenerateResult['usage'] {
  const [input, output] = [Math.ceil(inputChars / 4), Math.ceil(outputChars / 4)];
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined },
  };
}

/** A whole answer as the stream it could have been. */
export function streamOf(result: LanguageModelV4GenerateResult): ReadableStream<LanguageModelV4StreamPart> {
  const parts = partsOf(result);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

function* partsOf(result: LanguageModelV4GenerateResult): Generator<LanguageModelV4StreamPart> {
  yield { type: 'stream-start', warnings: result.warnings };
  for (const [index, part] of result.content.entries()) {
    if (part.type === 'text') {
      yield { type: 'text-start', id: `${index}` };
      yield { type: 'text-delta', id: `${index}`, delta: part.text };
      yield { type: 'text-end', id: `${index}` };
    } else if (part.type === 'tool-call') yield part;
  }
  yield { type: 'finish', usage: result.usage, finishReason: result.finishReason };
}
