/** Git's binary literals: a zlib stream in git's base 85, lines of at most 52 bytes. */
import { Buffer } from 'node:buffer';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const lineBytes = 52;
const blockBytes = 65_535;

/** One `literal` hunk with its empty last line. */
export function binaryLiteral(content: Buffer): string {
  const packed = store(content);
  let text = `literal ${content.length}\n`;
  for (let at = 0; at < packed.length; at += lineBytes) text += line(packed.subarray(at, at + lineBytes));
  return `${text}\n`;
}

/** The first character counts the bytes: A to Z for 1 to 26, a to z for 27 to 52. */
function line(bytes: Buffer): string {
  const count = bytes.length;
  let text = String.fromCharCode(count <= 26 ? 64 + count : 70 + count);
  for (let at = 0; at < count; at += 4) {
    let value = 0;
    for (let i = 0; i < 4; i++) value = value * 256 + (bytes[at + i] ?? 0);
    let group = '';
    for (let i = 0; i < 5; i++) {
      group = digits[value % 85] + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return `${text}\n`;
}

/** A zlib stream of stored blocks: larger than a compressed one, and the same on every machine. */
function store(content: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x78, 0x01])];
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    const head = Buffer.alloc(5);
    head[0] = at + blockBytes >= content.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(adler32(content));
  return Buffer.concat([...parts, checksum]);
}

function adler32(content: Buffer): number {
  let a = 1;
  let b = 0;
  for (const byte of content) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return ((b << 16) | a) >>> 0;
}
