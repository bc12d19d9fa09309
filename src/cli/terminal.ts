/** The caller's terminal in raw mode: every key goes inside, and it is given back as it was, also after a crash. */
import { HoldfastError } from '../schema/error-class.ts';
import type { Io } from './io.ts';

/** Leaves what a program that could not clean up may have left on: other screen, mouse, bracketed paste, hidden cursor. */
const soften = '\u001b[?1049l\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1006l\u001b[?2004l\u001b[?25h\u001b[0m';

export interface RawTerminal {
  size(): { rows: number; columns: number };
  onResize(handle: (rows: number, columns: number) => void): void;
  /** Idempotent. `abrupt`: the program inside had no chance to clean up. */
  restore(abrupt?: boolean): void;
}

/** @throws HoldfastError `invalid-argument` when there is no terminal to give. */
export function openTerminal(io: Io): RawTerminal {
  const { stdin, stdout } = io;
  if (!stdin.isTTY || !stdout.isTTY || !stdin.setRawMode) {
    throw new HoldfastError('invalid-argument', '-t needs a terminal, and stdin or stdout is not one', {
      hint: 'Leave -t out; -i alone passes stdin on.',
    });
  }
  let raw = true;
  const resizes: (() => void)[] = [];
  const size = (): { rows: number; columns: number } => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 });
  const restore = (abrupt = false): void => {
    if (!raw) return;
    raw = false;
    for (const listener of resizes) stdout.off('resize', listener);
    stdin.setRawMode?.(false);
    if (abrupt) stdout.write(`${soften}\r\n`);
    process.off('exit', onExit);
  };
  const onExit = (): void => restore(true);
  process.once('exit', onExit);
  stdin.setRawMode(true);
  return {
    size,
    restore,
    onResize(handle) {
      const listener = (): void => {
        const { rows, columns } = size();
        handle(rows, columns);
      };
      resizes.push(listener);
      stdout.on('resize', listener);
    },
  };
}
