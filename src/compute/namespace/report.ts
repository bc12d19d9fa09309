/** What the launcher proved, in the words of `doctor`. */
import { isHoldfastError, type SubstrateReport } from '../../schema/index.ts';
import type { Capability, LauncherOptions } from './launcher.ts';

/** `mount_setattr` came with it. */
export const oldestKernel = [5, 12] as const;

/** Without these there is no namespace sandbox at all; without user namespaces the launcher does not even begin. */
const essential = ['overlay', 'seccomp'];

export function reportOf(
  options: Pick<LauncherOptions, 'mode' | 'kind'>,
  capabilities: Capability[],
  failure: unknown,
): SubstrateReport {
  const needed = options.kind === 'bwrap' ? [...essential, 'bwrap'] : essential;
  const missing = capabilities.find(({ name, available }) => needed.includes(name) && !available);
  const usable = failure === null && missing === undefined;
  return {
    substrate: 'namespace',
    isolation: 'namespace',
    usable,
    detail: usable
      ? `proven by trying, as ${options.mode === 'root' ? 'root' : 'an ordinary user'}, launcher ${options.kind}`
      : whyNot(missing, failure),
    fix: usable ? null : fixOf(missing, failure),
    capabilities: capabilities.map(({ name, available, reason }) => ({ name, available, reason })),
  };
}

function whyNot(missing: Capability | undefined, failure: unknown): string {
  if (missing) return `${missing.name}: ${missing.reason ?? 'not available'}`;
  return failure instanceof Error ? failure.message : String(failure);
}

function fixOf(missing: Capability | undefined, failure: unknown): string {
  if (missing?.name === 'bwrap') return 'Install the package `bubblewrap`, or serve with the launcher `fork`.';
  if (missing) {
    return `Use a kernel from ${oldestKernel.join('.')} on, outside of a container that forbids mounts and namespaces.`;
  }
  return (
    (isHoldfastError(failure) ? failure.hint : undefined) ??
    'Run `./holdfast doctor` again from a clean checkout to rebuild the guest.'
  );
}
