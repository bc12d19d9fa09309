/**
 * `exec:'<command>'`: any command on the prober's machine that runs a script given on stdin, or in the place of `{}` as
 * one word. `exec:sh` is this machine itself; `exec:'chroot /some/root sh -c {}'` is a tree in it. The command is split
 * at spaces; single and double quotes keep words together, and no shell reads it.
 */
import { type Clock, hostVariables } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { TargetDescription } from '../profile/index.ts';
import { readByExec, writeByExec } from './exec-files.ts';
import { runLocal } from './local-process.ts';
import {
  quoteWords,
  type Target,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from './target.ts';

/** Of a profile. */
const longestSpec = 4096;

export class CommandTarget implements Target {
  readonly features: TargetFeatures;
  readonly #command: string;
  readonly #words: readonly string[];
  readonly #clock: Clock;
  readonly #inPlace: boolean;

  constructor(command: string, clock: Clock) {
    this.#command = command;
    this.#words = splitWords(command);
    this.#clock = clock;
    this.#inPlace = this.#words.includes('{}');
    this.features = {
      stdin: this.#inPlace ? 'yes' : 'script',
      timeout: 'prober',
      cwd: false,
      environment: false,
      files: 'exec',
    };
  }

  /** Whole, and with its words apart. */
  get identity(): readonly string[] {
    return this.#words;
  }

  async describe(): Promise<TargetDescription> {
    const how = this.#inPlace ? 'as a word' : 'on stdin';
    return {
      spec: `exec:${this.#command}`.slice(0, longestSpec),
      kind: 'exec',
      title: `the command ${this.#command}`.slice(0, 400),
      facts: { script: how },
    };
  }

  async open(): Promise<TargetSession> {
    const exec = (request: TargetExec, signal: AbortSignal): Promise<TargetResult> => this.#exec(request, signal);
    return {
      name: 'local',
      lifetimeMs: null,
      exec,
      writeFile: (path, data, signal) => writeByExec(exec, path, data, signal),
      readFile: (path, mostBytes, signal) => readByExec(exec, path, mostBytes, signal),
      close: async () => undefined,
    };
  }

  #exec({ command, stdin, timeoutMs }: TargetExec, signal: AbortSignal): Promise<TargetResult> {
    const script = typeof command === 'string' ? command : quoteWords(command);
    const words = this.#words.map((word) => (word === '{}' ? script : word));
    const input = this.#inPlace ? stdin : new TextEncoder().encode(`${script}\n`);
    const run = { words, timeoutMs, environment: hostVariables() };
    return runLocal({ ...run, ...(input === undefined ? {} : { stdin: input }) }, this.#clock, signal);
  }
}

/** @throws HoldfastError `invalid-argument` */
export function splitWords(command: string): readonly string[] {
  const words = [...command.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
  const covered = command.replace(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g, '').trim();
  if (words.length > 0 && covered === '') return words;
  throw new HoldfastError('invalid-argument', `exec: needs a command, and its quotes closed: ${command}`, {
    hint: "For example: --target exec:sh, or --target exec:'chroot /some/root sh -c {}'.",
  });
}
