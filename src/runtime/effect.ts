/**
 * Verbs that act inside a sandbox are effects like any tool call and pass the same door: intent into the journal, the
 * work, then how it ended. A verb that only reads is not an effect.
 */
import type { SandboxAccess } from '../tools/index.ts';
import type { Core } from './core.ts';

export type Perform = <T>(
  sandbox: string,
  action: string,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
  /** What a recording keeps, where that is more than the subject. */
  whole?: Record<string, unknown>,
) => Promise<T>;

/** The same for what reaches the sandbox from inside: the work is given the way in, which may lead through a fault plan. */
export type Act = <T>(
  access: SandboxAccess,
  action: string,
  subject: Record<string, unknown>,
  work: (access: SandboxAccess) => Promise<T>,
  /** As of `Perform`. */
  whole?: Record<string, unknown>,
) => Promise<T>;

export function acts(core: Core, tenant: string): Act {
  return (access, action, subject, work, whole) => {
    const verb = { tenant, sandbox: access.sandbox, action, subject, access, ...(whole ? { whole } : {}) };
    return core.door.perform(verb, (way) => work(way ?? access));
  };
}

export function effects(core: Core, tenant: string): Perform {
  return (sandbox, action, subject, work, whole) =>
    core.door.perform({ tenant, sandbox, action, subject, ...(whole ? { whole } : {}) }, work);
}
