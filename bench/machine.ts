/** What the figures were measured on. Nothing here names the machine or a path of it. */
import { readdir, readFile } from 'node:fs/promises';
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

/** What the processes in a sandbox's control group take of this machine's memory, bytes; what several share counts in parts. */
export async function pssOf(sandbox: string): Promise<number> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const shares = await Promise.all(
    processes.map(async (pid) => {
      // It may end meanwhile.
      const groups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
      if (!groups.includes(sandbox)) return 0;
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
      return fieldsOf(rollup)['Pss'] ?? 0;
    }),
  );
  return shares.reduce((sum, share) => sum + share, 0);
}

/** Fields of /proc/meminfo in bytes. */
export async function memoryFacts(): Promise<Record<string, number>> {
  return fieldsOf(await readFile('/proc/meminfo', 'utf8'));
}

function fieldsOf(text: string): Record<string, number> {
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name = '', kilobytes]) => [name, Number(kilobytes) * 1024]),
  );
}
