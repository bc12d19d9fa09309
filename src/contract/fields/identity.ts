/** Who a command is. */
import { type FieldSpec, fieldsOf } from './field.ts';

export const identityFields: readonly FieldSpec[] = fieldsOf([
  ['identity.user', 'exact', 'name of the user', 'commands that name the user or expect root behave differently'],
  ['identity.uid', 'exact', 'number of the user', 'files made elsewhere belong to somebody else'],
  ['identity.gid', 'exact', 'number of the group', 'files shared by group are not reachable'],
  ['identity.groups', 'set', 'groups of the user', 'files and devices reached through a group are out of reach'],
  ['identity.home', 'exact', 'home directory', 'paths below ~ lead somewhere else'],
  ['identity.account', 'exact', 'whether the user stands in the user database', 'whoami, ssh and git fail without it'],
  ['identity.hostname', 'template', 'form of the host name', 'prompts and logs look different'],
  ['identity.umask', 'exact', 'umask', 'new files can be read or written by others, or not'],
  ['identity.capabilities', 'exact', 'effective capabilities', 'mount, chown and network set-up work or do not'],
  [
    'identity.capability-bound',
    'exact',
    'capabilities that a set-uid program may gain',
    'sudo and ping work or do not',
  ],
  ['identity.no-new-privileges', 'exact', 'whether gaining privileges is barred', 'sudo works or fails'],
  ['identity.seccomp', 'exact', 'mode of the system-call filter', 'debuggers and tracers are refused'],
  ['identity.sudo', 'exact', 'whether sudo works without a password', 'installing packages works or fails'],
  [
    'identity.mode-bits',
    'exact',
    'whether a file without read permission can be read',
    'permission errors appear or vanish',
  ],
]);
