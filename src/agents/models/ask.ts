/**
 * One model call of an agent: what it may cost at most, who is asked and how often, what it cost.
 *
 * 1. The most it may cost is known before: a token is at least one byte, so the bytes of the question bound its tokens.
 * 2. What a provider does not say was used counts as all that was held; so does an answer that never came.
 * 3. A model is asked again only after a failure that its provider calls passing, or an answer that broke off; then the next
 *    one is asked. What was told of an answer that failed is withdrawn.
 */
import { APICallError, type LanguageModelV4FunctionTool, type LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { Clock } from '../../base/index.ts';
import {
  type AgentManifest,
  asHoldfastError,
  type ErrorBody,
  HoldfastError,
  type ModelFacts,
} from '../../schema/index.ts';
import type { HoldAmounts } from '../../state/index.ts';
import { BrokenOff, type Hearing, readAnswer, type WholeAnswer } from './answer.ts';
import type { OpenModel } from './open.ts';

export interface Question {
  prompt: LanguageModelV4Prompt;
  tools: LanguageModelV4FunctionTool[];
}

export type AnswerPart = { type: 'text'; text: string } | { type: 'call'; tool: string; input: unknown };

export type Answer =
  | { ok: true; content: AnswerPart[]; finish: string; model: string; usage: { input: number; output: number } }
  | { ok: false; error: ErrorBody; tried: string[] };

export interface AskParts {
  clock: Clock;
  open: OpenModel;
}

const wireBytesPerMessage = 64;
const firstPauseMs = 250;

/** Tokens and cents; of several models the most of each. */
export function worstCase(manifest: AgentManifest, question: Question): HoldAmounts {
  const input = inputBound(question);
  const all = [manifest.model, ...manifest.fallbacks];
  return {
    tokens: Math.max(...all.map((facts) => input + facts.maxOutputTokens)),
    cents: Math.max(...all.map((facts) => centsOf(facts, input, facts.maxOutputTokens))),
  };
}

export async function ask(
  parts: AskParts,
  manifest: AgentManifest,
  question: Question,
  hearing: Hearing,
): Promise<{ answer: Answer; used?: HoldAmounts }> {
  const { scope, draft } = hearing;
  const tried: string[] = [];
  let last: HoldfastError | null = null;
  for (const facts of [manifest.model, ...manifest.fallbacks]) {
    for (let attempt = 0; attempt < manifest.attempts; attempt++) {
      if (attempt > 0) await parts.clock.sleep(firstPauseMs * 2 ** (attempt - 1), scope.signal).catch(() => undefined);
      if (scope.signal.aborted) break;
      tried.push(nameOf(facts));
      const outcome = await attemptOnce(parts, facts, question, hearing);
      if (outcome.ok) return outcome;
      draft.withdraw();
      last = outcome.error;
      if (!outcome.passing) break;
    }
  }
  const why = last?.message ?? 'the time was over before any was asked';
  const error = new HoldfastError('model-failed', `no model answered ${manifest.name}: ${why}`, {
    hint: last?.hint ?? 'See the daemon’s log; give it a fallback, or try again later.',
    details: { tried },
  });
  return { answer: { ok: false, error: error.toBody(), tried } };
}

type Attempt = { ok: true; answer: Answer; used: HoldAmounts } | { ok: false; error: HoldfastError; passing: boolean };

async function attemptOnce(
  { open }: AskParts,
  facts: ModelFacts,
  question: Question,
  hearing: Hearing,
): Promise<Attempt> {
  try {
    const model = await open(facts);
    const { prompt, tools } = question;
    const result = await readAnswer(
      model,
      {
        prompt,
        maxOutputTokens: facts.maxOutputTokens,
        abortSignal: hearing.scope.signal,
        ...(tools.length > 0 ? { tools, toolChoice: { type: 'auto' } } : {}),
      },
      hearing,
    );
    const bound = { input: inputBound(question), output: facts.maxOutputTokens };
    const usage = {
      input: result.usage.inputTokens.total ?? bound.input,
      output: result.usage.outputTokens.total ?? bound.output,
    };
    const used = { steps: 1, tokens: usage.input + usage.output, cents: centsOf(facts, usage.input, usage.output) };
    const content = contentOf(result);
    return {
      ok: true,
      answer: { ok: true, content, finish: result.finishReason.unified, model: nameOf(facts), usage },
      used,
    };
  } catch (error) {
    const known = APICallError.isInstance(error)
      ? new HoldfastError('model-failed', `${nameOf(facts)}: ${error.message} (status ${error.statusCode ?? 'none'})`)
      : asHoldfastError(error);
    const passing = error instanceof BrokenOff || (APICallError.isInstance(error) && error.isRetryable);
    return { ok: false, error: known, passing };
  }
}

/** Text and calls; what a provider adds for itself (reasoning, sources) is not part of the conversation. */
function contentOf({ content }: WholeAnswer): AnswerPart[] {
  return content.flatMap((part): AnswerPart[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text.toWellFormed() }];
    if (part.type !== 'tool-call' || part.providerExecuted) return [];
    return [{ type: 'call', tool: part.toolName, input: parsed(part.input) }];
  });
}

/** What is not JSON is handed on as it is: the tool's schema refuses it, and the model is told. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text);
  } catch {
    return text.toWellFormed();
  }
}

function inputBound({ prompt, tools }: Question): number {
  return Buffer.byteLength(JSON.stringify({ prompt, tools })) + wireBytesPerMessage * (prompt.length + 1);
}

function centsOf({ price }: ModelFacts, input: number, output: number): number {
  if (price === 'unpriced') return 0;
  const cents = (input * price.inputCentsPerMillion + output * price.outputCentsPerMillion) / 1e6;
  return Math.ceil(cents * 1e6) / 1e6;
}

const nameOf = (facts: ModelFacts): string => ('id' in facts ? `${facts.provider}/${facts.id}` : facts.provider);
