export { createRuntime, defaultTenant, type Runtime, type RuntimeOptions } from './create-runtime.ts';
export { versionInfo } from './version.ts';
