/** The code of channels is loaded where there are some. */
import type { ChannelHub } from '../channels/index.ts';
import { type AgentBundleInput, HoldfastError } from '../schema/index.ts';
import type { ChannelOptions } from './channels.ts';
import type { Core } from './core.ts';
import type { AgentOptions } from './sessions.ts';

/** Nobody vouches for whoever writes by a channel, and no sandbox is held to anything there. */
function refuseTerms({ entry, agents }: AgentBundleInput): void {
  const asking = agents.find(({ person, contract }) => person !== undefined || contract !== undefined);
  if (!asking) return;
  throw new HoldfastError(
    'invalid-argument',
    `${asking.name} says for whom or where it works, and a channel cannot tell`,
    {
      hint: `Let the channel lead to agents without \`person\` and \`contract\`, or leave them out of ${entry}.`,
    },
  );
}

export async function lateChannels(
  core: Core,
  { channels = [], bundles = [] }: AgentOptions = {},
  { sessions, random }: Pick<ChannelOptions, 'sessions' | 'random'>,
): Promise<ChannelHub | null> {
  if (channels.length === 0) return null;
  const led = new Set(channels.map(({ agent }) => agent));
  for (const bundle of bundles) if (led.has(bundle.entry)) refuseTerms(bundle);
  const { openChannels } = await import('./channels.ts');
  return openChannels(core, { channels, agents: bundles.map(({ entry }) => entry), random, sessions });
}
