/**
 * Who does the file store's tree work: the launcher, which is there already and costs no new process; and for exports,
 * which may have to wait for a slow reader, a process of their own, so that they hold up nobody else.
 */
import type { NamespaceSubstrate } from '../compute/index.ts';
import {
  helperTreeOperations,
  type TreeHelperOptions,
  type TreeOperations,
  wireTreeOperations,
} from '../filesystem/index.ts';

export function launcherTreeOperations(substrate: NamespaceSubstrate, helper: TreeHelperOptions): TreeOperations {
  const launcher = wireTreeOperations((request, scope) => substrate.launcher.exchange(request, scope));
  const { export: exportView } = helperTreeOperations(helper);
  return { ...launcher, export: exportView };
}
