/** How a sandbox begins, what it keeps through snapshots and suspension; and what it has for browsers and models. */
import { type FieldSpec, fieldsOf } from './field.ts';

export const lifecycleFields: readonly FieldSpec[] = fieldsOf([
  ['snapshot.files', 'exact', 'files in a copy made by fork', 'work is lost when a state is restored'],
  ['snapshot.processes', 'exact', 'running processes in a copy', 'servers have to be started again'],
  ['snapshot.isolated', 'exact', 'whether writes in a copy stay there', 'copies disturb each other'],
  ['snapshot.entropy', 'exact', 'whether two copies draw different random bytes', 'keys and ids repeat among copies'],
  [
    'snapshot.identity',
    'exact',
    'what two copies share: boot id, machine id, host name',
    'programs take copies for one machine',
  ],
  [
    'lifecycle.first-process',
    'exact',
    'what runs as the first process',
    'orphans stay as zombies; signals go elsewhere',
  ],
  ['lifecycle.reaps-orphans', 'exact', 'whether orphans are reaped', 'zombies use up the processes'],
  ['lifecycle.age', 'exact', 'whether the system seems freshly started', 'caches and logs of others are there'],
  ['lifecycle.machine-id', 'exact', 'whether there is a machine id', 'system services refuse to start'],
  ['lifecycle.services', 'set', 'well-known services that run', 'a service has to be started first'],
  ['lifecycle.processes', 'set', 'programs that run from the start', 'a listing shows strangers, or nothing'],
  [
    'lifecycle.lifetime',
    'more',
    'lifetime of a sandbox in seconds, as the runtime says',
    'the sandbox ends before the work',
  ],
  ['lifecycle.suspend', 'exact', 'what lives through suspend and resume', 'work is lost in a pause'],
  ['browser.programs', 'set', 'browsers that are installed', 'pages cannot be opened'],
  ['browser.display', 'exact', 'whether there is a display', 'browsers with a window do not start'],
  ['browser.fonts', 'more', 'installed font files', 'screenshots look different'],
  ['model.variables', 'set', 'variables that name a model’s address or key', 'programs that call a model fail'],
]);
