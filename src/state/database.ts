/**
 * The one SQLite file of a home: opened exclusively, brought to the current format, spoken to through cached statements.
 *
 * 1. One daemon per home: the file's exclusive lock is held from open to close or death, and a second opener is refused
 *    with `in-use`. The kernel drops the lock with the process, so nothing stale stays behind a `kill -9`. Nobody else
 *    in this process may open and close the file: POSIX would drop the lock with that.
 * 2. `synchronous=NORMAL` on a write-ahead log: what a call wrote is in the kernel's hands when it returns, so the death
 *    of this process loses nothing. A power cut may lose the last writes, never the file's consistency; sandboxes do not
 *    survive a power cut either, and the journal, which must, has its own fsync. Who needs more waits for `durable`, which
 *    flushes the write-ahead log from another thread: one flush for all who wait, and no wait for those who do not.
 * 3. A format is only ever moved forward, one numbered migration after the other, each in its own transaction; a file of
 *    a newer format is refused untouched.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Clock } from '../base/index.ts';
import { isoTime } from '../base/index.ts';
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

/** "HLDF": tells our file from any other SQLite database. */
const applicationId = 0x484c4446;

const sqliteCodes = { busy: 5, ioError: 10, corrupt: 11, full: 13, constraint: 19, notADatabase: 26 } as const;

export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, Statement>();
  #depth = 0;
  /** Of the write-ahead log; SQLite locks the database's file only, so opening this one is harmless. */
  #log: number | null = null;
  #flushing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(path: string, clock: Clock) {
    this.path = path;
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
      known = this.#wrap(this.#guard(() => this.#connection.prepare(sql)));
      this.#statements.set(sql, known);
    }
    return known;
  }

  /** All of the work's writes or none. Inside another transaction it is part of that one. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.statement('BEGIN IMMEDIATE').run();
    this.#depth++;
    try {
      const result = work();
      this.statement('COMMIT').run();
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.statement('ROLLBACK').run();
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Resolves when what was written before the call is on the disk. */
  durable(): Promise<void> {
    // A flush that runs already may have begun before the caller's write: the next one has it for certain.
    this.#next ??= (this.#flushing ?? Promise.resolve()).then(() => {
      this.#next = null;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = null;
      });
      return this.#flushing;
    });
    return this.#next;
  }

  #flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#connection.isOpen) return reject(new HoldfastError('internal', `${this.path} was closed`));
      this.#log ??= openSync(`${this.path}-wal`, 'r+');
      fdatasync(this.#log, (error) =>
        error ? reject(this.#unusable(`it cannot be flushed: ${error.message}`)) : resolve(),
      );
    });
  }

  close(): void {
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

  #wrap(prepared: StatementSync): Statement {
    return {
      run: (...values) => this.#guard(() => Number(prepared.run(...values).changes)),
      get: (...values) => this.#guard(() => prepared.get(...values) ?? null),
      all: (...values) => this.#guard(() => prepared.all(...values)),
    };
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
          hint: 'Use that daemon, stop it, or choose another state directory with HOLDFAST_HOME.',
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
