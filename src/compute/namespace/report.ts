/** What the launcher proved, in the words of `doctor`. */
import { isHoldfastError, type SubstrateReport } from '../../schema/index.ts';
import type { Capability, LauncherOptions } from './launcher.ts';

/** Without these there is no namespace sandbox at all. */
const essential = ['userns', 'overlay', 'seccomp'];

export function reportOf(
  options: Pick<LauncherOptions, 'mode' | 'kind'>,
  capabilities: Capability[],
  failure: unknown,
): SubstrateReport {
  const missing = capabilities.find(({ name, available }) => essential.includes(name) && !available);
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
  if (missing?.name === 'userns') {
    return 'Allow unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu), or run as root.';
  }
  if (missing) return 'Use a kernel from 5.11 on, outside of a container that forbids mounts and namespaces.';
  return (
    (isHoldfastError(failure) ? failure.hint : undefined) ??
    'Run `./holdfast doctor` again from a clean checkout to rebuild the guest.'
  );
}
