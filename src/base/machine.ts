/** What this machine offers, for `doctor`. */
import { hash } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
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

const telling = ['vendor_id', 'cpu family', 'model', 'model name', 'stepping', 'microcode', 'flags'];

/**
 * The first processor with all that a program on it may come to depend on, as one word: many generations share a name.
 *
 * @param cpuinfo as the kernel tells it (`/proc/cpuinfo`)
 */
export function processorWord(cpuinfo: string): string {
  const [first = ''] = cpuinfo.split('\n\n');
  const lines = first.split('\n').map((line) => line.split(':').map((part) => part.trim()));
  const told = lines.filter(([name = '']) => telling.includes(name));
  const model = told.find(([name]) => name === 'model name')?.[1] ?? '';
  return `${model} ${hash('sha256', JSON.stringify(told), 'hex').slice(0, 16)}`.trim();
}

export const thisProcessor = async (): Promise<string> => processorWord(await readFile('/proc/cpuinfo', 'utf8'));
