/** What this machine offers, for `doctor`. */
import { statfs } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';

export interface MachineFacts {
  kernel: string;
  cpus: number;
  /** What the first of them calls itself. */
  processor: string;
  memoryBytes: number;
  freeDiskBytes: number;
  nodeVersion: string;
}

/** @param path a directory on the disk that counts */
export async function machineFacts(path: string): Promise<MachineFacts> {
  const disk = await statfs(path);
  return {
    kernel: release(),
    cpus: cpus().length,
    processor: cpus()[0]?.model ?? '',
    memoryBytes: totalmem(),
    freeDiskBytes: disk.bavail * disk.bsize,
    nodeVersion: process.version,
  };
}
