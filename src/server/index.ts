/** The HTTP API: over a socket, or as an app that answers requests in-process. */
export { type App, createApp } from './app.ts';
export { ownerTenant, parseKeys, readKeys } from './keys.ts';
export {
  defaultDomain,
  type PreviewDomain,
  type PreviewServer,
  type PreviewServerOptions,
  type PreviewSource,
  parsePreviewDomain,
  servePreviews,
} from './preview/index.ts';
export { type RunningServer, type ServeOptions, serve } from './serve.ts';
export { approvalUrl } from './signed.ts';
