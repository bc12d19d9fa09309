/** The accelerator probe's guest as a ROM file: the bytes of probe-rom.S, and the jump to them a processor starts with. */
import { Buffer } from 'node:buffer';

const romBytes = 64 * 1024;
/** Where a processor starts, and a jump from there over the end of the segment to its beginning. */
const startAt = 0xfff0;
const jumpToStart = [0xe9, 0x0d, 0x00];
const halt = 0xf4;

/** What a guest says that came through everything. */
export const probeLetters = 'RPLXT';

export const probeCode: Buffer = Buffer.from(
  [
    '+rr4A7BS7i5mDwEWcAEPIMAMAQ8iwGbqHgD//wgAuBAAAACO2I7AjtC8AJAAALr4AwAAsFDuMcC/ABAAALkAEAAA86vHBQAQAAAD',
    'IAAAxwUAIAAAAzAAAMcFGCAAAANAAAC4gwAAAL8AMAAA6EAAAAC4gwAAwL8AQAAA6DEAAAAPIOCDyCAPIuC4ABAAAA8i2LmAAADA',
    'DzINAAEAAA8wDyDADQAAAIAPIsDqxAD//xgAuQACAACJB4PHCAUAACAASXXzw7r4AwAAsEzuSI0FagAAAGaJBCVgYAAAxwQlYmAA',
    'ABgAAADGBCVlYAAAjkjB6BBmiQQlZmAAAEjB6BCJBCVoYAAAxwQlbGAAAAAAAAAPAR1fAAAADwu5AC0xAf/JdfwxwA+iDyDYDyLY',
    'uvgDAACwVO4PAR1FAAAADwu6+AMAALBY7kiDBCQCSM8PH0AAAAAAAAAAAAD//wAAAJvPAP//AAAAk88A//8AAACbrwAfAFAB//9v',
    'AABgAAAAAAAAAAAAAAAAAAAAAA==',
  ].join(''),
  'base64',
);

export function probeRom(): Buffer {
  const rom = Buffer.alloc(romBytes, halt);
  probeCode.copy(rom);
  rom.set(jumpToStart, startAt);
  return rom;
}
