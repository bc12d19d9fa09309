import { connectUnixLending, type Scope } from '../base/index.ts';
import type { ErrorCode } from '../schema/index.ts';
import { GuestChannel } from './channel.ts';
import { GuestClient } from './guest-client.ts';

/**
 * Whoever listens at `path`, which should be an agent: `hello` tells.
 *
 * @param whenGone the code for a socket that is missing or refuses; by default `sandbox-died`
 */
export async function connectGuest(path: string, scope: Scope, whenGone?: ErrorCode): Promise<GuestClient> {
  return new GuestClient(new GuestChannel(await connectUnixLending(path, scope, whenGone)));
}
