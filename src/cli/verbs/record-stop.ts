import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'record stop',
  summary: 'Ends the recording of a sandbox, which goes on, and prints the recording’s id.',
  examples: [
    ['holdfast record stop box', 'a last snapshot is taken'],
    ['holdfast record stop box --json', 'with what it holds'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const recording = await (await context.service()).stopRecording(args.sandbox);
    if (options.json) await output.document(recording);
    else await output.line(recording.id);
    await output.hint(`next: holdfast show ${recording.id}`);
    return 0;
  },
});
export default command;
