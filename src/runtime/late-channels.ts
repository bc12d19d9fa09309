/** The code of channels is loaded where there are some. */
import type { ChannelHub } from '../channels/index.ts';
import type { ChannelOptions } from './channels.ts';
import type { Core } from './core.ts';
import type { AgentOptions } from './sessions.ts';

export async function lateChannels(
  core: Core,
  { channels = [], bundles = [] }: AgentOptions = {},
  { sessions, random }: Pick<ChannelOptions, 'sessions' | 'random'>,
): Promise<ChannelHub | null> {
  if (channels.length === 0) return null;
  const { openChannels } = await import('./channels.ts');
  return openChannels(core, { channels, agents: bundles.map(({ entry }) => entry), random, sessions });
}
