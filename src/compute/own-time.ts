/**
 * Work that is not its caller's alone has a time of its own: what must be released although whoever asked has given up, and what
 * several wait for.
 */
import { rootScope, type Scope } from '../base/index.ts';

const releaseTimeoutMs = 15_000;

export async function inOwnTime<T>(
  name: string,
  work: (scope: Scope) => Promise<T>,
  timeoutMs: number = releaseTimeoutMs,
): Promise<T> {
  await using scope = rootScope({ name, timeoutMs });
  return await work(scope);
}
