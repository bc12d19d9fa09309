/** The tools every sandbox has. */
import { files } from './files.ts';
import { shell } from './shell.ts';
import { shellSession } from './shell-session.ts';
import type { Tool } from './types.ts';

export const standardTools = (): Tool[] => [shell, shellSession(), files];
