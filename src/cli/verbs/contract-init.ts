import { isoTime, systemClock } from '../../base/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { loadContract, loadProfile, loadUsage, toolsOf, usualContract } from '../contract-files.ts';
import { writeOutput } from '../output-file.ts';

const command: Command = defineCommand({
  name: 'contract init',
  summary:
    'Writes a first contract from a profile: what recorded runs touch becomes a promise, the rest a range or free.',
  examples: [
    ['holdfast contract init --from-profile training.json', 'on stdout, with the usual levels'],
    [
      'holdfast contract init --from-profile training.json --used rec-01… -o mine.yaml',
      'by what a recorded run touched',
    ],
  ],
  arguments: {},
  options: {
    fromProfile: { kind: 'text', value: 'FILE', description: 'what was observed' },
    used: {
      kind: 'list',
      value: 'RUN',
      description: 'a run: a recording, its bundle, or a file with a JSON object per call',
    },
    name: { kind: 'text', value: 'NAME', description: 'name and version; my-agent/0.1.0 if not said' },
    output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to write it; stdout if not said' },
  },
  async run({ options, context: { io, output, ...context } }) {
    const { contractNameSchema, formatContract, initialContract } = await import('../../contract/index.ts');
    if (options.fromProfile === undefined) throw needsProfile();
    const profile = await loadProfile(options.fromProfile, io);
    const usage = await loadUsage(options.used, io, () => context.service());
    const name = contractNameSchema.safeParse(options.name ?? 'my-agent/0.1.0');
    if (!name.success) throw wrongName(options.name ?? '');
    const contract = initialContract({
      profile,
      name: name.data,
      date: isoTime(systemClock.nowMs()).slice(0, 10),
      usage,
      tools: await toolsOf(profile),
      // How another runtime's tools fail, and how their output is cut, is not known.
      held: profile.target.kind === 'holdfast' ? (await loadContract(usualContract, io)).value : { failures: [] },
    });
    if (options.json) await output.document(contract);
    else await give(formatContract(contract, comment(profile.digest, usage?.runs ?? 0)), options.output);
    const levels = Object.values(contract.fields).map(({ level }) => level);
    const count = (level: string): number => levels.filter((one) => one === level).length;
    await output.hint(`${count('promise')} fields promised, ${count('range')} as a range, the rest free`);
    return 0;

    async function give(text: string, file: string | undefined): Promise<void> {
      if (file === undefined) await output.data(text);
      else await writeOutput(file, io, text, { mode: 0o644 });
    }
  },
});
export default command;

function comment(digest: string, runs: number): string {
  const basis =
    runs === 0 ? 'with the usual levels, as no recorded run was given' : `by what ${runs} recorded runs touch`;
  return `Made from the profile ${digest.slice(0, 19)}, ${basis}.\nRead it, cut it down, and give it a version of its own.`;
}

function needsProfile(): HoldfastError {
  return new HoldfastError('invalid-argument', 'contract init needs --from-profile FILE', {
    hint: 'Capture one first: holdfast profile capture -o training.json',
  });
}

function wrongName(name: string): HoldfastError {
  return new HoldfastError('invalid-argument', `--name does not take "${name}"`, {
    hint: 'It takes a name and a semantic version, such as my-agent/1.0.0.',
  });
}
