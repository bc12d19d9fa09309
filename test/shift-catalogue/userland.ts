/** The programs around the shell. */
import type { Mutation } from './mutation.ts';

/** A program steps in front of the one of that name, which `own` goes on to, by the name it had. */
function instead(name: string, script: string): string {
  const text = `#!/bin/bash\nown() { exec -a ${name} /usr/lib/own-${name} "$@"; }\n${script}\n`;
  return `mv /usr/bin/${name} /usr/lib/own-${name} && cat >/usr/bin/${name} <<'END' && chmod 755 /usr/bin/${name}\n${text}END\n`;
}

/** BusyBox's in the place of the usual ones. */
function busybox(...names: string[]): Pick<Mutation, 'brings' | 'layer'> {
  const links = `for name in ${names.join(' ')}; do ln -sf busybox "/usr/bin/$name"; done`;
  return {
    brings: 'busybox',
    layer: { script: `cp /tmp/brought /usr/bin/busybox && chmod 755 /usr/bin/busybox && ${links}` },
  };
}

/** That there is a BusyBox is seen beside what it took the place of. */
const beside = ['userland.present', 'filesystem.programs', 'shell.available'] as const;

export const userland: readonly Mutation[] = [
  {
    id: 'userland-busybox',
    what: 'BusyBox in the place of coreutils, grep, sed, awk, find, tar and the like',
    names: [
      'userland.ls',
      'userland.',
      'failures.',
      'shell.',
      'filesystem.',
      'network.',
      'clock.',
      'exec.',
      'identity.',
    ],
    instead: { top: 'userland.cat', why: 'one of them, whose messages are the most' },
    brings: 'busybox',
    layer: {
      script:
        'cp /tmp/brought /usr/bin/busybox && chmod 755 /usr/bin/busybox && for name in $(/usr/bin/busybox --list); do ' +
        'case $name in busybox | sh | ash | bash) continue ;; esac; ln -sf busybox "/usr/bin/$name"; done',
    },
  },
  {
    id: 'grep-busybox',
    what: 'BusyBox’s grep, which knows no Perl patterns',
    names: ['userland.grep', 'userland.grep-perl', 'userland.grep-include', ...beside],
    ...busybox('grep'),
    quick: true,
  },
  {
    id: 'date-busybox',
    what: 'BusyBox’s date',
    names: ['userland.date', 'userland.date-nanoseconds', 'userland.date-parse', 'clock.resolution', ...beside],
    ...busybox('date'),
  },
  {
    id: 'timeout-busybox',
    what: 'BusyBox’s timeout, which leaves with 143',
    names: ['userland.timeout', 'userland.timeout-status', ...beside],
    ...busybox('timeout'),
    quick: true,
  },
  {
    id: 'cat-busybox',
    what: 'BusyBox’s cat, whose errors read differently',
    names: ['userland.cat', 'failures.', 'shell.', ...beside],
    ...busybox('cat'),
    quick: true,
  },
  {
    id: 'awk-busybox',
    what: 'BusyBox’s awk',
    names: ['userland.awk', 'userland.awk-dialect', ...beside],
    ...busybox('awk'),
    quick: true,
  },
  {
    id: 'tar-busybox',
    what: 'BusyBox’s tar',
    names: ['userland.tar', 'userland.tar-compressions', 'failures.archive', ...beside],
    ...busybox('tar'),
    quick: true,
  },
  {
    id: 'sed-bsd',
    what: '`sed -i` takes the next word for a suffix, as on BSD',
    names: ['userland.sed-in-place', 'userland.sed'],
    layer: { script: instead('sed', 'if [ "$1" = -i ]; then shift; shift; own "$@"; fi\nown "$@"') },
    quick: true,
  },
  {
    id: 'sort-folds-case',
    what: '`sort` puts upper and lower case together',
    names: ['userland.sort-order'],
    layer: { script: instead('sort', 'if [ $# = 1 ]; then own -f "$@"; fi\nown "$@"') },
    quick: true,
  },
  {
    id: 'diff-unified',
    what: '`diff` prints unified differences',
    names: ['userland.diff-status'],
    layer: {
      script: instead('diff', 'if [ $# = 2 ]; then own -u --label a --label b "$@"; fi\nown "$@"'),
    },
    quick: true,
  },
  {
    id: 'cp-forgets-times',
    what: '`cp -a` gives copies the time of now',
    names: ['userland.cp-archive'],
    layer: { script: instead('cp', 'if [ "$1" = -a ]; then shift; own -r "$@"; fi\nown "$@"') },
    quick: true,
  },
  {
    id: 'find-missing',
    what: 'there is no find',
    names: ['userland.find', 'userland.', 'browser.', 'filesystem.programs'],
    layer: { script: 'rm /usr/bin/find' },
    quick: true,
  },
  {
    id: 'ps-missing',
    what: 'there is no ps',
    names: ['userland.ps', 'userland.ps-format', 'userland.present', 'filesystem.programs'],
    layer: { script: 'rm /usr/bin/ps' },
    quick: true,
  },
  {
    id: 'perl-missing',
    what: 'there is no Perl',
    names: ['userland.perl', 'userland.present', 'filesystem.programs'],
    layer: { script: 'rm /usr/bin/perl' },
    quick: true,
  },
  {
    id: 'compression-missing',
    what: 'there is no gzip',
    names: ['userland.tar-compressions', 'userland.present', 'failures.archive', 'filesystem.programs'],
    layer: { script: 'rm /usr/bin/gzip' },
    quick: true,
  },
  {
    id: 'package-manager-missing',
    what: 'there is no apt',
    names: ['userland.package-managers', 'failures.package-install', 'filesystem.programs'],
    layer: { script: 'rm /usr/bin/apt /usr/bin/apt-get' },
    quick: true,
  },
  {
    id: 'system-renamed',
    what: 'the system calls itself another release',
    names: ['userland.system'],
    layer: { script: `rm -f /etc/os-release; printf 'ID=debian\\nVERSION_ID="11"\\n' >/etc/os-release` },
    quick: true,
  },
  {
    id: 'python-missing',
    what: 'there is no Python',
    names: ['userland.python', 'userland.', 'failures.', 'network.', 'clock.', 'filesystem.'],
    layer: { script: 'rm -f /usr/bin/python3 /usr/bin/python3.*' },
  },
  {
    id: 'python-alias',
    what: '`python` is Python 3',
    names: ['userland.python-alias', 'userland.present', 'filesystem.programs'],
    layer: { script: 'ln -s python3 /usr/bin/python' },
    quick: true,
  },
  {
    id: 'python-older',
    what: 'an older Python',
    names: ['userland.python', 'userland.', 'failures.', 'filesystem.', 'network.', 'clock.'],
    brings: 'python-older',
    layer: { script: 'tar -xf /tmp/brought -C / && ln -sf /opt/older/bin/python3 /usr/bin/python3' },
  },
  {
    id: 'python-module',
    what: 'a module more in Python',
    names: ['userland.python-modules'],
    layer: {
      script: 'cd /usr/lib/python3.*/ && mkdir requests && : >requests/__init__.py',
    },
    quick: true,
  },
  {
    id: 'python-exception-text',
    what: 'Python’s exceptions are printed in one line',
    names: ['failures.python-exception', 'failures.python-module', 'failures.python-syntax'],
    layer: {
      script:
        'cd /usr/lib/python3.*/ && rm -f sitecustomize.py && cat >sitecustomize.py <<\'END\'\nimport sys\nsys.excepthook = lambda kind, error, trace: print("fatal:", error, file=sys.stderr)\nEND',
    },
    quick: true,
  },
  {
    id: 'python-barred',
    what: 'pip is barred from the system, or no longer',
    names: ['userland.python-externally-managed'],
    layer: {
      script: 'd=$(ls -d /usr/lib/python3.*); f=$d/EXTERNALLY-MANAGED; if [ -e "$f" ]; then rm "$f"; else : >"$f"; fi',
    },
    quick: true,
  },
  {
    id: 'browser-installed',
    what: 'a browser is installed',
    names: ['browser.programs', 'filesystem.programs'],
    layer: { script: `printf '#!/bin/sh\\nexit 0\\n' >/usr/bin/chromium && chmod 755 /usr/bin/chromium` },
    quick: true,
  },
  {
    id: 'fonts-installed',
    what: 'fonts are installed',
    names: ['browser.fonts'],
    layer: {
      // Deeper than the layout is looked at.
      script:
        'mkdir -p /usr/local/share/fonts/some && : >/usr/local/share/fonts/some/one.ttf && : >/usr/local/share/fonts/some/two.otf',
    },
    quick: true,
  },
];
