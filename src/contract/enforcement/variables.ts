/**
 * The variables that a contract fixes: locale and time zone, where it promises one value. What the runtime usually sets is
 * set otherwise or left out; whether that makes the locale, the first command is asked.
 */
import type { Contract } from '../document/contract.ts';

/** As the probe of `environment.locale` names them. */
export const localeVariables: readonly string[] = [
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'LC_COLLATE',
  'LC_MESSAGES',
  'LANGUAGE',
];

/** Fields whose value is given to every process. */
export const heldVariables: readonly string[] = ['environment.locale', 'environment.zone'];

export function variablesOf({ fields }: Contract): Record<string, string | null> {
  const promised = (id: string): string | undefined => (fields[id]?.level === 'promise' ? fields[id].value : undefined);
  const [locale, zone] = [promised('environment.locale'), promised('environment.zone')];
  return { ...(locale === undefined ? {} : localeOf(locale)), ...(zone === undefined ? {} : { TZ: setTo(zone) }) };
}

function localeOf(words: string): Record<string, string | null> {
  const given = new Map(
    words.split(' ').flatMap((word): [string, string][] => {
      const [name = '', ...rest] = word.split('=');
      return localeVariables.includes(name) ? [[name, rest.join('=')]] : [];
    }),
  );
  return Object.fromEntries(localeVariables.map((name) => [name, given.get(name) ?? null]));
}

/** As the probe of `environment.locale` puts it. */
export function localeText(variables: Readonly<Record<string, string | null>>): string {
  const said = localeVariables.flatMap((name) => {
    const value = variables[name] ?? null;
    return value === null ? [] : [`${name}=${value}`];
  });
  return said.join(' ') || 'none';
}

const setTo = (word: string): string | null => (word === 'unset' ? null : word);
