export { type Contract, contractDigest, contractNameSchema, contractSchema } from './contract.ts';
export { contractJsonSchema, formatContract, parseContract } from './read.ts';
export { mustShip, shippedContract, shippedNames } from './shipped.ts';
export { readSource, type Source } from './source-file.ts';
export type { ToolTerm } from './terms.ts';
