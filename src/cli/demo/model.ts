/** The policy with a model, through the AI SDK: the model sees the door's tools as they describe themselves. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, isStepCount, jsonSchema, type LanguageModel, type ToolSet, tool } from 'ai';
import { HoldfastError } from '../../schema/error-class.ts';
import type { Door, Goal, Policy } from './policy.ts';

/** Model calls per goal, and time for all of them. */
const mostSteps = 16;
const goalTimeoutMs = 5 * 60_000;

const instructions =
  'You are an engineer at work in a sandbox, through its tools. Do what is asked with as few calls as it takes, then stop with one short sentence. A command that fails is an answer; do not repeat it unchanged.';

/** Null when the environment names no model. */
export function modelPolicy(environment: NodeJS.ProcessEnv): Policy | null {
  const chosen = chooseModel(environment);
  if (!chosen) return null;
  return { name: chosen.name, pursue: (goal, door) => pursue(chosen.model, goal, door) };
}

function chooseModel(environment: NodeJS.ProcessEnv): { name: string; model: LanguageModel } | null {
  const {
    ANTHROPIC_API_KEY: anthropicKey,
    OPENAI_API_KEY: openaiKey,
    OPENAI_BASE_URL: baseURL,
    HOLDFAST_MODEL: wanted,
  } = environment;
  if (baseURL) {
    if (!wanted) {
      throw new HoldfastError('invalid-argument', 'OPENAI_BASE_URL is set and HOLDFAST_MODEL is not', {
        hint: 'Name a model that server has in HOLDFAST_MODEL.',
      });
    }
    const provider = createOpenAICompatible({
      name: 'compatible',
      baseURL,
      ...(openaiKey ? { apiKey: openaiKey } : {}),
    });
    return { name: wanted, model: provider(wanted) };
  }
  if (anthropicKey) {
    const id = wanted ?? 'claude-sonnet-5-5';
    return { name: id, model: createAnthropic({ apiKey: anthropicKey })(id) };
  }
  if (openaiKey) {
    const id = wanted ?? 'gpt-5.6';
    return { name: id, model: createOpenAI({ apiKey: openaiKey })(id) };
  }
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
