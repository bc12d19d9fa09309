/**
 * What a machine's kernel starts: a cpio archive (format `newc`) with the guest binary as /init and, for a kernel that needs
 * them, its modules.
 *
 * 1. The same content gives the same bytes: entries are sorted, and nothing of the time or the machine it is made on is in
 *    them. Memory snapshots are named by them.
 * 2. Modules are numbered, because they are loaded in the order of their names.
 */
import { Buffer } from 'node:buffer';

export interface KernelModule {
  /** Without `.ko`. */
  name: string;
  bytes: Uint8Array;
}

interface Entry {
  path: string;
  mode: number;
  bytes: Uint8Array;
  /** Major and minor of a device. */
  device?: readonly [number, number];
}

const magic = '070701';
const trailer = 'TRAILER!!!';
const fileMode = 0o100_644;
const programMode = 0o100_755;
const directoryMode = 0o40_755;
const characterDeviceMode = 0o20_600;
const alignment = 4;
/** The kernel reads an archive in blocks of this many bytes. */
const blockBytes = 512;
const nothing = new Uint8Array();

/** @param modules in the order they are to be loaded */
export function packInitramfs(guest: Uint8Array, modules: readonly KernelModule[]): Buffer {
  const entries: Entry[] = [
    { path: 'dev', mode: directoryMode, bytes: nothing },
    // The kernel opens it for its first process before that can make one.
    { path: 'dev/console', mode: characterDeviceMode, bytes: nothing, device: [5, 1] },
    { path: 'init', mode: programMode, bytes: guest },
    { path: 'modules', mode: directoryMode, bytes: nothing },
    ...modules.map((module, index) => ({
      path: `modules/${String(index).padStart(2, '0')}-${module.name}.ko`,
      mode: fileMode,
      bytes: module.bytes,
    })),
  ];
  const parts = entries.flatMap((entry, index) => encodeEntry(entry, index + 1));
  return padded([...parts, ...encodeEntry({ path: trailer, mode: 0, bytes: nothing }, 0)], blockBytes);
}

function encodeEntry(entry: Entry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path}\0`, 'latin1');
  const [major, minor] = entry.device ?? [0, 0];
  const isDirectory = entry.mode === directoryMode;
  const numbers = [
    inode,
    entry.mode,
    0, // owner
    0, // group
    isDirectory ? 2 : 1,
    0, // time
    entry.bytes.length,
    0, // device the file lies on
    0,
    major,
    minor,
    name.length,
    0, // checksum, which this format has none of
  ];
  const head = magic + numbers.map((number) => number.toString(16).padStart(8, '0')).join('');
  return [padded([Buffer.from(head, 'latin1'), name], alignment), padded([entry.bytes], alignment)];
}

function padded(parts: readonly Uint8Array[], multiple: number): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([...parts, Buffer.alloc((multiple - (length % multiple)) % multiple)]);
}
