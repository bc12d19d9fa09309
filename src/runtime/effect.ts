/**
 * Verbs that act inside a sandbox are effects like any tool call and pass the same door: intent into the journal, the
 * work, then how it ended. A verb that only reads is not an effect.
 */
import type { SandboxRecord } from '../state/index.ts';
import type { Core } from './core.ts';

export function effect<T>(
  core: Core,
  record: SandboxRecord,
  action: string,
  subject: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T> {
  return core.door.perform({ tenant: record.tenant, sandbox: record.id, action, subject }, work);
}
