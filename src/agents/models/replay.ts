/**
 * Models on tape: a JSON object per line, found by the digest of what was asked. A question that is not on the tape is an
 * error, never a live call.
 */
import { appendFileSync } from 'node:fs';
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { readFile } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf } from '../manifest.ts';
import { streamOf } from './scripted.ts';

interface Taped {
  key: string;
  result: Pick<LanguageModelV4GenerateResult, 'content' | 'finishReason' | 'usage'>;
}

/** Of everything that shapes the answer, and nothing else. */
export function questionKey(model: { provider: string; modelId: string }, options: LanguageModelV4CallOptions): string {
  const { abortSignal: _, headers: _headers, ...asked } = options;
  return digestOf(JSON.parse(JSON.stringify({ provider: model.provider, model: model.modelId, asked })));
}

/** The same question gets the same answer, however often: what a crash interrupted is asked again. */
export async function replayModel(
  path: string,
  as = { provider: 'replay', modelId: 'replay' },
): Promise<LanguageModelV4> {
  const tape = readTape(await readFile(path, 'utf8'), path);
  const generate = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> => {
    const key = questionKey(as, options);
    const answer = tape.get(key);
    if (!answer) throw miss(path, key);
    return { ...answer, warnings: [] };
  };
  return {
    specificationVersion: 'v4',
    ...as,
    supportedUrls: {},
    doGenerate: generate,
    doStream: async (options) => ({ stream: streamOf(await generate(options)) }),
  };
}

/** The same model, with every answer added to the tape before it is given. */
export function recordingModel(model: LanguageModelV4, path: string): LanguageModelV4 {
  const as = { provider: 'replay', modelId: 'replay' };
  const generate = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> => {
    const result = await model.doGenerate(options);
    const { content, finishReason, usage } = result;
    const line: Taped = { key: questionKey(as, options), result: { content, finishReason, usage } };
    appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    return result;
  };
  return {
    ...model,
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: generate,
    doStream: async (options) => ({ stream: streamOf(await generate(options)) }),
  };
}

function readTape(text: string, path: string): Map<string, Taped['result']> {
  const tape = new Map<string, Taped['result']>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    try {
      // Written by `recordingModel`; whatever else stands there has no such key and is never found.
      const { key, result } = JSON.parse(line) as Taped;
      if (!tape.has(key)) tape.set(key, result);
    } catch (cause) {
      throw new HoldfastError('tape-corrupt', `${path}:${index + 1} is not a line of a model tape`, {
        cause,
        hint: 'Record the tape again.',
      });
    }
  }
  return tape;
}

function miss(path: string, key: string): HoldfastError {
  return new HoldfastError('model-failed', `the question ${key.slice(0, 12)} is not on the tape ${path}`, {
    hint: 'What is asked changed since the tape was recorded: record it again, or look for what changed.',
    details: { key },
  });
}
