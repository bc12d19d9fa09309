/**
 * The kernel inside a compressed kernel image (`bzImage`, what distributions call vmlinuz). A machine that emulates its
 * processor would spend more than a second unpacking it on every start; unpacked once, QEMU starts it directly (PVH).
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { findProgram, runProcess, type Scope } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';

/** Offsets of the x86 boot protocol, version 2.08 and later. */
const setupSectorsAt = 0x1f1;
const signatureAt = 0x202;
const payloadOffsetAt = 0x248;
const payloadLengthAt = 0x24c;
const sectorBytes = 512;
const signature = 'HdrS';
const elfMagic = Buffer.from('\x7fELF', 'latin1');

/** What each compression begins with, and the program that undoes those Node does not know. */
const compressions: readonly { name: string; magic: string; program?: string; unpack?: (bytes: Buffer) => Buffer }[] = [
  { name: 'gzip', magic: '1f8b', unpack: (bytes) => gunzipSync(bytes) },
  { name: 'zstd', magic: '28b52ffd', unpack: (bytes) => zstdDecompressSync(bytes) },
  { name: 'xz', magic: 'fd377a585a00', program: 'xz' },
  { name: 'lz4', magic: '02214c18', program: 'lz4' },
];

/** The kernel as an ELF file. An image that is one already is given back. */
export async function unpackKernel(image: Buffer, scope: Scope): Promise<Buffer> {
  if (image.subarray(0, elfMagic.length).equals(elfMagic)) return image;
  const payload = payloadOf(image);
  const compression = compressions.find(({ magic }) => payload.toString('hex', 0, magic.length / 2) === magic);
  if (!compression) throw unusable(`its payload begins with ${payload.toString('hex', 0, 6)}`);
  // The boot protocol puts the unpacked size behind the payload.
  const bytes = payload.subarray(0, payload.length - 4);
  const kernel = compression.unpack?.(bytes) ?? (await runUnpacker(compression.program ?? '', bytes, scope));
  if (!kernel.subarray(0, elfMagic.length).equals(elfMagic))
    throw unusable(`its ${compression.name} payload is no ELF file`);
  return kernel;
}

function payloadOf(image: Buffer): Buffer {
  if (image.length < payloadLengthAt + 4 || image.toString('latin1', signatureAt, signatureAt + 4) !== signature) {
    throw unusable('it has no x86 boot header');
  }
  const start = ((image[setupSectorsAt] || 4) + 1) * sectorBytes + image.readUInt32LE(payloadOffsetAt);
  const end = start + image.readUInt32LE(payloadLengthAt);
  if (end > image.length) throw unusable('it is shorter than it says');
  return image.subarray(start, end);
}

async function runUnpacker(name: string, bytes: Buffer, scope: Scope): Promise<Buffer> {
  const program = await findProgram(name);
  if (program === null) {
    throw new HoldfastError('capability-missing', `the kernel image is packed with ${name}, which is not installed`, {
      hint: `Install it: apt install ${name === 'xz' ? 'xz-utils' : name}`,
    });
  }
  const parts: Buffer[] = [];
  const onStdout = (chunk: Buffer): void => void parts.push(chunk);
  // Both say with their status that bytes follow the packed ones; what came out is looked at instead.
  await runProcess({ file: program, args: ['-dc'], input: bytes, onStdout }, scope);
  return Buffer.concat(parts);
}

function unusable(why: string): HoldfastError {
  return new HoldfastError('capability-missing', `the kernel image cannot be used: ${why}`, {
    hint: 'Give an x86-64 vmlinux or bzImage.',
  });
}
