/**
 * The audit log: what agents were asked, what they did, who decided; in `home/audit`, sealed by person, chained, and with
 * signed checkpoints in a second place.
 *
 * 1. Whoever logs does so before the effect: `append` puts an entry into the operating system's hands, `durable` on the disk.
 *    What `appendLater` takes is there after `handOver`, in one write for many, or that says that some of it is not.
 * 2. When it cannot be written, every append and every wait is refused with `audit-unavailable`, and nobody may go on
 *    unlogged. Whether it is where it was is looked at once a turn of the event loop, and before each flush. It is opened again by itself as soon as it can be, if it still ends where it ended.
 * 3. A log that is shorter than a checkpoint of ours, or not there although there are keys or checkpoints, is refused
 *    (`audit-corrupt`), and never begun anew.
 * 4. Where a program keeps checkpoints (keeper.ts), what it does not take in time stops the log too.
 */
import {
  type Clock,
  existsSync,
  join,
  type Log,
  makePrivateDirectory,
  type RandomSource,
  readdir,
} from '../base/index.ts';
import {
  type AuditDecision,
  type AuditKind,
  type AuditReport,
  asHoldfastError,
  HoldfastError,
} from '../schema/index.ts';
import { firstHash, type Head, openLog } from '../state/index.ts';
import { checkpointAt, openSigner, type Signer } from './checkpoint.ts';
import { auditFormat, sealLine } from './entry.ts';
import { type HeadFile, type Mark, readHead, writeHead } from './head.ts';
import { askAgainMs, Keeper } from './keeper.ts';
import { type Keyring, openKeyring } from './keyring.ts';
import { Lines, treeOf } from './lines.ts';
import { Frontier, type FrontierFacts } from './merkle.ts';
import { openPlace, type Place } from './places.ts';
import { verifyAudit } from './verify.ts';

export interface AuditPlaces {
  /** Where the log is. */
  directory: string;
  /** Keys of people, the key that seals them, and the key that signs checkpoints. */
  keys: string;
  /** The second place: a directory, or an address that takes checkpoints. */
  checkpoints: string;
  /** A program that takes them too. */
  keeper?: string;
}

export interface AuditParts {
  places: AuditPlaces;
  clock: Clock;
  random: RandomSource;
  log: Log;
  segmentBytes?: number;
  onChange?(state: 'down' | 'up', reason: string | null): void;
}

export interface NewAuditEntry {
  kind: AuditKind;
  tenant: string;
  session?: string;
  position?: number;
  agent?: string;
  manifest?: string;
  model?: string;
  decision?: AuditDecision;
  /** Whom it is about, by name: the body is sealed with their key. */
  person?: string | null;
  /** Who did it, by name, where that is somebody else. */
  actor?: string | null;
  body: Record<string, unknown>;
}

/** All there is while it can be written. */
export interface Opened {
  log: Lines;
  ring: Keyring;
  signer: Signer;
  tree: Frontier;
  head: HeadFile;
}

const signerFile = 'checkpoint.key';
const checkpointEvery = 1000;
const checkpointWithinMs = 60_000;
const reopenAfterMs = 250;
const longestReopenMs = 5000;

export class AuditLog {
  readonly place: Place;
  readonly #keeper: Keeper | null;
  readonly #parts: AuditParts;
  #opened: Opened | null = null;
  #failure: HoldfastError | null = null;
  /** While it is down: of the newest entry that was ever acknowledged. */
  #last: Head = { sequence: 0, hash: firstHash };
  /** Something was appended in this turn of the event loop to be handed over later. */
  #owes = false;
  /** Why some of that never will be. */
  #lost: HoldfastError | null = null;
  #cancelCheckpoint: (() => void) | null = null;
  #cancelReopen: (() => void) | null = null;
  #checkpointing: Promise<void> = Promise.resolve();
  #publishedSize = 0;
  /** Of the log when a checkpoint was last asked for by its growth or by time. */
  #askedSize = 0;
  /** One that waits for a slow place is not joined by others: the next covers all that they would have. */
  #isPublishing = false;
  /** What the keeper did not take in time was told. */
  #isOverdue = false;
  #closed = false;

  /** Never fails: a log that cannot be opened is down, and says why. */
  static async open(parts: AuditParts): Promise<AuditLog> {
    const log = new AuditLog(parts);
    try {
      await log.#open(true);
    } catch (error) {
      log.#goDown(error);
    }
    return log;
  }

  private constructor(parts: AuditParts) {
    this.#parts = parts;
    this.place = openPlace(parts.places.checkpoints);
    const { keeper } = parts.places;
    this.#keeper = keeper === undefined ? null : new Keeper(keeper, parts.clock);
  }

  /** Null: it can be written. */
  get failure(): HoldfastError | null {
    return this.#failure ?? this.#keeper?.overdue() ?? null;
  }

  /** The newest entry that the operating system has. */
  get last(): Head {
    return this.#opened?.log.handed ?? this.#last;
  }

  get places(): AuditPlaces {
    return this.#parts.places;
  }

  /** @throws HoldfastError `audit-unavailable` */
  get open(): Opened {
    if (this.#opened) return this.#opened;
    throw this.#unavailable();
  }

  /** Answers the entry's sequence. @throws HoldfastError `audit-unavailable`, and nothing was logged */
  append(entry: NewAuditEntry): number {
    return this.#append(entry, 'append');
  }

  /** The same but for its write, which is one for many: before anything comes of it, and in this turn of the event loop, `handOver`. */
  appendLater(entry: NewAuditEntry): number {
    return this.#append(entry, 'appendLater');
  }

  /** @throws HoldfastError `audit-unavailable`, once, when some of what was to be handed over later in this turn could not be */
  handOver(): void {
    this.#handOver();
    const lost = this.#lost;
    this.#lost = null;
    if (lost) throw lost;
  }

  #handOver(): void {
    if (!this.#owes) return;
    try {
      this.#opened?.log.handOver();
    } catch (error) {
      this.#goDown(error);
    }
    this.#owes = false;
    this.#grew();
  }

  #append(entry: NewAuditEntry, how: 'append' | 'appendLater'): number {
    const { log, ring, tree } = this.open;
    this.#refuseOverdue();
    let head: Head;
    try {
      const { kind, tenant, session = null, position = null, decision = null, body } = entry;
      const { agent = null, manifest = null, model = null, person = null, actor = null } = entry;
      const key = ring.keyOf(tenant, person);
      const whose = person === null ? null : key.id;
      const by = actor === null || actor === person ? null : ring.keyOf(tenant, actor).id;
      const about = { kind, tenant, session, position, agent, manifest, model, decision, person: whose, actor: by };
      head = log[how](({ sequence, at, previousHash }) => {
        const envelope = { version: 1 as const, sequence, at, ...about };
        return sealLine(key, { envelope, body, previousHash }, this.#parts.random);
      });
    } catch (error) {
      this.#goDown(error);
      throw this.#unavailable();
    }
    tree.append(Buffer.from(head.hash, 'hex'));
    if (how === 'append') this.#grew();
    else this.#owe();
    return head.sequence;
  }

  #owe(): void {
    if (this.#owes) return;
    this.#owes = true;
    // Behind whoever asked for it: what was undone meanwhile is written as well.
    setImmediate(() => {
      this.#handOver();
      const lost = this.#lost;
      // Whoever appended some of it may be to ask yet, behind this but before that: a group is committed by then.
      if (lost) setImmediate(() => this.#forget(lost));
    });
  }

  /** Nobody asked for what was lost: it was undone. */
  #forget(lost: HoldfastError): void {
    if (this.#lost === lost) this.#lost = null;
  }

  #grew(): void {
    if (!this.#opened) return;
    this.#keeper?.appended();
    this.#planCheckpoint(this.#opened.tree.size);
  }

  /** Whether there is a key of that person: nobody is written down by being asked about. */
  knows(tenant: string, person: string): boolean {
    return this.open.ring.pseudonymOf(tenant, person) !== null;
  }

  /** Resolves when all that was appended is on the disk. @throws HoldfastError `audit-unavailable` */
  async durable(): Promise<void> {
    const { log, ring } = this.open;
    try {
      await Promise.all([log.durable(), ring.durable()]);
    } catch (error) {
      this.#goDown(error);
      throw this.#unavailable();
    }
  }

  /** Signs how far the log has come and puts that into the second place; answers what was signed. */
  async checkpoint(): Promise<Mark> {
    this.#handOver();
    const opened = this.open;
    const mark = this.#sign(opened, opened.tree.facts(), this.last.hash);
    await this.durable();
    await this.#inTurn(async () => {
      if ((opened.head.newest?.tree.size ?? 0) < mark.tree.size) {
        opened.head = { ...opened.head, newest: mark };
        await writeHead(this.#parts.places.directory, opened.head);
      }
      await this.#publishTo(opened, mark);
      this.#publishedSize = Math.max(this.#publishedSize, mark.tree.size);
    });
    return mark;
  }

  /** One that does not take it does not keep it from the other. */
  async #publishTo({ tree }: Opened, { checkpoint, tree: { size } }: Mark): Promise<void> {
    const puts = [this.place.put(size, checkpoint)];
    if (this.#keeper) puts.push(this.#keeper.put(size, checkpoint, () => tree.size <= size));
    for (const put of await Promise.allSettled(puts)) if (put.status === 'rejected') throw put.reason;
    this.#noteKept();
  }

  #refuseOverdue(): void {
    const overdue = this.#keeper?.overdue() ?? null;
    if (!overdue) return;
    if (!this.#isOverdue) this.#parts.onChange?.('down', overdue.message);
    this.#isOverdue = true;
    throw overdue;
  }

  #noteKept(): void {
    if (!this.#isOverdue || this.#keeper?.overdue()) return;
    this.#isOverdue = false;
    this.#parts.onChange?.('up', null);
  }

  /** What was deleted after its time ends with this tree; the segment is the first that is kept. */
  async markDeleted(segment: number, tree: FrontierFacts, hash: string): Promise<void> {
    const opened = this.open;
    const mark = this.#sign(opened, tree, hash);
    await this.#inTurn(async () => {
      await this.place.put(tree.size, mark.checkpoint);
      opened.head = { ...opened.head, deleted: { ...mark, segment } };
      await writeHead(this.#parts.places.directory, opened.head);
    });
  }

  /** Also of a log that is down. @param checkpoints from elsewhere, to be compared too */
  async verify(checkpoints: readonly string[] = []): Promise<AuditReport> {
    const { directory, keys } = this.#parts.places;
    const signer = this.#opened?.signer ?? (await openSigner(join(keys, signerFile), this.#parts.random));
    const until = this.last.sequence > 0 ? { until: this.last } : {};
    const { place } = this;
    // No checkpoint is on its way meanwhile.
    return this.#inTurn(() => verifyAudit({ directory, place, publicKey: signer.publicKey, ...until, checkpoints }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelReopen?.();
    this.#cancelCheckpoint?.();
    const isNew = (this.#opened?.tree.size ?? 0) > this.#publishedSize;
    if (isNew) await this.checkpoint().catch((error: unknown) => this.#notPublished(error));
    await this.#checkpointing;
    const opened = this.#opened;
    if (!opened) return;
    this.#last = this.last;
    this.#opened = null;
    await opened.log.close();
    opened.ring.close();
  }

  #sign({ signer }: Opened, tree: FrontierFacts, hash: string): Mark {
    const checkpoint = checkpointAt(tree.size, new Frontier(tree).root(), this.#parts.clock.nowMs());
    return { checkpoint: signer.sign(checkpoint), tree, hash };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#checkpointing.then(work);
    this.#checkpointing = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #planCheckpoint(size: number, withinMs: number = checkpointWithinMs): void {
    if (size - this.#askedSize >= checkpointEvery) this.#publish();
    this.#cancelCheckpoint ??= this.#parts.clock.after(withinMs, () => {
      this.#cancelCheckpoint = null;
      this.#publish();
    });
  }

  #publish(): void {
    const { size } = this.#opened?.tree ?? { size: 0 };
    if (this.#isPublishing || size <= this.#publishedSize) return;
    this.#askedSize = size;
    this.#isPublishing = true;
    this.checkpoint()
      .catch((error: unknown) => this.#notPublished(error))
      .finally(() => {
        this.#isPublishing = false;
      });
  }

  /** The log goes on: the next checkpoint covers all that this one did. */
  #notPublished(error: unknown): void {
    this.#parts.log.error({ err: error, place: this.place.name }, 'a checkpoint of the audit log is not in its place');
    if (this.#closed || !this.#opened) return;
    this.#planCheckpoint(this.#askedSize, this.#keeper ? askAgainMs : checkpointWithinMs);
  }

  #unavailable(): HoldfastError {
    const why = this.#failure?.message ?? 'it was closed';
    return new HoldfastError('audit-unavailable', `the audit log cannot be written: ${why}`, {
      hint: 'Make room, or bring its files back; sessions that wait for it go on by themselves.',
      details: { directory: this.#parts.places.directory },
      ...(this.#failure ? { cause: this.#failure } : {}),
    });
  }

  #goDown(error: unknown): void {
    const opened = this.#opened;
    if (this.#failure && !opened) return;
    this.#last = this.last;
    this.#opened = null;
    this.#failure = asHoldfastError(error);
    if (this.#owes) this.#lost = this.#unavailable();
    opened?.log.close().catch(() => undefined);
    opened?.ring.close();
    this.#parts.log.error({ err: error }, 'the audit log cannot be written: no session goes on');
    this.#parts.onChange?.('down', this.#failure.message);
    this.#planReopen(reopenAfterMs);
  }

  #planReopen(afterMs: number): void {
    if (this.#closed) return;
    this.#cancelReopen = this.#parts.clock.after(afterMs, () => {
      this.#open(this.#last.sequence === 0).then(
        () => this.#parts.onChange?.('up', null),
        (error: unknown) => {
          this.#failure = asHoldfastError(error);
          this.#planReopen(Math.min(longestReopenMs, afterMs * 2));
        },
      );
    });
  }

  async #open(mayBegin: boolean): Promise<void> {
    const { places, clock, random } = this.#parts;
    const { directory, keys } = places;
    await this.#refuseLost(mayBegin);
    await makePrivateDirectory(directory);
    const signer = await openSigner(join(keys, signerFile), random);
    const head = await readHead(directory, signer.publicKey);
    const { deleted, newest } = head;
    const base = deleted
      ? { segment: deleted.segment, before: { sequence: deleted.tree.size, hash: deleted.hash } }
      : undefined;
    const found = await openLog(directory, auditFormat, base);
    const wanted = Math.max(this.#last.sequence, newest?.tree.size ?? 0);
    if (found.end.last.sequence < wanted) throw cutShort(directory, found.end.last.sequence, wanted);
    const { segmentBytes } = this.#parts;
    const log = new Lines(found, auditFormat, { clock, ...(segmentBytes === undefined ? {} : { segmentBytes }) });
    try {
      const tree = await treeOf(log, newest ?? deleted);
      // Its first segment is there before any key is: keys without a log are a log that was taken away.
      const ring = await openKeyring(keys, random);
      if (log.torn) this.#parts.log.warn({ file: log.torn.file }, 'the audit log ended in half a line, which was cut');
      this.#opened = { log, ring, signer, tree, head };
      this.#failure = null;
    } catch (error) {
      await log.close().catch(() => undefined);
      throw error;
    }
  }

  /** Keys or checkpoints without a log: somebody took it away. */
  async #refuseLost(mayBegin: boolean): Promise<void> {
    const { directory, keys } = this.#parts.places;
    await makePrivateDirectory(keys);
    const names = await readdir(directory).catch(() => []);
    if (names.some((name) => name.endsWith('.jsonl'))) return;
    const notes = await this.place.all().catch(() => null);
    const isBegun = existsSync(join(keys, 'people.keys')) || (notes !== null && notes.length > 0);
    if (mayBegin && !isBegun) return;
    throw new HoldfastError('audit-corrupt', `the audit log is not in ${directory}, although it was begun`, {
      hint: 'Bring its files back. To begin anew, move its keys and its checkpoints away too.',
      details: { directory },
    });
  }
}

function cutShort(directory: string, found: number, wanted: number): HoldfastError {
  return new HoldfastError(
    'audit-corrupt',
    `the audit log in ${directory} ends at ${found}, and had ${wanted} entries`,
    {
      hint: 'Bring its files back from a backup; holdfast audit verify says what is missing.',
      details: { directory, found, wanted },
    },
  );
}
