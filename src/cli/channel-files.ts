/** Channels in a file, with the file of the agents that they lead to. */
import { dirname, resolve } from 'node:path';
import type { AgentBundle, ChannelInput } from '../schema/index.ts';
import { loadAgents } from './agent-files.ts';
import { textOf } from './contract-files.ts';

/** @throws HoldfastError `invalid-argument` with file, line and column of what is wrong */
export async function loadChannels(
  word: string,
  directory: string,
): Promise<{ bundles: AgentBundle[]; channels: ChannelInput[] }> {
  const [{ readSource }, { channelFileSchema: schema }] = await Promise.all([
    import('../contract/index.ts'),
    import('../schema/index.ts'),
  ]);
  const path = resolve(directory, word);
  const text = await textOf(path, word, 'Give a file with channels, e.g. examples/channels/desk.yaml.');
  const hint = 'It is YAML or JSON; examples/channels/desk.yaml shows one.';
  const { agents, channels } = readSource({ text, file: word, schema, what: 'a file with channels', hint }).value;
  const { bundle } = await loadAgents(agents, { directory: dirname(path) });
  return { bundles: [bundle], channels };
}
