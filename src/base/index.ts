export * from './clock.ts';
export * from './environment.ts';
export * from './files.ts';
export * from './locks.ts';
export * from './log.ts';
export * from './random.ts';
export * from './scope.ts';
