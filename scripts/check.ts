/** `npm run check`: everything that needs no host powers, in under a minute. */
import { runSteps, staticSteps, unitStep } from './steps.ts';

// The longest first: it keeps one core busy while the others share the second.
const failed = await runSteps([unitStep, ...staticSteps]);
if (failed.length > 0) console.error(`check failed: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
