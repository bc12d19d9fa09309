/** Once before any test: what is compiled for them is there, so that no test compiles it within a deadline of its own. */
import { buildGuest } from './build-guest.ts';

export function setup(): void {
  try {
    buildGuest();
  } catch (error) {
    // Tests that need it say so themselves.
    if (!(error instanceof Error) || !error.message.startsWith('no C compiler')) throw error;
  }
}
