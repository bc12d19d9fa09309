export * from './errors.ts';
export * from './events.ts';
export * from './files.ts';
export * from './ids.ts';
export * from './process.ts';
export * from './sandbox.ts';
export * from './service.ts';
export * from './snapshot.ts';
