/** The compiler as a library: of version 6, the last one that has an interface to be called by. Loaded when something is checked. */
import type ts from 'typescript-6';

export type { ts };
export type Compiler = typeof ts;

export const loadCompiler = async (): Promise<Compiler> => (await import('typescript-6')).default;
