/** The shell that commands go to. */
import type { Mutation } from './mutation.ts';
import { shell } from './wrap.ts';

/** What else is bash's: its words, its messages, the variables it leaves, and words of its own that look like programs. */
const bash = ['shell.', 'exec.', 'failures.', 'clock.', 'environment.names', 'userland.present'] as const;

const otherShell = { top: 'shell.implementation', why: 'it is another shell besides' };

export const shells: readonly Mutation[] = [
  {
    id: 'shell-bash',
    what: 'commands go to bash instead of dash',
    names: ['shell.implementation', ...bash],
    wrap: shell('bash', '-c'),
  },
  {
    id: 'sh-is-bash',
    what: '`sh` is bash instead of dash',
    names: ['shell.sh', ...bash],
    instead: { top: 'shell.implementation', why: 'commands go to `sh`' },
    layer: { script: 'ln -sf bash /bin/sh' },
    quick: true,
  },
  {
    id: 'sh-is-busybox',
    what: '`sh` is BusyBox’s ash instead of dash',
    names: [
      'shell.implementation',
      'shell.',
      'exec.',
      'failures.',
      'userland.',
      'clock.',
      'environment.',
      'filesystem.',
    ],
    brings: 'busybox',
    layer: { script: 'cp /tmp/brought /bin/busybox && chmod 755 /bin/busybox && ln -sf busybox /bin/sh' },
  },
  {
    id: 'shell-login',
    what: 'a login shell',
    names: ['shell.login', 'environment.path', 'shell.', 'userland.present'],
    wrap: shell('sh', '-lc'),
    quick: true,
  },
  {
    id: 'shell-login-bash',
    what: 'bash as a login shell instead of dash',
    names: ['shell.login', 'environment.', ...bash],
    instead: otherShell,
    wrap: shell('bash', '-lc'),
  },
  {
    id: 'shell-interactive',
    what: 'an interactive shell',
    names: ['shell.interactive', 'shell.', 'exec.'],
    wrap: shell('sh', '-ic'),
    quick: true,
  },
  {
    id: 'shell-no-patterns',
    what: 'patterns are not expanded (set -f)',
    names: ['shell.options', 'filesystem.', 'lifecycle.', 'shell.', 'exec.'],
    wrap: shell('sh', '-fc'),
    quick: true,
  },
  {
    id: 'shell-pipefail',
    what: 'bash with pipefail instead of dash',
    names: ['shell.pipe-status', ...bash],
    instead: otherShell,
    wrap: shell('bash', '-o', 'pipefail', '-c'),
  },
  {
    id: 'terminal-named',
    what: 'TERM is set',
    names: ['shell.terminal', 'environment.names'],
    create: { environment: { TERM: 'xterm-256color' } },
    quick: true,
  },
  {
    id: 'terminal-narrow',
    what: 'COLUMNS says 40',
    names: ['shell.size', 'environment.names'],
    create: { environment: { COLUMNS: '40' } },
    quick: true,
  },
  {
    id: 'bash-missing',
    what: 'there is no bash',
    names: ['shell.bash', 'shell.available', 'userland.libc', 'filesystem.programs'],
    layer: { script: 'rm -f /bin/bash /usr/bin/bash' },
    quick: true,
  },
];
