export * from './target.ts';
export { type TargetParts, targetForms, targetOf } from './target-of.ts';
