/** What is looked at when a sandbox is made: what was asked for, and by its first command who and where it is. */
import { type Scope, systemRandom } from '../base/index.ts';
import type { Asked } from '../contract/index.ts';
import type { ContractRef, CreateSandbox } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Core } from './core.ts';
import { sandboxAccess } from './sandbox-access.ts';

/** A machine that is emulated, on a busy host, starts programs slowly. */
const firstLimitMs = 60_000;

/** Without a lifetime nothing is said of it: it is as it was. */
type Request = Pick<CreateSandbox, 'limits' | 'network'> &
  Partial<Pick<CreateSandbox, 'lifetimeMs' | 'user' | 'environment'>>;

/** @throws HoldfastError that names the field which could not be kept, before anything is made */
export async function refuseAsked(
  { contracts }: Pick<Core, 'contracts'>,
  contract: ContractRef | null,
  { lifetimeMs, limits, network, user = 'agent', environment = {} }: Request,
): Promise<void> {
  if (contract === null) return;
  const { refuseRequest } = await import('../contract/index.ts');
  const asked: Asked = { lifetimeMs: lifetimeMs ?? null, limits, hasNetwork: network !== 'none', user, environment };
  refuseRequest((await contracts.named(contract)).contract, asked);
}

/** @throws HoldfastError `capability-missing` that names the field */
export async function assertContract(core: Core, { tenant, id, contract }: SandboxRecord, scope: Scope): Promise<void> {
  if (contract === null) return;
  const { first } = await core.contracts.named(contract);
  const mark = Buffer.from(systemRandom(8)).toString('hex');
  const argv = first.argv(mark);
  if (!argv) return;
  const { stdout } = await sandboxAccess(core, tenant, id).exec({ argv, timeoutMs: firstLimitMs }, scope);
  const broken = first.judge(mark, stdout);
  if (broken) throw broken;
}
