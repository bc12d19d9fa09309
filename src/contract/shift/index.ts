export { inWords } from './operations.ts';
export type { UsageOf } from './parts.ts';
export { type ShiftOptions, shiftOf } from './shift.ts';
export type { Grade, Shift } from './types.ts';
