/** The policy with a model, through the AI SDK: the model sees the door's tools as they describe themselves. */
import { generateText, isStepCount, jsonSchema, type LanguageModel, type ToolSet, tool } from 'ai';
import { openModel } from '../../agents/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import type { ModelFacts } from '../../schema/index.ts';
import type { Door, Goal, Policy } from './policy.ts';

/** Model calls per goal, and time for all of them. */
const mostSteps = 16;
const goalTimeoutMs = 5 * 60_000;

const instructions =
  'You are an engineer at work in a sandbox, through its tools. Do what is asked with as few calls as it takes, then stop with one short sentence. A command that fails is an answer; do not repeat it unchanged.';

/** Null when the environment names no model. */
export async function modelPolicy(environment: NodeJS.ProcessEnv): Promise<Policy | null> {
  const facts = factsOf(environment);
  if (!facts) return null;
  const model = await openModel(facts, environment);
  return { name: facts.id, pursue: (goal, door) => pursue(model, goal, door) };
}

type ChosenModel = Extract<ModelFacts, { id: string }>;
/** Nobody keeps count here. */
const uncounted = { price: 'unpriced', maxOutputTokens: 4096 } as const;

/** An address of one's own goes first, then Anthropic, then OpenAI. */
export function factsOf(environment: NodeJS.ProcessEnv): ChosenModel | null {
  const { HOLDFAST_MODEL: wanted } = environment;
  if (environment['OPENAI_BASE_URL']) {
    if (wanted) return { provider: 'compatible', id: wanted, ...uncounted };
    throw new HoldfastError('invalid-argument', 'OPENAI_BASE_URL is set and HOLDFAST_MODEL is not', {
      hint: 'Name a model that server has in HOLDFAST_MODEL.',
    });
  }
  if (environment['ANTHROPIC_API_KEY'])
    return { provider: 'anthropic', id: wanted || 'claude-sonnet-5-5', ...uncounted };
  if (environment['OPENAI_API_KEY']) return { provider: 'openai', id: wanted || 'gpt-5.6', ...uncounted };
  return null;
}

async function pursue(model: LanguageModel, goal: Goal, door: Door): Promise<void> {
  try {
    await generateText({
      model,
      system: instructions,
      prompt: goal.text,
      tools: toolsOf(door),
      stopWhen: isStepCount(mostSteps),
      abortSignal: AbortSignal.timeout(goalTimeoutMs),
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('outcome-unknown', `the model gave no usable answer: ${why}`, {
      cause,
      hint: 'Check the key, OPENAI_BASE_URL and HOLDFAST_MODEL; `holdfast demo --scripted` needs no model.',
    });
  }
}

function toolsOf(door: Door): ToolSet {
  const entries = door.tools.map(({ name, description, input }) => {
    // A tool describes its input as a JSON Schema object; the door checks each call against the original.
    const schema = jsonSchema<unknown>(input as Parameters<typeof jsonSchema>[0]);
    return [name, tool({ description, inputSchema: schema, execute: (given: unknown) => answerOf(door, name, given) })];
  });
  return Object.fromEntries(entries);
}

/** A refusal is an answer the model can work with. */
async function answerOf(door: Door, name: string, input: unknown): Promise<unknown> {
  const result = await door.call(name, input);
  return result.ok ? result.output : { error: result.error };
}
