export { type Ceiling, ceilingGroup, ceilingsOf, release, type Squeeze, squeeze } from './ceilings.ts';
export { type FakeOptions, FakeSubstrate } from './fake/substrate.ts';
export { findRunsc, ownPrograms, type Runsc } from './gvisor/runsc.ts';
export { type GvisorOptions, GvisorSubstrate } from './gvisor/substrate.ts';
export { makeDebianKit } from './machine/debian-kernel.ts';
export type { MachineOptions } from './machine/engine.ts';
export { findKit, type KitKind, kitDirectories, kitKinds, kitsFor, systemKernels } from './machine/kernel.ts';
export { findKernelSource, makeOwnKit } from './machine/own-kernel.ts';
export { machineSubstrates } from './machine/substrate.ts';
export { oldestKernel } from './namespace/report.ts';
export { type NamespaceOptions, NamespaceSubstrate } from './namespace/substrate.ts';
export { Substrates } from './substrates.ts';
export type {
  LaunchRequest,
  LimitCounters,
  MemorySnapshots,
  RootView,
  SandboxIdentity,
  SnapshotOutcome,
  SnapshotRequest,
  Substrate,
} from './types.ts';
export { warmUp } from './warm.ts';
