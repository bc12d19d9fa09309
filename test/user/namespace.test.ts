/** The shared suite as an ordinary user; test/system/as-user.test.ts runs this file under such a one. */
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

describeSandboxes({ ...implementations.user, options: () => ({ launcher: 'fork' }) });
