export { compileEnforcement, type Enforcement } from './enforcement.ts';
export { firstExec } from './first-exec.ts';
