/** Headers of a POSIX tar: ustar, with a pax header before what ustar cannot hold. */
import { Buffer } from 'node:buffer';

export const tarBlock = 512;

export interface TarHeader {
  name: string;
  type: 'file' | 'link' | 'symlink' | 'directory' | 'fifo';
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeNs: bigint;
  /** Of links. */
  target: string;
}

const typeFlags: Record<TarHeader['type'], string> = { file: '0', link: '1', symlink: '2', directory: '5', fifo: '6' };
const nameBytes = 100;
const largestOctal = 8 ** 11 - 1;

export function tarHeader(header: TarHeader): Buffer {
  const records = paxRecords(header);
  const plain = ustar(header, typeFlags[header.type]);
  if (records.length === 0) return plain;
  const pax = ustar({ ...header, name: 'pax', type: 'file', size: records.length, target: '' }, 'x');
  return Buffer.concat([pax, records, tarPadding(records.length), plain]);
}

/** Zeros up to the next whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((tarBlock - (size % tarBlock)) % tarBlock);
}

/** Two empty blocks. */
export const tarEnd: Buffer = Buffer.alloc(2 * tarBlock);

function ustar(header: TarHeader, flag: string): Buffer {
  const block = Buffer.alloc(tarBlock);
  const seconds = Number(header.mtimeNs / 1_000_000_000n);
  put(block, 0, header.name, nameBytes);
  put(block, 100, octal(header.mode & 0o7777, 7), 8);
  put(block, 108, octal(header.uid, 7), 8);
  put(block, 116, octal(header.gid, 7), 8);
  put(block, 124, octal(Math.min(header.size, largestOctal), 11), 12);
  put(block, 136, octal(Math.min(Math.max(0, seconds), largestOctal), 11), 12);
  put(block, 148, '        ', 8);
  put(block, 156, flag, 1);
  put(block, 157, header.target, nameBytes);
  block.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

/** Cut at the field's end: a pax record holds what does not fit. */
function put(block: Buffer, at: number, text: string, most: number): void {
  Buffer.from(text, 'utf8').copy(block, at, 0, most);
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

function paxRecords(header: TarHeader): Buffer {
  const records: string[] = [];
  if (!fits(header.name)) records.push(record('path', header.name));
  if (!fits(header.target)) records.push(record('linkpath', header.target));
  if (header.size > largestOctal) records.push(record('size', String(header.size)));
  const seconds = header.mtimeNs / 1_000_000_000n;
  if (header.mtimeNs < 0n || seconds > BigInt(largestOctal)) records.push(record('mtime', String(seconds)));
  return Buffer.from(records.join(''), 'utf8');
}

function fits(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly the ASCII range is meant
  return /^[\u0001-\u007f]*$/.test(text) && text.length <= nameBytes;
}

/** `length key=value\n`, where the length counts its own digits too. */
function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}
