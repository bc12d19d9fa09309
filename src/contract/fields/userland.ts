/** The programs around the shell: who made them, and which of their habits commands lean on. */
import { type FieldRow, type FieldSpec, fieldsOf } from './field.ts';

/** Asked one by one who made them. */
const made = ['ls', 'cat', 'cp', 'grep', 'sed', 'awk', 'find', 'sort', 'date', 'tar', 'xargs', 'ps', 'timeout', 'diff'];
const languages: readonly (readonly [string, string])[] = [
  ['python', 'Python'],
  ['node', 'Node'],
  ['perl', 'Perl'],
  ['gcc', 'the C compiler'],
  ['go', 'Go'],
  ['java', 'Java'],
  ['git', 'git'],
  ['curl', 'curl'],
  ['make', 'make'],
  ['openssl', 'OpenSSL'],
];
const libc = 'compiled programs and wheels for another C library do not start';

export const userlandFields: readonly FieldSpec[] = fieldsOf([
  ...made.map(
    (tool): FieldRow => [
      `userland.${tool}`,
      'exact',
      `who made ${tool}, and its version`,
      `options and messages of ${tool} differ`,
    ],
  ),
  ...languages.map(
    ([id, name]): FieldRow => [
      `userland.${id}`,
      'exact',
      `version of ${name}`,
      `code for another version of ${name} fails, or it is missing`,
    ],
  ),
  ['userland.present', 'set', 'well-known programs that are there', 'commands end with “not found”'],
  [
    'userland.package-managers',
    'set',
    'package managers that are there',
    'installing a missing program goes another way',
  ],
  ['userland.libc', 'exact', 'C library', libc],
  ['userland.system', 'exact', 'distribution and release', 'package names and paths differ'],
  ['userland.machine', 'exact', 'kind of machine', 'downloaded binaries do not start'],
  ['userland.grep-perl', 'exact', 'grep -P', 'searches with Perl patterns fail'],
  ['userland.grep-include', 'exact', 'grep -r --include', 'searches of a source tree fail'],
  ['userland.find-printf', 'exact', 'find -printf', 'listings with find fail'],
  ['userland.find-delete', 'exact', 'find -delete', 'clean-ups with find fail'],
  ['userland.sed-in-place', 'exact', 'sed -i', 'edits with sed fail or leave a stray file'],
  ['userland.sed-extended', 'exact', 'sed -E with a back-reference', 'edits with sed fail'],
  ['userland.date-nanoseconds', 'exact', 'date +%N', 'scripts that time themselves fail'],
  ['userland.date-parse', 'exact', 'date -d with words', 'scripts that compute dates fail'],
  [
    'userland.sort-order',
    'order',
    'order in which sort puts mixed case and accents',
    'sorted output, and what is diffed with it, differs',
  ],
  ['userland.sort-human', 'exact', 'sort -h', 'the largest files are not found'],
  ['userland.sort-version', 'exact', 'sort -V', 'versions are ordered wrongly'],
  ['userland.stat-format', 'exact', 'stat -c', 'scripts that read a file’s size fail'],
  ['userland.readlink', 'exact', 'readlink -f', 'scripts that find their own place fail'],
  ['userland.realpath', 'exact', 'realpath --relative-to', 'relative paths cannot be made'],
  ['userland.xargs-parallel', 'exact', 'xargs -P', 'parallel work fails'],
  ['userland.tar-compressions', 'set', 'compressions that tar writes', 'archives cannot be made or opened'],
  ['userland.ps-format', 'exact', 'ps -o', 'running processes cannot be listed'],
  ['userland.head-negative', 'exact', 'head -n -1', 'cutting the last line fails'],
  ['userland.base64-wrap', 'exact', 'base64 -w', 'encoded files have other line ends'],
  ['userland.awk-dialect', 'set', 'what awk knows beyond POSIX', 'scripts for gawk fail'],
  ['userland.ls-hidden', 'exact', 'order and quoting of ls -A', 'listings are read wrongly'],
  ['userland.ls-long', 'template', 'form of ls -l', 'columns of a listing are read wrongly'],
  [
    'userland.timeout-status',
    'exact',
    'status of timeout(1) when time is up',
    'a time-out is taken for another failure',
  ],
  ['userland.timeout-kill', 'exact', 'whether timeout(1) takes -k', 'commands with a hard limit fail'],
  ['userland.mktemp', 'exact', 'where and how mktemp makes files', 'temporary files land elsewhere'],
  ['userland.seq-equal', 'exact', 'seq -w', 'numbered files have other names'],
  ['userland.printf-unicode', 'exact', 'printf of \\u escapes', 'texts with accents are damaged'],
  ['userland.tr-ranges', 'exact', 'tr with classes', 'case changes fail'],
  ['userland.cp-archive', 'exact', 'cp -a keeps mode and time', 'copied files lose their mode'],
  ['userland.diff-status', 'exact', 'status and form of diff', 'a difference is taken for a failure'],
  ['userland.python-alias', 'exact', 'what `python` is', 'scripts that call python fail'],
  ['userland.python-modules', 'set', 'modules beyond Python’s own', 'imports fail'],
  [
    'userland.python-externally-managed',
    'exact',
    'whether pip is barred from the system',
    'pip install fails and asks for a venv',
  ],
  ['userland.python-encoding', 'exact', 'encoding of Python’s files and output', 'texts with accents raise errors'],
  ['userland.git-config', 'set', 'settings of git for everybody', 'commits get another author, branch or line ends'],
]);
