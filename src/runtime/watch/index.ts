export { watchVerbs } from './watch-verbs.ts';
export { canaryTenant, Watcher } from './watcher.ts';
