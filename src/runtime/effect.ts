/**
 * Verbs that act inside a sandbox are effects like any tool call and pass the same door: intent into the journal, the
 * work, then how it ended. A verb that only reads is not an effect.
 */
import type { Core } from './core.ts';

export type Perform = <T>(
  sandbox: string,
  action: string,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
  /** What a recording keeps, where that is more than the subject. */
  whole?: Record<string, unknown>,
) => Promise<T>;

export function effects(core: Core, tenant: string): Perform {
  return (sandbox, action, subject, work, whole) =>
    core.door.perform({ tenant, sandbox, action, subject, ...(whole ? { whole } : {}) }, work);
}
