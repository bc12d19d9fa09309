import { type Command, defineCommand } from '../command.ts';
import { loadProfile } from '../contract-files.ts';
import { writeOutput } from '../output-file.ts';

const command: Command = defineCommand({
  name: 'profile show',
  summary:
    'Says what a profile holds: the runtime, the sessions, what varied, what could not be measured, how long things took.',
  examples: [
    ['holdfast profile show profile.json', 'an overview'],
    ['holdfast profile show profile.json --fields', 'every field with what was seen'],
    ['holdfast profile show profile.json --html profile.html', 'a page with plots of all that was timed'],
  ],
  arguments: { file: { description: 'a profile', completes: 'file' } },
  options: {
    fields: { kind: 'flag', description: 'every field with what was seen' },
    html: { kind: 'text', value: 'FILE', description: 'write a page that needs nothing else' },
  },
  async run({ args, options, context: { io, output } }) {
    const { profilePage } = await import('../../contract/index.ts');
    const { showProfile } = await import('../profile-view.ts');
    const profile = await loadProfile(args.file, io);
    await showProfile(profile, output, { file: args.file, fields: options.fields });
    if (options.html !== undefined) {
      await writeOutput(options.html, io, profilePage(profile), { mode: 0o644 });
      await output.hint(`written: ${options.html}`);
    }
    return 0;
  },
});
export default command;
