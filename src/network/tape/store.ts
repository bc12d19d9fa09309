/**
 * All tapes of a home: makes, plays, lists, checks, exports and deletes them.
 *
 * 1. A tape belongs to a tenant; another tenant's tape is not there.
 * 2. All tapes of a tenant share `totalBytes`: a new one is refused when that is used up, and a running one that meets it
 *    is full.
 * 3. A tape that is being written can be read and listed, but neither deleted nor recovered.
 * 4. A lent one is there for whoever plays it: it is not listed, and a restart of the daemon ends it.
 */
import { readdir, stat } from 'node:fs/promises';
import { z } from 'zod';
import {
  type Clock,
  idMaker,
  isoTime,
  join,
  makePrivateDirectory,
  processStartTicks,
  type RandomSource,
  readFileIfPresent,
  rename,
  rm,
  syncDirectory,
  systemClock,
  systemRandom,
  writeFile,
  writeFileAtomic,
} from '../../base/index.ts';
import {
  asHoldfastError,
  type ExpandedPreset,
  HoldfastError,
  isId,
  type TapeInfo,
  type TapeRulesInput,
} from '../../schema/index.ts';
import type { TokenSecrets } from '../secrets/redactor.ts';
import { type CarriedTape, carryOut, layOut } from './carried.ts';
import { readContent } from './content.ts';
import {
  type Content,
  corruptTape,
  defaultTapeLimits,
  linesName,
  type TapeLimits,
  type TapeManifest,
  tapeFormat,
} from './format.ts';
import { exportHar } from './har.ts';
import { parseJson, readManifest, writeManifest } from './manifest.ts';
import type { Budget } from './messages.ts';
import { Player } from './player.ts';
import { countExchanges, openReader, type TapeReader, type TapeSummary, unknownTape } from './reader.ts';
import { Recorder } from './recorder.ts';
import { blobFiles, isBeingWritten, recoverTape, type TapeRecovery, visitContents } from './recovery.ts';
import { parseTapeRules } from './rules.ts';
import { WriterThread } from './writer-link.ts';

const defaultTotalBytes: number = 32 * 1024 ** 3;
const removedPrefix = 'removed-';
const lentName = 'lent';

export interface TapeStoreOptions {
  home: string;
  limits?: Partial<TapeLimits>;
  /** Of all tapes of one tenant. */
  totalBytes?: number;
  clock?: Clock;
  random?: RandomSource;
}

export interface NewTape {
  tenant: string;
  name?: string | null;
  sandbox?: string | null;
  policyDigest?: string | null;
  presets?: ExpandedPreset[];
  /** How it is to be matched, unless its player is told otherwise. */
  rules?: TapeRulesInput;
  /** What a recording calls a secret. */
  secrets?: TokenSecrets | null;
  /** Nothing more is written to it: the disk is full, or broken. Once. */
  onFailed?(tape: string, error: HoldfastError): void;
}

export interface PlayOptions {
  /** Instead of the tape's own. */
  rules?: TapeRulesInput;
  /** Dates of responses move with the time of the answer. */
  refreshDates?: boolean;
  /** What is asked has tokens in their place, as the tape has. */
  secrets?: TokenSecrets | null;
}

const pemPairSchema = z.strictObject({ certificate: z.string(), key: z.string() });
type PemPair = z.infer<typeof pemPairSchema>;

async function keptOrMade(path: string, make: () => Promise<PemPair>): Promise<PemPair> {
  const text = await readFileIfPresent(path);
  if (text !== null) {
    const parsed = pemPairSchema.safeParse(parseJson(text));
    if (!parsed.success) throw corruptTape(path, 'it is no certificate authority');
    return parsed.data;
  }
  const made = await make();
  await writeFileAtomic(path, JSON.stringify(made), { mode: 0o600, sync: true });
  return made;
}

export async function openTapeStore(options: TapeStoreOptions): Promise<TapeStore> {
  const directory = join(options.home, 'tapes');
  await makePrivateDirectory(directory);
  for (const name of await readdir(directory)) {
    if (name.startsWith(removedPrefix)) await rm(join(directory, name), { recursive: true, force: true });
  }
  return new TapeStore(directory, options);
}

export class TapeStore {
  readonly #directory: string;
  readonly #limits: TapeLimits;
  readonly #totalBytes: number;
  readonly #clock: Clock;
  readonly #makeId: ReturnType<typeof idMaker>;
  readonly #thread: WriterThread;
  readonly #recorders = new Map<string, Recorder>();
  /** Being read or made. */
  readonly #authorities = new Map<string, Promise<PemPair>>();
  readonly #budgets = new Map<string, { used: BigInt64Array; open: number }>();

  constructor(directory: string, options: TapeStoreOptions) {
    this.#directory = directory;
    this.#limits = { ...defaultTapeLimits, ...options.limits };
    this.#totalBytes = options.totalBytes ?? defaultTotalBytes;
    this.#clock = options.clock ?? systemClock;
    this.#thread = new WriterThread(this.#clock);
    this.#makeId = idMaker(this.#clock, options.random ?? systemRandom);
  }

  async create(tape: NewTape): Promise<Recorder> {
    const rules = parseTapeRules(tape.rules ?? {});
    const budget = await this.#budgetOf(tape.tenant);
    try {
      return await this.#create({ ...tape, rules }, budget);
    } catch (error) {
      this.#release(tape.tenant);
      throw error;
    }
  }

  /** A tape that is still being written plays what it has so far. */
  async player(tenant: string, id: string, options: PlayOptions = {}): Promise<Player> {
    const reader = await this.#reader(tenant, id);
    try {
      const player = new Player(reader, {
        rules: options.rules ? parseTapeRules(options.rules) : reader.manifest.rules,
        bodyBytes: this.#limits.bodyBytes,
        refreshDates: options.refreshDates ?? false,
        secrets: options.secrets ?? null,
        clock: this.#clock,
      });
      await player.prepare();
      return player;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Oldest first. */
  async list(tenant: string): Promise<TapeInfo[]> {
    const tapes = await this.#tapes();
    return await Promise.all(tapes.filter((tape) => tape.tenant === tenant).map((tape) => this.#describe(tape)));
  }

  async info(tenant: string, id: string): Promise<TapeInfo> {
    return this.#describe(await this.#manifest(tenant, id));
  }

  /**
   * The exchanges with these numbers, for elsewhere.
   *
   * @throws HoldfastError `file-too-large` where that is more than can travel
   */
  async carry(tenant: string, id: string, numbers: ReadonlySet<number>): Promise<CarriedTape> {
    const reader = await this.#reader(tenant, id);
    try {
      return await carryOut(reader, numbers);
    } finally {
      await reader.close();
    }
  }

  /** Lays it out to be played here, until it is given back. Answers its id. */
  async lend(tenant: string, tape: CarriedTape): Promise<string> {
    const id = this.#makeId('tape');
    const directory = join(this.#directory, lentName, id);
    try {
      await layOut(directory, tape, {
        ...this.#newManifest(id, { tenant, rules: tape.rules, presets: tape.presets }),
        writer: null,
      });
      return id;
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  async giveBack(id: string): Promise<void> {
    if (isId('tape', id)) await rm(join(this.#directory, lentName, id), { recursive: true, force: true });
  }

  /** What the presets of its policy stood for. */
  async presets(tenant: string, id: string): Promise<ExpandedPreset[]> {
    return (await this.#manifest(tenant, id)).presets;
  }

  /** It was made of what a recording recorded: tokens stand in it for secrets. */
  async hasTokens(tenant: string, id: string): Promise<boolean> {
    return (await this.#manifest(tenant, id)).tokens === true;
  }

  /** Reads every line and every body; throws `tape-corrupt` at the first that is wrong. */
  async verify(tenant: string, id: string): Promise<TapeSummary & { blobs: number }> {
    const reader = await this.#reader(tenant, id);
    try {
      const contents = new Map<string, Content>();
      const summary = await visitContents(reader, (content) => {
        if (content.blob) contents.set(content.digest, content);
      });
      for (const content of contents.values()) {
        for await (const _ of readContent(reader.directory, content));
      }
      return { ...summary, blobs: contents.size };
    } finally {
      await reader.close();
    }
  }

  /** The tape as HAR 1.2, in pieces. */
  async *har(tenant: string, id: string, version: string): AsyncGenerator<string> {
    const reader = await this.#reader(tenant, id);
    try {
      yield* exportHar(reader, version);
    } finally {
      await reader.close();
    }
  }

  async remove(tenant: string, id: string): Promise<void> {
    const manifest = await this.#manifest(tenant, id);
    if (isBeingWritten(manifest)) {
      throw new HoldfastError('in-use', `the tape ${id} is being written`, {
        hint: 'Delete it when its sandbox is gone, or change the policy of the sandbox first.',
      });
    }
    // Gone at once for everybody; a crash in between is made good when the store is opened.
    const removed = join(this.#directory, removedPrefix + id);
    await rename(join(this.#directory, id), removed);
    await rm(removed, { recursive: true, force: true });
    await syncDirectory(this.#directory);
  }

  /**
   * The authority that sandboxes trust which play a tape at a given time: the same for all of them, so that what lies in a
   * frozen world is the same each time. Kept beside the tape, for its owner alone: it signs what nobody else ever sees.
   */
  async authority(place: { tenant: string; id: string; at: string }, make: () => Promise<PemPair>): Promise<PemPair> {
    const { tenant, id, at } = place;
    await this.#manifest(tenant, id);
    const path = join(await this.#directoryOf(id), `authority-${Date.parse(at)}.json`);
    const made = this.#authorities.get(path) ?? keptOrMade(path, make);
    this.#authorities.set(path, made);
    try {
      return await made;
    } finally {
      this.#authorities.delete(path);
    }
  }

  /** Closes every tape whose writer died, as far as it was written. Before other processes of this home make tapes. */
  async recover(): Promise<TapeRecovery[]> {
    await rm(join(this.#directory, lentName), { recursive: true, force: true });
    const done: TapeRecovery[] = [];
    for (const id of await this.#ids()) {
      const recovery = await this.#recover(id).catch((cause: unknown) => {
        const problem = asHoldfastError(cause);
        return { tape: id, exchanges: 0, cutBytes: 0, blobsRemoved: 0, problem };
      });
      if (recovery) done.push(recovery);
    }
    return done;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#recorders.values()].map((recorder) => recorder.close()));
    await this.#thread.end();
  }

  /** Null when there is nothing to do. */
  async #recover(id: string): Promise<TapeRecovery | null> {
    const directory = join(this.#directory, id);
    const manifest = await readManifest(directory);
    if (manifest?.closed || (manifest && isBeingWritten(manifest))) return null;
    if (!manifest) {
      await rm(directory, { recursive: true });
      return null;
    }
    const reader = await openReader(directory, id);
    try {
      return await recoverTape(reader, this.#clock);
    } finally {
      await reader.close();
    }
  }

  async #create(tape: NewTape & { rules: TapeManifest['rules'] }, budget: Budget): Promise<Recorder> {
    const id = this.#makeId('tape');
    const directory = join(this.#directory, id);
    await makePrivateDirectory(directory);
    await writeFile(join(directory, linesName), '', { mode: 0o600 });
    await writeManifest(directory, this.#newManifest(id, tape));
    await syncDirectory(this.#directory);
    const recorder = new Recorder({
      tape: id,
      link: this.#thread.open({ directory, limits: this.#limits, budget }, (error) => tape.onFailed?.(id, error)),
      limits: this.#limits,
      clock: this.#clock,
      onTokens: async () => {
        const manifest = await readManifest(directory);
        if (manifest) await writeManifest(directory, { ...manifest, tokens: true });
      },
      onClosed: async () => {
        this.#recorders.delete(id);
        this.#release(tape.tenant);
        await disown(directory);
      },
    });
    this.#recorders.set(id, recorder);
    if (tape.secrets) await recorder.takeOut(tape.secrets);
    return recorder;
  }

  #newManifest(id: string, tape: NewTape & { rules: TapeManifest['rules'] }): TapeManifest {
    return {
      format: tapeFormat,
      id,
      name: tape.name ?? null,
      tenant: tape.tenant,
      sandbox: tape.sandbox ?? null,
      createdAt: isoTime(this.#clock.nowMs()),
      policyDigest: tape.policyDigest ?? null,
      rules: tape.rules,
      presets: tape.presets ?? [],
      writer: { pid: process.pid, startTicks: processStartTicks(process.pid) ?? 0 },
      closed: null,
    };
  }

  /** Counted anew when the tenant has no tape open, as tapes may have been deleted by another process. */
  async #budgetOf(tenant: string): Promise<Budget> {
    const budget = this.#budgets.get(tenant) ?? { used: new BigInt64Array(new SharedArrayBuffer(8)), open: 0 };
    this.#budgets.set(tenant, budget);
    if (budget.open++ === 0) {
      const infos = await this.list(tenant);
      Atomics.add(budget.used, 0, BigInt(infos.reduce((sum, { bytes }) => sum + bytes, 0)));
    }
    const used = Number(Atomics.load(budget.used, 0));
    if (used < this.#totalBytes) return { used: budget.used, limit: this.#totalBytes };
    this.#release(tenant);
    throw new HoldfastError('quota-exceeded', `the tapes of ${tenant} take ${used} of ${this.#totalBytes} bytes`, {
      hint: 'Delete tapes that are not needed any more.',
      details: { usedBytes: used, limitBytes: this.#totalBytes },
    });
  }

  #release(tenant: string): void {
    const budget = this.#budgets.get(tenant);
    if (budget && --budget.open <= 0) this.#budgets.delete(tenant);
  }

  async #tapes(): Promise<TapeManifest[]> {
    const ids = await this.#ids();
    const manifests = await Promise.all(ids.map((id) => readManifest(join(this.#directory, id))));
    return manifests.filter((manifest) => manifest !== null);
  }

  async #ids(): Promise<string[]> {
    return (await readdir(this.#directory)).filter((name) => isId('tape', name)).sort();
  }

  async #manifest(tenant: string, id: string): Promise<TapeManifest> {
    const manifest = isId('tape', id) ? await readManifest(await this.#directoryOf(id)) : null;
    if (manifest?.tenant !== tenant) throw unknownTape(id);
    return manifest;
  }

  async #reader(tenant: string, id: string): Promise<TapeReader> {
    await this.#manifest(tenant, id);
    return await openReader(await this.#directoryOf(id), id);
  }

  async #directoryOf(id: string): Promise<string> {
    const lent = join(this.#directory, lentName, id);
    return (await stat(lent).catch(() => null)) ? lent : join(this.#directory, id);
  }

  async #describe(manifest: TapeManifest): Promise<TapeInfo> {
    const { id, name, sandbox, createdAt, closed, presets } = manifest;
    const facts = closed ?? (await this.#measure(id));
    return {
      id,
      name,
      sandbox,
      createdAt,
      exchanges: facts.exchanges,
      bytes: facts.bytes,
      open: isBeingWritten(manifest),
      root: closed?.root ?? null,
      presets: presets.map(({ preset }) => preset),
      // Whoever plays does so in the gateway.
      plays: [],
    };
  }

  /** Of a tape that is not closed: what it has now. */
  async #measure(id: string): Promise<{ exchanges: number; bytes: number }> {
    const directory = join(this.#directory, id);
    const sizes = await Promise.all(
      [join(directory, linesName), ...(await blobFiles(directory))].map((path) =>
        stat(path).catch(() => ({ size: 0 })),
      ),
    );
    const exchanges = await countExchanges(join(directory, linesName));
    return { exchanges, bytes: sizes.reduce((sum, { size }) => sum + size, 0) };
  }
}

/** A tape that could not be closed is nobody's: it can be deleted, or recovered. Where even this cannot be written, its process has to end first. */
async function disown(directory: string): Promise<void> {
  const manifest = await readManifest(directory);
  if (!manifest || manifest.closed) return;
  await writeManifest(directory, { ...manifest, writer: null }).catch(() => undefined);
}
