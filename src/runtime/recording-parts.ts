/** What the recorder needs of the other rooms: snapshots, what differs between two of them, what a recording begins with. */
import { type Clock, canonicalJson, isoTime, type Scope } from '../base/index.ts';
import { diffEntry, type FileSource, type FileStore, type TreeDifference } from '../filesystem/index.ts';
import type { SandboxController } from '../lifecycle/index.ts';
import type { TokenSecrets } from '../network/index.ts';
import { planDigest } from '../noise/index.ts';
import type { ChangedFile, RecordingHead, Recordings, SnapshotTaker } from '../recording/index.ts';
import { formatVersion, sha256 } from '../recording/index.ts';
import type { SandboxFaults } from '../schema/index.ts';
import type { SandboxRecord, Store } from '../state/index.ts';
import { kernelRelease } from './machine-facts.ts';
import { versionInfo } from './version.ts';

/** Larger files, and what comes after so much of all files that a step changed, are told by their digests. */
const changeLimits = { contentBytes: 256 * 1024, allBytes: 16 * 1024 * 1024 };
const mostChanges = 2000;
const snapshotTimeoutMs = 60_000;

const nameOf = (recording: string, step: number): string => `${recording} step ${step}`;

/** Was it taken by a recorder, and not because somebody asked for it? */
export function isRecorders({ name }: { name: string | null }): boolean {
  return name !== null && /^rec-[0-9a-z]{26} step \d+$/.test(name);
}

export interface TakerParts {
  controller(): SandboxController;
  store: Pick<Store, 'snapshots' | 'sandboxes'>;
  files: Pick<FileStore, 'changes'>;
  /** What is mounted in the sandbox's root is to stay. */
  holds(sandbox: string): boolean;
  scope: Scope;
}

export function snapshotTaker(parts: TakerParts, tenant: string, sandbox: string, recording: string): SnapshotTaker {
  return {
    take: async (step) => {
      await using scope = parts.scope.child({ name: 'recorded snapshot', timeoutMs: snapshotTimeoutMs });
      // The next step finds the names that this one had looked up. What a recording begins with, replays begin with too: there
      // it is a layer of its own.
      const keepsRoot = parts.holds(sandbox) ? ('always' as const) : step === 0 ? null : ('small' as const);
      const wish = { name: nameOf(recording, step), ...(keepsRoot === null ? {} : { keepsRoot }) };
      const taken = await parts.controller().snapshot(tenant, sandbox, wish, scope);
      const { id, digest, method, pauseMs, addedFiles, addedBytes } = taken;
      return { snapshot: id, digest: hexOf(digest), method, pauseMs, addedFiles, addedBytes };
    },
    changes: async (from, to) => {
      await using scope = parts.scope.child({ name: 'recorded changes', timeoutMs: snapshotTimeoutMs });
      return await changesBetween(parts, from, to, scope);
    },
  };
}

interface TapeTokens {
  /** Null: it plays a tape. */
  recording: string | null;
  secrets: TokenSecrets;
}

/** What is a token on the tape that a sandbox records, and in what one that plays such a tape asks: as far as it is known here. */
export async function tapeTokens(
  { recordings, store }: { recordings: Recordings; store: Pick<Store, 'sandboxes'> },
  { sandbox, tenant }: { sandbox: string; tenant: string },
  mode: 'record' | 'replay',
): Promise<TapeTokens | null> {
  const recorded = recordings.tokensOf(sandbox);
  if (recorded) return recorded;
  if (mode === 'record') return null;
  const redactor = await recordings.redactorOf(tenant);
  redactor.learnEnvironment(store.sandboxes.get(sandbox)?.environment ?? {});
  return { recording: null, secrets: redactor.secrets };
}

/** @param from null is the template that `to` lies on */
export async function changesBetween(
  parts: Pick<TakerParts, 'store' | 'files'>,
  from: string | null,
  to: string,
  scope: Scope,
): Promise<{ changes: ChangedFile[]; more: number }> {
  const after = sourceOf(parts, to);
  const before = from === null ? { layers: after.layers.slice(-1), workspace: null } : sourceOf(parts, from);
  const counted = (await parts.files.changes(before, after, changeLimits, scope)).filter(isChange);
  const more = Math.max(0, counted.length - mostChanges);
  const told = counted.slice(0, mostChanges).map(changeOf);
  return { changes: more > 0 ? told.map(withoutContent) : told, more };
}

/** Of very many files contents are not kept. */
function withoutContent({ content, digest, ...change }: ChangedFile): ChangedFile {
  return { ...change, content: null, digest: digest ?? (content && sha256(content)) };
}

/** A directory whose entries changed is none. */
function isChange({ kind, type, modeBefore, modeAfter }: TreeDifference): boolean {
  return !(type === 'directory' && kind === 'modified' && modeBefore === modeAfter);
}

function changeOf(difference: TreeDifference): ChangedFile {
  const { contentAfter: content, digestAfter: digest } = difference;
  return { ...diffEntry(difference), content, digest };
}

function sourceOf({ store }: Pick<TakerParts, 'store'>, snapshot: string): FileSource {
  return { layers: store.snapshots.getSnapshot(snapshot)?.layers ?? [], workspace: null };
}

const hexOf = (digest: string | null): string | null =>
  digest !== null && /^[0-9a-f]{64}$/.test(digest) ? digest : null;

export interface HeadFacts {
  id: string;
  name: string | null;
  record: SandboxRecord;
  templateDigest: string;
  contract: RecordingHead['contract'];
  /** Digest of a profile. */
  profile: string | null;
  faults: SandboxFaults | null;
  parent: RecordingHead['parent'];
  clock: Clock;
}

export function headOf(facts: HeadFacts): RecordingHead {
  const { id, name, record, templateDigest, contract, profile, faults, parent, clock } = facts;
  const { version, node } = versionInfo();
  const limits = Object.entries(record.limits).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return {
    format: formatVersion,
    id,
    name,
    tenant: record.tenant,
    createdAt: isoTime(clock.nowMs()),
    versions: { holdfast: version, node, kernel: kernelRelease() },
    sandbox: {
      id: record.id,
      substrate: record.substrate,
      isolation: record.isolation,
      user: record.user,
      environment: record.environment,
      limits: Object.fromEntries(limits),
      network: record.network,
      ...(record.clock === null ? {} : { clock: record.clock }),
    },
    base: { template: record.template, templateDigest, snapshot: record.snapshot },
    contract,
    profile,
    seeds: seedsOf(record, faults),
    parent,
    source: 'holdfast',
  };
}

/** Variables that make a language's hashing follow from them. */
const hashSeeds = ['PYTHONHASHSEED', 'PERL_HASH_SEED'];

/** By what draws from them. A model's stands in the request that it is asked with. */
function seedsOf({ seed, environment }: SandboxRecord, faults: SandboxFaults | null): Record<string, string> {
  const episode = faults && `${planDigest(faults.plan)} ${canonicalJson(faults.episode)}`;
  const given: [name: string, value: string | number | null | undefined][] = [
    ['sandbox', seed],
    ['faults', faults?.plan.seed],
    // Which draws: of the plan with this digest, in this episode.
    ['faults.episode', episode?.slice(0, 4096)],
    ...hashSeeds.map((name): [string, string | undefined] => [name, environment[name]]),
  ];
  return Object.fromEntries(given.flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])));
}
