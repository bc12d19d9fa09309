import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { implementations } from '../suite/implementations.ts';
import { describeSandboxes } from '../suite/sandbox-suite.ts';

const binary = buildGuest();

describeSandboxes({
  ...implementations.fake,
  options: () => ({ substrate: new FakeSubstrate({ binary }), guestBinary: binary }),
});
