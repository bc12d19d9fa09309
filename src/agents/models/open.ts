/** Makes a model of its facts. Keys come from the daemon's environment and are in no manifest, log or tape. */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { hostVariables } from '../../base/index.ts';
import { HoldfastError, type ModelFacts } from '../../schema/index.ts';
import { type ModelTape, modelOnTape, readModelTape, recordingModel, replayModel, tryTape } from './replay.ts';
import { scriptedModel } from './scripted.ts';

export type OpenModel = (facts: ModelFacts) => LanguageModelV4 | Promise<LanguageModelV4>;

/**
 * @param variables with keys and addresses; those of this process if not said
 * @throws HoldfastError `capability-missing` when its key or address is not set
 */
export async function openModel(
  facts: ModelFacts,
  variables: Readonly<Record<string, string | undefined>> = hostVariables(),
): Promise<LanguageModelV4> {
  const variable = (name: string): string => variables[name] || notSet(name);
  switch (facts.provider) {
    case 'scripted':
      return scriptedModel(facts.rules);
    case 'replay': {
      const tape = await readModelTape(facts.tape);
      return replayModel(tape, modelOnTape(tape, facts.of));
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      const apiKey = variable('ANTHROPIC_API_KEY');
      return createAnthropic({ apiKey, ...addressIn(variables['ANTHROPIC_BASE_URL']), fetch: boundedFetch })(facts.id);
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      const apiKey = variable('OPENAI_API_KEY');
      return createOpenAI({ apiKey, ...addressIn(variables['OPENAI_BASE_URL']), fetch: boundedFetch })(facts.id);
    }
    case 'peer':
      throw new HoldfastError('internal', `${facts.peer}/${facts.agent} is an agent, not a model`);
    case 'compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const apiKey = variables['OPENAI_API_KEY'];
      const baseURL = facts.baseUrl ?? variable('OPENAI_BASE_URL');
      const provider = createOpenAICompatible({
        name: 'compatible',
        baseURL,
        includeUsage: true,
        fetch: boundedFetch,
        // A key is for the address that its owner set, not for one that a manifest names.
        ...(apiKey !== undefined && facts.baseUrl === undefined ? { apiKey } : {}),
      });
      return provider(facts.id);
    }
  }
}

/** Where answers of models go to, or come from instead of them. */
export type TapeOptions = { record: string } | { replay: string };

/** Scripted models and those on a tape of their own are as they are: they answer the same each time. */
export function withTape(open: OpenModel, options: TapeOptions): OpenModel {
  const others =
    'record' in options
      ? async (facts: ModelFacts) => recordingModel(await open(facts), options.record, tapedName(facts))
      : fromTape(options.replay);
  return (facts) => (facts.provider === 'scripted' || facts.provider === 'replay' ? open(facts) : others(facts));
}

/** Before any model is needed. @throws HoldfastError when answers cannot go there, or come from there */
export async function checkTape(options: TapeOptions): Promise<void> {
  if ('record' in options) tryTape(options.record);
  else await readModelTape(options.replay);
}

function fromTape(path: string): OpenModel {
  let tape: ModelTape | null = null;
  return async (facts) => {
    tape ??= await readModelTape(path);
    return replayModel(tape, tapedName(facts));
  };
}

export const nameOf = (facts: ModelFacts): string => ('id' in facts ? `${facts.provider}/${facts.id}` : facts.provider);

/** Servers that a manifest names are apart, also where their models have one name. */
export const tapedName = (facts: ModelFacts): string =>
  'baseUrl' in facts && facts.baseUrl !== undefined ? `${nameOf(facts)} at ${facts.baseUrl}` : nameOf(facts);

/** Of one answer on the wire, with all that stands around its text. */
const mostWireBytes = 16 * 1024 * 1024;

/** What a server sends without end, such as a line, is not gathered until there is no memory left. */
const boundedFetch: typeof fetch = async (...request) => {
  const response = await fetch(...request);
  if (!response.body) return response;
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform: (piece, controller) => {
      bytes += piece.byteLength;
      if (bytes <= mostWireBytes) controller.enqueue(piece);
      else controller.error(new HoldfastError('model-failed', `the model sent more than ${mostWireBytes} bytes`));
    },
  });
  return new Response(response.body.pipeThrough(counted), response);
};

/** Where the provider is, if not where it usually is. */
const addressIn = (baseURL: string | undefined): { baseURL?: string } => (baseURL ? { baseURL } : {});

function notSet(name: string): never {
  throw new HoldfastError('capability-missing', `${name} is not set where the daemon runs`, {
    hint: `Set ${name} and start the daemon again, or use a scripted model.`,
  });
}
