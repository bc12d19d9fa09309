/** Verbs about single files inside a sandbox; every path is resolved by the guest, with its user's rights. */
import type { Scope } from '../base/index.ts';
import type { Guest } from '../guest/index.ts';
import { HoldfastError, type HoldfastService, parseInput, sandboxPathSchema, searchSchema } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { type Core, openScope, withScope } from './core.ts';
import { effect } from './effect.ts';
import { closing } from './sandbox-verbs.ts';

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
  const inside = <T>(
    name: string,
    ref: string,
    options: Parameters<typeof withScope>[2],
    work: (guest: Guest, scope: Scope, record: SandboxRecord) => Promise<T>,
  ): Promise<T> =>
    withScope(core, name, options, (scope) =>
      core.controller.inside(tenant, ref, scope, (guest, record) => work(guest, scope, record)),
    );
  return {
    statFile: (ref, path, options) =>
      inside('stat', ref, options, (guest, scope) => guest.files.stat(checked(path), {}, scope)),
    listFiles: (ref, path, options) =>
      inside('list', ref, options, (guest, scope) => guest.files.list(checked(path), scope).all()),
    readFile: async (ref, path, input = {}, options) => {
      const scope = openScope(core, 'read', options, null);
      const release = core.controller.hold(core.controller.find(tenant, ref).id);
      const leave = async (): Promise<void> => {
        release();
        await scope.close();
      };
      try {
        return await core.controller.inside(tenant, ref, scope, async (guest) => {
          const stat = await guest.files.stat(checked(path), { follow: true }, scope);
          const { stream } = await guest.files.readStream(path, input, scope);
          return { stat, content: closing(stream, leave) };
        });
      } catch (error) {
        await leave();
        throw error;
      }
    },
    writeFile: (ref, path, data, options = {}) =>
      inside('write', ref, options, (guest, scope, record) =>
        effect(core, record, 'write-file', { path: checked(path) }, async () => {
          const { mode, parents, exclusive } = options;
          await guest.files.write(path, data, { mode: permissions(mode), parents, exclusive }, scope);
          return guest.files.stat(path, { follow: true }, scope);
        }),
      ),
    makeDirectory: (ref, path, options) =>
      inside('make directory', ref, options, (guest, scope, record) =>
        effect(core, record, 'make-directory', { path: checked(path) }, () =>
          guest.files.mkdir(path, { parents: true }, scope),
        ),
      ),
    moveFile: (ref, from, to, input = {}, options) =>
      inside('move', ref, options, (guest, scope, record) =>
        effect(core, record, 'move-file', { from: checked(from), to: checked(to) }, () =>
          guest.files.move(from, to, { replace: input.replace ?? false }, scope),
        ),
      ),
    removeFile: (ref, path, input = {}, options) =>
      inside('remove', ref, options, (guest, scope, record) =>
        effect(core, record, 'remove-file', { path: checked(path), recursive: input.recursive ?? false }, async () => {
          await guest.files.remove(path, { recursive: input.recursive ?? false }, scope);
        }),
      ),
    searchFiles: (ref, input, options) =>
      inside('search', ref, options, (guest, scope) =>
        guest.files.search(parseInput(searchSchema, input, 'search'), scope),
      ),
    watchFiles: (ref, path, input = {}, options) =>
      watch(core, tenant, ref, checked(path), input.recursive ?? false, options),
  };
}

async function* watch(
  core: Core,
  tenant: string,
  ref: string,
  path: string,
  recursive: boolean,
  options: Parameters<typeof withScope>[2],
): ReturnType<HoldfastService['watchFiles']> & AsyncGenerator {
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

const checked = (path: string): string => parseInput(sandboxPathSchema, path, 'path');

function permissions(mode: number | undefined): number | undefined {
  if (mode === undefined || (Number.isInteger(mode) && mode > 0 && mode <= 0o777)) return mode;
  throw new HoldfastError('invalid-argument', `mode ${mode} is not permission bits from 1 to 0777`, {
    hint: 'Give for example 0644 (420).',
  });
}
