/** The shared suite as an ordinary user; test/system/as-user.test.ts runs this file under such a one. */
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const noGroups = 'an ordinary user without a delegated cgroup cannot limit it; a request is refused';

describeSandboxes({
  name: 'namespace, fork launcher, ordinary user',
  options: () => ({ launcher: 'fork' }),
  skips: {
    'limit-memory': noGroups,
    'limit-cpu': noGroups,
    'limit-processes': 'told by EAGAIN inside; no counter names it',
    'limit-disk': noGroups,
    'limit-disk-changes': noGroups,
  },
});
