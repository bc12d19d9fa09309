/**
 * All recordings of a home: which sandbox has which recorder, and what becomes of them when a sandbox or the daemon ends.
 *
 * 1. A sandbox has at most one open recording; its row is written after its files, so that a row always has them.
 * 2. The daemon's death ends no recording: the next start takes it up and says so, or closes it when its sandbox is gone.
 *    Where it cannot be taken up, its sandbox does no step until somebody ends it, or, where it is whole and there was no room,
 *    until the next call finds some.
 * 3. Snapshots a recording needs are kept by its rows until it is deleted.
 * 4. A full disk keeps none from being ended and deleted: its row is closed, and its manifest says so as soon as there is room.
 */
import { isoTime, join, makePrivateDirectory, mapDiskFull, rm } from '../base/index.ts';
import type { Redactor, TokenFacts, TokenSecrets } from '../network/index.ts';
import { asHoldfastError, HoldfastError } from '../schema/index.ts';
import type { RecordingRecord } from '../state/index.ts';
import { clockOf, entropyOf, noQuota, redacted, rowOf } from './beginning.ts';
import { BrokenRecordings, isCorrupt, placeOf } from './broken.ts';
import { FailureCounts } from './failure-counts.ts';
import type { RecordingClosing, RecordingHead } from './format.ts';
import { Incoming } from './incoming.ts';
import { openRecording, type RecordingReader } from './reader.ts';
import { notRecorded, Recorder } from './recorder.ts';
import type { RecordingsParts, TakenUp } from './recordings-parts.ts';
import { blobBytesOf, type LeftBehind, removeHalfMade, takeUp, tellLost } from './recovery.ts';
import { Redactors } from './redactors.ts';
import { SnapshotBases } from './snapshot-bases.ts';
import { LateEnds } from './unwritten-ends.ts';
import { beginRecording, leaveFailed, RecordingWriter } from './writer.ts';

/** Of the sandbox itself: nothing more comes from it. */
const endings: ReadonlySet<string> = new Set(['sandbox-removed', 'sandbox-gone']);

/** Within so long a step that is under way when a recording ends may end too, and have its snapshot. */
const stepsEndWithinMs = 1000;

interface FoundRecording {
  reader: RecordingReader;
  left: LeftBehind;
  redactor: Redactor;
}

export class Recordings {
  readonly #parts: RecordingsParts;
  readonly #bySandbox = new Map<string, Recorder>();
  /** One that is being begun holds its sandbox's place. */
  readonly #starting = new Set<string>();
  readonly #ending = new Map<string, Promise<void>>();
  /** Why one that is being begun has no first snapshot. */
  readonly #unseen = new Map<string, unknown>();
  readonly #broken = new BrokenRecordings();
  readonly #lateEnds: LateEnds;
  readonly #redactors: Redactors;
  readonly incoming: Incoming = new Incoming();

  constructor(parts: RecordingsParts) {
    this.#parts = parts;
    this.#redactors = new Redactors(parts);
    this.#lateEnds = new LateEnds(parts.log);
  }

  /** What every effect asks: null for the many sandboxes that nobody records. */
  of(sandbox: string): Recorder | null {
    return this.#bySandbox.get(sandbox) ?? null;
  }

  /** What every step asks. @throws HoldfastError where it would pass unrecorded: `recording-corrupt`, or what was in the way */
  forStep(sandbox: string): Recorder | null {
    this.#broken.refuseStep(sandbox);
    return this.of(sandbox);
  }

  /** What every step waits for before: a recording that could not be taken up, and is whole, is tried again. */
  mend(sandbox: string): Promise<void> | null {
    return this.#broken.mend(sandbox, async (record) => {
      const taken = await this.#tryTakeUp(record);
      if (taken) this.#parts.goOn?.(taken);
    });
  }

  mustOf(sandbox: string): Recorder {
    const recorder = this.#bySandbox.get(sandbox);
    if (recorder) return recorder;
    throw notRecorded(sandbox);
  }

  directory(id: string): string {
    return join(this.#parts.home, 'recordings', id);
  }

  reader(id: string): Promise<RecordingReader> {
    return openRecording(this.directory(id));
  }

  /** @param snapshotFirst of a sandbox that lived before */
  async start(head: RecordingHead, snapshotFirst: boolean): Promise<RecordingRecord> {
    const { id: sandbox } = head.sandbox;
    if ([this.#bySandbox, this.#starting, this.#broken].some((taken) => taken.has(sandbox))) {
      throw new HoldfastError('in-use', `sandbox ${sandbox} is being recorded already`, {
        hint: `End that recording first: holdfast record stop ${sandbox}`,
      });
    }
    this.refuseWithoutRoom(head.tenant);
    this.#starting.add(sandbox);
    try {
      return await this.#start(head, snapshotFirst);
    } catch (error) {
      await this.#takeBack(sandbox, head.id);
      throw error;
    } finally {
      this.#starting.delete(sandbox);
    }
  }

  async #start(head: RecordingHead, snapshotFirst: boolean): Promise<RecordingRecord> {
    const { store, clock } = this.#parts;
    const { id: sandbox } = head.sandbox;
    await makePrivateDirectory(join(this.#parts.home, 'recordings'));
    const begun = { sandbox, recording: head.id, tenant: head.tenant };
    const redactor = await this.#redactors.begin(begun, this.#telling(sandbox));
    redactor.learnEnvironment(head.sandbox.environment);
    const safe = { ...head, sandbox: { ...head.sandbox, environment: redacted(head, redactor) } };
    const writer = await beginRecording({
      directory: this.directory(head.id),
      head: safe,
      clock,
      room: this.#roomOf(head.tenant),
      ...(this.#parts.limits ? { limits: this.#parts.limits } : {}),
    });
    // From here on its tape has tokens; the sandbox does no step of it before.
    await this.#tellSecrets(sandbox).catch((error: unknown) => leaveFailed(writer, error));
    const recorder = this.#recorder(head.tenant, writer, redactor);
    this.#bySandbox.set(sandbox, recorder);
    writer.append({ type: 'recording-begun', manifest: JSON.parse(JSON.stringify(safe)), resumed: false, cutBytes: 0 });
    writer.append({
      type: 'policy',
      clock: { source: clockOf(head) },
      entropy: { source: entropyOf(head) },
      seeds: head.seeds,
      tape: store.networks.get(sandbox)?.tape ?? null,
    });
    const record = rowOf(safe, this.#tapeOf(sandbox));
    store.recordings.insert(record);
    if (snapshotFirst) await this.#keepBeginning(recorder);
    else if (head.base.snapshot !== null) this.#keepBase(recorder, head.base.snapshot);
    this.#parts.publish('recording-started', record, { recording: head.id });
    return record;
  }

  /** Without it nothing could ever be done again: what it would be done on are other files. */
  async #keepBeginning(recorder: Recorder): Promise<void> {
    await recorder.snapshotNow();
    if (recorder.snapshotsTaken.length > 0) return;
    const { code, message, fault, hint } = asHoldfastError(this.#unseen.get(recorder.id));
    throw new HoldfastError(code, `the files it would begin with cannot be kept: ${message}`, {
      fault,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Of one that could not be begun nothing stays; what cannot be removed now, the next start of the daemon removes. */
  async #takeBack(sandbox: string, id: string): Promise<void> {
    this.#unseen.delete(id);
    const recorder = this.#bySandbox.get(sandbox);
    if (recorder?.id === id) {
      this.#bySandbox.delete(sandbox);
      await recorder.settle(false);
      await recorder.writer.leave().catch(() => undefined);
    }
    this.#redactors.end(sandbox, id);
    await this.#tellSecrets(sandbox).catch(() => undefined);
    await this.remove(id).catch(({ message }: Error) =>
      this.#parts.log.warn({ recording: id, error: message }, 'a recording that could not be begun is not removed'),
    );
  }

  /** Of a living sandbox: takes the last snapshot when files may have changed, then closes. Waits for one that is closing. */
  finish(sandbox: string, reason: string): Promise<void> {
    const recorder = this.#bySandbox.get(sandbox);
    if (!recorder) return this.#ending.get(sandbox) ?? this.#finishBroken(sandbox, reason);
    const running = this.#ending.get(sandbox);
    if (running) return running;
    const ending = this.#finish(sandbox, recorder, reason).finally(() => this.#ending.delete(sandbox));
    this.#ending.set(sandbox, ending);
    return ending;
  }

  /** After a restart. Answers those whose sandboxes live on. */
  async recover(): Promise<TakenUp[]> {
    const { home, store, log } = this.#parts;
    await removeHalfMade(join(home, 'recordings'), store.recordings, log);
    const taken: TakenUp[] = [];
    for (const record of store.recordings.inState('open')) {
      const one = await this.#tryTakeUp(record);
      if (one) taken.push(one);
    }
    return taken;
  }

  async #tryTakeUp(record: RecordingRecord): Promise<TakenUp | null> {
    try {
      const taken = await this.#takeUp(record);
      this.#broken.take(placeOf(record));
      return taken;
    } catch (thrown) {
      const error = asHoldfastError(mapDiskFull(thrown, this.directory(record.id)));
      this.#parts.log.error({ recording: record.id, error: error.message }, 'a recording cannot be taken up');
      this.#refuseSteps(record, error);
      return null;
    }
  }

  /** A secret was put: it is taken out from now on. */
  async learn(tenant: string): Promise<void> {
    const recorders = [...this.#bySandbox.values()].filter(({ writer }) => writer.head.tenant === tenant);
    if (recorders.length === 0) return;
    const secrets = await this.#parts.secrets(tenant);
    const told = recorders.filter(({ redactor }) => redactor.learn(secrets));
    await Promise.all(told.map(({ writer }) => this.#tellSecrets(writer.head.sandbox.id)));
  }

  /** Counts of one that is being written; the row has them from the last time it was. */
  live(record: RecordingRecord): RecordingRecord {
    const recorder = record.sandbox === null ? null : this.of(record.sandbox);
    if (recorder?.id !== record.id) return record;
    const { steps, failures, writer } = recorder;
    const tape = record.sandbox === null ? null : this.#tapeOf(record.sandbox);
    return { ...record, steps, failures: { ...failures }, events: writer.last.sequence, bytes: writer.bytes, tape };
  }

  /** On disk, those under way and what just comes in included. */
  bytesOf(tenant: string): number {
    const open = [...this.#bySandbox.values()].filter(({ writer }) => writer.head.tenant === tenant);
    return (
      this.#parts.store.recordings.bytesOf(tenant) +
      this.incoming.of(tenant) +
      open.reduce((sum, { writer }) => sum + writer.bytes, 0) +
      this.#broken.bytesOf(tenant)
    );
  }

  /**
   * @param more bytes that are about to be kept
   * @throws HoldfastError `quota-exceeded` where they would be more than this tenant may keep
   */
  refuseWithoutRoom(tenant: string, more = 1): void {
    const disk = this.#parts.diskUse(tenant);
    if (disk && disk.used + more > disk.ceiling) throw noQuota(disk);
  }

  async remove(id: string): Promise<void> {
    this.#lateEnds.forget(id);
    this.#parts.store.recordings.remove(id);
    await rm(this.directory(id), { recursive: true, force: true });
    await this.#lateEnds.tryAgain();
  }

  /** Of one that is open: true when nobody writes it and nothing can come to it any more. It is closed then. */
  giveUp(record: RecordingRecord): boolean {
    if (!this.#broken.holds(record) || this.#lives(record)) return false;
    this.#endBroken(placeOf(record), 'deleted');
    return true;
  }

  /** Of another sandbox or caller, in the same words; for matching. */
  redactorOf(tenant: string): Promise<Redactor> {
    return this.#redactors.of(tenant);
  }

  /** What is a token on the tape that the sandbox records; null while nobody records the sandbox. */
  tokensOf(sandbox: string): { recording: string; secrets: TokenSecrets } | null {
    return this.#redactors.recorded(sandbox);
  }

  /** Sandboxes live on, and so do their recordings. */
  async close(): Promise<void> {
    await Promise.all(this.#ending.values());
    for (const [sandbox, recorder] of this.#bySandbox) {
      await recorder.settle(false);
      this.#save(sandbox, recorder);
      await recorder.writer.leave().catch((error: unknown) => {
        this.#parts.log.error({ error, recording: recorder.id }, 'the last of a recording is not on the disk');
      });
    }
    this.#bySandbox.clear();
    await this.#lateEnds.tryAgain();
  }

  async #finish(sandbox: string, recorder: Recorder, reason: string): Promise<void> {
    // An agent that calls without a pause has no whole step before that.
    const held = recorder.hold(stepsEndWithinMs);
    await this.#parts.heard?.(recorder.writer.head.tenant, sandbox);
    const release = await held;
    try {
      await recorder.settle(true);
      recorder.writer.tryAppend({ type: 'recording-ended', reason, steps: recorder.steps });
    } finally {
      this.#bySandbox.delete(sandbox);
      release();
    }
    try {
      await this.#close(sandbox, recorder, reason);
    } finally {
      this.#redactors.end(sandbox, recorder.id);
    }
    await this.#lateEnds.tryAgain();
    if (endings.has(reason)) return;
    // What comes now is no more of this recording: it goes onto another tape.
    await this.#tellSecrets(sandbox).catch((error: unknown) =>
      this.#parts.log.error({ error, sandbox }, 'the tape of a recording goes on after its end'),
    );
  }

  async #close(sandbox: string, recorder: Recorder, reason: string): Promise<void> {
    const { store, clock } = this.#parts;
    this.#save(sandbox, recorder);
    const at = isoTime(clock.nowMs());
    const tape = this.#tapeOf(sandbox);
    const { writer, steps, redactions } = recorder;
    const closing = { at, reason, steps, redactions, snapshots: [...recorder.snapshotsTaken], tape };
    const problem = await this.#lateEnds.write(writer, closing);
    const { sequence: events } = writer.last;
    store.recordings.update(recorder.id, { state: 'closed', endedAt: at, events, bytes: writer.bytes });
    const record = store.recordings.find(writer.head.tenant, recorder.id);
    const facts = { recording: recorder.id, reason, steps, ...(problem === null ? {} : { problem }) };
    if (record) this.#parts.publish('recording-ended', record, facts);
  }

  /** Nothing may pass unrecorded in silence. */
  #refuseSteps(record: RecordingRecord, error: HoldfastError): void {
    this.#broken.put({ record, error });
    if (isCorrupt({ error }) && !this.#lives(record)) this.#endBroken(placeOf(record), 'sandbox-gone');
  }

  #lives({ sandbox }: RecordingRecord): boolean {
    const state = sandbox === null ? undefined : this.#parts.store.sandboxes.get(sandbox)?.state;
    return state !== undefined && state !== 'gone';
  }

  async #finishBroken(sandbox: string, reason: string): Promise<void> {
    await this.mend(sandbox);
    if (this.#bySandbox.has(sandbox)) await this.finish(sandbox, reason);
    else this.#endBroken(sandbox, reason);
  }

  /** What it holds stays as it is; what is the matter with it is told. */
  #endBroken(sandbox: string, why: string): void {
    const broken = this.#broken.take(sandbox);
    if (!broken) return;
    const { record } = broken;
    const endedAt = isoTime(this.#parts.clock.nowMs());
    this.#parts.store.recordings.update(record.id, { state: 'closed', endedAt });
    const facts = { recording: record.id, reason: isCorrupt(broken) ? 'corrupt' : why, steps: record.steps };
    this.#parts.publish('recording-ended', record, { ...facts, ended: why, problem: broken.error.message });
  }

  async #takeUp(record: RecordingRecord): Promise<TakenUp | null> {
    const { store, log } = this.#parts;
    const reader = await this.reader(record.id);
    const { head, closed } = reader.manifest;
    if (closed) {
      this.#closedBefore(record, closed);
      return null;
    }
    const left = await takeUp(reader);
    const { id: sandbox } = head.sandbox;
    const begun = { sandbox, recording: head.id, tenant: record.tenant };
    const redactor = await this.#redactors.begin(begun, this.#telling(sandbox));
    // The recording has tokens in the place of its values.
    redactor.learnEnvironment(store.sandboxes.get(sandbox)?.environment ?? {});
    const recorder = await this.#goOn(record, { reader, left, redactor }).catch((error: unknown) => {
      this.#redactors.end(sandbox, head.id);
      throw error;
    });
    if (left.cutBytes > 0)
      log.warn({ recording: record.id, bytes: left.cutBytes }, 'a recording ended in half an event, which was cut');
    this.#bySandbox.set(sandbox, recorder);
    if (this.#lives(record)) {
      if (left.due !== 'no') recorder.resumeSnapshots(left.due === 'went-back');
      return { recording: record.id, sandbox, left };
    }
    recorder.lifecycle('sandbox-gone', { found: 'at the start of the daemon' });
    await this.finish(sandbox, 'sandbox-gone');
    return null;
  }

  async #goOn(record: RecordingRecord, { reader, left, redactor }: FoundRecording): Promise<Recorder> {
    const { head } = reader.manifest;
    const { link, steps, cutBytes } = left;
    const from = { link, steps, blobBytes: await blobBytesOf(reader.directory) };
    const place = { directory: reader.directory, head, clock: this.#parts.clock, room: this.#roomOf(record.tenant) };
    const writer = new RecordingWriter({ ...place, from });
    try {
      const recorder = this.#recorder(record.tenant, writer, redactor, left);
      Object.assign(recorder.redactions, left.redactions);
      writer.append({ type: 'recording-begun', manifest: { id: head.id }, resumed: true, cutBytes });
      for (const step of left.openSteps) tellLost(recorder, step);
      return recorder;
    } catch (error) {
      return await leaveFailed(writer, error);
    }
  }

  /** Its end was written and its row not. */
  #closedBefore(record: RecordingRecord, { at, reason, steps, events, bytes }: RecordingClosing): void {
    this.#parts.store.recordings.update(record.id, { state: 'closed', endedAt: at, steps, events, bytes });
    this.#parts.publish('recording-ended', record, { recording: record.id, reason, steps });
  }

  #roomOf(tenant: string): () => number | null {
    return () => {
      const disk = this.#parts.diskUse(tenant);
      return disk && disk.ceiling - disk.used;
    };
  }

  #recorder(tenant: string, writer: RecordingWriter, redactor: Redactor, left?: LeftBehind): Recorder {
    const { clock, log, store } = this.#parts;
    const { head } = writer;
    const sandbox = head.sandbox.id;
    const taker = this.#parts.snapshots(tenant, sandbox, head.id);
    const recorder = new Recorder({
      writer,
      redactor,
      clock,
      log,
      snapshots: {
        ...taker,
        take: async (step) => {
          const taken = await taker.take(step).catch((error: unknown) => {
            if (step === 0 && this.#starting.has(sandbox)) this.#unseen.set(head.id, error);
            throw error;
          });
          store.recordings.keepSnapshot(head.id, step, taken.snapshot);
          return taken;
        },
      },
      from: {
        steps: left?.steps ?? 0,
        bases: left?.bases ?? new SnapshotBases({ step: 0, snapshot: head.base.snapshot, running: [] }),
        failures: left?.failures ?? new FailureCounts(),
      },
      places: () => this.#parts.places?.(sandbox) ?? null,
      onSecrets: () => this.#tellSecrets(sandbox),
      onFull: (why) =>
        void this.finish(sandbox, why).catch((error: unknown) => log.error({ error }, 'a recording is not closed')),
    });
    if (left) recorder.adoptSnapshots(left.snapshots);
    if (left) recorder.adoptProcesses(left.openProcesses);
    return recorder;
  }

  #keepBase(recorder: Recorder, snapshot: string): void {
    this.#parts.store.recordings.keepSnapshot(recorder.id, 0, snapshot);
    const taken = { step: 0, snapshot, digest: null };
    recorder.adoptSnapshots([taken]);
    const nothing = { pauseMs: 0, addedFiles: 0, addedBytes: 0, processes: [] };
    recorder.writer.tryAppend({ type: 'snapshot-taken', ...taken, method: 'import', ...nothing });
  }

  #save(sandbox: string, recorder: Recorder): void {
    const { steps, failures, writer } = recorder;
    this.#parts.store.recordings.update(recorder.id, {
      steps,
      failures: { ...failures },
      events: writer.last.sequence,
      bytes: writer.bytes,
      tape: this.#tapeOf(sandbox),
    });
  }

  /** A sandbox that is gone has no network any more, and its recording says by itself which tape it had. */
  #tapeOf(sandbox: string): string | null {
    const recorder = this.#bySandbox.get(sandbox);
    const kept = this.#parts.store.recordings.openOf(sandbox)?.tape ?? null;
    return this.#parts.store.networks.get(sandbox)?.tape ?? kept ?? recorder?.tape ?? null;
  }

  #telling(sandbox: string): (facts: TokenFacts) => void {
    return (facts) => this.#bySandbox.get(sandbox)?.redacted(facts);
  }

  async #tellSecrets(sandbox: string): Promise<void> {
    await this.#parts.onSecrets?.(sandbox);
  }
}
