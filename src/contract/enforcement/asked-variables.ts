/**
 * The fields that are made of variables, as every process of a sandbox would have them: what is usual, what its contract gives,
 * and on top what a create asks for. Put together as the probe does it.
 */
import { type CreateSandbox, usualVariables } from '../../schema/index.ts';
import type { Contract } from '../document/contract.ts';
import { localeText, localeVariables, variablesOf } from './variables.ts';

type Variables = Readonly<Record<string, string | null>>;

export interface OwnVariables {
  user: CreateSandbox['user'];
  /** That are asked for. */
  environment: Readonly<Record<string, string>>;
}

interface Made {
  field: string;
  of: readonly string[];
  reading(variables: Variables): string | readonly string[];
}

const said = (field: string, ...of: string[]): Made => ({
  field,
  of,
  reading: (variables) => of.map((name) => variables[name] ?? 'unset').join(' '),
});

const made: readonly Made[] = [
  { field: 'environment.path', of: ['PATH'], reading: ({ PATH }) => (PATH ?? '').split(':') },
  { field: 'environment.locale', of: localeVariables, reading: localeText },
  said('environment.zone', 'TZ'),
  said('environment.home', 'HOME'),
  said('environment.user', 'USER', 'LOGNAME'),
  said('environment.shell', 'SHELL'),
  said('environment.temporary', 'TMPDIR'),
  said('environment.editor', 'EDITOR', 'VISUAL', 'PAGER'),
];

/** They follow from who the user is. */
const ofUser = ['HOME', 'USER', 'LOGNAME'];

export const fieldsOfVariables: readonly string[] = made.map(({ field }) => field);

/** Only of fields that something was asked of. */
export function variablesAsked(
  contract: Contract,
  { user, environment }: OwnVariables,
): { field: string; path: readonly string[]; reading: string | readonly string[] }[] {
  const variables = { ...usualVariables(user), ...variablesOf(contract), ...environment };
  return made.flatMap(({ field, of, reading }) => {
    const name = of.find((one) => Object.hasOwn(environment, one));
    const isUsers = user === 'root' && of.some((one) => ofUser.includes(one));
    if (name === undefined && !isUsers) return [];
    return [{ field, path: name === undefined ? ['user'] : ['environment', name], reading: reading(variables) }];
  });
}
