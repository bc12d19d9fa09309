export { type FakeOptions, FakeSubstrate } from './fake/substrate.ts';
export { type GvisorOptions, GvisorSubstrate } from './gvisor/substrate.ts';
export type { MachineOptions } from './machine/engine.ts';
export { machineSubstrates } from './machine/substrate.ts';
export { type NamespaceOptions, NamespaceSubstrate } from './namespace/substrate.ts';
export { Substrates } from './substrates.ts';
export type {
  LaunchRequest,
  LimitCounters,
  RootView,
  SandboxIdentity,
  SnapshotOutcome,
  SnapshotRequest,
  Substrate,
} from './types.ts';
