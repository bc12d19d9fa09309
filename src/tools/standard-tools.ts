/** The tools every sandbox has. */
import type { Tool } from './types.ts';

export const standardTools = (): Tool[] => [];
