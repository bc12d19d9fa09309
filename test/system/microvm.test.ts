/** The shared suite on virtual machines of their own kind, where QEMU, a kernel and a template can be had. */
import { describe, it } from 'vitest';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const missing = await whyNoMachines('microvm');

if (missing === null) {
  describeSandboxes({
    ...implementations.microvm,
    isolation: 'microvm',
    options: () => ({ launcher: 'fork' }),
    prepare: buildDebian,
    timeoutMs: 240_000,
  });
} else {
  describe('sandboxes: microVM', () => {
    it.skip(`is not tried: ${missing}`, () => undefined);
  });
}
