export * from './store-types.ts';
export * from './types.ts';
