/** The shared suite on gVisor, where it is installed and today's programs run in it. */
import { describe, it } from 'vitest';
import { gvisorMissing } from '../fixtures/gvisor.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const missing = await gvisorMissing();

if (missing === null) {
  describeSandboxes({
    ...implementations.gvisor,
    isolation: 'userspace-kernel',
    options: () => ({ launcher: 'fork' }),
  });
} else {
  describe('sandboxes: gVisor', () => {
    it.skip(`is not tried: ${missing}`, () => undefined);
  });
}
