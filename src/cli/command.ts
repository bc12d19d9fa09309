/**
 * A verb as data: name, sentence, examples, arguments, options and what it does. Parsing, help and shell completion are
 * derived from it; the types of `args` and `options` follow from the data.
 */
import type { HoldfastService } from '../schema/index.ts';
import type { Io } from './io.ts';
import type { Output } from './output.ts';

/** What a command line hands to the verb for each kind of option. */
interface OptionValues {
  flag: boolean;
  text: string;
  /** Digits alone. */
  whole: number;
  /** With a fraction, if wanted. */
  number: number;
  /** `90`, `90s`, `5m`, `2h`, `1d`; given on in milliseconds. */
  duration: number;
  /** `1048576`, `64k`, `512m`, `2g`; given on in bytes. */
  size: number;
  /** May be repeated. */
  list: string[];
  /** `NAME=value`, may be repeated. */
  pairs: Record<string, string>;
}
export type OptionKind = keyof OptionValues;

export interface OptionSpec {
  readonly kind: OptionKind;
  /** One letter. */
  readonly short?: string;
  /** What stands for the value in the help; absent for a flag. */
  readonly value?: string;
  readonly description: string;
}

export interface ArgumentSpec {
  readonly description: string;
  readonly optional?: true;
  /** Takes all that is left; only the last one can. `command` also means: what follows `--`, untouched. */
  readonly many?: true;
  /** It is what is said or run, and not the name of something. */
  readonly mayBeEmpty?: true;
  /** What completion offers. */
  readonly completes?: 'sandbox' | 'file';
}

export type Options = Readonly<Record<string, OptionSpec>>;
export type Arguments = Readonly<Record<string, ArgumentSpec>>;

export type ArgumentValues<A extends Arguments> = {
  [K in keyof A]: A[K] extends { many: true }
    ? string[]
    : A[K] extends { optional: true }
      ? string | undefined
      : string;
};
export type OptionResults<O extends Options> = {
  [K in keyof O]: O[K]['kind'] extends 'flag' | 'list' | 'pairs'
    ? OptionValues[O[K]['kind']]
    : OptionValues[O[K]['kind']] | undefined;
};

export interface Context {
  readonly io: Io;
  readonly output: Output;
  /** Connects to the daemon, and starts it when it is not there. `attach` gets ready for an attachment meanwhile. */
  service(use?: 'attach'): Promise<HoldfastService>;
  /** The daemon if it is there; starts nothing. */
  runningService(): Promise<HoldfastService | null>;
}

export interface Invocation<A extends Arguments, O extends Options> {
  readonly args: ArgumentValues<A>;
  readonly options: OptionResults<O> & { json: boolean };
  readonly context: Context;
}

export interface CommandSpec<A extends Arguments, O extends Options> {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Two or three, each with what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  readonly arguments: A;
  readonly options: O;
  /** `command`: the status is that of a command inside, and our own failures are 125, 126, 127. */
  readonly status?: 'command';
  /** The exit status; nothing is 0. */
  run(invocation: Invocation<A, O>): Promise<number | undefined>;
}

/** A verb whose types are no longer needed. */
export interface Command extends Omit<CommandSpec<Arguments, Options>, 'run'> {
  run(invocation: {
    args: Record<string, unknown>;
    options: Record<string, unknown>;
    context: Context;
  }): Promise<number | undefined>;
}

export function defineCommand<const A extends Arguments, const O extends Options>(spec: CommandSpec<A, O>): Command {
  // parse.ts makes `args` and `options` from this same data, so they have the types the data gives them.
  return spec as unknown as Command;
}

/** Every verb takes it. */
export const jsonOption: OptionSpec = { kind: 'flag', description: 'one JSON document on stdout, also for an error' };

/** The first of these options that was said. */
export function firstSaid(options: Options, values: Readonly<Record<string, unknown>>): string | undefined {
  const isSaid = (value: unknown): boolean =>
    typeof value === 'object' && value !== null
      ? Object.keys(value).length > 0
      : value !== undefined && value !== false;
  return Object.keys(options).find((name) => isSaid(values[name]));
}

/** `nameOnly` is written `--name-only`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
