/** What a command finds when it starts, and what stays of it. */
import type { Mutation } from './mutation.ts';
import { behind, onExec, onSession, scripted } from './wrap.ts';

/** That something stands around a command is seen beside what it does. */
const wrapped = ['environment.names', 'lifecycle.processes'] as const;
const shellAround = { top: 'exec.status.kill', why: 'the shell around it tells signals as statuses' };

export const exec: readonly Mutation[] = [
  {
    id: 'cwd-other',
    what: 'commands start in /tmp',
    names: ['exec.cwd.default', 'filesystem.', 'environment.'],
    wrap: onExec((run) => (request, signal) => run({ cwd: '/tmp', ...request }, signal)),
    quick: true,
  },
  {
    id: 'cwd-missing-is-root',
    what: 'a working directory that is not there becomes / without a word',
    names: ['exec.missing-cwd'],
    wrap: onExec(
      (run) => (request, signal) =>
        run(request.cwd === '/no/such/directory' ? { ...request, cwd: '/' } : request, signal),
    ),
    quick: true,
  },
  {
    id: 'cwd-kept',
    what: 'cd holds for the next call',
    names: ['exec.cwd.persists', 'exec.', 'environment.pwd', 'environment.names'],
    wrap: scripted(
      (script) => `cd "$(cat /tmp/.place 2>/dev/null || echo .)"; trap 'pwd >/tmp/.place' EXIT\n${script}`,
    ),
    quick: true,
  },
  {
    id: 'variables-kept',
    what: 'variables hold for the next call',
    names: ['exec.variables-persist', 'exec.', 'environment.'],
    wrap: scripted(
      (script) => `[ -r /tmp/.variables ] && . /tmp/.variables; trap 'export -p >/tmp/.variables' EXIT\n${script}`,
    ),
  },
  {
    id: 'umask-kept',
    what: 'umask holds for the next call',
    names: ['exec.umask-persists', 'exec.', 'filesystem.', 'identity.umask'],
    wrap: scripted(
      (script) => `umask "$(cat /tmp/.umask 2>/dev/null || umask)"; trap 'umask >/tmp/.umask' EXIT\n${script}`,
    ),
    quick: true,
  },
  {
    id: 'scratch-lost',
    what: 'files in /tmp are gone at the next call',
    names: ['exec.files-persist', 'exec.', 'tools.file.', 'snapshot.', 'lifecycle.'],
    wrap: onExec((run) => async (request, signal) => {
      const result = await run(request, signal);
      await run({ command: 'rm -rf /tmp/* 2>/dev/null; true', timeoutMs: 20_000 }, signal);
      return result;
    }),
  },
  {
    id: 'background-ended',
    what: 'what a call left in the background is ended with it',
    names: ['exec.background-survives', 'exec.', 'snapshot.', 'lifecycle.'],
    wrap: onExec((run) => async (request, signal) => {
      const result = await run(request, signal);
      await run({ command: 'kill -9 -1; sleep 0.2', timeoutMs: 20_000 }, signal);
      return result;
    }),
  },
  {
    id: 'background-awaited',
    what: 'a call waits until nobody holds its output any more',
    names: ['exec.background', 'exec.', ...wrapped],
    instead: shellAround,
    wrap: behind('bash', '-c', '"$@" | cat; exit $PIPESTATUS', 'bash'),
  },
  {
    id: 'calls-in-a-row',
    what: 'a second call waits for the first',
    names: ['exec.concurrent'],
    wrap: onExec((run) => {
      let last: Promise<unknown> = Promise.resolve();
      return (request, signal) => {
        const mine = last.then(() => run(request, signal));
        last = mine.catch(() => undefined);
        return mine;
      };
    }),
  },
  {
    id: 'stdin-open',
    what: 'stdin stays open where none was given',
    names: ['exec.stdin.default', ...wrapped],
    wrap: onExec((run) => (request, signal) => {
      const { command, stdin } = request;
      if (stdin !== undefined || typeof command !== 'string') return run(request, signal);
      // As wide as the call: whoever holds the other end goes with it.
      const open = ['bash', '-c', 'exec "$@" < <(exec sleep 40)', 'bash', 'sh', '-c', command];
      return run({ ...request, command: open }, signal);
    }),
  },
  {
    id: 'terminal-given',
    what: 'commands run on a terminal',
    names: ['exec.terminal', 'exec.', 'shell.', 'userland.', 'failures.', 'filesystem.', 'lifecycle.', 'tools.file.'],
    wrap: onExec((run) => (request, signal) => {
      const { command, stdin } = request;
      if (stdin !== undefined || typeof command !== 'string') return run(request, signal);
      return run({ ...request, command: ['script', '-qec', command, '/dev/null'] }, signal);
    }),
  },
  {
    id: 'environment-dropped',
    what: 'variables given with a call do not arrive',
    names: ['exec.environment-passed'],
    wrap: onExec(
      (run) =>
        ({ environment: _, ...request }, signal) =>
          run(request, signal),
    ),
    quick: true,
  },
  {
    id: 'priority-lower',
    what: 'commands run at niceness 10',
    names: ['exec.priority'],
    wrap: behind('nice', '-n', '10'),
    quick: true,
  },
  {
    id: 'signals-ignored',
    what: 'a closed pipe and an interrupt are ignored from the start',
    names: ['exec.signals-ignored', 'failures.broken-pipe', 'failures.', 'userland.'],
    wrap: behind('sh', '-c', 'trap "" INT PIPE; exec "$@"', 'sh'),
    quick: true,
  },
  {
    id: 'descriptor-left-open',
    what: 'a descriptor more is open from the start',
    names: ['exec.descriptors', ...wrapped],
    wrap: behind('bash', '-c', 'exec 5</dev/null; exec "$@"', 'bash'),
    quick: true,
  },
  {
    id: 'no-group-of-its-own',
    what: 'a command leads no group and no session',
    names: ['exec.group-leader', 'lifecycle.processes', 'exec.'],
    instead: shellAround,
    wrap: behind('sh', '-c', '"$@"; exit "$?"', 'sh'),
    quick: true,
  },
  {
    id: 'command-limit',
    what: 'commands beyond 20 KiB are refused',
    names: ['exec.command.longest'],
    wrap: onSession((session) => ({
      exec: async (request, signal) => {
        const long = typeof request.command === 'string' && request.command.length > 20_480;
        if (!long) return session.exec(request, signal);
        return session.exec({ command: 'echo "command too long" >&2; exit 1', timeoutMs: request.timeoutMs }, signal);
      },
    })),
    quick: true,
  },
  {
    id: 'arguments-joined',
    what: 'a program’s arguments go through a shell unquoted',
    names: ['exec.arguments', 'exec.'],
    instead: { top: 'exec.not-found', why: 'the shell in between says what it cannot start' },
    wrap: onExec((run) => (request, signal) => {
      const { command } = request;
      return run({ ...request, command: typeof command === 'string' ? command : command.join(' ') }, signal);
    }),
    quick: true,
  },
];
