/** The shared suite on full virtual machines (q35), where QEMU, a kernel and a template can be had. */
import { describe, it } from 'vitest';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const missing = await whyNoMachines('vm');

if (missing === null) {
  describeSandboxes({
    ...implementations.vm,
    isolation: 'vm',
    options: () => ({ launcher: 'fork' }),
    prepare: buildDebian,
    timeoutMs: 240_000,
  });
} else {
  describe('sandboxes: full VM', () => {
    it.skip(`is not tried: ${missing}`, () => undefined);
  });
}
