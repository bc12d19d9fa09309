/** How common failures look: statuses and texts, which is what a policy learns to react to. */
import { type FieldRow, type FieldSpec, fieldsOf } from './field.ts';

const failures: readonly (readonly [string, string])[] = [
  ['missing-file', 'a missing file'],
  ['no-permission', 'a file that may not be read'],
  ['is-a-directory', 'a directory where a file was meant'],
  ['not-a-directory', 'a file where a directory was meant'],
  ['exists', 'making a directory that is there'],
  ['not-empty', 'removing a directory that is not empty'],
  ['disk-full', 'a full disk'],
  ['name-too-long', 'a name that is too long'],
  ['link-loop', 'links that lead in a circle'],
  ['read-only', 'writing where it is not allowed'],
  ['bad-interpreter', 'a script whose interpreter is missing'],
  ['bad-option', 'an unknown option'],
  ['missing-operand', 'a missing operand'],
  ['no-process', 'signalling a process that is gone'],
  ['file-size', 'a file beyond its size limit'],
  ['descriptors', 'no descriptors left'],
  ['python-exception', 'an exception of Python'],
  ['python-syntax', 'a syntax error of Python'],
  ['python-module', 'a module that Python lacks'],
  ['git-no-repository', 'git outside a repository'],
  ['git-no-identity', 'a commit without a name'],
  ['archive', 'a broken archive'],
  ['network-name', 'a name that does not resolve'],
  ['network-refused', 'a port where nobody listens'],
  ['package-install', 'installing a package that does not exist'],
];

export const failureFields: readonly FieldSpec[] = fieldsOf([
  ...failures.map(
    ([id, what]): FieldRow => [
      `failures.${id}`,
      'template',
      `status and text of ${what}`,
      'a learnt reaction to the text no longer fires',
    ],
  ),
  ['failures.no-match', 'exact', 'status of grep without and with an error', 'no match is taken for a failure'],
  ['failures.broken-pipe', 'exact', 'status of a program whose reader left', 'a cut pipe is taken for a failure'],
]);
