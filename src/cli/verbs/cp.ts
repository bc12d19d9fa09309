/** Files in and out of a sandbox. `sb:/path` is inside, anything else is on this machine; words and rules are docker's. */
import { lstat, open, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { HoldfastError, isHoldfastError } from '../../schema/error-class.ts';
import type { FileStat, HoldfastService } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { formatBytes } from '../output.ts';
import { openOutput, writeAll } from '../output-file.ts';
import { packDirectory, readFailure } from '../pack.ts';
import { unpackInto } from '../unpack.ts';

interface Inside {
  sandbox: string;
  path: string;
}
interface Transfer {
  service: HoldfastService;
  interrupts: Interrupts;
}
interface Copied {
  files: number;
  bytes: number;
  to: string;
  skipped: string[];
}

const command: Command = defineCommand({
  name: 'cp',
  summary: 'Copies files and directories into a sandbox or out of it.',
  examples: [
    ['holdfast cp src box:/workspace', 'a directory into a directory'],
    ['holdfast cp box:/workspace/report.txt .', 'a file out'],
    ['holdfast cp box:/workspace/. here', 'what a directory holds, without itself'],
  ],
  arguments: {
    from: { description: 'sandbox:/path, or a path here', completes: 'file' },
    to: { description: 'sandbox:/path, or a path here', completes: 'file' },
  },
  options: {},
  async run({ args, options, context: { io, output, ...context } }) {
    const [from, to] = [insideOf(args.from), insideOf(args.to)];
    if ((from === null) === (to === null)) {
      throw new HoldfastError('invalid-argument', 'exactly one of the two must be inside a sandbox', {
        hint: 'For example: holdfast cp box:/workspace/a .',
      });
    }
    using interrupts = new Interrupts(io);
    return await interrupts.statusOf(async () => {
      const service = await context.service();
      const copied = to
        ? await copyIn({ service, interrupts }, args.from, resolve(io.directory, args.from), to)
        : await copyOut({ service, interrupts }, from as Inside, args.to, io.directory);
      if (options.json) await output.document(copied);
      else await output.hint(sentenceOf(copied));
      if (copied.skipped.length > 0)
        await output.say(`left out, neither file, directory nor symlink: ${copied.skipped.join(', ')}`);
      return 0;
    });
  },
});
export default command;

function sentenceOf({ files, bytes, to }: Copied): string {
  return `copied ${files} file${files === 1 ? '' : 's'} (${formatBytes(bytes)}) to ${to}`;
}

/** A name may hold no slash or dot, so that `./a:b` is a file here. */
function insideOf(word: string): Inside | null {
  const [, sandbox, path] = /^([a-z0-9][a-z0-9-]*):(.*)$/s.exec(word) ?? [];
  if (sandbox === undefined || path === undefined) return null;
  return { sandbox, path: path.startsWith('/') ? path : join('/workspace', path) };
}

async function copyIn(transfer: Transfer, word: string, from: string, { sandbox, path }: Inside): Promise<Copied> {
  const { service, interrupts } = transfer;
  const source = await stat(from).catch((cause: unknown) => {
    throw readFailure(from, cause);
  });
  const there = await statInside(service, sandbox, path);
  if (source.isDirectory()) {
    if (there && there.type !== 'directory')
      throw new HoldfastError('not-a-directory', `${sandbox}:${path} is not a directory`);
    const nested = there !== null && !/(^|\/)\.\/?$/.test(word);
    if (!there) await service.makeDirectory(sandbox, path);
    const { tar, packed } = packDirectory(from, nested ? basename(from) : '');
    await extractInside(transfer, sandbox, path, tar);
    return { ...packed, to: `${sandbox}:${nested ? join(path, basename(from)) : path}` };
  }
  if (!source.isFile()) throw new HoldfastError('not-a-file', `${from} is neither a file nor a directory`);
  if (!there && path.endsWith('/'))
    throw new HoldfastError('file-not-found', `there is no directory ${sandbox}:${path}`, { hint: 'Make it first.' });
  const target = there?.type === 'directory' ? join(path, basename(from)) : path;
  await using file = await open(from, 'r').catch((cause: unknown) => {
    throw readFailure(from, cause);
  });
  const content = interrupts.through(file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>);
  await service.writeFile(sandbox, target, content, {
    mode: source.mode & 0o777 || 0o600,
    signal: interrupts.signal,
  });
  return { files: 1, bytes: source.size, to: `${sandbox}:${target}`, skipped: [] };
}

async function statInside(service: HoldfastService, sandbox: string, path: string): Promise<FileStat | null> {
  try {
    return await service.statFile(sandbox, path.length > 1 ? path.replace(/\/+$/, '') : path);
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'file-not-found') return null;
    throw error;
  }
}

/** By the sandbox's own tar: made with the rights of its user, resolved by its own symlinks, in one stream. */
async function extractInside(
  { service, interrupts }: Transfer,
  sandbox: string,
  path: string,
  tar: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { processId } = await service.startProcess(sandbox, {
    argv: ['tar', '-x', '-p', '-o', '-f', '-', '-C', path],
    cwd: '/',
    stdin: true,
    tag: 'cp',
  });
  const attachment = await service.attachProcess(sandbox, processId);
  const said: Uint8Array[] = [];
  const listening = (async () => {
    for await (const { data } of attachment.output) said.push(data);
  })();
  // When the attachment breaks off, what is written or waited for says so.
  listening.catch(() => undefined);
  try {
    for await (const piece of interrupts.through(tar)) await attachment.write(piece);
    await attachment.endInput();
  } catch (error) {
    // tar stops reading at the archive's end mark, or where it fails; either way its status tells. All else is ours.
    if (!isHoldfastError(error) || error.code !== 'wrong-state') {
      await service.signalProcess(sandbox, processId, 'SIGKILL', { tree: true }).catch(() => undefined);
      throw error;
    }
  }
  const exit = await attachment.exit;
  await listening;
  if (exit.exitCode === 0) return;
  const words = Buffer.concat(said).toString().trim().slice(0, 1000);
  const isFull = exit.reason === 'disk-full' || words.includes('No space left');
  throw new HoldfastError(
    isFull ? 'disk-full' : 'permission-denied',
    `tar inside ${sandbox} could not write all of ${path}: ${words || exit.reason}`,
  );
}

async function copyOut(
  transfer: Transfer,
  { sandbox, path }: Inside,
  word: string,
  directory: string,
): Promise<Copied> {
  const { service, interrupts } = transfer;
  const { signal } = interrupts;
  const clean = path.replace(/\/\.?$/, '') || '/';
  const source = await service.statFile(sandbox, clean, { signal });
  const wanted = resolve(directory, word);
  const there = await stat(wanted).catch(() => null);
  if (there === null && !(await stat(dirname(wanted)).catch(() => null))?.isDirectory()) {
    throw new HoldfastError('file-not-found', `there is no directory ${dirname(wanted)} on this machine`, {
      hint: 'Make it first.',
    });
  }
  if (source.type === 'directory') {
    const nested = there?.isDirectory() === true && !/\/\.?$/.test(path);
    const target = nested ? join(wanted, basename(clean)) : wanted;
    const unpacked = await unpackInto(
      interrupts.through(await service.exportFiles(sandbox, { path: clean }, { signal })),
      target,
    );
    return { ...unpacked, to: target };
  }
  if (there === null && word.endsWith('/'))
    throw new HoldfastError('file-not-found', `there is no directory ${wanted} on this machine`, {
      hint: 'Make it first.',
    });
  const target = there?.isDirectory() ? join(wanted, basename(clean)) : wanted;
  return { files: 1, bytes: await fetchFile(transfer, sandbox, clean, target), to: target, skipped: [] };
}

/** A symlink at the target is replaced and not followed: something that was copied out before may have laid it there. */
async function fetchFile(
  { service, interrupts }: Transfer,
  sandbox: string,
  path: string,
  target: string,
): Promise<number> {
  if ((await lstat(target).catch(() => null))?.isDirectory())
    throw new HoldfastError('file-exists', `${target} is a directory`);
  const { stat: facts, content } = await service.readFile(sandbox, path, {}, { signal: interrupts.signal });
  await using file = await openOutput(target, { mode: facts.mode & 0o777, copy: true, signal: interrupts.signal });
  return await writeAll(file, interrupts.through(content));
}
