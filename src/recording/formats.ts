/**
 * Files that hold times of their own by their format: where those stand. What else is in them is compared.
 *
 * What is read here came out of a sandbox: a file that is not of its format is compared as it is.
 */
import type { NormaliserName } from '../schema/index.ts';

interface Format {
  path: RegExp;
  normaliser: NormaliserName;
  /** A copy without what never repeats; the same bytes where it is not of this format. */
  mask(bytes: Buffer): Buffer;
}

const formats: readonly Format[] = [
  { path: /\.pyc$/, normaliser: 'times', mask: maskCompiled },
  { path: /(?:^|\/)\.git\/index$/, normaliser: 'times', mask: maskIndex },
];

export const formatOf = (path: string): Format | undefined => formats.find((one) => one.path.test(path));

/** Python's: a mark, flags, then the time and the size of the source, or its hash where the flags say so. */
function maskCompiled(bytes: Buffer): Buffer {
  const [flagsAt, timeAt, headerBytes] = [4, 8, 16];
  if (bytes.length < headerBytes || bytes.readUInt32LE(flagsAt) !== 0) return bytes;
  return Buffer.from(bytes).fill(0, timeAt, timeAt + 4);
}

/** Git's, versions 2 and 3: what `stat` said of each file is left out, and the checksum over it. */
function maskIndex(bytes: Buffer): Buffer {
  const [headerBytes, statBytes, fixedBytes, hashBytes] = [12, 40, 62, 20];
  const isKnown = bytes.length >= headerBytes + hashBytes && bytes.toString('latin1', 0, 4) === 'DIRC';
  if (!isKnown || ![2, 3].includes(bytes.readUInt32BE(4))) return bytes;
  const masked = Buffer.from(bytes);
  let at = headerBytes;
  for (let left = masked.readUInt32BE(8); left > 0; left--) {
    if (at + fixedBytes + hashBytes > masked.length) return bytes;
    const isExtended = (masked.readUInt16BE(at + fixedBytes - 2) & 0x4000) !== 0;
    const nameEnds = masked.indexOf(0, at + fixedBytes + (isExtended ? 2 : 0));
    if (nameEnds < 0) return bytes;
    // Mode, owner and what the file holds stay: only times, places on the disk and the size that marks a doubt go.
    masked.fill(0, at, at + 24).fill(0, at + statBytes - 4, at + statBytes);
    // Entries are padded with one to eight NULs to a multiple of eight.
    at += (Math.floor((nameEnds - at) / 8) + 1) * 8;
  }
  return masked.fill(0, masked.length - hashBytes);
}
