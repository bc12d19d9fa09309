import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

describeSandboxes({ ...implementations.root, options: () => ({ launcher: 'fork' }) });
describeSandboxes({ ...implementations.bubblewrap, options: () => ({ launcher: 'bwrap' }) });
