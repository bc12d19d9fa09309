/** The variables around a command. */
import type { Mutation } from './mutation.ts';

/** Each variable is itself another name in the list of all. */
const names = 'environment.names';

export const environment: readonly Mutation[] = [
  {
    id: 'locale-c',
    what: 'the locale is C instead of C.UTF-8',
    names: ['environment.locale', 'environment.charset', 'userland.', 'failures.'],
    create: { environment: { LANG: 'C' } },
    quick: true,
  },
  {
    id: 'locale-overridden',
    what: 'LC_ALL is set over LANG',
    names: ['environment.locale', names],
    create: { environment: { LC_ALL: 'C.UTF-8' } },
    quick: true,
  },
  {
    id: 'zone-by-variable',
    what: 'TZ says New York',
    names: ['environment.zone', 'clock.zone', 'clock.format', names],
    create: { environment: { TZ: 'America/New_York' } },
    quick: true,
  },
  {
    id: 'path-reordered',
    what: 'PATH has the same places in another order',
    names: ['environment.path'],
    create: { environment: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin:/usr/local/sbin' } },
    quick: true,
  },
  {
    id: 'path-shorter',
    what: 'PATH lacks the places of administration',
    names: ['environment.path', 'userland.'],
    create: { environment: { PATH: '/usr/local/bin:/usr/bin:/bin' } },
    quick: true,
  },
  {
    id: 'proxy-named',
    what: 'a proxy stands in the environment',
    names: ['environment.proxy', names, 'network.', 'failures.'],
    create: { environment: { https_proxy: 'http://127.0.0.1:3128', no_proxy: 'localhost' } },
    quick: true,
  },
  {
    id: 'secret-in-environment',
    what: 'an access key stands in the environment',
    names: ['environment.secret-shaped', names],
    create: { environment: { DEPLOY_TOKEN: 'none' } },
    quick: true,
  },
  {
    id: 'model-in-environment',
    what: 'the address of a model stands in the environment',
    names: ['model.variables', names],
    create: { environment: { OPENAI_BASE_URL: 'http://127.0.0.1:1' } },
    quick: true,
  },
  {
    id: 'pager-named',
    what: 'an editor and a pager are chosen',
    names: ['environment.editor', names],
    create: { environment: { PAGER: 'less', EDITOR: 'vi' } },
    quick: true,
  },
  {
    id: 'automation-said',
    what: 'CI is set',
    names: ['environment.automation', names],
    create: { environment: { CI: 'true' } },
    quick: true,
  },
  {
    id: 'loader-steered',
    what: 'LD_LIBRARY_PATH is set',
    names: ['environment.loader', names],
    create: { environment: { LD_LIBRARY_PATH: '/opt/lib' } },
    quick: true,
  },
  {
    id: 'python-steered',
    what: 'Python is told by a variable to write no bytecode',
    names: ['environment.language-variables', names],
    create: { environment: { PYTHONDONTWRITEBYTECODE: '1' } },
    quick: true,
  },
  {
    id: 'python-encoding',
    what: 'Python prints in Latin-1',
    names: ['userland.python-encoding', 'environment.language-variables', names],
    create: { environment: { PYTHONIOENCODING: 'latin-1' } },
    quick: true,
  },
  {
    id: 'hash-seed-fixed',
    what: 'Python’s hashes are the same in every run',
    names: ['clock.hash-seed', 'environment.language-variables', names],
    create: { environment: { PYTHONHASHSEED: '0' } },
    quick: true,
  },
  {
    id: 'temporary-elsewhere',
    what: 'TMPDIR leads to /var/tmp',
    names: ['environment.temporary', 'userland.mktemp', names],
    create: { environment: { TMPDIR: '/var/tmp' } },
    quick: true,
  },
  {
    id: 'display-there',
    what: 'DISPLAY is set',
    names: ['browser.display', names],
    create: { environment: { DISPLAY: ':0' } },
    quick: true,
  },
  {
    id: 'listing-quoted',
    what: '`ls` quotes names as a shell would',
    names: ['userland.ls-hidden', 'userland.ls-long', names, 'filesystem.'],
    create: { environment: { QUOTING_STYLE: 'shell-always' } },
    quick: true,
  },
  {
    id: 'listing-times',
    what: '`ls -l` shows times as seconds since 1970',
    names: ['userland.ls-long', names],
    create: { environment: { TIME_STYLE: '+%s' } },
    quick: true,
  },
];
