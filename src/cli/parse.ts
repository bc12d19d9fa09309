/**
 * argv by a verb's data: commander splits flags from words, this file binds the words and gives both their types.
 *
 * 1. What follows the first `--` is never read as a flag.
 * 2. Without `--`, a verb that takes a command stops reading flags at its first word, as docker does.
 * 3. An empty word, as an unset variable leaves it, is no name and no path: it would be that of something else.
 */
import { CommanderError, Option, Command as Parser } from 'commander';
import { HoldfastError } from '../schema/error-class.ts';
import { type Command, flagOf, jsonOption, type OptionSpec } from './command.ts';
import { parsePairs, parseValue } from './values.ts';

export interface Parsed {
  args: Record<string, unknown>;
  options: Record<string, unknown>;
  help: boolean;
}

/** @throws HoldfastError `invalid-argument` that names the flag or word and the fix. */
export function parseArguments(command: Command, argv: readonly string[]): Parsed {
  const split = argv.indexOf('--');
  const head = split < 0 ? argv : argv.slice(0, split);
  const tail = split < 0 ? null : argv.slice(split + 1);
  const parser = parserOf(command, tail === null);
  try {
    parser.parse([...head], { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? usage(command, error) : error;
  }
  const given = parser.opts();
  if (given['help']) return { args: {}, options: given, help: true };
  return { args: bind(command, parser.args, tail), options: convert(command, given), help: false };
}

function parserOf(command: Command, wholeLine: boolean): Parser {
  const parser = new Parser(command.name)
    .helpOption(false)
    .allowExcessArguments()
    .argument('[words...]')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined })
    .passThroughOptions(command.status === 'command' && wholeLine)
    .action(() => undefined);
  for (const [name, spec] of Object.entries({ ...command.options, json: jsonOption }))
    parser.addOption(optionOf(name, spec));
  return parser.addOption(new Option('-h, --help'));
}

function optionOf(name: string, { kind, short }: OptionSpec): Option {
  const option = new Option(
    `${short === undefined ? '' : `-${short}, `}${flagOf(name)}${kind === 'flag' ? '' : ' <value>'}`,
  );
  if (kind !== 'list' && kind !== 'pairs') return option;
  return option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
}

/** What stands for a path of this machine in the help: an empty one would be the working directory. */
const paths = ['FILE', 'DIR', 'DIRECTORY'];

function convert(command: Command, given: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries({ ...command.options, json: jsonOption }).map(([name, { kind, value: what = '' }]) => {
    const value = given[name];
    if (paths.includes(what) && [value].flat().includes('')) throw emptyPath(name);
    // commander hands over strings, lists made by `optionOf`, and true for a flag.
    if (kind === 'flag') return [name, value === true];
    if (kind === 'list') return [name, value ?? []];
    if (kind === 'pairs') return [name, parsePairs(flagOf(name), (value ?? []) as string[])];
    return [name, value === undefined ? undefined : parseValue(kind, flagOf(name), value as string)];
  });
  return Object.fromEntries(entries);
}

function bind(command: Command, words: readonly string[], tail: readonly string[] | null): Record<string, unknown> {
  const specs = Object.entries(command.arguments);
  const ownsTail = command.status === 'command' && tail !== null;
  const single = specs.filter(([, spec]) => spec.many === undefined);
  const many = specs.find(([, spec]) => spec.many);
  const all = ownsTail ? words : [...words, ...(tail ?? [])];
  const rest = all.slice(single.length);
  if (rest.length > 0 && (many === undefined || ownsTail)) throw surplus(command, rest[0] ?? '', ownsTail);
  const bound: Record<string, unknown> = Object.fromEntries(single.map(([name], at) => [name, all[at]]));
  if (many) bound[many[0]] = ownsTail ? [...tail] : rest;
  for (const [name, spec] of specs) {
    const value = bound[name];
    if (!spec.mayBeEmpty && [value].flat().includes('')) throw empty(command, name, spec.description);
    const isMissing = spec.many ? (value as string[]).length === 0 : value === undefined;
    if (isMissing && !spec.optional) throw missing(command, name, spec.description);
  }
  return bound;
}

function surplus(command: Command, word: string, beforeTail: boolean): HoldfastError {
  const place = beforeTail ? ' before --' : '';
  return new HoldfastError('invalid-argument', `${command.name} does not take "${word}"${place}`, {
    hint: seeHelp(command),
    details: { word },
  });
}

function missing(command: Command, name: string, description: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${command.name} needs <${name}>: ${description}`, {
    hint: `For example: ${command.examples[0]?.[0] ?? command.name}`,
    details: { argument: name },
  });
}

function empty(command: Command, name: string, description: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${command.name} does not take an empty <${name}>: ${description}`, {
    hint: 'Is a variable empty?',
    details: { argument: name },
  });
}

function emptyPath(name: string): HoldfastError {
  return new HoldfastError('invalid-argument', `${flagOf(name)} does not take ""`, {
    hint: 'It takes a path. Is a variable empty?',
    details: { flag: flagOf(name), value: '' },
  });
}

/** commander writes "error: unknown option '--x'" and, on a second line, "(Did you mean --y?)". */
function usage(command: Command, { message }: CommanderError): HoldfastError {
  const [first = '', second] = message.replace(/^error: /, '').split('\n');
  const hint = second === undefined ? seeHelp(command) : second.replace(/^\(|\)$/g, '');
  return new HoldfastError('invalid-argument', `${command.name}: ${first}`, { hint });
}

function seeHelp(command: Command): string {
  return `See \`holdfast ${command.name} --help\`.`;
}
