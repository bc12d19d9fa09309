/** The shared suite as an ordinary user; test/system/as-user.test.ts runs this file under such a one. */
import { launchers } from '../fixtures/attacker.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const { user, bubblewrapUser } = implementations;

for (const launcher of launchers) {
  describeSandboxes({ ...(launcher === 'fork' ? user : bubblewrapUser), options: () => ({ launcher }) });
}
