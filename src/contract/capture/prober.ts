/** Where a capture is made from. */
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import type { Prober } from '../profile/index.ts';

export function proberOf(holdfast: string): Prober {
  return {
    holdfast,
    node: process.version,
    platform: `${platform()} ${arch()}`,
    kernel: release(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryBytes: totalmem(),
  };
}

/** Over one minute. */
export function hostLoad(): number | null {
  return loadavg()[0] ?? null;
}
