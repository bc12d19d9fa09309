/**
 * The life of a sandbox as one table: which state may follow which, and who may cause it. Nothing else in the code
 * decides that; the store applies a change only when the state it starts from is still the one named here.
 */
import type { SandboxState } from '../schema/index.ts';

/** `caller`: a verb. `lease`: lifetime or idle time ran out. `substrate`: its processes ended. `recovery`: a restart. */
export type Cause = 'caller' | 'lease' | 'substrate' | 'recovery';

interface Transition {
  from: SandboxState;
  to: SandboxState;
  causes: readonly Cause[];
}

export const transitions: readonly Transition[] = [
  { from: 'creating', to: 'ready', causes: ['caller'] },
  { from: 'creating', to: 'stopping', causes: ['caller', 'recovery'] },
  { from: 'ready', to: 'suspended', causes: ['caller', 'lease', 'recovery'] },
  { from: 'ready', to: 'hibernated', causes: ['caller'] },
  { from: 'suspended', to: 'ready', causes: ['caller', 'recovery'] },
  { from: 'hibernated', to: 'ready', causes: ['caller'] },
  { from: 'ready', to: 'stopping', causes: ['caller', 'lease', 'substrate', 'recovery'] },
  { from: 'suspended', to: 'stopping', causes: ['caller', 'lease', 'substrate', 'recovery'] },
  { from: 'hibernated', to: 'stopping', causes: ['caller'] },
  { from: 'stopping', to: 'gone', causes: ['caller', 'lease', 'substrate', 'recovery'] },
];

/** The states from which `cause` may lead to `to`. */
export function sourcesOf(to: SandboxState, cause: Cause): SandboxState[] {
  return transitions.filter((entry) => entry.to === to && entry.causes.includes(cause)).map((entry) => entry.from);
}
