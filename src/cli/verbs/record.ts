import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';
import { runOnce, runOptions } from './run.ts';

const { record: _, ...options } = runOptions;

/** As `run`, which has all the flags; the name is the recording's, which stays. */
const command: Command = defineCommand({
  name: 'record',
  summary: 'Runs one command in a throw-away sandbox and records it, so that it can be shown, replayed and forked.',
  examples: [
    [
      'holdfast record --name first -- sh -c "date; echo made > made"',
      'the command’s output and exit status, and a recording: holdfast show first',
    ],
    ['holdfast record --repo . -- make', 'with a copy of this directory'],
  ],
  arguments: { command: { description: 'program and arguments; no shell is involved', many: true, mayBeEmpty: true } },
  options: {
    ...options,
    name: { ...options.name, description: 'what to call the recording; the newest of a name is meant by it' },
  },
  status: 'command',
  run: ({ args, options: { name, ...given }, context }) =>
    runOnce(args.command, { ...given, name: undefined }, defined('name', name), context),
});
export default command;
