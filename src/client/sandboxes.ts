/** The client's verbs on sandboxes and snapshots. */
import type { HoldfastService } from '../schema/index.ts';
import { mediaTypes } from '../schema/wire.ts';
import type { Caller } from './call.ts';

type SandboxVerbs = Pick<
  HoldfastService,
  | 'createSandbox'
  | 'getSandbox'
  | 'listSandboxes'
  | 'extendSandbox'
  | 'connectSandbox'
  | 'suspendSandbox'
  | 'resumeSandbox'
  | 'destroySandbox'
>;

type SnapshotVerbs = Pick<
  HoldfastService,
  | 'createSnapshot'
  | 'getSnapshot'
  | 'listSnapshots'
  | 'deleteSnapshot'
  | 'verifySnapshot'
  | 'rollbackSandbox'
  | 'forkSandbox'
  | 'diff'
  | 'patch'
  | 'exportFiles'
  | 'importFiles'
>;

export const sandboxPath = (ref: string): string => `/sandboxes/${encodeURIComponent(ref)}`;
const snapshotPath = (id: string): string => `/snapshots/${encodeURIComponent(id)}`;

export const sandboxVerbs = (caller: Caller): SandboxVerbs => ({
  createSandbox: (input, options) => caller.json('POST', '/sandboxes', { json: input, options }),
  getSandbox: (ref, options) => caller.json('GET', sandboxPath(ref), { options }),
  listSandboxes({ metadata = {}, ...query } = {}, options) {
    const pairs = Object.entries(metadata).map(([key, value]) => `${key}=${value}`);
    return caller.json('GET', '/sandboxes', { query: { ...query, metadata: pairs }, options });
  },
  extendSandbox: (ref, lifetimeMs, options) =>
    caller.json('POST', `${sandboxPath(ref)}/extend`, { json: { lifetimeMs }, options }),
  connectSandbox: (ref, input = {}, options) =>
    caller.json('POST', `${sandboxPath(ref)}/connect`, { json: input, options }),
  suspendSandbox: (ref, input = {}, options) =>
    caller.json('POST', `${sandboxPath(ref)}/suspend`, { json: input, options }),
  resumeSandbox: (ref, options) => caller.json('POST', `${sandboxPath(ref)}/resume`, { options }),
  destroySandbox: (ref, options) => caller.json('DELETE', sandboxPath(ref), { options }),
});

export const faultVerbs = (caller: Caller): Pick<HoldfastService, 'faultReport' | 'stopFaults'> => ({
  faultReport: (ref, options) => caller.json('GET', `${sandboxPath(ref)}/faults`, { options }),
  stopFaults: (ref, options) => caller.json('POST', `${sandboxPath(ref)}/faults/stop`, { options }),
});

export const snapshotVerbs = (caller: Caller): SnapshotVerbs => ({
  createSnapshot: (ref, input = {}, options) =>
    caller.json('POST', `${sandboxPath(ref)}/snapshots`, { json: input, options }),
  getSnapshot: (id, options) => caller.json('GET', snapshotPath(id), { options }),
  listSnapshots: (query = {}, options) => caller.json('GET', '/snapshots', { query: { ...query }, options }),
  deleteSnapshot: (id, options) => caller.nothing('DELETE', snapshotPath(id), { options }),
  verifySnapshot: (id, options) => caller.json('POST', `${snapshotPath(id)}/verify`, { options }),
  rollbackSandbox: (ref, snapshot, options) =>
    caller.json('POST', `${sandboxPath(ref)}/rollback`, { json: { snapshot }, options }),
  forkSandbox: (source, input = {}, options) => caller.json('POST', '/forks', { json: { source, ...input }, options }),
  diff: (request, options) => caller.json('GET', '/diff', { query: { ...request }, options }),
  async patch(request, options) {
    return new TextDecoder().decode(await caller.bytes('GET', '/patch', { query: { ...request }, options }));
  },
  async exportFiles(source, input = {}, options) {
    return (await caller.stream('GET', '/export', { query: { source, ...input }, options })).content;
  },
  importFiles: (tar, input = {}, options) =>
    caller.json('POST', '/import', { query: { ...input }, bytes: tar, contentType: mediaTypes.tar, options }),
});
