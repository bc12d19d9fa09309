import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'faults log',
  summary: 'Prints which faults were drawn for a sandbox, one JSON line each: for the scorer, never for the agent.',
  examples: [
    ['holdfast faults log noisy', 'the same plan, episode and calls give the same bytes'],
    ['holdfast faults log noisy --json', 'with the plan’s digest, the episode and what is active'],
  ],
  arguments: { sandbox: { description: 'its id or name', completes: 'sandbox' } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const report = await (await context.service()).faultReport(args.sandbox);
    if (options.json) await output.document(report);
    else for (const label of report.labels) await output.line(JSON.stringify(label));
    const came = report.labels.filter(({ applied }) => applied).length;
    await output.hint(
      report.control
        ? 'this rollout is a control: nothing is injected'
        : `${came} faults came in ${report.calls} calls`,
    );
    return 0;
  },
});
export default command;
