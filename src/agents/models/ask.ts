/**
 * One model call of an agent: what it may cost at most, who is asked and how often, what it cost.
 *
 * 1. The most it may cost is known before: a token is at least one byte, so the bytes of the question bound its tokens.
 * 2. What a provider does not say was used counts as all that was held, and so does a number that no use can have: nobody gets
 *    anything back by saying less than nothing. So does an answer that never came.
 * 3. A model is asked again only after a failure that its provider calls passing, or an answer that broke off; then the next
 *    one is asked. What was told of an answer that failed is withdrawn.
 * 4. An answer that was lost on its way may have to be paid for: it counts, and nobody is asked after it unless that can be held too.
 * 5. Where none answered and one of them may later, its agent's patience decides (patience.ts), and what nobody worked on costs nothing.
 */
import {
  AISDKError,
  APICallError,
  type LanguageModelV4CallOptions,
  type LanguageModelV4FunctionTool,
  type LanguageModelV4Prompt,
} from '@ai-sdk/provider';
import type { Clock } from '../../base/index.ts';
import {
  type AgentManifest,
  asHoldfastError,
  type ErrorBody,
  HoldfastError,
  isHoldfastError,
  type ModelFacts,
} from '../../schema/index.ts';
import type { StepHands } from '../../sessions/index.ts';
import type { HoldAmounts } from '../../state/index.ts';
import { deepest, depthOf } from '../nesting.ts';
import { type Away, patienceOf, wasNeverSent } from '../patience.ts';
import { BrokenOff, type Hearing, isFromStream, readAnswer, type WholeAnswer } from './answer.ts';
import { nameOf, type OpenModel } from './open.ts';
import { tapeProvider } from './replay.ts';

export interface Question {
  prompt: LanguageModelV4Prompt;
  tools: LanguageModelV4FunctionTool[];
}

export type AnswerPart = { type: 'text'; text: string } | { type: 'call'; tool: string; input: unknown };

export type Answer =
  | { ok: true; content: AnswerPart[]; finish: string; model: string; usage: { input: number; output: number } }
  | ({ ok: false; error: ErrorBody; tried: string[] } & Away);

export interface AskParts {
  clock: Clock;
  open: OpenModel;
}

const wireBytesPerMessage = 64;
const firstPauseMs = 250;

/** Tokens and cents; of several models the most of each. */
export function worstCase(manifest: AgentManifest, question: Question): Spending {
  const all = [manifest.model, ...manifest.fallbacks].map((facts) => boundOf(facts, question));
  return { tokens: Math.max(...all.map(({ tokens }) => tokens)), cents: Math.max(...all.map(({ cents }) => cents)) };
}

interface Spending {
  tokens: number;
  cents: number;
}

type Asking = Hearing & Pick<StepHands, 'holdMore'>;

export interface Asked {
  answer: Answer;
  /** Who answered, or was asked last: the agent's own, or one that stood in. */
  model: ModelFacts;
  used?: HoldAmounts;
}

export async function ask(
  parts: AskParts,
  manifest: AgentManifest,
  question: Question,
  asking: Asking,
): Promise<Asked> {
  const { scope, draft, holdMore } = asking;
  const tried: ModelFacts[] = [];
  const lost: Spending[] = [];
  let last: HoldfastError | null = null;
  /** Of those that may answer later: when, where they said so. */
  const away: (number | null)[] = [];
  for (const facts of [manifest.model, ...manifest.fallbacks]) {
    const bound = boundOf(facts, question);
    for (let attempt = 0; attempt < manifest.attempts; attempt++) {
      if (attempt > 0) await parts.clock.sleep(firstPauseMs * 2 ** (attempt - 1), scope.signal).catch(() => undefined);
      if (scope.signal.aborted) break;
      const refusal = lost.length === 0 ? null : await holdMore(bound).then(() => null, asHoldfastError);
      if (refusal) return unanswered(manifest, refusal, tried);
      tried.push(facts);
      const outcome = await attemptOnce(parts, facts, question, asking);
      if (outcome.ok) {
        return { answer: outcome.answer, model: facts, used: { steps: 1, ...sumOf([outcome.used, ...lost]) } };
      }
      draft.withdraw();
      last = outcome.error;
      if (outcome.isLost) lost.push(bound);
      if (!outcome.passing) break;
      const { retryAfterMs } = outcome;
      if (attempt + 1 < manifest.attempts && (retryAfterMs ?? 0) <= firstPauseMs * 2 ** attempt) continue;
      away.push(retryAfterMs);
      break;
    }
  }
  const failed = unanswered(manifest, last, tried);
  if (away.length === 0 || scope.signal.aborted || patienceOf(manifest) === 0) return failed;
  const said = away.filter((ms) => ms !== null);
  const soonest = said.length === 0 ? {} : { retryAfterMs: Math.min(...said) };
  const answer = { ...failed.answer, away: true, ...soonest } as const;
  return { ...failed, answer, ...(lost.length === 0 ? { used: { steps: 0 } } : {}) };
}

function unanswered(
  manifest: AgentManifest,
  last: HoldfastError | null,
  asked: readonly ModelFacts[],
): Asked & { answer: { ok: false } } {
  const tried = asked.map(nameOf);
  const why = last?.message ?? 'the time was over before any was asked';
  const error = new HoldfastError('model-failed', `no model answered ${manifest.name}: ${why}`, {
    hint: last?.hint ?? 'See the daemon’s log; give it a fallback, or try again later.',
    details: { tried },
  });
  return { answer: { ok: false, error: error.toBody(), tried }, model: asked.at(-1) ?? manifest.model };
}

/** As a provider takes it: all that shapes the answer. */
export const askedOf = ({ prompt, tools }: Question, { maxOutputTokens }: ModelFacts): LanguageModelV4CallOptions => ({
  prompt,
  maxOutputTokens,
  ...(tools.length > 0 ? { tools, toolChoice: { type: 'auto' } } : {}),
});

type Attempt =
  | { ok: true; answer: Answer; used: Spending }
  /** `isLost`: somebody may have worked on it, and be paid for that. */
  | { ok: false; error: HoldfastError; passing: boolean; isLost: boolean; retryAfterMs: number | null };

async function attemptOnce(
  { open, clock }: AskParts,
  facts: ModelFacts,
  question: Question,
  hearing: Hearing,
): Promise<Attempt> {
  let isAsked = false;
  try {
    const model = await open(facts);
    // Nobody works for what comes from a tape.
    isAsked = model.provider !== tapeProvider;
    const result = await readAnswer(model, { ...askedOf(question, facts), abortSignal: hearing.scope.signal }, hearing);
    const usage = {
      input: counted(result.usage.inputTokens.total, inputBound(question)),
      output: counted(result.usage.outputTokens.total, facts.maxOutputTokens),
    };
    const used = { tokens: usage.input + usage.output, cents: centsOf(facts, usage.input, usage.output) };
    const content = contentOf(result);
    return {
      ok: true,
      answer: { ok: true, content, finish: result.finishReason.unified, model: nameOf(facts), usage },
      used,
    };
  } catch (error) {
    const isRefused = (APICallError.isInstance(error) && (error.statusCode ?? 0) >= 400) || wasNeverSent(error);
    const passing = error instanceof BrokenOff || (isFromStream(error) && error.isRetryable === true);
    const retryAfterMs = APICallError.isInstance(error) ? retryAfterOf(error.responseHeaders, clock) : null;
    return { ok: false, error: failureOf(facts, error), passing, isLost: isAsked && !isRefused, retryAfterMs };
  }
}

/** Seconds or a date, as HTTP has it, or milliseconds, as some providers do. */
function retryAfterOf(headers: Readonly<Record<string, string>> | undefined, clock: Clock): number | null {
  const [exact, said] = [headers?.['retry-after-ms'], headers?.['retry-after']];
  const afterMs = exact ? Number(exact) : said ? Number(said) * 1000 : Number.NaN;
  if (Number.isFinite(afterMs)) return Math.max(0, Math.ceil(afterMs));
  const atMs = Date.parse(said ?? '');
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - clock.nowMs());
}

function failureOf(facts: ModelFacts, error: unknown): HoldfastError {
  if (isHoldfastError(error) || !(AISDKError.isInstance(error) || isFromStream(error))) return asHoldfastError(error);
  const status = 'statusCode' in error ? String(error.statusCode) : 'none';
  return new HoldfastError('model-failed', `${nameOf(facts)}: ${error.message} (status ${status})`);
}

const counted = (told: number | undefined, bound: number): number =>
  told !== undefined && Number.isSafeInteger(told) && told >= 0 ? told : bound;

const sumOf = (all: readonly Spending[]): Spending => ({
  tokens: all.reduce((sum, { tokens }) => sum + tokens, 0),
  cents: all.reduce((sum, { cents }) => sum + cents, 0),
});

/** Text and calls; what a provider adds for itself (reasoning, sources) is not part of the conversation. */
function contentOf({ content }: WholeAnswer): AnswerPart[] {
  return content.flatMap((part): AnswerPart[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text.toWellFormed() }];
    if (part.type !== 'tool-call' || part.providerExecuted) return [];
    return [{ type: 'call', tool: part.toolName, input: parsed(part.input) }];
  });
}

/** What is not JSON, or is nested deeper than anything means, is handed on as it is: the tool's schema refuses it, and the model is told. */
function parsed(text: string): unknown {
  try {
    return depthOf(text) > deepest ? text.toWellFormed() : JSON.parse(text === '' ? '{}' : text);
  } catch {
    return text.toWellFormed();
  }
}

function boundOf(facts: ModelFacts, question: Question): Spending {
  const input = inputBound(question);
  return { tokens: input + facts.maxOutputTokens, cents: centsOf(facts, input, facts.maxOutputTokens) };
}

function inputBound({ prompt, tools }: Question): number {
  return Buffer.byteLength(JSON.stringify({ prompt, tools })) + wireBytesPerMessage * (prompt.length + 1);
}

function centsOf({ price }: ModelFacts, input: number, output: number): number {
  if (price === 'unpriced') return 0;
  const cents = (input * price.inputCentsPerMillion + output * price.outputCentsPerMillion) / 1e6;
  return Math.ceil(cents * 1e6) / 1e6;
}
