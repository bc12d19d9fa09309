export { createDoor, type Door } from './door.ts';
export { standardTools } from './standard-tools.ts';
export * from './types.ts';
