export { shiftOf } from './shift.ts';
export type { Shift } from './types.ts';
