/** A sandbox whose files fail, or take long, where the door works with them. */
import type { Scope } from '../../base/index.ts';
import type { SandboxAccess } from '../types.ts';
import { fileErrorOf } from './errors.ts';
import type { Happening, ProgramParts } from './programs.ts';

/** Writing fails when there is no space; all fails otherwise. */
export function withFileFaults(
  access: SandboxAccess,
  happenings: readonly Happening[],
  { clock, mayCome }: Pick<ProgramParts, 'clock' | 'mayCome'>,
): SandboxAccess {
  const concerning = happenings.filter(({ fault }) => fault.kind.startsWith('filesystem.'));
  if (concerning.length === 0) return access;
  const meet = async (scope: Scope, action: string, path: string, isWriting: boolean): Promise<void> => {
    for (const { fault, parameters } of mayCome() ? concerning : []) {
      if (fault.kind === 'filesystem.slow') await clock.sleep(Number(parameters['delayMs']), scope.signal);
      const error = fileErrorOf(fault, action, path);
      if (error && (isWriting || fault.kind !== 'filesystem.no-space')) throw error;
    }
  };
  const writing = (scope: Scope, action: string, path: string): Promise<void> => meet(scope, action, path, true);
  const reading = (scope: Scope, action: string, path: string): Promise<void> => meet(scope, action, path, false);
  return {
    ...access,
    statFile: async (path, scope) => {
      await reading(scope, 'look at', path);
      return access.statFile(path, scope);
    },
    listFiles: async (path, scope) => {
      await reading(scope, 'list', path);
      return access.listFiles(path, scope);
    },
    readFile: async (path, range, scope) => {
      await reading(scope, 'read', path);
      return access.readFile(path, range, scope);
    },
    searchFiles: async (input, scope) => {
      await reading(scope, 'search', input.path ?? '/workspace');
      return access.searchFiles(input, scope);
    },
    writeFile: async (path, data, options, scope) => {
      await writing(scope, 'write', path);
      return access.writeFile(path, data, options, scope);
    },
    makeDirectory: async (path, scope) => {
      await writing(scope, 'make', path);
      return access.makeDirectory(path, scope);
    },
    moveFile: async (from, to, options, scope) => {
      await writing(scope, 'move', from);
      return access.moveFile(from, to, options, scope);
    },
    removeFile: async (path, options, scope) => {
      await reading(scope, 'remove', path);
      return access.removeFile(path, options, scope);
    },
  };
}
