/**
 * Models on tape: a JSON object per line, found by whose answer it is and the digest of what was asked. A question that is not
 * on the tape is an error, never a live call.
 *
 * 1. An answer is on the tape before its end is given on, and only when it is whole. Its pieces are given as they come.
 * 2. Each answer is under the name of the model that gave it, so that several on one tape are kept apart.
 * 3. What stands after the last newline is half a line of whoever died in writing it: nobody was given that answer. It is not read,
 *    and cut before more is written.
 * 4. Ids that a runtime draws stand in the digest by the order in which they appear: the same work asks the same in another run.
 */
import {
  appendFileSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';
import { canonicalJson, readFileIfPresent } from '../../base/index.ts';
import { HoldfastError, idPrefixes, isHoldfastError } from '../../schema/index.ts';
import { digestOf } from '../manifest.ts';
import { GrowingAnswer } from './answer.ts';
import { streamOf } from './scripted.ts';

export const tapeProvider = 'replay';

type TapedAnswer = Pick<LanguageModelV4GenerateResult, 'content' | 'finishReason' | 'usage'>;

export interface TapeLine {
  key: string;
  model: string;
  result: TapedAnswer;
}

export interface ModelTape {
  path: string;
  models: ReadonlySet<string>;
  answers: ReadonlyMap<string, TapedAnswer>;
}

/** Of everything that shapes the answer, and nothing else. */
export function questionKey(model: string, options: LanguageModelV4CallOptions): string {
  const { abortSignal: _, headers: _headers, ...asked } = options;
  return digestOf(numbered(canonicalJson(JSON.parse(JSON.stringify({ model, asked })))));
}

const drawnId = new RegExp(`\\b(${Object.values(idPrefixes).join('|')})-[0-9a-hjkmnp-tv-z]{26}\\b`, 'g');

function numbered(text: string): string {
  const known = new Map<string, string>();
  return text.replace(drawnId, (id, kind: string) => {
    const number = known.get(id) ?? `${kind}-${known.size}`;
    known.set(id, number);
    return number;
  });
}

/** The same question gets the same answer, however often: what a crash interrupted is asked again. */
export function replayModel(tape: ModelTape, model: string): LanguageModelV4 {
  const generate = async (options: LanguageModelV4CallOptions): Promise<LanguageModelV4GenerateResult> => {
    const key = questionKey(model, options);
    const answer = tape.answers.get(key);
    if (!answer) throw miss(tape.path, model, key);
    return { ...answer, warnings: [] };
  };
  return {
    specificationVersion: 'v4',
    provider: tapeProvider,
    modelId: model,
    supportedUrls: {},
    doGenerate: generate,
    doStream: async (options) => ({ stream: streamOf(await generate(options)) }),
  };
}

/** The same model, with every whole answer added to the tape. */
export function recordingModel(model: LanguageModelV4, path: string, name: string): LanguageModelV4 {
  const keep = (options: LanguageModelV4CallOptions, { content, finishReason, usage }: TapedAnswer): void =>
    addLine(path, { key: questionKey(name, options), model: name, result: { content, finishReason, usage } });
  return {
    specificationVersion: 'v4',
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: model.supportedUrls,
    doGenerate: async (options) => {
      const result = await model.doGenerate(options);
      keep(options, result);
      return result;
    },
    doStream: async (options) => {
      const answer = await model.doStream(options);
      return { ...answer, stream: answer.stream.pipeThrough(heard((whole) => keep(options, whole))) };
    },
  };
}

/** Passes each part on as it comes, and tells the whole before its last one. */
function heard(
  tell: (whole: TapedAnswer) => void,
): TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart> {
  const answer = new GrowingAnswer();
  return new TransformStream({
    transform(part, controller) {
      const whole = part.type === 'error' ? null : answer.take(part);
      if (whole) tell(whole);
      controller.enqueue(part);
    },
  });
}

export const tapeLine = (line: TapeLine): string => `${JSON.stringify(line)}\n`;

/** What was answered before stays readable: of a line that cannot be written whole nothing is left. */
function addLine(path: string, line: TapeLine): void {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  try {
    append(path, tapeLine(line));
  } catch (cause) {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > sizeBytes) truncateSync(path, sizeBytes);
    throw new HoldfastError('model-failed', `${line.model} answered, and its answer could not be put on ${path}`, {
      cause,
      hint: 'Make it possible to write there, or start the daemon without recording models.',
    });
  }
}

/** Before any model is asked: it ends in a whole line then. @throws HoldfastError when answers could not be put on it */
export function tryTape(path: string): void {
  try {
    append(path, '');
    cutHalfLine(path);
  } catch (cause) {
    if (isHoldfastError(cause)) throw cause;
    throw new HoldfastError('invalid-argument', `answers of models cannot be put on ${path}`, {
      cause,
      hint: 'Name a file that can be written, in a directory that is there.',
    });
  }
}

const append = (path: string, text: string): void => appendFileSync(path, text, { mode: 0o600 });

function cutHalfLine(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    const wholeBytes = endOfLines(file, size);
    const half = Buffer.alloc(Math.min(lineStart.length, size - wholeBytes));
    readSync(file, half, 0, half.length, wholeBytes);
    if (!isHalfLine(half.toString('latin1'))) throw corrupt(`the end of ${path}`);
    if (wholeBytes < size) ftruncateSync(file, wholeBytes);
  } finally {
    closeSync(file);
  }
}

/** Right behind the last newline; looked for from the end, since tapes grow long. */
function endOfLines(file: number, size: number): number {
  const piece = Buffer.alloc(Math.min(size, 64 * 1024));
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - piece.length);
    const read = readSync(file, piece, 0, end - from, from);
    const at = piece.subarray(0, read).lastIndexOf('\n');
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}

/** As every line begins that `tapeLine` makes. */
const lineStart = '{"key":"';

/** Of no other file anything is cut or passed over. */
const isHalfLine = (text: string): boolean => text.startsWith(lineStart) || lineStart.startsWith(text);

function corrupt(what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('tape-corrupt', `${what} is not a line of a model tape`, {
    cause,
    hint: 'Record the tape again.',
  });
}

/** @throws HoldfastError `not-found`, `tape-corrupt` */
export async function readModelTape(path: string): Promise<ModelTape> {
  const text = await readFileIfPresent(path);
  if (text === null) {
    throw new HoldfastError('not-found', `there is no tape of models ${path}`, {
      hint: 'Record one: holdfast serve --record-models FILE',
    });
  }
  const models = new Set<string>();
  const answers = new Map<string, TapedAnswer>();
  const lines = text.split('\n');
  const half = lines.pop() ?? '';
  if (!isHalfLine(half)) throw corrupt(`${path}:${lines.length + 1}`);
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    try {
      // Written by `recordingModel`, or made of a recording; whatever else stands there has no such key and is never found.
      const { key, model, result } = JSON.parse(line) as TapeLine;
      models.add(model);
      // What was asked again, after a crash for one, was gone on with by the newest answer.
      answers.set(key, result);
    } catch (cause) {
      throw corrupt(`${path}:${index + 1}`, cause);
    }
  }
  return { path, models, answers };
}

/** @param name whose answers; absent: those of the only model on it */
export function modelOnTape({ path, models }: ModelTape, name: string | undefined): string {
  const [only = 'none'] = models;
  if (name === undefined && models.size > 1) {
    throw new HoldfastError('model-failed', `${path} has answers of ${[...models].join(', ')}`, {
      hint: `Say whose are meant, e.g. of: ${only}.`,
    });
  }
  return name ?? only;
}

function miss(path: string, model: string, key: string): HoldfastError {
  return new HoldfastError('model-failed', `the question ${key.slice(0, 12)} to ${model} is not on the tape ${path}`, {
    hint: 'What is asked changed since the tape was recorded: record it again, or look for what changed.',
    details: { key, model },
  });
}
