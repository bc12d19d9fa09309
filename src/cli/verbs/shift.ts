import type { Profile } from '../../contract/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { findProject, loadContract, loadProfile, loadUsage } from '../contract-files.ts';
import { showShift } from '../contract-view.ts';
import { writeOutput } from '../output-file.ts';

const command: Command = defineCommand({
  name: 'shift',
  summary:
    'Says how far two runtimes are apart, training first: a score, a grade, and what causes it; ends with 6 where too little could be compared.',
  examples: [
    ['holdfast shift training.json production.json', 'two profiles'],
    ['holdfast shift --html shift.html', "the project's two profiles, as a page with plots"],
    ['holdfast shift training.json production.json --contract contract.yaml --json', 'by what that one promises'],
  ],
  arguments: {
    training: { description: "a profile; the project's if not said", optional: true, completes: 'file' },
    production: { description: "a profile; the project's if not said", optional: true, completes: 'file' },
  },
  options: {
    contract: {
      kind: 'text',
      value: 'FILE',
      description: "what is promised; the project's if not said, the usual levels without one or for none",
    },
    used: { kind: 'list', value: 'FILE', description: 'a recorded run: what it touches weighs; may be repeated' },
    html: { kind: 'text', value: 'FILE', description: 'write a page that needs nothing else' },
  },
  async run({ args, options, context: { io, output } }) {
    const { shiftOf, shiftPage, usageLookup } = await import('../../contract/index.ts');
    const project = await findProject(io);
    const place = project ? { directory: project.directory } : io;
    const { profiles, recordings = [] } = project?.value ?? {};
    const given = (typed: string | undefined, side: 'training' | 'production'): Promise<Profile> => {
      const captured = profiles?.[side]?.captured;
      if (typed !== undefined) return loadProfile(typed, io);
      if (captured !== undefined) return loadProfile(captured, place);
      throw missingProfiles();
    };
    const [first, second] = [await given(args.training, 'training'), await given(args.production, 'production')];
    const usage = await (options.used.length > 0 ? loadUsage(options.used, io) : loadUsage(recordings, place));
    // By the same as `can-i-ship`: what training is held to.
    const held = profiles?.training?.contract ?? project?.value.contract;
    const named = options.contract ?? held ?? 'none';
    const contract =
      named === 'none' ? null : (await loadContract(named, options.contract === undefined ? place : io)).value;
    const shift = shiftOf(first, second, { contract, usageOf: usageLookup(usage) });
    if (options.html !== undefined)
      await writeOutput(options.html, io, shiftPage(shift, first, second), { mode: 0o644 });
    if (options.json) await output.document(shift);
    else await showShift(shift, output);
    if (options.contract === undefined && contract) await output.hint(`judged by ${contract.contract}, of the project`);
    if (options.html !== undefined) await output.hint(`written: ${options.html}`);
    // Not known is no verdict, and a script must be able to tell.
    return shift.grade === null ? 6 : 0;
  },
});
export default command;

function missingProfiles(): HoldfastError {
  return new HoldfastError('invalid-argument', 'shift needs two profiles: of training and of production', {
    hint: 'Give two files, or name them in holdfast.yaml under profiles.',
  });
}
