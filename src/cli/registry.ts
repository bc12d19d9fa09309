/** Every verb and where it lives. A verb's module is loaded when it is called, so that no verb pays for another. */
import type { Command } from './command.ts';

type Load = () => Promise<{ default: Command }>;

/** The key is what is typed; two words are a verb of a group. */
export const verbs: Record<string, Load> = {
  doctor: () => import('./verbs/doctor.ts'),
  run: () => import('./verbs/run.ts'),
  shell: () => import('./verbs/shell.ts'),
  demo: () => import('./verbs/demo.ts'),
  create: () => import('./verbs/create.ts'),
  ps: () => import('./verbs/ps.ts'),
  inspect: () => import('./verbs/inspect.ts'),
  suspend: () => import('./verbs/suspend.ts'),
  resume: () => import('./verbs/resume.ts'),
  extend: () => import('./verbs/extend.ts'),
  rm: () => import('./verbs/rm.ts'),
  prune: () => import('./verbs/prune.ts'),
  exec: () => import('./verbs/exec.ts'),
  cp: () => import('./verbs/cp.ts'),
  logs: () => import('./verbs/logs.ts'),
  events: () => import('./verbs/events.ts'),
  forward: () => import('./verbs/forward.ts'),
  preview: () => import('./verbs/preview.ts'),
  'net why': () => import('./verbs/net-why.ts'),
  'net log': () => import('./verbs/net-log.ts'),
  'net set': () => import('./verbs/net-set.ts'),
  'policy check': () => import('./verbs/policy-check.ts'),
  'secret put': () => import('./verbs/secret-put.ts'),
  'secret ls': () => import('./verbs/secret-ls.ts'),
  'secret rm': () => import('./verbs/secret-rm.ts'),
  'tape ls': () => import('./verbs/tape-ls.ts'),
  'tape export': () => import('./verbs/tape-export.ts'),
  'tape rm': () => import('./verbs/tape-rm.ts'),
  snapshot: () => import('./verbs/snapshot.ts'),
  snapshots: () => import('./verbs/snapshots.ts'),
  rollback: () => import('./verbs/rollback.ts'),
  fork: () => import('./verbs/fork.ts'),
  diff: () => import('./verbs/diff.ts'),
  export: () => import('./verbs/export.ts'),
  import: () => import('./verbs/import.ts'),
  'substrate install': () => import('./verbs/substrate-install.ts'),
  'template build': () => import('./verbs/template-build.ts'),
  'template ls': () => import('./verbs/template-ls.ts'),
  'template rm': () => import('./verbs/template-rm.ts'),
  'profile capture': () => import('./verbs/profile-capture.ts'),
  'profile show': () => import('./verbs/profile-show.ts'),
  shift: () => import('./verbs/shift.ts'),
  'contract show': () => import('./verbs/contract-show.ts'),
  'contract init': () => import('./verbs/contract-init.ts'),
  'contract diff': () => import('./verbs/contract-diff.ts'),
  'contract verify': () => import('./verbs/contract-verify.ts'),
  'can-i-ship': () => import('./verbs/can-i-ship.ts'),
  check: () => import('./verbs/check.ts'),
  'world freeze': () => import('./verbs/world-freeze.ts'),
  'world run': () => import('./verbs/world-run.ts'),
  'world grade': () => import('./verbs/world-grade.ts'),
  'world table': () => import('./verbs/world-table.ts'),
  'faults list': () => import('./verbs/faults-list.ts'),
  'faults check': () => import('./verbs/faults-check.ts'),
  'faults calibrate': () => import('./verbs/faults-calibrate.ts'),
  'faults log': () => import('./verbs/faults-log.ts'),
  'faults stop': () => import('./verbs/faults-stop.ts'),
  serve: () => import('./verbs/serve.ts'),
  completion: () => import('./verbs/completion.ts'),
  version: () => import('./verbs/version.ts'),
};

export const verbGroups: Record<string, readonly string[]> = {
  'Start here': ['doctor', 'demo', 'run', 'shell'],
  Sandboxes: ['create', 'ps', 'inspect', 'suspend', 'resume', 'extend', 'rm', 'prune'],
  Inside: ['exec', 'cp', 'logs', 'events', 'forward', 'preview'],
  Network: ['net', 'policy', 'secret', 'tape'],
  'Files through time': ['snapshot', 'snapshots', 'rollback', 'fork', 'diff', 'export', 'import', 'template'],
  'The runtime contract': ['profile', 'shift', 'contract', 'can-i-ship', 'check'],
  'Training: worlds and noise': ['world', 'faults'],
  Itself: ['substrate', 'serve', 'completion', 'version'],
};

export async function loadAll(): Promise<Command[]> {
  const modules = await Promise.all(Object.values(verbs).map((load) => load()));
  return modules.map((module) => module.default);
}
