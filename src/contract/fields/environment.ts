/** The variables around a command. */
import { type FieldSpec, fieldsOf } from './field.ts';

export const environmentFields: readonly FieldSpec[] = fieldsOf([
  [
    'environment.names',
    'set',
    'names of the variables a command sees',
    'a command that reads a missing one takes its default, or fails',
  ],
  ['environment.path', 'order', 'PATH', 'another program of the same name runs, or none'],
  ['environment.locale', 'exact', 'LANG and LC_*', 'messages, sorting and encodings differ'],
  ['environment.charset', 'exact', 'character set of the locale', 'texts with accents are damaged'],
  ['environment.locales', 'set', 'locales that are installed', 'setting one of them fails with a warning'],
  ['environment.zone', 'exact', 'TZ', 'times of day in output differ'],
  ['environment.home', 'exact', 'HOME', 'paths below ~ lead somewhere else'],
  ['environment.user', 'exact', 'USER and LOGNAME', 'scripts that read the name fail'],
  ['environment.shell', 'exact', 'SHELL', 'programs that start a shell start another one'],
  ['environment.pwd', 'exact', 'whether PWD tells the truth', 'scripts that read it work in another place'],
  ['environment.temporary', 'exact', 'TMPDIR', 'temporary files land elsewhere'],
  ['environment.editor', 'exact', 'EDITOR, VISUAL and PAGER', 'git and others open an editor or pager and stand still'],
  ['environment.proxy', 'set', 'proxy variables', 'downloads go another way, or nowhere'],
  [
    'environment.language-variables',
    'set',
    'variables that steer Python, Node, Go and pip',
    'packages install and load differently',
  ],
  [
    'environment.automation',
    'set',
    'variables that say “this is automation”',
    'programs ask questions, or print progress bars',
  ],
  ['environment.secret-shaped', 'set', 'names that look like secrets', 'a credential is there, or is missing'],
  ['environment.loader', 'set', 'variables that steer the loader', 'programs load other libraries'],
]);
