/**
 * What is said to a persistent shell, and how its answers are told from the output around them.
 *
 * The shell reads lines from its standard input. A command comes as one quoted word to `eval`, so that whatever is in it
 * (an open quote, an unfinished heredoc, a syntax error) ends inside it; its own standard input is empty. Copies of the
 * shell's first stdout and stderr are kept on two high descriptors, closed to commands, so that a mark gets through also
 * after `exec >file`. A mark holds a random word made for that one command.
 */
import type { shellNames } from '../shell.ts';

type ShellName = (typeof shellNames)[number];

interface Dialect {
  argv: string[];
  /** Descriptors of the kept stdout and stderr: sh knows one digit only. */
  out: number;
  err: number;
  /** A syntax error in a plain `eval` would end a POSIX shell. */
  evaluate: string;
  /** Reaches `printf` also behind a function of that name. */
  builtin: string;
}

const dialects: Record<ShellName, Dialect> = {
  bash: { argv: ['/bin/bash', '--noprofile', '--norc'], out: 198, err: 199, evaluate: 'eval', builtin: 'builtin' },
  sh: { argv: ['/bin/sh'], out: 8, err: 9, evaluate: 'command eval', builtin: 'command' },
};

export const shellArgv = (shell: ShellName): string[] => [...dialects[shell].argv];

export interface Marks {
  /** Stands before the command's output, when asked for. */
  start: Uint8Array;
  /** Comes after it, then the fields of stdout's mark, then `close`. */
  open: Uint8Array;
  close: Uint8Array;
}

export function marksOf(word: string): Marks {
  return {
    start: Buffer.from(`\x1e${word}[]\x1e`),
    open: Buffer.from(`\x1e${word}<`),
    close: Buffer.from(`>${word}\x1e`),
  };
}

export interface CommandLine {
  command: string;
  word: string;
  /** What `$?` is when the command begins. */
  status: number;
  /** Mark the start too: what came before is somebody else's. */
  markStart: boolean;
  /** Nothing was said to this shell before. */
  isNew: boolean;
}

export function commandLine(shell: ShellName, { command, word, status, markStart, isNew }: CommandLine): string {
  const { out, err, evaluate, builtin } = dialects[shell];
  const print = (to: number, format: string, ...values: string[]): string =>
    `${builtin} printf '${format}' ${values.join(' ')} >&${to}`;
  const start = `${print(out, '\\036%s[]\\036', word)}; ${print(err, '\\036%s[]\\036', word)}`;
  const end = `${print(out, '\\036%s<%d:%s:%s>%s\\036', word, '"$?"', `"\${!-}"`, '"$PWD"', word)}; ${print(err, '\\036%s<>%s\\036', word, word)}`;
  const opening = isNew ? `exec ${out}>&1 ${err}>&2\n` : '';
  const before = `${opening}${markStart ? `{ ${start}; } 2>/dev/null; ` : ''}${status === 0 ? '' : `(exit ${status}); `}`;
  // The empty line: after an open quote in `eval`, bash takes no reserved word at the start of the very next line.
  return `${before}${evaluate} ${quote(command)} </dev/null ${out}>&- ${err}>&-\n\n{ ${end}; } 2>/dev/null\n`;
}

export interface EndMark {
  status: number;
  /** The shell has started background jobs: some may still run. */
  hasJobs: boolean;
  cwd: string;
}

/** Reads the fields of stdout's mark; null when they are not what the shell prints. */
export function parseEndMark(fields: string): EndMark | null {
  const match = /^(\d{1,3}):(\d*):(.*)$/s.exec(fields);
  if (!match) return null;
  const [, status = '', job = '', cwd = ''] = match;
  return { status: Number(status), hasJobs: job !== '', cwd };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
