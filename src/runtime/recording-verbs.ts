/** Verbs of recordings: begin, end, add to, look at, verify, carry out and in. Replay and what follows is replay-verbs.ts. */
import { createHash } from 'node:crypto';
import { canonicalJson, encoded, isoTime } from '../base/index.ts';
import type { RecordingHead, RecordingReader } from '../recording/index.ts';
import {
  digestSchema,
  HoldfastError,
  type HoldfastService,
  parseInput,
  type RecordingInfo,
  recordEventSchema,
  recordingFormats,
  startRecordingSchema,
} from '../schema/index.ts';
import type { RecordingRecord, SandboxRecord } from '../state/index.ts';
import { type Core, closing, openScope, withScope } from './core.ts';
import { eventPagesOf } from './event-pages.ts';
import { headOf } from './recording-parts.ts';

type RecordingVerbs = Pick<
  HoldfastService,
  | 'startRecording'
  | 'stopRecording'
  | 'recordEvent'
  | 'environmentTokens'
  | 'listRecordings'
  | 'getRecording'
  | 'recordingEvents'
  | 'recordingContent'
  | 'verifyRecording'
  | 'deleteRecording'
  | 'exportRecording'
  | 'importRecording'
>;

const mostEvents = 1000;
const largestContentBytes = 64 * 1024 * 1024;

export function recordingVerbs(core: Core, tenant: string): RecordingVerbs {
  const { controller, recordings, store } = core;
  const pages = eventPagesOf(core);
  return {
    startRecording: (ref, input = {}, options) =>
      withScope(core, 'record', options, async () => {
        const { name } = parseInput(startRecordingSchema, input, 'record');
        const record = controller.find(tenant, ref);
        if (record.state !== 'ready') {
          throw new HoldfastError(
            'wrong-state',
            `sandbox ${record.id} is ${record.state}, and only a ready one is recorded`,
            {
              hint: `Resume it first: holdfast resume ${ref}`,
            },
          );
        }
        return beginRecording(core, record, { name: name ?? null, parent: null, snapshotFirst: true });
      }),
    stopRecording: (ref, options) =>
      withScope(core, 'stop recording', options, async () => {
        const { id } = controller.find(tenant, ref);
        const recording = store.recordings.openOf(id)?.id ?? recordings.mustOf(id).id;
        await recordings.finish(id, 'stopped');
        return mustFind(core, tenant, recording);
      }),
    recordEvent: async (ref, event) => {
      const checked = parseInput(recordEventSchema, event, 'event');
      return recordings.mustOf(controller.find(tenant, ref).id).add(checked);
    },
    environmentTokens: async (ref) => {
      const { environment } = controller.find(tenant, ref);
      const redactor = await recordings.redactorOf(tenant);
      redactor.learnEnvironment(environment);
      const told = Object.entries(environment).map(([name, value]) => [name, redactor.text(value)] as const);
      return Object.fromEntries(told.filter(([name, value]) => value !== environment[name]));
    },
    listRecordings: async (query = {}) => {
      const sandbox = query.sandbox === undefined ? undefined : controller.find(tenant, query.sandbox).id;
      const { sandbox: _, ...rest } = query;
      const page = store.recordings.list({ tenant, ...rest, ...(sandbox === undefined ? {} : { sandbox }) });
      return { items: page.items.map((record) => recordings.live(record)), nextCursor: page.nextCursor };
    },
    getRecording: async (ref) => mustFind(core, tenant, ref),
    recordingEvents: async (ref, { after = 0, limit = 100 } = {}) => {
      const reader = await recordings.reader(mustFind(core, tenant, ref).id);
      return pages.page(reader, { after, limit: Math.min(limit, mostEvents) });
    },
    recordingContent: async (ref, digest) => {
      const checked = parseInput(digestSchema, digest, 'digest');
      const reader = await recordings.reader(mustFind(core, tenant, ref).id);
      return reader.blobs.read(checked, largestContentBytes);
    },
    verifyRecording: (ref, options) =>
      withScope(core, 'verify recording', options, async (scope) => {
        const { id, state } = mustFind(core, tenant, ref);
        const isOwn = state !== 'imported';
        const { verifyAside, withSnapshots } = await late();
        const verified = await verifyAside({ directory: recordings.directory(id), id, isOwn }, scope);
        return withSnapshots(verified, isOwn, (snapshot) => store.snapshots.findSnapshot(tenant, snapshot));
      }),
    deleteRecording: (ref, options) =>
      withScope(core, 'delete recording', options, async (scope) => {
        const record = mustFind(core, tenant, ref);
        if (record.state === 'open' && !recordings.giveUp(record)) throw beingWritten(record);
        core.reserve.tend();
        await recordings.remove(record.id);
        removeUnneeded(core, tenant, record);
        await core.files.collectGarbage(scope);
      }),
    exportRecording: async (ref, format, options) => {
      const record = mustFind(core, tenant, ref);
      if (!recordingFormats.includes(format))
        throw new HoldfastError('invalid-argument', `there is no format ${format}`);
      if (format === 'har') return core.network.exportTape(tenant, tapeOf(record));
      const scope = openScope(core, 'export recording', options, null);
      const reader = await recordings.reader(record.id);
      const { exportRecording } = await late();
      const content = format === 'models' ? encoded(modelTapeOf(reader)) : exportRecording(reader, format);
      return closing(content, () => scope.close());
    },
    importRecording: (data, { format = 'bundle', name } = {}, options) =>
      withScope(core, 'import recording', options, async (scope) => {
        recordings.refuseWithoutRoom(tenant);
        const id = core.newId('recording');
        const createdAt = isoTime(core.clock.nowMs());
        const place = { directory: recordings.directory(id), id, tenant, createdAt, clock: core.clock, scope };
        const checkedName = parseInput(startRecordingSchema, name === undefined ? {} : { name }, 'import').name ?? null;
        const { importRecording } = await late();
        const incoming = recordings.incoming.begin(tenant, (more) => recordings.refuseWithoutRoom(tenant, more));
        try {
          const take = (bytes: number): void => {
            scope.signal.throwIfAborted();
            incoming.take(bytes);
          };
          const record = await importRecording(data, format, { ...place, name: checkedName, take });
          incoming.end();
          store.recordings.insert(record);
        } finally {
          incoming.end();
        }
        try {
          // How much it is on the disk shows when it is there.
          recordings.refuseWithoutRoom(tenant, 0);
        } catch (error) {
          await recordings.remove(id);
          throw error;
        }
        return mustFind(core, tenant, id);
      }),
  };
}

const late = (): Promise<typeof import('../recording/late.ts')> => import('../recording/late.ts');

/** The code of agents is loaded for those who ask for it. */
async function* modelTapeOf(reader: RecordingReader): AsyncGenerator<string> {
  const { tapeOfRecording } = await import('../agents/index.ts');
  yield* tapeOfRecording(reader);
}

export interface Beginning {
  name: string | null;
  parent: RecordingHead['parent'];
  /** It lived before: its files are not what it started from. */
  snapshotFirst: boolean;
}

export async function beginRecording(core: Core, record: SandboxRecord, beginning: Beginning): Promise<RecordingInfo> {
  const { name, parent, snapshotFirst } = beginning;
  const templateDigest = core.store.snapshots.getTemplate(record.template)?.digest ?? '';
  const contract = contractOf(core, record);
  const id = core.newId('recording');
  const [profile, faults] = [profileOf(core, record), core.noise.given(record.id)];
  const head = headOf({ id, name, record, templateDigest, contract, profile, faults, parent, clock: core.clock });
  return core.recordings.start(head, snapshotFirst);
}

/** Of what its contract was last seen to be kept by: the reference of the watch over it, where there is one. */
function profileOf({ store, substrates }: Core, record: SandboxRecord): string | null {
  const { contract, isolation, template } = record;
  if (contract === null) return null;
  const { defaultTemplate } = substrates.of(record);
  const watch = store.watches
    .list()
    .filter((one) => one.contract?.digest === contract.digest && one.isolation === isolation)
    .find((one) => (one.template ?? defaultTemplate) === template);
  const [reference] = watch ? store.watches.profiles(watch.id, 'reference', 1) : [];
  return reference ? createHash('sha256').update(canonicalJson(reference.profile)).digest('hex') : null;
}

/** What a sandbox is held to is kept as long as it is there. */
function contractOf({ store }: Core, { contract }: SandboxRecord): RecordingHead['contract'] {
  const document = contract && store.contracts.get(contract.digest)?.document;
  return contract && document ? { ...contract, document: { ...document } } : null;
}

export function mustFind(core: Pick<Core, 'store' | 'recordings'>, tenant: string, ref: string): RecordingRecord {
  const record = core.store.recordings.find(tenant, ref);
  if (record) return core.recordings.live(record);
  throw new HoldfastError('recording-not-found', `there is no recording ${JSON.stringify(ref)}`, {
    hint: 'holdfast recordings lists those there are.',
    details: { ref },
  });
}

function tapeOf(record: RecordingRecord): string {
  if (record.tape !== null) return record.tape;
  throw new HoldfastError(
    'not-found',
    `the recording ${record.id} has no tape: its network was none, or was not read`,
    {
      hint: 'Record a sandbox with a policy whose rules say `mediate: true`.',
    },
  );
}

function beingWritten({ id, sandbox }: RecordingRecord): HoldfastError {
  return new HoldfastError('in-use', `the recording ${id} is being written`, {
    hint: `End it first: holdfast record stop ${sandbox}`,
  });
}

/** Snapshots the recorder took, newest first: each may be what another came after. */
function removeUnneeded({ store }: Core, tenant: string, { id: recording, sandbox }: RecordingRecord): void {
  if (sandbox === null) return;
  const own = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = store.snapshots.listSnapshots({ tenant, sandbox, ...(cursor === undefined ? {} : { cursor }) });
    for (const { id, name } of page.items) if (name?.startsWith(`${recording} step `)) own.add(id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const { id } of store.snapshots.unreferencedSnapshots(tenant)) {
      if (own.delete(id)) store.snapshots.removeSnapshot(id);
    }
  }
}
