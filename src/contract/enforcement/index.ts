export { compileEnforcement, type Enforcement } from './enforcement.ts';
export { unclearFailures } from './failures.ts';
export { type FirstExec, firstExec } from './first-exec.ts';
export { type Kept, keptBy } from './kept.ts';
export { type Asked, contradictionsOf, refuseRequest } from './request.ts';
export { variablesOf } from './variables.ts';
