/** The processes that carry a sandbox's network, and their memory. */
import { readdir, readFile } from 'node:fs/promises';

export async function residentKiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}

/** The daemon's child that runs the gateway; it lives from the first sandbox with a network on. */
export async function gatewayOf(daemon: number): Promise<number> {
  const [gateway] = await childrenOf(daemon, isGateway);
  if (gateway === undefined) throw new Error('the daemon has no gateway');
  return gateway;
}

/** A child of the gateway, while a sandbox has large tunnels and for some seconds after; null where there is none. */
export async function pumpOf(daemon: number): Promise<number | null> {
  const [pump] = await childrenOf(await gatewayOf(daemon), ([, verb]) => verb === 'pump');
  return pump ?? null;
}

/** The agents of all namespace sandboxes: children of the launcher. */
export async function agentsOf(daemon: number): Promise<number[]> {
  const launchers = await childrenOf(daemon, (argv) => !isGateway(argv));
  return (await Promise.all(launchers.map((launcher) => childrenOf(launcher, () => true)))).flat();
}

const isGateway = (argv: readonly string[]): boolean => argv.some((word) => word.endsWith('/gateway/main.ts'));

async function childrenOf(pid: number, isOne: (argv: readonly string[]) => boolean): Promise<number[]> {
  const found: number[] = [];
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const children = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8');
    for (const child of children.split(' ').filter(Boolean).map(Number)) {
      const command = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '');
      if (isOne(command.split('\0'))) found.push(child);
    }
  }
  return found;
}
