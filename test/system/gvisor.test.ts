/** The shared suite on gVisor, where it is installed and today's programs run in it. */
import { describe, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const missing = await whyNot();

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

async function whyNot(): Promise<string | null> {
  await using runtime = await createRuntime({ ephemeral: true });
  const { substrates } = await runtime.service().doctor();
  const gvisor = substrates.find(({ substrate }) => substrate === 'gvisor');
  return gvisor?.usable ? null : (gvisor?.detail ?? 'no such substrate');
}
