/**
 * QEMU as the launcher starts it: locked down like a sandbox's agent, in a root with nothing but the host's programs, behind
 * a relay that holds its sockets (guest/LAUNCHER.md).
 */
import {
  chmod,
  existsSync,
  join,
  lchown,
  makeDirectories,
  mkdir,
  readdir,
  rename,
  rm,
  type Scope,
  symlink,
} from '../../base/index.ts';
import { launcherTags, tags } from '../../guest/index.ts';
import type { Launcher } from '../namespace/launcher.ts';
import { firstMappedId } from './images.ts';
import { savesInside } from './saves.ts';

/** What the launcher says of a process it started. */
export interface Started {
  pid: number;
  startTicks: number;
  cgroup: string;
  limitGroups: string[];
}

export interface GivenFile {
  path: string;
  access: 'read' | 'write' | 'kept';
}

export interface StartProgram {
  sandbox: string;
  argv: string[];
  frame: string;
  upper: string;
  work: string;
  /** The agent's socket, with so many channels, and further ones with one channel each. */
  socket: string;
  agentChannels: number;
  controls: string[];
  /** From descriptor 16 on; then the listeners. */
  files: GivenFile[];
  listeners: string[];
  /** A directory its root shows, see saves.ts. */
  saves: string;
  /** Whether its /dev shows the machine's kvm. */
  kvm: boolean;
  limits: { memoryBytes?: number; cpuMillis?: number };
}

/** LAUNCH's. */
const kvmShown = 16;

export const firstChannel = 8;
export const firstFile = 16;
/** Inside: nobody in particular, and not the guest's root. */
const insideId = 1000;
/** Host id of the user QEMU runs as, when the daemon runs as root. */
export const qemuOwner: number = firstMappedId + insideId;

const accessFlags = { read: 0, write: 1, kept: 2 } as const;

export async function startProgram(launcher: Launcher, start: StartProgram, scope: Scope): Promise<Started> {
  const { sandbox, limits } = start;
  const answer = await launcher.request(
    {
      type: 'launch',
      fill: (fields) => {
        fields.text(launcherTags.sandbox, sandbox).text(tags.incarnation, sandbox).texts(tags.argv, start.argv);
        fields.texts(launcherTags.lower, [start.frame]).text(launcherTags.upper, start.upper);
        fields.text(launcherTags.work, start.work);
        for (const [source, target] of [
          ['/usr', '/usr'],
          [start.saves, savesInside],
        ] as const) {
          fields.nested(launcherTags.bind, (bind) => bind.text(tags.path, source).text(tags.target, target));
        }
        fields.text(launcherTags.socket, start.socket).texts(launcherTags.control, start.controls);
        fields.int(tags.count, start.agentChannels).int(tags.flags, start.kvm ? kvmShown : undefined);
        for (const { path, access } of start.files) {
          fields.nested(launcherTags.file, (file) => file.text(tags.path, path).int(tags.flags, accessFlags[access]));
        }
        fields.texts(launcherTags.listener, start.listeners);
        fields.text(launcherTags.hostname, 'machine').text(launcherTags.machineId, '0'.repeat(32));
        fields.int(launcherTags.user, insideId);
        fields.int(launcherTags.memoryBytes, limits.memoryBytes).int(launcherTags.cpuMillis, limits.cpuMillis);
      },
    },
    scope,
  );
  return {
    pid: answer.int(tags.pid),
    startTicks: answer.int(launcherTags.startTicks),
    cgroup: answer.optionalText(launcherTags.cgroup) ?? '',
    limitGroups: answer.texts(launcherTags.limitGroup),
  };
}

/** The mount points the launcher needs, and where the loader looks for libraries. */
const frameDirectories = ['usr', 'proc', 'dev', 'run', 'run/holdfast', 'etc', 'tmp'];
const frameLinks = ['bin', 'sbin', 'lib', 'lib64'];

export async function makeFrame(frame: string, mode: 'root' | 'user'): Promise<void> {
  if (existsSync(frame)) return;
  const staging = `${frame}.${process.pid}.tmp`;
  await rm(staging, { recursive: true, force: true });
  await makeDirectories(staging);
  for (const path of frameDirectories) await mkdir(join(staging, path), { mode: 0o755 });
  for (const name of frameLinks) await symlink(`usr/${name}`, join(staging, name));
  await chmod(staging, 0o755);
  if (mode === 'root') await own(staging);
  await rename(staging, frame).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(frame)) throw error;
  });
}

async function own(directory: string): Promise<void> {
  await lchown(directory, firstMappedId, firstMappedId);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await own(path);
    else await lchown(path, firstMappedId, firstMappedId);
  }
}
