/** Help from the verbs' data: one sentence, examples, then flags. */
import { type Command, flagOf, jsonOption } from './command.ts';
import { verbGroups } from './registry.ts';

export function verbHelp(command: Command): string {
  const words = Object.entries(command.arguments).map(([name, spec]) => {
    const word = spec.many ? `${name}...` : name;
    return spec.optional ? `[${word}]` : `<${word}>`;
  });
  if (Object.values(command.arguments).at(-1)?.many && command.status === 'command') words.splice(-1, 0, '--');
  return [
    command.summary,
    section(
      'Examples',
      command.examples.map(([line, does]) => [line, does]),
    ),
    `Usage: holdfast ${[command.name, '[flags]', ...words].join(' ')}`,
    section(
      'Words',
      Object.entries(command.arguments).map(([name, spec]) => [name, spec.description]),
    ),
    section('Flags', [
      ...Object.entries({ ...command.options, json: jsonOption }).map(([name, spec]): [string, string] => [
        `${spec.short === undefined ? '    ' : `-${spec.short}, `}${flagOf(name)}${spec.value === undefined ? '' : ` ${spec.value}`}`,
        spec.description,
      ]),
      ['-h, --help', 'this text'],
    ]),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** As `readEnvironment` finds them. */
const homes = 'of root /var/lib/holdfast, of others ~/.local/share/holdfast, if not said';

export function rootHelp(commands: readonly Command[]): string {
  const summaryOf = (name: string): string => commands.find((command) => command.name === name)?.summary ?? '';
  return [
    'Sandboxes for agents: run anything in one, snapshot, roll back, fork, and take the difference home.',
    section('Examples', [
      ['holdfast doctor', 'what works on this machine'],
      ['holdfast run -- sh -c "echo hello"', 'a throw-away sandbox around one command'],
      ['holdfast run --repo . --patch fix.patch -- make', 'work on a copy of a directory, take the change as a patch'],
    ]),
    'Usage: holdfast <verb> [flags] [words]',
    ...Object.entries(verbGroups).map(([title, names]) =>
      section(
        title,
        commands
          .filter(({ name }) => names.includes(name.split(' ')[0] ?? ''))
          .map(({ name }) => [name, summaryOf(name)]),
      ),
    ),
    section('Environment', [
      ['HOLDFAST_HOME', `what is kept, and whose daemon: ${homes}`],
      ['HOLDFAST_SOCKET', 'where that daemon listens; run/holdfastd.sock in its home if not said'],
      ['HOLDFAST_URL', 'a daemon elsewhere instead, e.g. http://127.0.0.1:7420; never started from here'],
      ['HOLDFAST_KEY', 'the key of whoever asks'],
      ['HOLDFAST_START', 'never: start no daemon where none runs'],
    ]),
    'Every verb takes --json and --help. `holdfast serve --stop` stops the daemon that the first verb started.',
  ]
    .join('\n\n')
    .concat('\n');
}

function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map(([left]) => left.length));
  return `${title}:\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd()).join('\n')}`;
}
