export { defaultTenant } from './core.ts';
export { createRuntime, type Runtime, type RuntimeOptions } from './create-runtime.ts';
export type { ApprovalWebhook } from './notices.ts';
export type { AgentOptions } from './sessions.ts';
export { versionInfo } from './version.ts';
