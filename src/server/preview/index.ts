export { defaultDomain, type PreviewDomain, parsePreviewDomain } from './address.ts';
export { type PreviewServer, type PreviewServerOptions, type PreviewSource, servePreviews } from './server.ts';
