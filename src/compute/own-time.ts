/** What must be released is released in a time of its own: whoever asked may have given up, or run out of theirs. */
import { rootScope, type Scope } from '../base/index.ts';

const releaseTimeoutMs = 15_000;

export async function inOwnTime<T>(name: string, release: (scope: Scope) => Promise<T>): Promise<T> {
  await using scope = rootScope({ name, timeoutMs: releaseTimeoutMs });
  return await release(scope);
}
