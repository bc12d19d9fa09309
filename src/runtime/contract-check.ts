/** The first command of a new sandbox: is it who and where the contract promises? */
import type { Scope } from '../base/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Core } from './core.ts';
import { sandboxAccess } from './sandbox-access.ts';

/** @throws HoldfastError `capability-missing` that names the field */
export async function assertContract(core: Core, { tenant, id, contract }: SandboxRecord, scope: Scope): Promise<void> {
  if (contract === null) return;
  const held = await core.contracts.named(contract);
  const { firstExec } = await import('../contract/index.ts');
  const { argv, judge } = firstExec(held.contract);
  if (!argv) return;
  const { stdout } = await sandboxAccess(core, tenant, id).exec({ argv, timeoutMs: 10_000 }, scope);
  const broken = judge(new TextDecoder().decode(stdout));
  if (broken) throw broken;
}
