/** The checked-in bytes are what the assembler makes of the checked-in source. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { probeCode, probeRom } from './probe-rom.ts';

const assembles = process.arch === 'x64' && spawnSync('as', ['--version']).status === 0;

it.skipIf(!assembles)('is the assembled source (needs binutils for x86-64)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-rom-'));
  try {
    const [object, binary] = [join(directory, 'rom.o'), join(directory, 'rom.bin')];
    execFileSync('as', ['--64', join(import.meta.dirname, 'probe-rom.S'), '-o', object]);
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, binary]);
    expect(probeCode.equals(readFileSync(binary))).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('starts where a processor does', () => {
  const rom = probeRom();
  expect(rom.length).toBe(65536);
  // A near jump counts from the instruction behind it, within 64 KiB.
  expect((0xfff0 + 3 + rom.readUInt16LE(0xfff1)) % 65536).toBe(0);
});
