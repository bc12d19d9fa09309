/** What a project asks for against the contract it names: a create would refuse it, `check` says it beforehand with its line. */
import type { Contract, Source } from '../contract/index.ts';
import { isHoldfastError } from '../schema/error-class.ts';
import { createSandboxSchema } from '../schema/index.ts';
import { type FoundProject, loadContract } from './contract-files.ts';

export interface Problem {
  file: string;
  line: number;
  problem: string;
}

type Settings = Pick<FoundProject['value'], 'lifetimeMs' | 'limits' | 'policy' | 'user' | 'environment'> & {
  contract?: string | undefined;
};

/** Of sandboxes without a profile, and of each side that has one. */
export async function contradictionsIn(project: FoundProject): Promise<Problem[]> {
  const { value } = project;
  const { projectSides } = await import('../contract/index.ts');
  const problems = await problemsOf(project, [{ settings: value, at: [] }]);
  for (const side of projectSides) {
    const own = value.profiles[side];
    const layers = own
      ? [
          { settings: own, at: ['profiles', side] },
          { settings: value, at: [] },
        ]
      : [];
    const found = layers.length === 0 ? [] : await problemsOf(project, layers);
    // What the rest of the file says already is said once.
    const isSaid = ({ line, problem }: Problem): boolean =>
      problems.some((known) => known.line === line && known.problem === problem);
    problems.push(...found.filter((one) => !isSaid(one)));
  }
  return problems;
}

interface Layer {
  settings: Settings;
  /** Where it stands. */
  at: readonly string[];
}

/** @param layers the first that says something is heard */
async function problemsOf(project: FoundProject, layers: readonly Layer[]): Promise<Problem[]> {
  const source = await contractOf(project, layers);
  if (source === null) return [];
  const { contradictionsOf, unclearFailures } = await import('../contract/index.ts');
  const { value: contract, name: file } = source;
  const unclear = unclearFailures(contract.failures).map(({ at, field, problem }) => {
    return { file, line: source.lineOf(['failures', at]), problem: `no create can hold ${field}: ${problem}` };
  });
  const policy = firstOf(layers, ({ policy }) => policy) ?? 'none';
  const limits = Object.assign({}, ...layers.toReversed().map(({ settings }) => settings.limits));
  const environment = Object.assign({}, ...layers.toReversed().map(({ settings }) => settings.environment));
  const user = createSandboxSchema.shape.user.parse(firstOf(layers, (settings) => settings.user));
  const lifetimeMs = createSandboxSchema.shape.lifetimeMs.parse(firstOf(layers, (settings) => settings.lifetimeMs));
  const asked = { lifetimeMs, limits, hasNetwork: policy !== 'none', user, environment };
  const contradictions = contradictionsOf(contract, asked).map(({ field, path, problem }) => {
    const place = placeOf(layers, spelled(path));
    const what = `${place.join('.')} contradicts ${contract.contract}: ${field}: ${problem}`;
    return { file: project.file, line: project.lineOf(place), problem: what };
  });
  return [...unclear, ...contradictions];
}

/** Null where it cannot be read: that is said at its own line. */
async function contractOf(
  { directory }: FoundProject,
  layers: readonly Layer[],
): Promise<(Source<Contract> & { name: string }) | null> {
  const name = firstOf(layers, ({ contract }) => contract);
  if (name === undefined) return null;
  try {
    return { ...(await loadContract(name, { directory })), name };
  } catch (error) {
    if (isHoldfastError(error)) return null;
    throw error;
  }
}

function firstOf<T>(layers: readonly Layer[], of: (settings: Settings) => T | undefined): T | undefined {
  return layers.map(({ settings }) => of(settings)).find((value) => value !== undefined);
}

/** As a project spells what a create asks for; what no file says stands with the contract. */
function spelled(path: readonly string[]): readonly string[] {
  const [first = ''] = path;
  return first === 'network' ? ['policy'] : first === 'isolation' ? ['contract'] : path;
}

/** Where the value comes from that is heard; where it comes from nowhere, the contract that wants another. */
function placeOf(layers: readonly Layer[], path: readonly string[]): string[] {
  const says =
    (name: readonly string[]) =>
    (layer: Layer): boolean =>
      name.reduce<unknown>(
        (at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined),
        layer.settings,
      ) !== undefined;
  const found = layers.find(says(path));
  if (found) return [...found.at, ...path];
  return [...(layers.find(says(['contract']))?.at ?? []), 'contract'];
}
