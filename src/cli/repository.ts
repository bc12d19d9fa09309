/** `run --repo`: a directory's copy goes in at /workspace, and what changed there comes out. The directory is only read. */
import { access, constants, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HoldfastError, isHoldfastError } from '../schema/error-class.ts';
import type { CreateSandboxInput, HoldfastService, Snapshot } from '../schema/index.ts';
import type { Context } from './command.ts';
import { formatBytes } from './output.ts';
import { packDirectory } from './pack.ts';
import { type FilePatch, formatStat, relocate, splitPatch } from './patch.ts';
import { defined } from './sandbox-options.ts';

const workspace = '/workspace';

export async function sendRepository(
  service: HoldfastService,
  directory: string,
  { template, isolation }: Pick<CreateSandboxInput, 'template' | 'isolation'>,
  { io, output }: Context,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { tar, packed } = packDirectory(resolve(io.directory, directory));
  const snapshot = await service.importFiles(
    tar,
    { path: workspace, throwAway: true, ...defined('template', template), ...defined('isolation', isolation) },
    { signal },
  );
  await output.hint(
    `copied ${packed.files} file${packed.files === 1 ? '' : 's'} (${formatBytes(packed.bytes)}) of ${directory} to ${workspace}`,
  );
  if (packed.skipped.length > 0)
    await output.hint(`left out, neither file nor directory: ${packed.skipped.join(', ')}`);
  return snapshot;
}

/** Before the work, not after it: a patch that cannot be written would take the change with it. */
export async function refuseLostPatch(patch: string, { io }: Context): Promise<void> {
  const target = resolve(io.directory, patch);
  const there = await stat(target).catch(() => null);
  if (there?.isDirectory())
    throw new HoldfastError('not-a-file', `--patch ${patch} is a directory`, { hint: 'Name a file.' });
  if (there) await access(target, constants.W_OK);
  const { isReplaced } = await import('./output-file.ts');
  if (!(await isReplaced(target))) return;
  const above = dirname(there ? await realpath(target) : target);
  const holder = await stat(above).catch(() => null);
  if (!holder?.isDirectory())
    throw new HoldfastError('file-not-found', `there is no directory ${above} for --patch`, { hint: 'Make it first.' });
  await access(above, constants.W_OK);
}

export async function loseRepository(service: HoldfastService, { id }: Snapshot, { output }: Context): Promise<void> {
  try {
    await service.deleteSnapshot(id);
  } catch (error) {
    // It goes with the sandbox that was made of it.
    if (isHoldfastError(error) && error.code === 'snapshot-not-found') return;
    // The command's own outcome matters more; the daemon removes the copy later.
    await output.hint(`the copy ${id} could not be deleted: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface Changes {
  service: HoldfastService;
  sandbox: string;
  /** What the sandbox started from; null: its template, and then everything counts and not only the workspace. */
  source: Snapshot | null;
  patch?: string;
  /** Where the patch is to be applied, as it was given. */
  directory?: string;
  full: boolean;
  context: Context;
}

/** A summary on stderr, or all of it, and the patch where it was asked for. */
export async function offerChanges({
  service,
  sandbox,
  source,
  patch,
  directory,
  full,
  context,
}: Changes): Promise<void> {
  const files = await changedFiles(service, sandbox, source);
  const text = files.map((file) => file.text).join('');
  if (!context.output.json) await context.output.say((full ? text || 'nothing changed' : formatStat(files)).trimEnd());
  if (patch === undefined) return;
  const { writeOutput } = await import('./output-file.ts');
  const target = resolve(context.io.directory, patch);
  await writeOutput(target, context.io, text, { mode: 0o644 });
  const there = resolve(context.io.directory, directory ?? '.');
  const apply =
    there === context.io.directory ? `git apply ${quoted(patch)}` : `git -C ${quoted(there)} apply ${quoted(target)}`;
  await context.output.hint(files.length === 0 ? `${patch} is empty` : `next: ${apply}`);
}

/** For a shell: as it is where nothing in it means something there. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

async function changedFiles(service: HoldfastService, sandbox: string, source: Snapshot | null): Promise<FilePatch[]> {
  if (!source) return splitPatch(await service.patch({ to: sandbox }));
  const files = splitPatch(await service.patch({ from: source.id, to: sandbox, path: workspace }));
  // What git itself wrote down is no change of the work, and `git apply` refuses it.
  return files.map((file) => relocate(file, workspace)).filter(({ path }) => !path.split('/').includes('.git'));
}
