/** Channels in a file, with the file of the agents that they lead to. */
import { dirname, resolve } from 'node:path';
import type { AgentBundle, Channel } from '../schema/index.ts';
import { loadAgents } from './agent-files.ts';
import { textOf } from './contract-files.ts';

/** A file with agents, or one with channels and the agents that they lead to. */
export async function loadWithChannels(
  word: string,
  { directory, besides }: { directory: string; besides?: string | undefined },
): Promise<{ bundle: AgentBundle; channels: Channel[] }> {
  if (!word.endsWith('.ts') && (await isOfChannels(word, directory))) return loadChannels(word, { directory, besides });
  return { bundle: (await loadAgents(word, { directory, besides })).bundle, channels: [] };
}

async function isOfChannels(word: string, directory: string): Promise<boolean> {
  const { hasChannels } = await import('../agents/index.ts');
  const text = await textOf(resolve(directory, word), word, 'Give a file with agents, e.g. examples/agents/desk.yaml.');
  return hasChannels(text, word);
}

/** @throws HoldfastError `invalid-argument` with file, line and column of what is wrong */
export async function loadChannels(
  word: string,
  { directory, besides }: { directory: string; besides?: string | undefined },
): Promise<{ bundle: AgentBundle; channels: Channel[] }> {
  const [{ readSource }, { channelFileSchema: schema }] = await Promise.all([
    import('../contract/index.ts'),
    import('../schema/index.ts'),
  ]);
  const path = resolve(directory, word);
  const text = await textOf(path, word, 'Give a file with channels, e.g. examples/channels/desk.yaml.');
  const hint = 'It is YAML or JSON; examples/channels/desk.yaml shows one.';
  const { agents, channels } = readSource({ text, file: word, schema, what: 'a file with channels', hint }).value;
  const { bundle } = await loadAgents(agents, { directory: dirname(path), besides });
  return { bundle, channels };
}
