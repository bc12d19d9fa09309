/** The machine's processes, as /proc shows them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** When a process started, in clock ticks since boot; null when there is none of this number. With it a reused number never passes for the old process. */
export function processStartTicks(pid: number): number | null {
  const fields = statFields(pid);
  return fields ? Number(fields[19]) : null;
}

/** A process and all of its descendants, parents first. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : null;
    if (fields) parents.set(Number(name), Number(fields[1]));
  }
  const tree = [pid];
  for (const member of tree) {
    for (const [child, parent] of parents) if (parent === member) tree.push(child);
  }
  return tree;
}

export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const member of processTree(pid)) {
    try {
      process.kill(member, signal);
    } catch {
      // It ended in between, which is what the caller wants of it.
    }
  }
}

/** Does this process listen at this unix socket? False too where its files are not for us to see. */
export function listensAt(pid: number, socketPath: string): boolean {
  const listening = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => /^\S+ \S+ \S+ (\S+) \S+ \S+ +(\d+) (.*)$/.exec(line) ?? [])
    .filter(
      ([, flags, , path]) => path === socketPath && (Number.parseInt(flags ?? '', 16) & acceptsConnections) !== 0,
    );
  const links = new Set(listening.map(([, , inode]) => `socket:[${inode}]`));
  return links.size > 0 && openFiles(pid).some((link) => links.has(link));
}
/** Linux's __SO_ACCEPTCON. */
const acceptsConnections = 0x10000;

function openFiles(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).flatMap((name) => linkOf(`${directory}/${name}`) ?? []);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    // It was closed in between.
    return null;
  }
}

/** What follows the name in /proc/pid/stat: state, parent, ... ; the name itself may hold anything. */
function statFields(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : fields;
  } catch {
    return null;
  }
}
