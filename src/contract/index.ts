export * from './capture/index.ts';
export * from './fields/index.ts';
export * from './profile/index.ts';
export * from './targets/index.ts';
