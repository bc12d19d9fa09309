import { existsSync } from 'node:fs';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const isRoot = process.getuid?.() === 0;
const { root, bubblewrap, user } = implementations;

describeSandboxes({ ...(isRoot ? root : user), options: () => ({ launcher: 'fork' }) });
if (existsSync('/usr/bin/bwrap')) {
  describeSandboxes({
    ...(isRoot ? bubblewrap : { ...user, name: 'namespace, bubblewrap, as an ordinary user' }),
    options: () => ({ launcher: 'bwrap' }),
  });
}
