export { watchVerbs } from './watch-verbs.ts';
export { Watcher } from './watcher.ts';
