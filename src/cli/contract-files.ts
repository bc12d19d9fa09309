/** The files that the contract's verbs work on: contracts, profiles, recordings, waivers, bundles of certificates. */
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Bundle, Contract, Part, Profile, Project, Source, ToolTerm, Usage, Waiver } from '../contract/index.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { HoldfastService } from '../schema/index.ts';
import type { Io } from './io.ts';
import { chosen } from './values.ts';

/** Larger than any capture that a plan's limits allow in practice. */
const mostBytes = 512 * 1024 * 1024;

export interface Place {
  /** Where relative paths begin. */
  directory: string;
}

/** A file, or a contract that ships with Holdfast: `coding-agent` or `coding-agent/1.0.0`. */
export async function loadContract(name: string, { directory }: Place): Promise<Source<Contract> & { text: string }> {
  const { parseContract, shippedContract, shippedNames } = await import('../contract/index.ts');
  const shipped = await shippedContract(name);
  if (shipped) return shipped;
  const path = resolve(directory, name);
  const known = (await shippedNames()).join(', ');
  const text = await textOf(path, name, `Give a file, or a contract that ships with Holdfast: ${known}.`);
  return { ...parseContract(text, shownAs(path, directory)), text };
}

export const usualContract = 'coding-agent/1.0.0';

export async function loadProfile(name: string, { directory }: Place): Promise<Profile> {
  const { parseProfile } = await import('../contract/index.ts');
  return parseProfile(
    await textOf(resolve(directory, name), name, 'Give a file that `holdfast profile capture` wrote.'),
    name,
  );
}

/**
 * Recorded runs: files with a JSON object per call, bundles, and where there is a daemon to ask, recordings by id or name.
 * @param service only asked for what is no file
 */
export async function loadUsage(
  names: readonly string[],
  { directory }: Place,
  service?: () => Promise<HoldfastService>,
): Promise<Usage | null> {
  if (names.length === 0) return null;
  const { usageOf } = await import('../contract/index.ts');
  const runs: { name: string; text: string }[] = [];
  for (const name of names) runs.push({ name, text: await callsIn(name, resolve(directory, name), service) });
  return usageOf(runs);
}

async function callsIn(name: string, path: string, service?: () => Promise<HoldfastService>): Promise<string> {
  const hint = 'Give files of recorded runs, a JSON object per line, or bundles that `holdfast export` wrote.';
  const isThere = existsSync(path);
  if (!isThere && !service) return textOf(path, name, hint);
  const { callsOfBundle, callsOfRecording, isBundle } = await import('./recorded-runs.ts');
  if (!isThere && service) return callsOfRecording(await service(), name);
  return (await isBundle(path)) ? callsOfBundle(path) : textOf(path, name, hint);
}

/** What the runtime said of its tools. Our own sandboxes all have the standard ones; of another runtime nothing is known. */
export async function toolsOf({ target }: Profile): Promise<Record<string, ToolTerm>> {
  if (target.tools) return target.tools;
  if (target.kind !== 'holdfast') return {};
  const { toolTerms } = await import('../contract/index.ts');
  const { standardTools } = await import('../tools/index.ts');
  return toolTerms(standardTools().map((tool) => tool.describe()));
}

export async function loadWaivers(name: string | undefined, { directory }: Place): Promise<Waiver[]> {
  if (name === undefined) return [];
  const { parseWaivers } = await import('../contract/index.ts');
  return parseWaivers(await textOf(resolve(directory, name), name, 'Give a file with a list called waivers.'), name);
}

/** What `contract verify` filed: under a label of the certificates' directory, or at a path. */
export async function loadBundle(name: string, certificates: string, { directory }: Place): Promise<Bundle> {
  const { parseCertificate } = await import('../contract/index.ts');
  const places = [join(certificates, name), name];
  const found = places.find((place) => existsSync(resolve(directory, place, 'certificate.json')));
  const hint = `File one with \`holdfast contract verify --as ${name}\`.`;
  if (found === undefined)
    throw new HoldfastError('file-not-found', `there is no certificate.json in ${places.join(' or ')}`, { hint });
  const path = resolve(directory, found);
  const at = (file: string): string => join(path, file);
  const certificate = parseCertificate(
    await textOf(at('certificate.json'), join(found, 'certificate.json'), hint),
    name,
  );
  const { value: contract } = await loadContract(at('contract.yaml'), { directory });
  return { certificate, contract, profile: await loadProfile(at('profile.json'), { directory }) };
}

/** Of `--without latency,tools`. @throws HoldfastError `invalid-argument` */
export function partsOf(words: string | undefined): Part[] {
  return (words?.split(',') ?? []).map((word) => chosen('--without', word.trim(), parts));
}

/** The same as `certificateParts` of contract/, which is not loaded for who names none. */
const parts = ['latency', 'tools'] as const satisfies readonly Part[];

export interface FoundProject extends Source<Project> {
  /** As it is said in errors. */
  file: string;
  directory: string;
}

/** The same as `projectFile` of contract/, which is not loaded for who has none. */
const projectFile = 'holdfast.yaml';

/** The project file here or in a directory above; null when there is none. */
export async function findProject(io: Pick<Io, 'directory'>): Promise<FoundProject | null> {
  for (let directory = io.directory; ; directory = dirname(directory)) {
    const path = join(directory, projectFile);
    if (existsSync(path)) return loadProject(path, io);
    if (dirname(directory) === directory) return null;
  }
}

/** @param path a project file, or the directory it stands in */
export async function loadProject(path: string, { directory }: Place): Promise<FoundProject> {
  const { parseProject } = await import('../contract/index.ts');
  const given = resolve(directory, path);
  const full = statSync(given, { throwIfNoEntry: false })?.isDirectory() ? join(given, projectFile) : given;
  const file = shownAs(full, directory);
  const text = await textOf(full, file, 'Give a project file, e.g. holdfast.yaml.');
  return { ...parseProject(text, file), file, directory: dirname(full) };
}

function shownAs(path: string, directory: string): string {
  const short = relative(directory, path);
  return short.startsWith('..') ? path : short;
}

export async function textOf(path: string, name: string, hint: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > mostBytes) throw new Error('it is too large');
    return bytes.toString('utf8');
  } catch (cause) {
    throw new HoldfastError('file-not-found', `${name} cannot be read: ${reasonOf(cause)}`, { cause, hint });
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known: Record<string, string> = {
    ENOENT: 'there is none',
    EISDIR: 'it is a directory',
    EACCES: 'permission denied',
  };
  return known[code] ?? String(cause);
}
