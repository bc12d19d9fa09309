import { describeSandboxes } from '../suite/sandbox-suite.ts';

describeSandboxes({ name: 'namespace, fork launcher, as this user', options: () => ({ launcher: 'fork' }), skips: {} });
describeSandboxes({ name: 'namespace, bubblewrap, as this user', options: () => ({ launcher: 'bwrap' }), skips: {} });
