/** What the figures were measured on. Nothing here names the machine or a path of it. */
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { run } from './workbench.ts';

export interface Machine {
  cpu: string;
  cpus: number;
  memoryGiB: number;
  kernel: string;
  system: string;
  node: string;
  /** One-minute load average before the first round. */
  loadBefore: number;
  user: 'root' | 'ordinary user';
}

export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    system: await systemName(),
    node: process.version,
    loadBefore: loadavg()[0] ?? 0,
    user: process.getuid?.() === 0 ? 'root' : 'ordinary user',
  };
}

export function machineLine({ cpu, cpus, memoryGiB, kernel, system, node, loadBefore, user }: Machine): string {
  return `${cpus} CPUs (${cpu}), ${memoryGiB} GiB, ${system}, Linux ${kernel}, Node ${node}, as ${user}, load before ${loadBefore.toFixed(2)}`;
}

async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^PRETTY_NAME="(.*)"$/m.exec(text)?.[1] ?? 'unknown system';
}

/** The first line a program says about its version; null when it is not there. */
export async function versionOf(argv: readonly string[]): Promise<string | null> {
  const answer = await run(argv).catch(() => null);
  return answer?.stdout.split('\n')[0]?.trim() || null;
}

/** Fields of /proc/meminfo in bytes. */
export async function memoryFacts(): Promise<Record<string, number>> {
  const text = await readFile('/proc/meminfo', 'utf8');
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name = '', kilobytes]) => [name, Number(kilobytes) * 1024]),
  );
}
