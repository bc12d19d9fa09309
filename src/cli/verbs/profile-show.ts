import { readFile } from '../../base/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { writeOutput } from '../output-file.ts';

/** Larger than any capture that the plan's limits allow in practice. */
const mostBytes = 512 * 1024 * 1024;

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
    const { parseProfile, profilePage } = await import('../../contract/index.ts');
    const { showProfile } = await import('../profile-view.ts');
    const profile = parseProfile(await textOf(args.file), args.file);
    await showProfile(profile, output, { file: args.file, fields: options.fields });
    if (options.html !== undefined) {
      await writeOutput(options.html, io, profilePage(profile), { mode: 0o644 });
      await output.hint(`written: ${options.html}`);
    }
    return 0;
  },
});
export default command;

async function textOf(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > mostBytes) throw new Error('it is too large');
    return bytes.toString('utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('file-not-found', `the profile ${path} cannot be read: ${why}`, {
      cause,
      hint: 'Give a file that `holdfast profile capture` wrote.',
    });
  }
}
