/** One entry out of a zip archive (a jar), by its central directory. Bounded; what does not fit together is no archive. */
import { inflateRawSync } from 'node:zlib';

const entrySignature = 0x02014b50;
const mostBytes = 4 * 1024 * 1024;

/** Null when there is no such entry, or the bytes are no zip archive. */
export function readZipEntry(zip: Buffer, name: string): Buffer | null {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > zip.length) return null;
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (at + 46 > zip.length || zip.readUInt32LE(at) !== entrySignature) return null;
    const nameBytes = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameBytes) === name) return extract(zip, at);
    at += 46 + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return null;
}

function extract(zip: Buffer, entry: number): Buffer | null {
  const method = zip.readUInt16LE(entry + 10);
  const packed = zip.readUInt32LE(entry + 20);
  const header = zip.readUInt32LE(entry + 42);
  if (header + 30 > zip.length) return null;
  const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const bytes = zip.subarray(start, start + packed);
  if (bytes.length !== packed) return null;
  if (method === 0) return bytes;
  return method === 8 ? inflateRawSync(bytes, { maxOutputLength: mostBytes }) : null;
}
