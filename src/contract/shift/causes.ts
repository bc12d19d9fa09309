/**
 * Which difference brings which: what there would not be without another one is told, and counted, with it. Only what follows
 * from the way the probes ask, or from what the thing itself is, stands here; two differences that often come together do not.
 *
 * 1. A field follows from one that differs too, from the first that is named here; and where that one follows from another,
 *    from the last of them. A field that differs alone follows from nothing.
 * 2. Nothing is left out: findings and score are of all of them.
 */

/** A word that ends with a dot or a hyphen stands for everything that begins with it. */
export const causes: readonly (readonly [cause: string, brings: readonly string[]])[] = [
  ['identity.account', ['identity.user', 'userland.ls-long']],
  [
    'identity.user',
    [
      ...['identity.uid', 'identity.gid', 'identity.groups', 'identity.home', 'identity.capabilities', 'identity.sudo'],
      ...['identity.mode-bits', 'environment.home', 'environment.user', 'exec.cwd.writable', 'tools.file.owner'],
      ...['filesystem.writable', 'filesystem.home-listing', 'failures.no-permission', 'failures.read-only'],
      'userland.ls-long',
    ],
  ],
  ['identity.umask', ['filesystem.new-file-mode']],
  [
    'shell.implementation',
    [
      ...['shell.version', 'shell.name', 'shell.options', 'shell.pipefail', 'shell.echo-', 'shell.double-bracket'],
      ...['shell.arrays', 'shell.braces', 'shell.here-string', 'shell.process-substitution', 'shell.local'],
      ...['shell.unmatched-glob', 'shell.function-names', 'shell.read-options', 'shell.ulimit-options'],
      ...['shell.syntax-error', 'shell.unset-variable', 'shell.command-not-found', 'shell.not-executable'],
      ...['shell.division-by-zero', 'shell.killed-child', 'shell.missing-redirect', 'failures.read-only'],
      ...['failures.bad-interpreter', 'failures.no-process', 'failures.descriptors', 'failures.file-size'],
    ],
  ],
  // Whoever made a program made its habits and its messages.
  ['userland.ls', ['userland.ls-', 'failures.bad-option']],
  [
    'userland.cat',
    [
      ...['failures.missing-file', 'failures.no-permission', 'failures.is-a-directory', 'failures.not-a-directory'],
      ...['failures.link-loop', 'failures.descriptors', 'failures.disk-full'],
    ],
  ],
  ['userland.cp', ['userland.cp-', 'failures.missing-operand']],
  ['userland.grep', ['userland.grep-', 'failures.no-match']],
  ['userland.date', ['userland.date-', 'clock.resolution']],
  ['userland.tar', ['userland.tar-', 'failures.archive']],
  ['userland.tar-compressions', ['failures.archive']],
  ['userland.python', ['userland.python-', 'failures.python-', 'clock.hash-seed']],
  ['userland.git', ['userland.git-', 'failures.git-']],
  ...['sed', 'awk', 'find', 'sort', 'xargs', 'ps', 'timeout', 'diff'].map(
    (tool) => [`userland.${tool}`, [`userland.${tool}-`]] as const,
  ),
  [
    'environment.locale',
    [
      ...['environment.charset', 'userland.printf-unicode', 'userland.python-encoding', 'userland.sort-order'],
      ...['userland.ls-hidden', 'userland.awk-dialect'],
    ],
  ],
  ['environment.temporary', ['userland.mktemp']],
  ['environment.zone', ['clock.zone', 'clock.format']],
  ['clock.zone', ['clock.format']],
  // A terminal ends lines otherwise, has one stream, and has a shell of its own in between.
  [
    'exec.terminal',
    [
      ...['exec.status.', 'exec.background-survives', 'exec.cwd.persists', 'exec.variables-persist'],
      ...['exec.umask-persists', 'exec.files-persist', 'exec.environment-passed', 'exec.stdin.default'],
      ...['exec.controlling-terminal', 'exec.streams', 'exec.output.', 'exec.command.longest', 'tools.file.mode'],
      ...['tools.file.owner', 'lifecycle.suspend'],
    ],
  ],
  ['exec.output.strategy', ['exec.output.large', 'exec.output.marker']],
  // What was printed is told by its last line's end.
  ['exec.output.line-ends', ['exec.streams', 'exec.output.escapes', 'exec.environment-passed', 'exec.command.longest']],
  // What a probe left in /tmp for its next call is not there.
  [
    'exec.files-persist',
    [
      ...['exec.not-executable', 'exec.timeout.kills', 'exec.timeout.warning', 'exec.concurrent', 'snapshot.'],
      'lifecycle.suspend',
    ],
  ],
  [
    'filesystem.mode-bits',
    [
      ...['identity.mode-bits', 'userland.cp-archive', 'failures.no-permission', 'filesystem.executable'],
      ...['filesystem.set-group', 'shell.not-executable', 'exec.not-executable'],
    ],
  ],
  ['filesystem.rename-over', ['userland.sed-in-place']],
  ['filesystem.symbolic-links', ['userland.readlink', 'failures.link-loop']],
  // What cannot be written cannot be tried to start either.
  ['filesystem.writable', ['filesystem.executable']],
  ['filesystem.executable', ['failures.bad-interpreter']],
  ['network.unknown-name', ['failures.network-name']],
  ['clock.runs', ['clock.resolution', 'clock.skew']],
  // A copy that is the same sandbox is alike in everything.
  ['snapshot.isolated', ['snapshot.processes', 'snapshot.identity']],
  ['lifecycle.machine-id', ['filesystem.etc']],
];

/** Of those that differ, each that follows from another, with the one that it follows from in the end. */
export function rootsOf(differing: readonly string[]): Map<string, string> {
  const there = new Set(differing);
  const nextOf = (what: string): string | undefined =>
    causes.find(
      ([cause, brings]) => cause !== what && there.has(cause) && brings.some((word) => isOf(what, word)),
    )?.[0];
  const roots = new Map<string, string>();
  for (const what of differing) {
    const chain = [what];
    for (let next = nextOf(what); next !== undefined && !chain.includes(next); next = nextOf(next)) chain.push(next);
    const root = chain.at(-1);
    if (root !== undefined && root !== what) roots.set(what, root);
  }
  return roots;
}

function isOf(what: string, word: string): boolean {
  const field = what.replace(/^messages\./, '');
  return field === word || (/[.-]$/.test(word) && field.startsWith(word));
}
