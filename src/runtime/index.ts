export { defaultTenant } from './core.ts';
export { createRuntime, type Runtime, type RuntimeOptions } from './create-runtime.ts';
export { versionInfo } from './version.ts';
