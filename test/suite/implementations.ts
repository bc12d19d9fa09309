/** Who runs the shared suite, and what each cannot have: one list for the tests and for docs/capabilities.md. */

const noLimits = 'a plain process has no limit groups';
const noOverlay = 'a plain directory keeps no record of what changed';
const noBase = 'a template’s own files count as none';
const noGroups = 'an ordinary user without a delegated cgroup cannot limit it; a request is refused';

const sharedMemory = 'its memory is among the machine’s own processes, and cannot be taken as one';
const noLiveFork = 'runsc writes a checkpoint to be gone on from once';
const sharedClock = 'its kernel’s wall clock is the machine’s; a world holds one still inside instead';
const ofTheMachine = { 'live-fork': sharedMemory, 'memory-on-disk': sharedMemory, 'own-clock': sharedClock };

const asUser = {
  ...ofTheMachine,
  'limit-memory': noGroups,
  'limit-cpu': noGroups,
  'limit-processes':
    'held by RLIMIT_NPROC, which counts no denial; a process that fails for it ends with its own status',
  'limit-disk': noGroups,
  'limit-disk-changes': noGroups,
};

export const implementations = {
  root: { name: 'namespace, own launcher, as root', skips: ofTheMachine },
  bubblewrap: { name: 'namespace, bubblewrap, as root', skips: ofTheMachine },
  user: { name: 'namespace, own launcher, as an ordinary user', skips: asUser },
  bubblewrapUser: { name: 'namespace, bubblewrap, as an ordinary user', skips: asUser },
  gvisor: { name: 'gVisor, as root', skips: { 'live-fork': noLiveFork, 'own-clock': sharedClock } },
  microvm: { name: 'microVM, as root', skips: {} },
  vm: { name: 'full VM, as root', skips: {} },
  fake: {
    name: 'fake, for unit tests',
    skips: {
      ...ofTheMachine,
      'limit-memory': noLimits,
      'limit-processes': noLimits,
      'limit-cpu': noLimits,
      'limit-files': noLimits,
      'limit-disk': noLimits,
      'limit-disk-changes': noLimits,
      diff: noOverlay,
      warm: noBase,
      'warm-failed': noBase,
    },
  },
} as const satisfies Record<string, { name: string; skips: Record<string, string> }>;
