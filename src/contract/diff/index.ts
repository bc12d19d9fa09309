export { type ContractDiff, diffContracts } from './diff.ts';
export { parseWaivers, type Waiver } from './waivers.ts';
