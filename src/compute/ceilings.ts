/**
 * Ceilings of a running sandbox, lowered and put back: the limits of its control groups, which are the host's to set. Where
 * a sandbox was made without a limit it may have no group that could hold one; that is told, and nothing is done.
 */
import { existsSync, join, readFile, writeFile } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { CeilingName, SandboxIdentity } from './types.ts';

/** What can be lowered, and to what. */
export type Squeeze =
  /** So much above what is in use now. */
  | { what: 'memory'; freeBytes: number }
  | { what: 'cpu'; cpus: number }
  /** So many more than there are now. */
  | { what: 'processes'; free: number };

/** A file of a control group and what it held: plain data, to be put back after a restart too. */
export interface Ceiling {
  file: string;
  before: string;
}

const files: Record<CeilingName, readonly (readonly string[])[]> = {
  // The second of a pair is never below the first: it is lowered last and raised first.
  memory: [['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'], ['memory.max']],
  cpu: [['cpu.cfs_quota_us'], ['cpu.max']],
  processes: [['pids.max']],
};
const inUse: Record<CeilingName, readonly string[]> = {
  memory: ['memory.usage_in_bytes', 'memory.current'],
  cpu: [],
  processes: ['pids.current'],
};
const periodUs = 100_000;

/** Null where no group of the sandbox holds such a limit. */
export function ceilingGroup({ limitGroups, cgroup }: SandboxIdentity, what: CeilingName): string | null {
  const has = (group: string): boolean => files[what].some(([file = '']) => existsSync(join(group, file)));
  return [...limitGroups, ...(cgroup === '' ? [] : [cgroup])].find(has) ?? null;
}

/** What stands in the files that `squeeze` will write, in the order in which it writes them. */
export async function ceilingsOf(identity: SandboxIdentity, what: CeilingName): Promise<Ceiling[]> {
  const group = ceilingGroup(identity, what);
  if (group === null) throw noGroup(what);
  const names = files[what].find(([file = '']) => existsSync(join(group, file))) ?? [];
  const there = names.map((name) => join(group, name)).filter((file) => existsSync(file));
  return Promise.all(there.map(async (file) => ({ file, before: (await readFile(file)).toString('utf8').trim() })));
}

export async function squeeze(identity: SandboxIdentity, wanted: Squeeze, ceilings: readonly Ceiling[]): Promise<void> {
  const group = ceilingGroup(identity, wanted.what);
  if (group === null) throw noGroup(wanted.what);
  for (const { file, before } of ceilings) {
    const text = await lowered(wanted, group, { file, before });
    if (text !== null) await writeFile(file, text);
  }
}

/** A group that is gone went with its sandbox. */
export async function release(ceilings: readonly Ceiling[]): Promise<void> {
  for (const { file, before } of [...ceilings].reverse()) {
    if (existsSync(file)) await writeFile(file, before);
  }
}

/** Null when what stands there is lower already. */
async function lowered(wanted: Squeeze, group: string, { file, before }: Ceiling): Promise<string | null> {
  if (wanted.what === 'cpu') {
    const quota = Math.max(1000, Math.round(wanted.cpus * periodUs));
    const now = Number.parseInt(before, 10);
    if (Number.isFinite(now) && now > 0 && now <= quota) return null;
    return file.endsWith('cpu.max') ? `${quota} ${periodUs}` : String(quota);
  }
  const used = await numberIn(group, inUse[wanted.what]);
  const most = used + (wanted.what === 'memory' ? wanted.freeBytes : wanted.free);
  const now = before === 'max' ? Number.POSITIVE_INFINITY : Number(before);
  return most < now ? String(most) : null;
}

async function numberIn(group: string, names: readonly string[]): Promise<number> {
  const file = names.map((name) => join(group, name)).find((path) => existsSync(path));
  return file === undefined ? 0 : Number((await readFile(file)).toString('utf8').trim());
}

const noGroup = (what: CeilingName): HoldfastError =>
  new HoldfastError('capability-missing', `the sandbox has no group that limits its ${what}`, {
    hint: 'Create it with such a limit, e.g. --memory 512m, --cpus 1, --processes 100.',
  });
