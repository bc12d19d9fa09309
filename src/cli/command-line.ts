/** One command line, from its words to its exit status. */

import { closest } from '../base/suggest.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { HoldfastService } from '../schema/index.ts';
import type { Command, Context } from './command.ts';
import type { Connection } from './daemon.ts';
import { reportFailure } from './failure.ts';
import { type Io, isBrokenPipe } from './io.ts';
import { Output } from './output.ts';
import { parseArguments } from './parse.ts';
import { loadAll, verbs } from './registry.ts';

/** Where verbs get their service from; tests give their own. */
export interface Connector {
  connect(io: Io, output: Output): Promise<Connection>;
  connectIfRunning(io: Io): Promise<Connection | null>;
}

/** Loaded for verbs that call the daemon, and not by the daemon itself. */
const usual: Connector = {
  connect: async (...given) => (await import('./daemon.ts')).connect(...given),
  connectIfRunning: async (...given) => (await import('./daemon.ts')).connectIfRunning(...given),
};

/** 128 + SIGPIPE: what a shell reports of a program whose reader left. */
const brokenPipeStatus = 141;

export async function commandLine(argv: readonly string[], io: Io, connector: Connector = usual): Promise<number> {
  const split = argv.indexOf('--');
  const output = new Output(io, argv.slice(0, split < 0 ? argv.length : split).includes('--json'));
  // A reader that leaves is found out by the write that fails; without a listener Node would end the process first.
  const ignore = (): void => undefined;
  const streams = [io.stdout, io.stderr];
  for (const stream of streams) stream.on('error', ignore);
  let command: Command | null = null;
  const opened: Connection[] = [];
  try {
    const found = await findVerb(argv);
    if (found === null) return await rootHelpFor(argv, output);
    command = found.command;
    return await runVerb(command, found.rest, contextOf(io, output, connector, opened));
  } catch (error) {
    return await failed(error, output, command);
  } finally {
    for (const connection of opened) connection.close();
    for (const stream of streams) stream.off('error', ignore);
  }
}

/** A failure of which nobody reads any more ends as a broken pipe too. */
async function failed(error: unknown, output: Output, command: Command | null): Promise<number> {
  if (isBrokenPipe(error)) return brokenPipeStatus;
  try {
    return await reportFailure(error, output, command);
  } catch (unread) {
    if (isBrokenPipe(unread)) return brokenPipeStatus;
    throw unread;
  }
}

async function runVerb(command: Command, argv: readonly string[], context: Context): Promise<number> {
  const { args, options, help } = parseArguments(command, argv);
  if (help) {
    const { verbHelp } = await import('./help.ts');
    await context.output.data(verbHelp(command));
    return 0;
  }
  return (await command.run({ args, options, context })) ?? 0;
}

/** Null asks for the overview. */
async function findVerb(argv: readonly string[]): Promise<{ command: Command; rest: readonly string[] } | null> {
  const [first, second] = argv;
  // `--json` belongs to every verb, so it may stand before it too; the parser reads it there as anywhere before `--`.
  if (first === '--json' && second !== undefined) {
    const found = await findVerb(argv.slice(1));
    return found && { ...found, rest: [first, ...found.rest] };
  }
  const asksHelp = first !== undefined && ['-h', '--help', 'help'].includes(first);
  if (asksHelp && second !== undefined && !second.startsWith('-')) {
    const found = await findVerb(argv.slice(1));
    return found && { ...found, rest: ['--help', ...found.rest] };
  }
  if (first === undefined || asksHelp || first === '--json') return null;
  if (first === '--version' || first === '-V') return { command: (await load('version')).default, rest: argv.slice(1) };
  const group = Object.keys(verbs).filter((name) => name.startsWith(`${first} `));
  if (group.length > 0) {
    const name = group.find((candidate) => candidate === `${first} ${second}`);
    if (name !== undefined) return { command: (await load(name)).default, rest: argv.slice(2) };
    if (first in verbs) return { command: (await load(first)).default, rest: argv.slice(1) };
    throw unknownVerb(second === undefined || second.startsWith('-') ? first : `${first} ${second}`, group);
  }
  if (!(first in verbs)) throw unknownVerb(first, null);
  return { command: (await load(first)).default, rest: argv.slice(1) };
}

async function load(name: string): Promise<{ default: Command }> {
  const loader = verbs[name];
  if (loader === undefined) throw new HoldfastError('internal', `the verb ${name} has no module`);
  return loader();
}

/** @param group the verbs that begin as it does; null where none do */
function unknownVerb(word: string, group: readonly string[] | null): HoldfastError {
  const isGroup = group?.every((name) => name.startsWith(`${word} `)) ?? false;
  const meant = isGroup ? null : closest(word, group ?? [...Object.keys(verbs), 'test']);
  const known = group === null ? 'See `holdfast --help`.' : `Known: ${group.join(', ')}.`;
  return new HoldfastError(
    'invalid-argument',
    isGroup ? `${word} needs a verb of its own` : `there is no verb "${word}"`,
    { hint: meant === null ? known : `Did you mean \`holdfast ${meant}\`?`, details: { verb: word } },
  );
}

async function rootHelpFor(argv: readonly string[], output: Output): Promise<number> {
  const { rootHelp } = await import('./help.ts');
  const text = rootHelp(await loadAll());
  const asked = argv.some((word) => word !== '--json');
  if (asked) await output.data(text);
  else if (output.json)
    throw new HoldfastError('invalid-argument', 'no verb was given', { hint: 'See `holdfast --help`.' });
  else await output.say(text.trimEnd());
  return asked ? 0 : 2;
}

function contextOf(io: Io, output: Output, connector: Connector, opened: Connection[]): Context {
  const keep = (connection: Connection, use?: 'attach'): HoldfastService => {
    opened.push(connection);
    if (use) setImmediate(() => connection.prepareAttachment());
    return connection.service;
  };
  let service: Promise<HoldfastService> | null = null;
  return {
    io,
    output,
    service(use) {
      service ??= connector.connect(io, output).then((connection) => keep(connection, use));
      return service;
    },
    async runningService() {
      const connection = await connector.connectIfRunning(io);
      return connection && keep(connection);
    },
  };
}
