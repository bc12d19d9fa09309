export {
  type Contract,
  contractDigest,
  contractNameSchema,
  versionOf,
} from './contract.ts';
export { contractJsonSchema, formatContract, parseContract } from './read.ts';
export { readSource, type Source, type SourceProblem } from './source-file.ts';
export type { OutputTerm, ToolTerm } from './terms.ts';
