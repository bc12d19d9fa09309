export { createDoor, type Door } from './door.ts';
export * from './types.ts';
