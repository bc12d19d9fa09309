import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { packDirectory, readFailure } from '../pack.ts';
import { defined, isolationOf } from '../sandbox-options.ts';
import { chosen } from '../values.ts';

const command: Command = defineCommand({
  name: 'import',
  summary:
    'Makes a snapshot of a template plus the files of a tar or a directory, or takes a recording in; prints the id.',
  examples: [
    ['holdfast import work.tar', 'the tar’s files at /workspace'],
    ['holdfast import src --path /workspace/src', 'a directory of this machine'],
    ['holdfast import run.json --as atif', 'a trajectory, to be looked at; or a bundle that was exported'],
  ],
  arguments: { source: { description: 'a tar, a directory, or - for a tar on stdin', completes: 'file' } },
  options: {
    path: { kind: 'text', value: 'PATH', description: 'where the files go; /workspace if not said' },
    template: { kind: 'text', value: 'NAME', description: 'what they are added to' },
    isolation: { kind: 'text', value: 'LEVEL', description: 'of the sandboxes it is for; namespace if not said' },
    name: { kind: 'text', value: 'NAME', description: 'what to call the snapshot, or the recording' },
    as: { kind: 'text', value: 'FORMAT', description: 'a recording: bundle or atif' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const tar = args.source === '-' ? io.stdin : await tarOf(resolve(io.directory, args.source));
    if (args.source === '-' && io.stdin.isTTY) {
      throw new HoldfastError('invalid-argument', 'stdin is a terminal, not a tar', {
        hint: 'For example: tar -c . | holdfast import -',
      });
    }
    const service = await context.service();
    if (options.as !== undefined) {
      const format = chosen('--as', options.as, ['bundle', 'atif'] as const);
      const recording = await service.importRecording(tar, { format, ...defined('name', options.name) });
      if (options.json) await output.document(recording);
      else await output.line(recording.id);
      await output.hint(`next: holdfast show ${recording.id}`);
      return 0;
    }
    const input = {
      path: options.path ?? '/workspace',
      ...defined('template', options.template),
      ...defined('isolation', isolationOf(options.isolation)),
      ...defined('name', options.name),
    };
    const snapshot = await service.importFiles(tar, input);
    if (options.json) await output.document(snapshot);
    else await output.line(snapshot.id);
    await output.hint(`next: holdfast create --template ${snapshot.id}`);
    return 0;
  },
});
export default command;

async function tarOf(path: string): Promise<AsyncIterable<Uint8Array>> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw readFailure(path, cause);
  });
  return facts.isDirectory() ? packDirectory(path).tar : createReadStream(path);
}
