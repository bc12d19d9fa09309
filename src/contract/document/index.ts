export { type Contract, contractDigest, contractNameSchema } from './contract.ts';
export { contractJsonSchema, formatContract, parseContract } from './read.ts';
export { readSource, type Source } from './source-file.ts';
export type { ToolTerm } from './terms.ts';
