/** Verbs about single files inside a sandbox; every path is resolved by the guest, with its user's rights. */
import type { CallOptions, FileEvent, FileStat, HoldfastService } from '../schema/index.ts';
import { parseInput, sandboxPathSchema } from '../schema/index.ts';
import type { SandboxAccess } from '../tools/index.ts';
import { type Core, closing, openScope, withScope } from './core.ts';
import { acts } from './effect.ts';
import { keepContent } from './kept-content.ts';
import { sandboxAccess } from './sandbox-access.ts';

type FileVerbs = Pick<
  HoldfastService,
  | 'statFile'
  | 'listFiles'
  | 'readFile'
  | 'writeFile'
  | 'makeDirectory'
  | 'moveFile'
  | 'removeFile'
  | 'searchFiles'
  | 'watchFiles'
>;

export function fileVerbs(core: Core, tenant: string): FileVerbs {
  const act = acts(core, tenant);
  const access = (ref: string) => sandboxAccess(core, tenant, ref);
  return {
    statFile: (ref, path, options) => withScope(core, 'stat', options, (scope) => access(ref).statFile(path, scope)),
    listFiles: (ref, path, options) => withScope(core, 'list', options, (scope) => access(ref).listFiles(path, scope)),
    readFile: async (ref, path, input = {}, options) => {
      const scope = openScope(core, 'read', options, null);
      try {
        const box = access(ref);
        const startedMs = core.clock.monotonicMs();
        const { stat, content } = await box.readFile(path, input, scope);
        if (stat.sizeBytes <= smallBytes)
          core.admission.measured(tenant, box.sandbox, 'file.read-small', core.clock.monotonicMs() - startedMs);
        return { stat, content: closing(content, () => scope.close()) };
      } catch (error) {
        await scope.close();
        throw error;
      }
    },
    writeFile: (ref, path, data, options = {}) =>
      withScope(core, 'write', options, async (scope) => {
        const box = access(ref);
        const { mode, parents, exclusive } = options;
        const isKept = core.recordings.of(box.sandbox) !== null;
        const { content, kept } = isKept ? await keepContent(data) : { content: data, kept: null };
        const work = async (way: SandboxAccess): Promise<FileStat> => {
          const startedMs = core.clock.monotonicMs();
          const stat = await way.writeFile(path, content, options, scope);
          if (data instanceof Uint8Array && data.length <= smallBytes)
            core.admission.measured(tenant, box.sandbox, 'file.write-small', core.clock.monotonicMs() - startedMs);
          return stat;
        };
        return act(box, 'write-file', { path }, work, { path, data: kept, mode, parents, exclusive });
      }),
    makeDirectory: (ref, path, options) =>
      withScope(core, 'make directory', options, (scope) => {
        const box = access(ref);
        return act(box, 'make-directory', { path }, (way) => way.makeDirectory(path, scope));
      }),
    moveFile: (ref, from, to, input = {}, options) =>
      withScope(core, 'move', options, (scope) => {
        const box = access(ref);
        const work = (way: SandboxAccess): Promise<void> => way.moveFile(from, to, input, scope);
        return act(box, 'move-file', { from, to }, work, { from, to, ...input });
      }),
    removeFile: (ref, path, input = {}, options) =>
      withScope(core, 'remove', options, (scope) => {
        const box = access(ref);
        const subject = { path, recursive: input.recursive ?? false };
        return act(box, 'remove-file', subject, (way) => way.removeFile(path, input, scope));
      }),
    searchFiles: (ref, input, options) =>
      withScope(core, 'search', options, (scope) => access(ref).searchFiles(input, scope)),
    watchFiles: (ref, path, input = {}, options) => watch({ core, tenant, ref, path, ...input }, options),
  };
}

/** As the operation of that name in contracts. */
const smallBytes = 4096;

interface WatchRequest {
  core: Core;
  tenant: string;
  ref: string;
  path: string;
  recursive?: boolean;
}

async function* watch(request: WatchRequest, options: CallOptions | undefined): AsyncGenerator<FileEvent> {
  const { core, tenant, ref, recursive = false } = request;
  const path = parseInput(sandboxPathSchema, request.path, 'path');
  const scope = openScope(core, 'watch', options, null);
  const release = core.controller.hold(core.controller.find(tenant, ref).id);
  try {
    yield* await core.controller.inside(tenant, ref, scope, async (guest) =>
      guest.files.watch(path, { recursive }, scope),
    );
  } catch (error) {
    if (!scope.signal.aborted) throw error;
  } finally {
    release();
    await scope.close();
  }
}
