import { type Command, defineCommand } from '../command.ts';
import run from './run.ts';

/** As `run`, which has all the flags. */
const command: Command = {
  ...defineCommand({
    name: 'record',
    summary: 'Runs one command in a throw-away sandbox and records it, so that it can be shown, replayed and forked.',
    examples: [
      ['holdfast record -- sh -c "date; echo made > made"', 'the command’s output and exit status, and a recording'],
      ['holdfast record --repo . -- make', 'with a copy of this directory'],
    ],
    arguments: {
      command: { description: 'program and arguments; no shell is involved', many: true, mayBeEmpty: true },
    },
    options: {},
    status: 'command',
    run: async () => 0,
  }),
  options: Object.fromEntries(Object.entries(run.options).filter(([name]) => name !== 'record')),
  run: ({ args, options, context }) => run.run({ args, options: { ...options, record: true }, context }),
};
export default command;
