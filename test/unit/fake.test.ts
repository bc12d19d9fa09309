import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const noLimits = 'a plain process has no limit groups';
const noOverlay = 'a plain directory keeps no record of what changed';
const binary = buildGuest();

describeSandboxes({
  name: 'fake',
  options: () => ({ substrate: new FakeSubstrate({ binary }), guestBinary: binary }),
  skips: {
    'limit-memory': noLimits,
    'limit-processes': noLimits,
    'limit-cpu': noLimits,
    'limit-files': noLimits,
    'limit-disk': noLimits,
    'limit-disk-changes': noLimits,
    diff: noOverlay,
  },
});
