export { createDoor, type Door } from './door.ts';
export { codesOf } from './faults/errors.ts';
export { fakeTimeLibrary } from './faults/programs.ts';
export { standardTools } from './standard-tools.ts';
export * from './types.ts';
