/** What `--target` says. One line per kind; each kind's own file says the rest. */
import { type Clock, closest, hostVariables } from '../../base/index.ts';
import { type CreateSandboxInput, HoldfastError, type HoldfastService, isolations } from '../../schema/index.ts';
import { BundleTarget } from './bundle.ts';
import { CommandTarget } from './command.ts';
import { DaytonaTarget } from './daytona.ts';
import { E2bTarget } from './e2b.ts';
import { EngineTarget } from './engine.ts';
import { HoldfastTarget } from './holdfast.ts';
import { SshTarget } from './ssh.ts';
import type { Target } from './target.ts';

export interface TargetParts {
  clock: Clock;
  random(bytes: number): Uint8Array;
  /** Only asked for our own substrates. */
  service(): Promise<HoldfastService>;
  /** For our own substrates. */
  create: CreateSandboxInput;
  /** For sockets and bundles; of this process alone. Its path has few characters. */
  directory: string;
  /** Where the command was typed: vendors' packages are looked for there too. */
  workingDirectory: string;
}

type Make = (rest: string, parts: TargetParts) => Target | Promise<Target>;

const kinds: Readonly<Record<string, Make>> = {
  holdfast: (_, parts) => ours('holdfast', parts),
  exec: (command, { clock }) => new CommandTarget(command, clock),
  ssh: (host, { clock, directory }) => new SshTarget(host, { clock, directory, environment: hostVariables() }),
  docker: (image, parts) => new EngineTarget('docker', image, local(parts)),
  podman: (image, parts) => new EngineTarget('podman', image, local(parts)),
  runc: (root, parts) => new BundleTarget('runc', root, local(parts)),
  crun: (root, parts) => new BundleTarget('crun', root, local(parts)),
  e2b: (template, { workingDirectory }) => new E2bTarget(template, { directories: [workingDirectory] }),
  daytona: (snapshot, { workingDirectory }) => new DaytonaTarget(snapshot, { directories: [workingDirectory] }),
};

/** @throws HoldfastError `invalid-argument` */
export async function targetOf(spec: string, parts: TargetParts): Promise<Target> {
  const isolation = isolations.find((known) => known === spec && known !== 'none');
  if (isolation !== undefined) return ours(spec, { ...parts, create: { ...parts.create, isolation } });
  const [, kind = spec, rest = ''] = /^([a-z0-9]+)(?::(.*))?$/s.exec(spec) ?? [];
  const make = kinds[kind];
  const needsMore = make !== undefined && rest === '' && !mayBeAlone.includes(kind);
  if (make !== undefined && !needsMore) return make(rest, parts);
  const near = closest(kind, [...Object.keys(kinds), ...isolations.slice(1)]);
  throw new HoldfastError(
    'invalid-argument',
    needsMore ? `--target ${kind} needs more: ${kind}:…` : `--target does not take "${spec}"`,
    {
      hint: `It takes ${targetForms.join(', ')}.${near === null || needsMore ? '' : ` Did you mean ${near}?`}`,
    },
  );
}

const mayBeAlone = ['holdfast', 'e2b', 'daytona'];

const targetForms: readonly string[] = [
  'holdfast',
  ...isolations.slice(1),
  "exec:'COMMAND'",
  'ssh:HOST',
  'docker:IMAGE',
  'podman:IMAGE',
  'runc:DIRECTORY',
  'crun:DIRECTORY',
  'e2b[:TEMPLATE]',
  'daytona[:SNAPSHOT]',
];

async function ours(spec: string, { service, create }: TargetParts): Promise<Target> {
  return new HoldfastTarget(await service(), create, spec);
}

function local({ clock, directory, random }: TargetParts): {
  clock: Clock;
  environment: Readonly<Record<string, string | undefined>>;
  directory: string;
  newName(): string;
} {
  const newName = (): string => `holdfast-profile-${Buffer.from(random(6)).toString('hex')}`;
  return { clock, directory, environment: hostVariables(), newName };
}
