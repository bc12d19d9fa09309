import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'verify',
  summary: 'Reads a recording whole: every event’s hash and link, every blob, every snapshot.',
  examples: [
    ['holdfast verify run', 'the newest of that name; ends with 1 when something is damaged'],
    ['holdfast verify rec-01… --json', 'as JSON'],
  ],
  arguments: { recording: { description: "a recording's id or name" } },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const report = await (await context.service()).verifyRecording(args.recording);
    if (options.json) await output.document(report);
    else {
      const { ok, events, steps, blobs, snapshots, tornBytes, unnamedBlobs, root, problems } = report;
      await output.line(
        `${ok ? 'intact' : 'damaged'}: ${events} events, ${steps} steps, ${blobs} blobs, ${snapshots.present} snapshots`,
      );
      await output.line(`root ${root}`);
      if (tornBytes > 0) await output.say(`half an event of ${tornBytes} bytes at the end was never acknowledged`);
      if (unnamedBlobs > 0) await output.say(`${unnamedBlobs} blobs are named by no event`);
      // Of one that was brought in: its snapshots are where it comes from.
      if (ok) for (const missing of snapshots.missing) await output.say(`snapshot ${missing} is not here`);
      for (const problem of problems) await output.say(problem);
    }
    return report.ok ? 0 : 1;
  },
});
export default command;
