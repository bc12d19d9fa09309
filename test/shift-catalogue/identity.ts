/** Who a command is. */
import type { Container, Mutation } from './mutation.ts';
import { behind, onExec } from './wrap.ts';

const capable = (process: Container['process'], ...more: string[]): Container['process'] => {
  const { effective = [] } = (process['capabilities'] ?? {}) as { effective?: string[] };
  const all = [...effective, ...more];
  return { ...process, capabilities: { bounding: all, effective: all, permitted: all } };
};

export const identity: readonly Mutation[] = [
  {
    id: 'user-root',
    what: 'commands run as root',
    names: [
      'identity.user',
      'identity.',
      'environment.',
      'filesystem.',
      'exec.',
      'tools.file.',
      'failures.',
      'userland.',
    ],
    create: { user: 'root' },
  },
  {
    id: 'user-renamed',
    what: 'the user of commands has another name',
    names: ['identity.user', 'identity.groups', 'userland.ls-long'],
    layer: { script: "sed -i 's/^agent:/coder:/' /etc/passwd" },
    quick: true,
  },
  {
    id: 'user-without-account',
    what: 'the user stands in no user database',
    names: ['identity.account', 'identity.user', 'userland.'],
    layer: { script: "sed -i '/^agent:/d' /etc/passwd" },
    quick: true,
  },
  {
    id: 'group-renamed',
    what: 'the group of the user has another name',
    names: ['identity.groups', 'userland.ls-long'],
    layer: { script: "sed -i 's/^agent:/staff2:/' /etc/group" },
    quick: true,
  },
  {
    id: 'home-missing',
    what: 'HOME leads nowhere',
    names: ['identity.home', 'environment.home', 'filesystem.'],
    create: { environment: { HOME: '/nonexistent' } },
    quick: true,
  },
  {
    id: 'umask-private',
    what: 'umask 0077',
    names: ['identity.umask', 'filesystem.new-file-mode'],
    wrap: behind('sh', '-c', 'umask 0077; exec "$@"', 'sh'),
    quick: true,
  },
  {
    id: 'sudo-works',
    what: 'sudo without a password',
    names: ['identity.sudo', 'userland.present', 'filesystem.programs'],
    layer: {
      script: `printf '#!/bin/sh\\n[ "$1" = -n ] && shift\\nexec "$@"\\n' >/usr/bin/sudo; chmod 755 /usr/bin/sudo`,
    },
    quick: true,
  },
  {
    id: 'capabilities-more',
    what: 'two more capabilities, of the network and of the system',
    base: 'busybox',
    names: ['identity.capabilities', 'identity.capability-bound', 'network.'],
    container: (usual) => ({ ...usual, process: capable(usual.process, 'CAP_NET_RAW', 'CAP_SYS_ADMIN') }),
    quick: true,
  },
  {
    id: 'privileges-barred',
    what: 'no program gains privileges',
    base: 'busybox',
    names: ['identity.no-new-privileges'],
    wrap: behind('setpriv', '--nnp'),
    quick: true,
  },
  {
    id: 'calls-filtered',
    what: 'a filter of system calls',
    base: 'busybox',
    names: ['identity.seccomp'],
    container: (usual) => ({
      ...usual,
      linux: {
        ...usual.linux,
        seccomp: {
          defaultAction: 'SCMP_ACT_ALLOW',
          syscalls: [{ names: ['swapon'], action: 'SCMP_ACT_ERRNO' }],
        },
      },
    }),
    quick: true,
  },
  {
    id: 'user-other',
    what: 'commands run as an ordinary user of the container, not as root',
    base: 'busybox',
    names: ['identity.user', 'identity.', 'environment.', 'filesystem.', 'failures.', 'exec.', 'network.', 'userland.'],
    wrap: onExec((run) => (request, signal) => {
      const { command } = request;
      if (typeof command !== 'string') return run(request, signal);
      const user = 'grep -q ^other: /etc/passwd || echo other:x:1000:1000::/tmp:/bin/sh >>/etc/passwd';
      return run({ ...request, command: ['sh', '-c', `${user}; exec su -m other -c "$1"`, 'sh', command] }, signal);
    }),
  },
];
