import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'faults stop',
  summary: 'Ends the faults of a sandbox and undoes what lasts: what follows, such as a verifier, meets none.',
  examples: [
    ['holdfast faults stop noisy', 'before the work is judged'],
    ['holdfast faults stop noisy --json', 'and the whole report of what came'],
  ],
  arguments: { sandbox: { description: 'its id or name', completes: 'sandbox' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const report = await (await context.service()).stopFaults(args.sandbox);
    if (options.json) await output.document(report);
    else await output.hint(`${report.labels.filter(({ applied }) => applied).length} faults had come`);
    return 0;
  },
});
export default command;
