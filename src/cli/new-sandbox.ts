/**
 * What a new sandbox gets, put together from the command line and the project here: a flag beats the chosen side, the
 * side beats the rest of the file, the file beats the default. Every value says where it came from.
 *
 * 1. A project that was found, and not named, opens no network by itself: whose directory one stands in is no consent.
 */
import { HoldfastError } from '../schema/error-class.ts';
import type { ContractInput, CreateSandboxInput } from '../schema/index.ts';
import type { FoundProject } from './contract-files.ts';
import type { Io } from './io.ts';
import { networkInputOf, networkOptions } from './network-options.ts';
import { createInputOf, type SandboxOptionValues, sandboxOptions } from './sandbox-options.ts';
import { chosen } from './values.ts';
import { timeOf } from './world-files.ts';

export const newSandboxOptions = {
  ...sandboxOptions,
  ...networkOptions,
  seed: { kind: 'whole', value: 'N', description: 'chance inside follows from N; keys made there are no secrets' },
  clock: { kind: 'text', value: 'TIME', description: 'where the clock of its own kernel begins (microvm, vm)' },
  contract: { kind: 'text', value: 'NAME', description: 'what it is held to: a contract that ships, or a file' },
  project: {
    kind: 'text',
    value: 'PATH',
    description: 'a holdfast.yaml or its directory; the one here or above if not said, none for none',
  },
  side: { kind: 'text', value: 'SIDE', description: 'training or production, as the project has them' },
} as const;

export interface NewSandboxValues extends SandboxOptionValues {
  network: string | undefined;
  allow: string[];
  seed: number | undefined;
  clock: string | undefined;
  contract: string | undefined;
  project: string | undefined;
  side: string | undefined;
  lifetime?: number | undefined;
  idle?: number | undefined;
}

type Given = Omit<CreateSandboxInput, 'origins'>;

interface Layer {
  given: Given;
  /** Of the value at a path of names, e.g. `limits`, `memoryBytes`. */
  originOf(path: readonly string[]): string;
}

const sides = ['training', 'production'] as const;
type Side = (typeof sides)[number];

/** @throws HoldfastError `invalid-argument`, or `forbidden` for a network that nobody agreed to */
export async function newSandboxOf(values: NewSandboxValues, io: Io): Promise<CreateSandboxInput> {
  const { side, project } = await projectAsked(values, io);
  const flags = await flagLayer(values, io);
  if (!project) return merged([flags]);
  const isNamed = values.project !== undefined || side !== null;
  const asked = new Set(flattened(flags.given).map(([path]) => path.join('.')));
  const layers = await projectLayers(project, side, { asked, isNamed });
  return merged([flags, ...layers]);
}

async function flagLayer(values: NewSandboxValues, { directory }: Io): Promise<Layer> {
  const { user, ...rest } = createInputOf(values);
  const network = await networkInputOf(values);
  const contract = values.contract === undefined ? undefined : await contractOf(values.contract, directory);
  const times = { lifetimeMs: values.lifetime, idleMs: values.idle };
  const given = without({
    ...rest,
    ...times,
    seed: values.seed,
    clock: timeOf(values.clock) ?? undefined,
    user: values.root ? user : undefined,
    network,
    contract,
  });
  return {
    given,
    originOf: (path) => flagOfPath[path[0] === 'environment' ? 'environment' : path.join('.')] ?? 'flag',
  };
}

const flagOfPath: Readonly<Record<string, string>> = {
  name: '--name',
  template: '--template',
  isolation: '--isolation',
  user: '--root',
  environment: '--env',
  network: '--network or --allow',
  contract: '--contract',
  lifetimeMs: '--lifetime',
  idleMs: '--idle',
  seed: '--seed',
  clock: '--clock',
  'limits.memoryBytes': '--memory',
  'limits.cpus': '--cpus',
  'limits.processes': '--processes',
  'limits.diskBytes': '--disk',
};

/** What ships goes by its name, anything else as a document. */
export async function contractOf(name: string, directory: string): Promise<ContractInput> {
  const { loadContract } = await import('./contract-files.ts');
  const { shippedContract } = await import('../contract/index.ts');
  const { value } = await loadContract(name, { directory });
  return (await shippedContract(name)) ? value.contract : { ...value };
}

interface AskedOfProject {
  side: string | undefined;
  project: string | undefined;
}

/** The project that is meant, and which side of it. @throws HoldfastError for a side that is not there */
export async function projectAsked(
  { side: word, project }: AskedOfProject,
  io: Io,
): Promise<{ side: Side | null; project: FoundProject | null }> {
  const side = word === undefined ? null : chosen('--side', word, sides);
  if (project === 'none' && side === null) return { side, project: null };
  const { findProject, loadProject } = await import('./contract-files.ts');
  const found = project === undefined ? await findProject(io) : await loadProject(project, io);
  if (side === null) return { side, project: found };
  if (!found)
    throw new HoldfastError('file-not-found', `--side ${side} needs a holdfast.yaml, and there is none here or above`, {
      hint: 'Name it with --project PATH.',
    });
  if (!found.value.profiles[side])
    throw new HoldfastError('invalid-argument', `${found.file} has no profile ${side}`, {
      hint: `Write one below profiles, if only \`${side}: {}\`, or leave --side out.`,
    });
  return { side, project: found };
}

interface Consent {
  /** What flags say already, so that the file's word does not count. */
  asked: ReadonlySet<string>;
  isNamed: boolean;
}

async function projectLayers(found: FoundProject, side: Side | null, consent: Consent): Promise<Layer[]> {
  const { value } = found;
  const profile = side === null ? undefined : value.profiles[side];
  const own = profile && side && (await fileLayer(found, profile, ['profiles', side], consent));
  const hidden = new Set([...consent.asked, ...(own ? flattened(own.given).map(([path]) => path.join('.')) : [])]);
  const rest = await fileLayer(found, value, [], { ...consent, asked: hidden });
  return own ? [own, rest] : [rest];
}

type Settings = Pick<
  FoundProject['value'],
  'template' | 'isolation' | 'user' | 'policy' | 'limits' | 'environment' | 'lifetimeMs' | 'idleMs'
> & { contract?: string | undefined };

async function fileLayer(
  found: FoundProject,
  settings: Settings,
  at: readonly string[],
  { asked, isNamed }: Consent,
): Promise<Layer> {
  const { contract, policy, template, isolation, user, limits, environment, lifetimeMs, idleMs } = settings;
  const placeOf = (path: readonly string[]): string => {
    const named = path[0] === 'network' ? ['policy'] : path;
    const line = found.lineOf([...at, ...named]);
    return `${found.file}:${line}${at[1] === undefined ? '' : ` (profile ${at[1]})`}`;
  };
  const plain = { template, isolation, user, limits, environment, lifetimeMs, idleMs };
  const network = policy === undefined || asked.has('network') ? undefined : await networkOf(policy, found.directory);
  if (network !== undefined && network !== 'none' && !isNamed) throw notAgreed(placeOf(['network']), policy ?? '');
  const held =
    contract === undefined || asked.has('contract') ? undefined : await contractOf(contract, found.directory);
  return { given: without({ ...plain, network, contract: held }), originOf: placeOf };
}

async function networkOf(policy: string, directory: string): Promise<NonNullable<CreateSandboxInput['network']>> {
  if (policy === 'none') return 'none';
  const { policyOf } = await import('./network-options.ts');
  return policyOf(policy, directory);
}

function notAgreed(place: string, policy: string): HoldfastError {
  return new HoldfastError('forbidden', `${place} opens a network (${policy}), and this project was found, not named`, {
    hint: 'Agree by --side training, --side production or --project PATH; or go without by --network none.',
  });
}

function without(values: { [K in keyof Given]: Given[K] | undefined }): Given {
  // What is undefined is left out, and nothing else is changed.
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given;
}

const byName = ['limits', 'environment'];

/** Limits and variables one by one, everything else as a whole. */
function flattened(given: Given): [path: string[], value: unknown][] {
  return Object.entries(given).flatMap(([name, value]): [string[], unknown][] =>
    byName.includes(name) && typeof value === 'object' && value !== null
      ? Object.entries(value).map(([inner, one]): [string[], unknown] => [[name, inner], one])
      : [[[name], value]],
  );
}

/** The first layer that says something is heard. */
function merged(layers: readonly Layer[]): CreateSandboxInput {
  const values: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const { given, originOf } of layers) {
    for (const [path, value] of flattened(given)) {
      const name = path.join('.');
      if (value === undefined || Object.hasOwn(origins, name)) continue;
      origins[name] = originOf(path);
      const [outer = '', inner] = path;
      if (inner === undefined) values[outer] = value;
      else values[outer] = { ...(values[outer] as object | undefined), [inner]: value };
    }
  }
  // Names and values are those of the layers, each of which is an input of its own.
  return { ...values, ...(Object.keys(origins).length > 0 ? { origins: bounded(origins) } : {}) };
}

const mostOrigins = 64;
const longestName = 64;
const longestPlace = 256;

/** What the schema of a create takes: many variables share one line. */
function bounded(origins: Record<string, string>): Record<string, string> {
  const entries = Object.entries(origins).map(([name, place]): [string, string] => [
    name.slice(0, longestName),
    place.slice(-longestPlace),
  ]);
  return Object.fromEntries(entries.slice(0, mostOrigins));
}
