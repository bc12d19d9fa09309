export * from './fields/index.ts';
export * from './profile/index.ts';
