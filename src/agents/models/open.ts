/** Makes a model of its facts. Keys come from the daemon's environment and are in no manifest, log or tape. */
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { hostVariables } from '../../base/index.ts';
import { HoldfastError, type ModelFacts } from '../../schema/index.ts';
import { replayModel } from './replay.ts';
import { scriptedModel } from './scripted.ts';

export type OpenModel = (facts: ModelFacts) => LanguageModelV4 | Promise<LanguageModelV4>;

/** @throws HoldfastError `capability-missing` when its key or address is not set */
export const openModel: OpenModel = async (facts) => {
  switch (facts.provider) {
    case 'scripted':
      return scriptedModel(facts.rules);
    case 'replay':
      return replayModel(facts.tape);
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ apiKey: variable('ANTHROPIC_API_KEY'), fetch: boundedFetch })(facts.id);
    }
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      return createOpenAI({ apiKey: variable('OPENAI_API_KEY'), fetch: boundedFetch })(facts.id);
    }
    case 'peer':
      throw new HoldfastError('internal', `${facts.peer}/${facts.agent} is an agent, not a model`);
    case 'compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const apiKey = hostVariables()['OPENAI_API_KEY'];
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
};

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

function variable(name: string): string {
  const value = hostVariables()[name];
  if (value) return value;
  throw new HoldfastError('capability-missing', `${name} is not set where the daemon runs`, {
    hint: `Set ${name} and start the daemon again, or use a scripted model.`,
  });
}
