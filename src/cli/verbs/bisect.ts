import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'bisect',
  summary: 'Finds the first step of a recording after which a command ends otherwise than before.',
  examples: [
    ['holdfast bisect run --predicate "test -e report.txt"', 'which step made the file'],
    ['holdfast bisect run --predicate "test -e out.log" --cwd /tmp', 'somewhere else'],
    ['holdfast bisect rec-01… --predicate "sh -n a.sh" --json', 'as JSON, with every state that was looked at'],
  ],
  arguments: { recording: { description: "a recording's id or name" } },
  options: {
    predicate: { kind: 'text', value: 'COMMAND', description: 'a command line for sh' },
    cwd: { kind: 'text', value: 'PATH', description: 'where it runs; /workspace if not said' },
    timeout: { kind: 'duration', value: 'TIME', description: 'for each run of it; a minute if not said' },
    runs: { kind: 'whole', value: 'N', description: 'how often both sides of the step are looked at; 3 if not said' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const command = await neededPredicate(options.predicate);
    const predicate = { command, ...defined('cwd', options.cwd), ...defined('timeoutMs', options.timeout) };
    const asked = { predicate, ...defined('runs', options.runs) };
    const report = await (await context.service()).bisectRecording(args.recording, asked);
    if (options.json) await output.document(report);
    else {
      const { step, name, before, after, probes, notes } = report;
      if (step === null) await output.line(`it never turns: ${before}`);
      else await output.line(`step ${step} (${name}): ${before} before, ${after} after`);
      for (const note of notes) await output.say(note);
      for (const probe of probes) await output.hint(`after step ${probe.step}: ${probe.outcome}`);
      if (step !== null) await output.hint(`next: holdfast show ${report.recording} --step ${step}`);
    }
    return 0;
  },
});
export default command;

async function neededPredicate(given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const { HoldfastError } = await import('../../schema/error-class.ts');
  throw new HoldfastError('invalid-argument', 'bisect needs --predicate', {
    hint: 'For example: --predicate "make test"',
  });
}
