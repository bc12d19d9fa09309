/** Which sandboxes a runtime keeps ready. */
import { type Parts, Pools } from '../lifecycle/index.ts';
import { type ContractInput, HoldfastError, type Isolation } from '../schema/index.ts';
import type { Contracts } from './contracts.ts';

export interface PoolOptions {
  /** By name. One that is not there yet is waited for. */
  template: string;
  /** How many wait; a whole number, 0 for none. */
  size: number;
  /** The least that its sandboxes have, `namespace` when absent; they serve who asks for what the same substrate gives. */
  isolation?: Isolation;
  /** What its sandboxes are held to, the runtime's own contract when absent; they serve who asks for just that. */
  contract?: ContractInput;
}

/** @throws HoldfastError `invalid-argument`; of a contract as a create does */
export async function openPools(parts: Parts, asked: readonly PoolOptions[], contracts: Contracts): Promise<Pools> {
  const known = new Set<string>();
  const pools = [];
  for (const { template, size, isolation = 'namespace', contract } of asked) {
    if (!Number.isInteger(size) || size < 0) {
      throw new HoldfastError('invalid-argument', `a pool of ${size} sandboxes of the template ${template}`, {
        hint: 'Its size is a whole number, 0 for none.',
        details: { template, size },
      });
    }
    const ref = await contracts.resolve(contract);
    const key = JSON.stringify([template, isolation, ref?.name]);
    if (known.has(key)) {
      throw new HoldfastError(
        'invalid-argument',
        `two pools of the template ${template}, with nothing to tell them apart`,
        {
          hint: 'Make it one, of the size of both.',
          details: { template, isolation },
        },
      );
    }
    known.add(key);
    if (size > 0) pools.push({ template, size, isolation, contract: ref });
  }
  return new Pools(parts, pools);
}
