export { createDoor, type Door, type DoorOptions, type DoorParts, standardStages, type Verb } from './door.ts';
export { standardTools } from './standard-tools.ts';
export { defineTool, type ToolFacts } from './tool.ts';
export * from './types.ts';
