/** Files inside a sandbox, named by absolute path as the sandbox sees them. */
import { z } from 'zod';

export const sandboxPathSchema = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => path.startsWith('/'), 'an absolute path inside the sandbox')
  .refine((path) => !path.includes('\0'), 'no NUL bytes');

export const fileTypes = ['file', 'directory', 'symlink', 'socket', 'pipe', 'device'] as const;
export type FileType = (typeof fileTypes)[number];

export interface FileStat {
  path: string;
  type: FileType;
  sizeBytes: number;
  /** Permission bits, e.g. 0o644. */
  mode: number;
  uid: number;
  gid: number;
  /** Milliseconds since 1970, fractions kept. */
  modifiedMs: number;
  /** Target of a symlink, else null. Never followed by the host. */
  target: string | null;
}

export interface FileEvent {
  kind: 'created' | 'modified' | 'deleted' | 'moved' | 'overflow';
  path: string;
}

export const searchSchema = z.strictObject({
  path: sandboxPathSchema.default('/workspace'),
  /** Plain text to find, or a POSIX extended regular expression when `regex` is set. */
  pattern: z.string().min(1).max(4096),
  regex: z.boolean().default(false),
  ignoreCase: z.boolean().default(false),
  /** Only file names that match this glob, e.g. `*.ts`. */
  glob: z.string().max(256).optional(),
  maxMatches: z.int().min(1).max(100_000).default(1000),
});
export type Search = z.input<typeof searchSchema>;

export interface SearchMatch {
  path: string;
  line: number;
  /** The line's text, cut to 1024 bytes. */
  text: string;
}
export interface SearchResult {
  matches: SearchMatch[];
  /** True when `maxMatches` ended the search. */
  truncated: boolean;
  filesSearched: number;
}
