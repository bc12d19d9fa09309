/** Memory of the processes that carry a sandbox's network. */
import { readdir, readFile } from 'node:fs/promises';

export async function residentKiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}

/** The daemon's child that runs the gateway; it lives from the first sandbox with a network on. */
export async function gatewayOf(daemon: number): Promise<number> {
  for (const task of await readdir(`/proc/${daemon}/task`)) {
    const children = await readFile(`/proc/${daemon}/task/${task}/children`, 'utf8');
    for (const pid of children.split(' ').filter(Boolean).map(Number)) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.includes('/gateway/main.ts')) return pid;
    }
  }
  throw new Error('the daemon has no gateway');
}
