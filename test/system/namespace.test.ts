import { launchers } from '../fixtures/attacker.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const isRoot = process.getuid?.() === 0;
const { root, bubblewrap, user, bubblewrapUser } = implementations;
const ways = { fork: isRoot ? root : user, bwrap: isRoot ? bubblewrap : bubblewrapUser };

for (const launcher of launchers) describeSandboxes({ ...ways[launcher], options: () => ({ launcher }) });
