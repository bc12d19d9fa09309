export { compileEnforcement, type Enforcement } from './enforcement.ts';
export { type FirstExec, firstExec } from './first-exec.ts';
export { type Asked, contradictionsOf, refuseRequest } from './request.ts';
