/**
 * Before the memory of what runs behind a relay is saved, its channels come to rest (guest/LAUNCHER.md, REST): what goes on from
 * that memory would else wait for the rest of a frame that never comes.
 */
import type { Scope } from '../base/index.ts';
import { launcherTags, tags } from '../guest/index.ts';
import type { Launcher } from './namespace/launcher.ts';
import type { SandboxIdentity } from './types.ts';

export type RelayProcess = Pick<SandboxIdentity, 'pid' | 'startTicks'>;

const noMore = 1;

export const bringToRest = (launcher: Launcher, relay: RelayProcess, scope: Scope): Promise<void> =>
  ask(launcher, relay, undefined, scope);

/** Also when nothing rests. */
export const endRest = (launcher: Launcher, relay: RelayProcess, scope: Scope): Promise<void> =>
  ask(launcher, relay, noMore, scope);

async function ask(
  launcher: Launcher,
  { pid, startTicks }: RelayProcess,
  flags: number | undefined,
  scope: Scope,
): Promise<void> {
  await launcher.request(
    {
      type: 'rest',
      fill: (fields) => void fields.int(tags.pid, pid).int(launcherTags.startTicks, startTicks).int(tags.flags, flags),
    },
    scope,
  );
}
