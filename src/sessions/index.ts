export { openIntent } from './context.ts';
export { type EngineParts, SessionEngine } from './engine.ts';
export { heldBack } from './held-back.ts';
export { leastLimits } from './shares.ts';
export * from './types.ts';
