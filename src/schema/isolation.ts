/** Isolation classes from weakest to strongest; a request states the least it accepts. Imports no zod: the command line names them. */
export const isolations = ['none', 'namespace', 'userspace-kernel', 'microvm', 'vm'] as const;
export type Isolation = (typeof isolations)[number];
