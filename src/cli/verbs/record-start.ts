import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'record start',
  summary: 'Begins to record a sandbox, with a snapshot first, and prints the recording’s id.',
  examples: [
    ['holdfast record start box', 'every call from now on is a step'],
    ['holdfast record start box --name nightly', 'with a name to find it by'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: { name: { kind: 'text', value: 'NAME', description: 'what to call the recording' } },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const recording = await service.startRecording(args.sandbox, defined('name', options.name));
    if (options.json) await output.document(recording);
    else await output.line(recording.id);
    await output.hint(`next: holdfast exec ${args.sandbox} -- sh -c 'echo hello', then holdfast show ${recording.id}`);
    return 0;
  },
});
export default command;
