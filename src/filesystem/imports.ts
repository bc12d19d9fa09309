/** Snapshots made of a tar: the template's chain with one layer of the tar's files on top. */
import { isoTime, join, mkdir, type Scope } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SnapshotRecord } from '../state/index.ts';
import { type Beneath, lookBeneath, makeLike } from './beneath.ts';
import type { LayerStore } from './layers.ts';
import type { ImportRequest } from './store-types.ts';
import { importTar } from './tar-import.ts';
import type { StoreContext } from './types.ts';

const mostBytes = 64 * 2 ** 30;
const mostEntries = 5_000_000;

export async function importSnapshot(
  context: StoreContext,
  layers: LayerStore,
  tar: AsyncIterable<Uint8Array>,
  request: ImportRequest,
  scope: Scope,
): Promise<SnapshotRecord> {
  layers.hold(request.layers);
  const layer = await layers.begin(request.layers[0] ?? null);
  try {
    await unpack(context, layers, layer, tar, request, scope);
    const sealed = await layers.hash(layer, [], scope);
    const record: SnapshotRecord = {
      id: context.newId('snapshot'),
      name: request.name,
      tenant: request.tenant,
      sandbox: null,
      parent: null,
      template: request.template,
      contract: null,
      createdAt: isoTime(context.clock.nowMs()),
      method: 'import',
      addedFiles: sealed.files,
      addedBytes: sealed.bytes,
      pauseMs: 0,
      digest: sealed.digest,
      layers: [layer, ...request.layers],
    };
    // Whatever else was kept meanwhile counts too.
    request.room?.admit(record.addedBytes);
    context.durable('record an import', () =>
      context.transaction(() => {
        layers.commit(sealed);
        context.records.insertSnapshot(record);
      }),
    );
    return record;
  } catch (error) {
    await layers.discard(layer);
    throw error;
  } finally {
    layers.release([layer, ...request.layers]);
  }
}

async function unpack(
  context: StoreContext,
  layers: LayerStore,
  layer: string,
  tar: AsyncIterable<Uint8Array>,
  request: ImportRequest,
  scope: Scope,
): Promise<void> {
  const tree = context.paths.layerTree(layer);
  const lower = layers.trees(request.layers);
  const top = request.path.split('/').filter((part) => part !== '' && part !== '.');
  if (top.includes('..')) throw notDirectory(request.path);
  await context.durable('make a tree', () => mkdir(tree, { mode: 0o755 }));
  await makeLike(context, tree, await lookBeneath(lower, []));
  for (let count = 1; count <= top.length; count++) {
    const parts = top.slice(0, count);
    const below = await lookBeneath(lower, parts);
    if (below && !below.isDirectory) throw notDirectory(`/${parts.join('/')}`);
    await mkdir(join(tree, ...parts));
    await makeLike(context, join(tree, ...parts), below);
  }
  const below = (parts: string[]): Promise<Beneath | null> => lookBeneath(lower, parts);
  const { owner } = context;
  const { room } = request;
  const limits = { maxBytes: mostBytes, maxEntries: mostEntries, ...(room ? { room } : {}) };
  await context.durable('unpack a tar', () =>
    importTar(tar, { tree, top, below, owner, keepOwners: top.length === 0, ...limits }, scope),
  );
}

function notDirectory(path: string): HoldfastError {
  return new HoldfastError('not-a-directory', `${path} is no directory in the template`, {
    hint: 'Import below a directory, for example /workspace.',
  });
}
