import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { mapDiskFull } from '../../base/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { writeTo } from '../io.ts';
import { formatBytes } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'export',
  summary: 'Writes the files of a sandbox or snapshot as a tar.',
  examples: [
    ['holdfast export box --path /workspace > work.tar', 'below one path'],
    ['holdfast export snp-01… --output all.tar', 'everything, into a file'],
  ],
  arguments: { source: { description: "a sandbox's id or name, or a snapshot's id", completes: 'sandbox' } },
  options: {
    path: { kind: 'text', value: 'PATH', description: 'only below this path' },
    output: { kind: 'text', short: 'o', value: 'FILE', description: 'where to; stdout if not said' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    if (options.output === undefined && (io.stdout.isTTY || options.json)) {
      throw new HoldfastError('invalid-argument', 'a tar does not go to a terminal or into JSON', {
        hint: 'Give --output FILE, or send stdout elsewhere.',
      });
    }
    using interrupts = new Interrupts(io);
    return await interrupts.statusOf(async () => {
      const service = await context.service();
      const { signal } = interrupts;
      const tar = interrupts.through(await service.exportFiles(args.source, defined('path', options.path), { signal }));
      if (options.output === undefined) {
        for await (const piece of tar) await writeTo(io.stdout, piece);
        return 0;
      }
      const file = resolve(io.directory, options.output);
      const bytes = await save(tar, file);
      if (options.json) await output.document({ file, bytes });
      else await output.hint(`${formatBytes(bytes)} in ${file}`);
      return 0;
    });
  },
});
export default command;

/** Whole or not at all. */
async function save(pieces: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  const temporary = `${path}.${process.pid}.holdfast-part`;
  const file = createWriteStream(temporary, { flags: 'wx', mode: 0o600 });
  const done = finished(file);
  let bytes = 0;
  try {
    for await (const piece of pieces) {
      await writeTo(file, piece);
      bytes += piece.length;
    }
    file.end();
    await done;
    await rename(temporary, path);
    return bytes;
  } catch (error) {
    file.destroy();
    await done.catch(() => undefined);
    await rm(temporary, { force: true });
    throw mapDiskFull(error, path);
  }
}
