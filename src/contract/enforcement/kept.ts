/** Where a promise is kept, field by field, in a sandbox of ours. */
import type { Programs } from '../probes/programs.ts';
import { askedAtCreate } from './first-exec.ts';
import { decidedByRequest } from './request.ts';
import { heldVariables } from './variables.ts';

/**
 * `held`: given to every process as the contract says. `asserted at create`: no sandbox comes to be in which it is otherwise.
 * `certified only`: looked at by `contract verify` and by canaries.
 */
export type Kept = 'held' | 'asserted at create' | 'certified only';

export function keptBy(programs: Programs): (field: string) => Kept {
  const asserted = new Set([...askedAtCreate(programs), ...decidedByRequest]);
  return (field) =>
    heldVariables.includes(field) ? 'held' : asserted.has(field) ? 'asserted at create' : 'certified only';
}
