export { type Ceiling, ceilingGroup, ceilingsOf, release, type Squeeze, squeeze } from './ceilings.ts';
export { type FakeOptions, FakeSubstrate } from './fake/substrate.ts';
export { checkHooks, mayHaveHooks } from './hooks.ts';
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
