/**
 * What is said to a persistent shell, and how its answers are told from the output around them.
 *
 * The shell reads lines from its standard input. A command comes as one quoted word to `eval`, so that whatever is in it
 * (an open quote, an unfinished heredoc, a syntax error) ends inside it; its own standard input is empty. Copies of the
 * shell's first stdout and stderr are kept on two high descriptors, closed to commands, so that a mark gets through also
 * after `exec >file`. A mark holds a random word made for that one command.
 *
 * Of bash, a command can be called off: a signal makes it skip, from then on, every command and leave every loop, and a
 * later line ends that. So when what the shell waits for is killed, nothing that stands after it is executed.
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
  /** Said once, first. */
  setUp: string;
  /** Ends the skipping; null where a command cannot be called off. */
  goOn: string | null;
}

/** SIGRTMAX-3: nobody's by custom. Where its trap is taken away it ends the shell, and so what stands after, too. */
export const callOffSignal = 61;

/** Whatever debugging hook answers false to, bash does not execute; and leaving all loops is a false answer here. */
const endSkipping = 'builtin shopt -u extdebug';
const skip = `[[ $BASH_COMMAND == "${endSkipping}" ]] || ! builtin break 999 2>/dev/null`;
const callOff = `builtin shopt -s extdebug; builtin trap ${quote(skip)} DEBUG`;

/** What `timeout` answers for a command it ended. */
const calledOffStatus = 124;

const dialects: Record<ShellName, Dialect> = {
  bash: {
    argv: ['/bin/bash', '--noprofile', '--norc'],
    out: 198,
    err: 199,
    evaluate: 'eval',
    builtin: 'builtin',
    setUp: `trap ${quote(callOff)} ${callOffSignal}`,
    goOn: `${endSkipping}\nbuiltin trap - DEBUG`,
  },
  sh: {
    argv: ['/bin/sh'],
    out: 8,
    err: 9,
    evaluate: 'command eval',
    builtin: 'command',
    setUp: ':',
    goOn: null,
  },
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
  const { out, err, evaluate, setUp } = dialects[shell];
  const opening = isNew ? `exec ${out}>&1 ${err}>&2\n${setUp}\n` : '';
  const start = markStart ? `${printBoth(shell, word, '[]', '[]')}; ` : '';
  const before = `${opening}${start}${status === 0 ? '' : `(exit ${status}); `}`;
  // The empty line: after an open quote in `eval`, bash takes no reserved word at the start of the very next line.
  return `${before}${evaluate} ${quote(command)} </dev/null ${out}>&- ${err}>&-\n\n${endMark(shell, word, '$?')}\n`;
}

/** Brings a shell whose command was called off back, and marks that; null when this shell cannot be. */
export function goOnLine(shell: ShellName, word: string): string | null {
  const { goOn } = dialects[shell];
  return goOn === null ? null : `\n${goOn}\n${endMark(shell, word, String(calledOffStatus))}\n`;
}

function endMark(shell: ShellName, word: string, status: string): string {
  return printBoth(shell, word, `<%d:%s:%s>${word}`, `<>${word}`, `"${status}" "\${!-}" "$PWD"`);
}

/** What is between the separators goes to each stream; silent also while the shell traces what it does. */
function printBoth(shell: ShellName, word: string, toOut: string, toErr: string, values = ''): string {
  const { out, err, builtin } = dialects[shell];
  const print = (to: number, format: string, rest: string): string =>
    `${builtin} printf '\\036%s${format}\\036' ${word} ${rest}>&${to}`;
  return `{ ${print(out, toOut, `${values} `)}; ${print(err, toErr, '')}; } 2>/dev/null`;
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
