/** Kernels of their own for sandboxes: loaded where one has, or wants, such a one. */
export { findRunsc, ownPrograms, type Runsc } from './gvisor/runsc.ts';
export { type GvisorOptions, GvisorSubstrate } from './gvisor/substrate.ts';
export { makeDebianKit } from './machine/debian-kernel.ts';
export type { MachineOptions } from './machine/engine.ts';
export { findKit, type KitKind, kitDirectories, kitKinds, kitsFor, systemKernels } from './machine/kernel.ts';
export { findKernelSource, makeOwnKit } from './machine/own-kernel.ts';
export { machineSubstrates } from './machine/substrate.ts';
