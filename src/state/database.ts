/**
 * The one SQLite file of a home: opened exclusively, brought to the current format, spoken to through cached statements.
 *
 * 1. One daemon per home: the file's exclusive lock is held from open to close or death, and a second opener is refused
 *    with `in-use`. The kernel drops the lock with the process, so nothing stale stays behind a `kill -9`. Nobody else
 *    in this process may open and close the file: POSIX would drop the lock with that.
 * 2. `synchronous=NORMAL` on a write-ahead log: what a call wrote is in the kernel's hands when it returns, so the death
 *    of this process loses nothing. A power cut may lose the last writes, never the file's consistency; sandboxes do not
 *    survive a power cut either, and the journal, which must, has its own fsync. Who needs more waits for `durable`, which
 *    flushes the write-ahead log from another thread: one flush for all who wait, and no wait for those who do not. After a
 *    flush that failed, none is believed: the kernel drops what it could not write, says so once, and then says that all is well.
 * 3. Who waits for `durable` anyway may write in a group (`grouped`): one transaction for many, committed before anybody else reads or
 *    writes, before that flush, and at the end of this turn of the event loop. Nobody is told of it before.
 *    Whoever has to consent is asked before each commit, and in a group as soon as somebody waits for that (`consented`): what came
 *    since they consented last is undone when they refuse.
 * 4. A format is only ever moved forward, one numbered migration after the other, each in its own transaction; a file of
 *    a newer format is refused untouched.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Clock } from '../base/index.ts';
import { giveWay, isoTime } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { migrations } from './migrations.ts';

export type Value = SQLInputValue;
export type Row = Record<string, SQLOutputValue>;

export interface Statement {
  /** Answers how many rows changed. */
  run(...values: Value[]): number;
  get(...values: Value[]): Row | null;
  all(...values: Value[]): Row[];
}

/** Writes of many that are consented to together. A group is one part after the other, committed together. */
interface Part {
  failure: unknown;
  consent: Promise<void> | null;
  waiting: { tell: () => void; lost: (failure: unknown) => void }[];
}

/** "HLDF": tells our file from any other SQLite database. */
const applicationId = 0x484c4446;

const sqliteCodes = { busy: 5, ioError: 10, corrupt: 11, full: 13, constraint: 19, notADatabase: 26 } as const;

export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #consent: () => void;
  readonly #statements = new Map<string, Statement>();
  #depth = 0;
  /** Of the write-ahead log; SQLite locks the database's file only, so opening this one is harmless. */
  #log: number | null = null;
  #flushing: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  /** Why nothing is sure to be on the disk any more. */
  #unflushed: HoldfastError | null = null;
  /** Those of the group of now that have consent, and the one that has not. */
  #consentedTo: Part[] = [];
  #part: Part | null = null;
  #version = 0;
  #undone = 0;

  /** @param consent asked before each commit: what it throws undoes what was to be committed */
  constructor(path: string, clock: Clock, consent: () => void = () => undefined) {
    this.path = path;
    this.#consent = consent;
    const { DatabaseSync } = loadSqlite();
    this.#connection = this.#guard(() => new DatabaseSync(path, { timeout: 0 }));
    try {
      this.#guard(() => this.#lock());
      this.#migrate(clock);
    } catch (error) {
      this.#connection.close();
      throw error;
    }
  }

  /** Prepared once per text; texts are literals or built from a closed set of column names. */
  statement(sql: string): Statement {
    let known = this.#statements.get(sql);
    if (!known) {
      known = this.#wrap(
        this.#guard(() => this.#connection.prepare(sql)),
        /^\s*SELECT\b/i.test(sql),
      );
      this.#statements.set(sql, known);
    }
    return known;
  }

  /** Another one after whatever may have changed what a SELECT answers: every write, and the begin and end of a transaction. */
  get version(): number {
    return this.#version;
  }

  /** Another one after writes were undone: what was read between them and that never was. */
  get undone(): number {
    return this.#undone;
  }

  /** All of the work's writes or none. Inside another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.statement('BEGIN IMMEDIATE').run();
    this.#depth++;
    try {
      const result = work();
      this.#consent();
      this.statement('COMMIT').run();
      return result;
    } catch (error) {
      this.#undone++;
      if (this.#connection.isTransaction) this.statement('ROLLBACK').run();
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /**
   * All of the work's writes or none, in one transaction with those of others; only for what nobody acts upon or hears of
   * before `durable`, which rejects when they could not be committed. Inside a transaction it is part of that one.
   */
  grouped<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#depth++;
    try {
      this.#joinGroup();
      this.statement('SAVEPOINT one').run();
      const result = work();
      this.statement('RELEASE one').run();
      return result;
    } catch (error) {
      this.#leaveGroup(error);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Resolves when there is consent to what is written in a group now, asked for when all that runs now gave way; rejects when it was undone. */
  consented(): Promise<void> {
    const part = this.#part;
    if (!part) return Promise.resolve();
    part.consent ??= new Promise((resolve, reject) => {
      process.nextTick(() => {
        part.consent = null;
        if (this.#part === part) this.#ask(part);
        if (part.failure === null) resolve();
        else reject(part.failure);
      });
    });
    return part.consent;
  }

  /** Calls the one after what is written in a group now was committed, at once when nothing is; the other when it could not be. */
  onceCommitted(tell: () => void, lost: (failure: unknown) => void): void {
    const part = this.#newest;
    if (part) part.waiting.push({ tell, lost });
    else tell();
  }

  /**
   * Resolves when what was written before the call is on the disk. Rejects when the group of now cannot be committed; of a
   * group that could not be before the call, `onceCommitted` has told.
   */
  durable(): Promise<void> {
    const part = this.#newest;
    // A flush that runs already may have begun before the caller's write: the next one has it for certain. It gives way
    // once, so that all who go on after the one before are in it.
    this.#next ??= (this.#flushing ?? Promise.resolve()).then(giveWay, giveWay).then(() => {
      this.#next = null;
      this.#commit();
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = null;
      });
      return this.#flushing;
    });
    if (!part) return this.#next;
    return this.#next.then(() => {
      if (part.failure !== null) throw part.failure;
    });
  }

  get #newest(): Part | null {
    return this.#part ?? this.#consentedTo.at(-1) ?? null;
  }

  #joinGroup(): void {
    if (this.#part) return;
    if (this.#consentedTo.length > 0) this.statement('SAVEPOINT part').run();
    else {
      this.statement('BEGIN IMMEDIATE').run();
      setImmediate(() => this.#commit());
    }
    this.#part = { failure: null, consent: null, waiting: [] };
  }

  /** What it wrote is undone, and nothing else; unless SQLite undid the whole group, of which all are told then. */
  #leaveGroup(error: unknown): void {
    this.#undone++;
    if (this.#connection.isTransaction) {
      this.statement('ROLLBACK TO one').run();
      this.statement('RELEASE one').run();
    } else for (const part of this.#takeParts()) fail(part, error);
  }

  /** Whether there is consent to it; without, it is undone. */
  #ask(part: Part): void {
    this.#part = null;
    // What is written meanwhile, e.g. that there is none, is part of it.
    this.#depth++;
    try {
      this.#consent();
      this.#consentedTo.push(part);
    } catch (error) {
      this.#undo(part, error);
    } finally {
      this.#depth--;
    }
  }

  #undo(part: Part, error: unknown): void {
    this.#undone++;
    if (!this.#connection.isTransaction) for (const other of this.#takeParts()) fail(other, error);
    else if (this.#consentedTo.length === 0) this.statement('ROLLBACK').run();
    else {
      this.statement('ROLLBACK TO part').run();
      this.statement('RELEASE part').run();
    }
    fail(part, error);
  }

  /** Fails for those who wait for it, not for whoever happens to come next. */
  #commit(): void {
    if (!this.#newest || !this.#connection.isOpen) return;
    if (this.#part) this.#ask(this.#part);
    const parts = this.#takeParts();
    if (parts.length === 0) return;
    try {
      this.statement('COMMIT').run();
    } catch (error) {
      this.#undone++;
      if (this.#connection.isTransaction) this.statement('ROLLBACK').run();
      for (const part of parts) fail(part, error);
      return;
    }
    for (const { waiting } of parts) for (const { tell } of waiting) tell();
  }

  #takeParts(): Part[] {
    const parts = [...this.#consentedTo, ...(this.#part ? [this.#part] : [])];
    this.#consentedTo = [];
    this.#part = null;
    return parts;
  }

  #flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#connection.isOpen) return reject(new HoldfastError('internal', `${this.path} was closed`));
      if (this.#unflushed) return reject(this.#unflushed);
      this.#log ??= openSync(`${this.path}-wal`, 'r+');
      fdatasync(this.#log, (error) => {
        if (!error) return resolve();
        this.#unflushed = this.#unusable(`it cannot be flushed: ${error.message}`, hintOfUnflushed, error);
        reject(this.#unflushed);
      });
    });
  }

  close(): void {
    this.#commit();
    if (this.#log !== null) closeSync(this.#log);
    this.#log = null;
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
  }

  #lock(): void {
    this.#connection.exec('PRAGMA locking_mode = EXCLUSIVE');
    this.#connection.exec('PRAGMA journal_mode = WAL');
    this.#connection.exec('PRAGMA synchronous = NORMAL');
    this.#connection.exec('PRAGMA foreign_keys = ON');
    this.#connection.exec('PRAGMA temp_store = MEMORY');
    // What is deleted is overwritten: an erased person's words do not stay in free pages.
    this.#connection.exec('PRAGMA secure_delete = ON');
    // A lock of a reader would leave room for a writer: take the writer's at once and keep it.
    this.#connection.exec('BEGIN IMMEDIATE; COMMIT');
  }

  #migrate(clock: Clock): void {
    const owner = Number(this.statement('PRAGMA application_id').get()?.['application_id']);
    const tables = Number(this.statement('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
    if (owner !== applicationId && tables > 0) throw this.#unusable('it is a database, but not one of Holdfast');
    this.#guard(() => {
      this.#connection.exec(`PRAGMA application_id = ${applicationId}`);
      this.#connection.exec(
        'CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, appliedAt TEXT NOT NULL) STRICT',
      );
    });
    const version = Number(this.statement('SELECT coalesce(max(version), 0) AS v FROM migrations').get()?.['v']);
    if (version > migrations.length) {
      throw this.#unusable(
        `its format is ${version}, and this version of Holdfast knows formats up to ${migrations.length}`,
        'Run the newer Holdfast that wrote it, or choose another state directory with HOLDFAST_HOME.',
      );
    }
    for (const [index, migration] of migrations.entries()) {
      if (index < version) continue;
      this.transaction(() => {
        this.#guard(() => this.#connection.exec(migration.sql));
        this.statement('INSERT INTO migrations VALUES (?, ?, ?)').run(
          index + 1,
          migration.name,
          isoTime(clock.nowMs()),
        );
      });
    }
  }

  #wrap(prepared: StatementSync, reads: boolean): Statement {
    const done = <T>(work: () => T): T => {
      try {
        this.look();
        return this.#guard(work);
      } finally {
        if (!reads) this.#version++;
      }
    };
    return {
      run: (...values) => done(() => Number(prepared.run(...values).changes)),
      get: (...values) => done(() => prepared.get(...values) ?? null),
      all: (...values) => done(() => prepared.all(...values)),
    };
  }

  /** Whoever is not in the group sees what is committed, and writes by itself; also who remembers what was read. */
  look(): void {
    if (this.#depth === 0 && this.#newest) this.#commit();
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #explain(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    switch (primaryCode(error)) {
      case sqliteCodes.busy:
        return new HoldfastError('in-use', `${this.path} is in use by another Holdfast daemon`, {
          cause: error,
          hint: 'Use that daemon, stop it with `holdfast serve --stop`, or choose another state directory with HOLDFAST_HOME.',
          details: { file: this.path },
        });
      case sqliteCodes.full:
        return new HoldfastError('host-disk-full', `no space left on this machine while writing ${this.path}`, {
          cause: error,
          hint: 'Free space; `holdfast rm` and `holdfast prune` work all the same, and nothing was half-written.',
        });
      case sqliteCodes.corrupt:
      case sqliteCodes.notADatabase:
      case sqliteCodes.ioError:
        return this.#unusable(error.message, undefined, error);
      default:
        return error;
    }
  }

  #unusable(reason: string, hint?: string, cause?: unknown): HoldfastError {
    return new HoldfastError('state-unusable', `${this.path} cannot be used: ${reason}`, {
      cause,
      hint: hint ?? 'Restore the file from a backup, or choose another state directory with HOLDFAST_HOME.',
      details: { file: this.path },
    });
  }
}

const hintOfUnflushed = 'Look after the disk (dmesg says what it has), then start the daemon anew.';

function fail(part: Part, failure: unknown): void {
  part.failure = failure;
  for (const { lost } of part.waiting) lost(failure);
}

export function isConstraintViolation(error: unknown): boolean {
  return error instanceof Error && primaryCode(error) === sqliteCodes.constraint;
}

/** SQLite's extended codes keep the primary one in the low byte. */
function primaryCode(error: Error): number | null {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

/**
 * Before it became stable, Node announced this module as experimental once, while loading it. Only that one
 * announcement is dropped; every other warning passes.
 */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).includes('SQLite is an experimental feature')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
