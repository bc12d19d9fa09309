/** Recordings out of a home and into it, in every format there is. */
import { type Clock, canonicalJson, rm, type Scope, Semaphore } from '../base/index.ts';
import { HoldfastError, type RecordingFormat } from '../schema/index.ts';
import type { RecordingRecord } from '../state/index.ts';
import { type Brought, bringAside } from './aside.ts';
import { fromAtif, toAtif } from './atif.ts';
import { packBundle, unpackFiles } from './bundle.ts';
import { formatVersion, type RecordingHead, sha256 } from './format.ts';
import { pieces } from './listed.ts';
import { toOtel } from './otel.ts';
import { openRecording, type RecordingReader } from './reader.ts';
import { blobBytesOf, survey } from './recovery.ts';
import { encodeValue } from './values.ts';
import { beginRecording } from './writer.ts';

export interface ImportPlace {
  directory: string;
  id: string;
  tenant: string;
  name: string | null;
  createdAt: string;
  clock: Clock;
  /** Hears of what is about to be kept. @throws HoldfastError where there is no room for it */
  take?(bytes: number): void;
  /** With it the work ends. */
  scope?: Scope;
}

/** It is parsed whole, in the daemon. */
const largestTrajectoryBytes = 16 * 1024 * 1024;
const largestSpansBytes = 256 * 1024 * 1024;
/** What was parsed is many times larger than its text: one at a time. */
const turns = new Semaphore(1);

/** @param mostBytes what is more is refused: a trajectory before any of it goes out, spans when they come to it */
export async function* exportRecording(
  reader: RecordingReader,
  format: Exclude<RecordingFormat, 'har' | 'models'>,
  mostBytes: number = format === 'atif' ? largestTrajectoryBytes : largestSpansBytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (format === 'bundle') yield* packBundle(reader);
  else if (format === 'otel') yield* pieces(await toOtel(reader), mostBytes);
  else yield* await turns.run(async () => whole(pieces(await toAtif(reader), mostBytes)));
}

async function whole(content: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const piece of content) all.push(piece);
  return all;
}

export async function importRecording(
  data: AsyncIterable<Uint8Array>,
  format: 'bundle' | 'atif',
  place: ImportPlace,
): Promise<RecordingRecord> {
  try {
    const brought = format === 'bundle' ? await bundleIn(data, place) : await atifIn(data, place);
    const { lineBytes, ...counts } = brought;
    return {
      id: place.id,
      name: place.name,
      tenant: place.tenant,
      sandbox: null,
      state: 'imported',
      createdAt: place.createdAt,
      ...counts,
      bytes: lineBytes + (await blobBytesOf(place.directory)),
      tape: null,
      parent: null,
    };
  } catch (error) {
    await rm(place.directory, { recursive: true, force: true });
    throw error;
  }
}

async function bundleIn(data: AsyncIterable<Uint8Array>, place: ImportPlace): Promise<Brought> {
  const { directory, id, tenant, name } = place;
  await unpackFiles(data, directory, (bytes) => place.take?.(bytes));
  return bringAside({ directory, id, tenant, name }, place.scope);
}

async function atifIn(data: AsyncIterable<Uint8Array>, place: ImportPlace): Promise<Brought> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of data) {
    bytes += piece.length;
    if (bytes > largestTrajectoryBytes) {
      throw new HoldfastError('file-too-large', `a trajectory is larger than ${largestTrajectoryBytes} bytes`);
    }
    place.take?.(piece.length);
    parts.push(piece);
  }
  return turns.run(() => writeAtif(Buffer.concat(parts).toString(), place), place.scope);
}

async function writeAtif(text: string, place: ImportPlace): Promise<Brought> {
  const trajectory = fromAtif(text);
  const head = headOf(place, trajectory.session);
  const clock = { ...place.clock };
  const writer = await beginRecording({ directory: place.directory, head, clock });
  writer.append({
    type: 'recording-begun',
    manifest: { ...head, from: trajectory.version },
    resumed: false,
    cutBytes: 0,
  });
  const put = (value: Uint8Array) => writer.put(value);
  const json = (value: unknown) => put(Buffer.from(canonicalJson(encodeValue(value, put))));
  let step = 0;
  for (const each of trajectory.steps) {
    clock.nowMs = () => each.atMs;
    if (each.note) writer.append({ type: 'note', ...each.note });
    if (each.model?.type === 'model-call') {
      const { model, response, inputTokens = null, outputTokens = null } = each.model;
      writer.append({
        type: 'model-call',
        step,
        model,
        provider: null,
        request: json(null),
        requestDigest: sha256('null'),
        response: json(response),
        durationMs: null,
        usage: { inputTokens, outputTokens },
        failure: null,
        cause: null,
      });
    }
    for (const { callId, name, input, output } of each.calls) {
      step++;
      const content = json(input);
      const begun = { step, callId, kind: 'tool' as const, name, input: content, inputDigest: content.digest };
      writer.append({ type: 'step-begun', ...begun, mutates: true });
      const ended = {
        step,
        ok: true,
        durationMs: 0,
        output: json(output),
        failure: null,
        cause: null,
        causeRule: null,
      };
      writer.append({ type: 'step-ended', ...ended });
    }
  }
  writer.append({ type: 'recording-ended', reason: 'imported', steps: step });
  const closing = { at: place.createdAt, reason: 'imported', steps: step, redactions: {}, snapshots: [], tape: null };
  await writer.close(closing);
  const { steps, events, failures, lineBytes } = await survey(await openRecording(place.directory));
  return { endedAt: closing.at, steps, events, failures: failures.counts, lineBytes };
}

function headOf({ id, tenant, name, createdAt }: ImportPlace, session: string | null): RecordingHead {
  return {
    format: formatVersion,
    id,
    name,
    tenant,
    createdAt,
    versions: { holdfast: '', node: '', kernel: '' },
    sandbox: {
      id: (session ?? '').slice(0, 256),
      substrate: 'fake',
      isolation: 'none',
      user: 'agent',
      environment: {},
      limits: {},
      network: 'none',
    },
    base: { template: '', templateDigest: '', snapshot: null },
    contract: null,
    profile: null,
    seeds: {},
    parent: null,
    source: 'atif',
  };
}
