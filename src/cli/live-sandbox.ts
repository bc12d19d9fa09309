/**
 * What a live look at our own sandboxes makes: what `create` would, of the project here and of flags.
 *
 * 1. It is held to no contract: what a contract would refuse is what is to be seen. Its locale and time zone are the contract's.
 */
import type { Contract } from '../contract/index.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { ContractInput, CreateSandboxInput } from '../schema/index.ts';
import { isolations } from '../schema/isolation.ts';
import { type Context, firstSaid, flagOf, type OptionResults } from './command.ts';
import { findProject, loadContract } from './contract-files.ts';
import type { Io } from './io.ts';
import { networkOptions } from './network-options.ts';
import { newSandboxOf, newSandboxOptions } from './new-sandbox.ts';
import { sandboxOptions } from './sandbox-options.ts';

const { name: _, ...boxOptions } = sandboxOptions;
/** What it is made of, besides the project. */
export const liveOwnOptions = { ...boxOptions, ...networkOptions } as const;
export const liveSandboxOptions = {
  ...liveOwnOptions,
  project: newSandboxOptions.project,
  side: newSandboxOptions.side,
} as const;

type Values = OptionResults<typeof liveSandboxOptions>;

/**
 * @param contract that is verified, whose locale and time zone it has; the project's if not said
 * @throws HoldfastError `invalid-argument` for what says nothing of another runtime
 */
export async function liveSandboxOf(
  values: Values,
  target: string | undefined,
  { io, output }: Context,
  contract?: Contract,
): Promise<CreateSandboxInput> {
  if (!isOurs(target)) {
    // What is verified may be the contract of a side, whatever the runtime is.
    const said = firstSaid(contract ? liveOwnOptions : liveSandboxOptions, values);
    if (said !== undefined) throw notOurs(said, target);
    return {};
  }
  if (values.side === undefined && values.project === undefined) {
    const project = await findProject(io);
    const words = 'say --side training or --side production for a side of it, --project none to go without';
    if (project) await output.hint(`sandboxes as ${project.file} has them; ${words}`);
  }
  const own = { name: undefined, seed: undefined, clock: undefined, contract: undefined };
  const { contract: held, origins, ...create } = await newSandboxOf({ ...values, ...own }, io);
  const { contract: __, ...places } = origins ?? {};
  const environment = { ...(await variablesBy(contract ?? held, io)), ...create.environment };
  return { ...create, environment, origins: places };
}

function isOurs(target = 'holdfast'): boolean {
  return target === 'holdfast' || isolations.some((known) => known === target);
}

/** That are not so anyway. What a contract leaves out cannot be asked for. */
async function variablesBy(contract: Contract | ContractInput | undefined, io: Io): Promise<Record<string, string>> {
  if (contract === undefined) return {};
  const { contractSchema, variablesOf } = await import('../contract/index.ts');
  const { usualVariables } = await import('../schema/index.ts');
  const { value } =
    typeof contract === 'string' ? await loadContract(contract, io) : { value: contractSchema.parse(contract) };
  const usual = usualVariables('agent');
  const given = Object.entries(variablesOf(value)).flatMap(([name, word]) =>
    word === null || word === usual[name] ? [] : [[name, word]],
  );
  return Object.fromEntries(given);
}

function notOurs(said: string, target: string | undefined): HoldfastError {
  return new HoldfastError(
    'invalid-argument',
    `${flagOf(said)} is for sandboxes of ours, and ${target} is another runtime`,
    {
      hint: 'Leave it out, or leave out --target.',
    },
  );
}
