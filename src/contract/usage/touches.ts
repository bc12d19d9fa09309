/** Which fields a command, or its answer, touches: what to look for, and what was relied on when it is there. */

export interface Touch {
  /** Over the text of a command. */
  command?: RegExp;
  /** Over what it printed. */
  output?: RegExp;
  /** Fields, or everything that begins with a word and a dot, such as `network.`. */
  fields: readonly string[];
}

/** Without these no command means anything, and no run gets to its end. */
export const always: readonly string[] = [
  ...['exec.status.ordinary', 'exec.blocking', 'exec.cwd.default', 'exec.streams', 'exec.arguments'],
  ...['exec.output.line-ends', 'exec.stdin.default', 'shell.implementation', 'shell.options', 'environment.path'],
  ...['lifecycle.lifetime', 'latency.exec.noop', 'latency.exec.program'],
];

export const touches: readonly Touch[] = [
  { command: /\bcd\b|&&\s*cd\b/, fields: ['exec.cwd.persists', 'exec.missing-cwd'] },
  { command: /\bexport\b|\bsource\b|\. \S*activate/, fields: ['exec.variables-persist'] },
  { command: /(^|[^&>])&\s*($|\n|;)|\bnohup\b|\bsetsid\b/, fields: ['exec.background', 'exec.background-survives'] },
  { command: /\btimeout\s/, fields: ['userland.timeout', 'userland.timeout-status', 'userland.timeout-kill'] },
  { command: /~\/|\$HOME\b/, fields: ['identity.home', 'environment.home'] },
  { command: /\b(whoami|id)\b/, fields: ['identity.user', 'identity.uid', 'identity.account'] },
  { command: /\bsudo\b/, fields: ['identity.sudo', 'identity.no-new-privileges'] },
  { command: /\bch(mod|own)\b/, fields: ['filesystem.mode-bits', 'identity.capabilities', 'failures.no-permission'] },
  { command: /\bhostname\b/, fields: ['identity.hostname'] },
  { command: /\bumask\b/, fields: ['identity.umask', 'exec.umask-persists'] },
  { command: /\/tmp\b|\bmktemp\b/, fields: ['exec.files-persist', 'filesystem.temporary-kind', 'userland.mktemp'] },
  {
    command: />|\btee\b|\btouch\b|\bmkdir\b/,
    fields: ['identity.umask', 'filesystem.new-file-mode', 'exec.cwd.writable'],
  },
  { command: /set -[a-z]*o? ?pipefail/, fields: ['shell.pipefail'] },
  { command: /\[\[/, fields: ['shell.double-bracket'] },
  { command: /<<</, fields: ['shell.here-string'] },
  { command: /<\(/, fields: ['shell.process-substitution'] },
  { command: /\{\w+,\w+/, fields: ['shell.braces'] },
  { command: /\becho\s+-[ne]/, fields: ['shell.echo-option', 'shell.echo-escapes'] },
  { command: /<<[-'"A-Z]/, fields: ['exec.command.longest'] },
  { command: /\|/, fields: ['exec.signals-ignored', 'latency.exec.pipeline', 'failures.broken-pipe'] },
  { command: /\bgrep\s+(-\w*P|--perl)/, fields: ['userland.grep-perl'] },
  { command: /\bgrep\b.*--include/, fields: ['userland.grep-include'] },
  { command: /\bgrep\b/, fields: ['failures.no-match'] },
  { command: /\bfind\b.*-printf/, fields: ['userland.find-printf'] },
  { command: /\bfind\b.*-delete/, fields: ['userland.find-delete'] },
  { command: /\bsed\s+(-\w+\s+)*-i/, fields: ['userland.sed-in-place'] },
  { command: /\bsed\s+(-\w*[rE])/, fields: ['userland.sed-extended'] },
  { command: /\bsort\b/, fields: ['userland.sort-order', 'environment.locale'] },
  { command: /\bdate\b/, fields: ['clock.zone', 'clock.format', 'environment.zone'] },
  { command: /\bdate\b.*%N/, fields: ['userland.date-nanoseconds'] },
  { command: /\bdate\s+-d/, fields: ['userland.date-parse'] },
  { command: /\bstat\s+(-c|--format)/, fields: ['userland.stat-format'] },
  { command: /\bls\b/, fields: ['userland.ls-hidden', 'filesystem.case'] },
  { command: /\bls\s+-\w*l/, fields: ['userland.ls-long'] },
  { command: /\bxargs\b.*-P/, fields: ['userland.xargs-parallel'] },
  { command: /\btar\b/, fields: ['userland.tar-compressions', 'failures.archive'] },
  { command: /\bln\b/, fields: ['filesystem.symbolic-links', 'filesystem.hard-links'] },
  { command: /\bmake\b/, fields: ['filesystem.time-granularity'] },
  { command: /\bnproc\b|-j\s*\$\(nproc\)/, fields: ['resources.cpus-reported', 'resources.cpu-ceiling'] },
  { command: /\bfree\b/, fields: ['resources.memory-reported', 'resources.memory-ceiling'] },
  { command: /\bulimit\b/, fields: ['shell.ulimit-options', 'resources.open-files', 'resources.stack'] },
  { command: /\bdf\b/, fields: ['filesystem.space', 'filesystem.mounts'] },
  { command: /\bps\b/, fields: ['userland.ps-format', 'lifecycle.processes', 'filesystem.proc'] },
  { command: /\bpython3?\b/, fields: ['latency.userland.python', 'userland.python-alias', 'userland.python-encoding'] },
  { command: /\bpython3?\b|\bpytest\b/, fields: ['userland.python', 'userland.python-modules'] },
  { command: /\bpip3?\s+install\b/, fields: ['userland.python-externally-managed', 'failures.package-install'] },
  { command: /\bpip3?\s+install\b|\bnpm (i|ci|install)\b|\bapt(-get)? install\b/, fields: ['network.reach-https'] },
  {
    command: /\bcurl\b|\bwget\b|\bgit (clone|fetch|pull|push)\b/,
    fields: ['network.reach-https', 'network.name-lookup'],
  },
  { command: /\bcurl\b|\bwget\b/, fields: ['network.certificates', 'environment.proxy', 'network.unknown-name'] },
  {
    command: /localhost|127\.0\.0\.1/,
    fields: ['network.localhost', 'network.loopback-server', 'network.reach-closed'],
  },
  { command: /\bgit commit\b/, fields: ['failures.git-no-identity', 'userland.git-config'] },
  { command: /\bgit\b/, fields: ['failures.git-no-repository', 'environment.editor'] },
  { command: /\bsync\b|conv=fsync/, fields: ['filesystem.sync', 'latency.filesystem.sync'] },
  { output: /command not found|: not found/, fields: ['shell.command-not-found', 'exec.not-found'] },
  { output: /No such file or directory/, fields: ['failures.missing-file', 'shell.missing-redirect'] },
  { output: /Permission denied/, fields: ['failures.no-permission', 'shell.not-executable', 'exec.not-executable'] },
  { output: /Is a directory/, fields: ['failures.is-a-directory'] },
  { output: /syntax error/i, fields: ['shell.syntax-error', 'failures.python-syntax'] },
  { output: /Traceback/, fields: ['failures.python-exception', 'failures.python-module'] },
  { output: /No space left/, fields: ['failures.disk-full'] },
  { output: /Connection refused/, fields: ['failures.network-refused'] },
  { output: /resolve host|Name or service not known/, fields: ['failures.network-name', 'network.unknown-name'] },
  { output: /Killed|Terminated|Segmentation fault/, fields: ['shell.killed-child', 'exec.status.kill'] },
];
