/** Paths as tools take them: absolute, or below /workspace. The host only spells them; the guest resolves them. */
import { posix } from 'node:path';
import { z } from 'zod';

export const workspace = '/workspace';

/** Dots and doubled slashes are taken out as text, so `..` ends at `/`; symlinks are the guest's to follow. */
export const pathSchema: z.ZodPipe<z.ZodString, z.ZodTransform<string, string>> = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => !path.includes('\0'), 'no NUL bytes')
  .describe(`Absolute, or relative to ${workspace}.`)
  .transform((path) => trimmed(posix.resolve(workspace, path)));

function trimmed(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
