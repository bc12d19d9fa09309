/** The HTTP API: over a socket, or as an app that answers requests in-process. */
export { type App, type AppOptions, type Credentials, createApp } from './app.ts';
export { type Key, ownerTenant, parseKeys, readKeys } from './keys.ts';
export { openApiDocument } from './openapi.ts';
export type { Principal } from './route.ts';
export { type RunningServer, type ServeOptions, serve } from './serve.ts';
