import { basename, resolve } from 'node:path';
import { HoldfastError } from '../../schema/error-class.ts';
import type { BuildTemplate, WarmScript } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { textOf } from '../contract-files.ts';
import { formatBytes } from '../output.ts';

const command: Command = defineCommand({
  name: 'template build',
  summary: 'Builds a template, the files that sandboxes start from; one of that name is replaced.',
  examples: [
    ['holdfast template build tools --directory ./root', 'from a root directory of this machine'],
    [
      'holdfast template build debian --debian bookworm --package python3',
      'a Debian of its own, by debootstrap or mmdebstrap',
    ],
    [
      'holdfast template build served --directory ./root --warm server.sh',
      'its server runs in every sandbox from the start; where memory is kept, it was started once',
    ],
  ],
  arguments: { name: { description: 'what to call it' } },
  options: {
    directory: { kind: 'text', value: 'DIR', description: 'copy this directory; it becomes /' },
    debian: { kind: 'text', value: 'SUITE', description: 'install this Debian release, e.g. bookworm' },
    package: {
      kind: 'list',
      short: 'p',
      value: 'NAME',
      description: 'a package to add to the Debian; may be repeated',
    },
    warm: {
      kind: 'text',
      value: 'SCRIPT',
      description:
        'run in each new sandbox before it is used; what it leaves running stays. Becomes /etc/holdfast/warm.d/SCRIPT',
    },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const warm = await warmOf(options.warm, io.directory);
    const input = { ...inputOf(args.name, options, io.directory), ...(warm ? { warm } : {}) };
    const template = await (await context.service()).buildTemplate(input, (line) => void output.hint(line));
    if (options.json) await output.document(template);
    else await output.line(template.name);
    await output.hint(
      `${template.files} files, ${formatBytes(template.sizeBytes)}; next: holdfast create --template ${template.name}`,
    );
    if (template.warm.length > 0) await output.hint(howWarmed(template.warm));
    return 0;
  },
});
export default command;

function inputOf(
  name: string,
  options: { directory: string | undefined; debian: string | undefined; package: string[] },
  from: string,
): BuildTemplate {
  const { directory, debian, package: packages } = options;
  if ((directory === undefined) === (debian === undefined)) {
    throw new HoldfastError('invalid-argument', 'a template is built from --directory or from --debian', {
      hint: 'Give one of the two.',
    });
  }
  if (debian !== undefined) return { name, from: 'debian', suite: debian, packages };
  if (packages.length > 0)
    throw new HoldfastError('invalid-argument', '--package goes with --debian', {
      hint: 'Put the files into the directory.',
    });
  return { name, from: 'directory', directory: resolve(from, directory ?? '') };
}

async function warmOf(path: string | undefined, from: string): Promise<WarmScript | null> {
  if (path === undefined) return null;
  const text = await textOf(resolve(from, path), path, 'Give a script whose first line is such as #!/bin/sh.');
  return { name: basename(path), text };
}

function howWarmed(programs: readonly string[]): string {
  const when =
    'once for each size of microvm and vm, where creates go on from that memory, and by every create elsewhere';
  return `${programs.join(', ')} ${programs.length === 1 ? 'is' : 'are'} run ${when}`;
}
