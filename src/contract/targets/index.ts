export { HoldfastTarget } from './holdfast.ts';
export * from './target.ts';
export { type TargetParts, targetOf } from './target-of.ts';
