import { writeFileAtomic } from '../../base/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { findProject, loadContract, loadProfile, loadUsage } from '../contract-files.ts';
import { showShift } from '../contract-view.ts';

const command: Command = defineCommand({
  name: 'shift',
  summary:
    'Says how far two runtimes are apart, training first: a score with its interval, a grade, and what causes it.',
  examples: [
    ['holdfast shift training.json production.json', 'two profiles'],
    ['holdfast shift --html shift.html', "the project's two profiles, as a page with plots"],
    ['holdfast shift training.json production.json --contract contract.yaml --json', 'only what is promised is judged'],
  ],
  arguments: {
    training: { description: "a profile; the project's if not said", optional: true, completes: 'file' },
    production: { description: "a profile; the project's if not said", optional: true, completes: 'file' },
  },
  options: {
    contract: { kind: 'text', value: 'FILE', description: 'what is promised; without it, the usual levels' },
    used: { kind: 'list', value: 'FILE', description: 'a recorded run: what it touches weighs; may be repeated' },
    html: { kind: 'text', value: 'FILE', description: 'write a page that needs nothing else' },
  },
  async run({ args, options, context: { io, output } }) {
    const { shiftOf, shiftPage, usageLookup } = await import('../../contract/index.ts');
    const project = args.production === undefined ? await findProject(io) : null;
    const place = project ? { directory: project.directory } : io;
    const names = [
      args.training ?? project?.value.profiles.training?.captured,
      args.production ?? project?.value.profiles.production?.captured,
    ];
    const [training, production] = names;
    if (training === undefined || production === undefined) throw missingProfiles();
    const [first, second] = [await loadProfile(training, place), await loadProfile(production, place)];
    const usage = await loadUsage(options.used.length > 0 ? options.used : (project?.value.recordings ?? []), place);
    const contract = options.contract === undefined ? null : (await loadContract(options.contract, io)).value;
    const shift = shiftOf(first, second, { contract, usageOf: usageLookup(usage) });
    if (options.html !== undefined)
      await writeFileAtomic(options.html, shiftPage(shift, first, second), { mode: 0o644 });
    if (options.json) await output.document(shift);
    else await showShift(shift, output);
    if (options.html !== undefined) await output.hint(`written: ${options.html}`);
    return 0;
  },
});
export default command;

function missingProfiles(): HoldfastError {
  return new HoldfastError('invalid-argument', 'shift needs two profiles: of training and of production', {
    hint: 'Give two files, or name them in holdfast.yaml under profiles.',
  });
}
