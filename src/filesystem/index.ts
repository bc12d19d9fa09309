/** Templates, layers, workspaces, snapshots, differences: what sandboxes' files are made of. */
export { diffEntry } from './differences.ts';
export { layerDigest } from './manifest.ts';
export { type FileStoreOptions, openFileStore } from './store.ts';
export * from './store-types.ts';
export { warmPlace } from './template-warm.ts';
export { helperTreeOperations, type TreeHelperOptions } from './tree-helper.ts';
export { wireTreeOperations } from './tree-wire.ts';
export * from './types.ts';
