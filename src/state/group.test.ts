/** Writes that are committed together: what of them others see, and what is left of them when they fail. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/index.ts';
import { Database } from './database.ts';

let home: string;
let database: Database;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-group-'));
  database = new Database(join(home, 'state.db'), systemClock);
  // A constraint that is looked at when the transaction ends.
  database
    .statement(
      'CREATE TABLE notes (id INTEGER PRIMARY KEY, of INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)',
    )
    .run();
});
afterEach(() => {
  database.close();
  rmSync(home, { recursive: true, force: true });
});

const write = (id: number, of: number | null = null): number =>
  database.statement('INSERT INTO notes VALUES (?, ?)').run(id, of);
const read = (from: Database): number[] =>
  from
    .statement('SELECT id FROM notes ORDER BY id')
    .all()
    .map(({ id }) => Number(id));

const never = (): never => {
  throw new Error('this was not to be called');
};

/** What a process that died now would leave. */
function left(): number[] {
  const copy = join(home, 'copy');
  mkdirSync(copy, { recursive: true });
  for (const name of ['state.db', 'state.db-wal'])
    if (existsSync(join(home, name))) copyFileSync(join(home, name), join(copy, name));
  const other = new Database(join(copy, 'state.db'), systemClock);
  try {
    return read(other);
  } finally {
    other.close();
    rmSync(copy, { recursive: true, force: true });
  }
}

describe('writes in a group (3)', () => {
  it('are one transaction, committed before `durable` resolves', async () => {
    for (const id of [1, 2, 3]) database.grouped(() => write(id));
    expect(left()).toEqual([]);
    await database.durable();
    expect(left()).toEqual([1, 2, 3]);
  });

  it('are committed before anybody else reads or writes', () => {
    database.grouped(() => write(1));
    expect(read(database)).toEqual([1]);
    expect(left()).toEqual([1]);
    database.grouped(() => write(2));
    write(3);
    expect(left()).toEqual([1, 2, 3]);
    database.grouped(() => write(4));
    database.transaction(() => write(5));
    expect(left()).toEqual([1, 2, 3, 4, 5]);
  });

  it('are committed with the turn of the event loop though nobody waits, and when the file is closed', async () => {
    database.grouped(() => write(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(left()).toEqual([1]);
    database.grouped(() => write(2));
    database.close();
    database = new Database(join(home, 'state.db'), systemClock);
    expect(read(database)).toEqual([1, 2]);
  });

  it('are undone one by one when their own work fails', async () => {
    database.grouped(() => write(1));
    expect(() =>
      database.grouped(() => {
        write(2);
        throw new Error('not this one');
      }),
    ).toThrow('not this one');
    database.grouped(() => write(3));
    await database.durable();
    expect(left()).toEqual([1, 3]);
  });

  it('are told when they were committed, and not before', async () => {
    const told: number[][] = [];
    database.grouped(() => {
      write(1);
      database.onceCommitted(() => told.push(left()), never);
    });
    expect(told).toEqual([]);
    await database.durable();
    expect(told).toEqual([[1]]);
    database.onceCommitted(() => told.push([]), never);
    expect(told).toEqual([[1], []]);
  });

  it('fail for those who wait for them, and for nobody else, when they cannot be committed', async () => {
    let told = 0;
    const lost: unknown[] = [];
    database.grouped(() => {
      write(1);
      database.onceCommitted(
        () => told++,
        (failure) => lost.push(failure),
      );
    });
    const mine = database.durable();
    database.grouped(() => write(2, 99));
    const others = database.durable();
    await expect(Promise.allSettled([mine, others])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect(told).toBe(0);
    expect(lost).toEqual([expect.objectContaining({ message: 'FOREIGN KEY constraint failed' })]);
    expect(read(database)).toEqual([]);
    // Whoever comes next reads, writes and waits as ever.
    database.grouped(() => write(3, 99));
    expect(read(database)).toEqual([]);
    database.grouped(() => write(4));
    await database.durable();
    expect(left()).toEqual([4]);
  });

  it('that somebody else’s read found not to be committable are told of at once, though nobody waits yet', async () => {
    const lost: unknown[] = [];
    database.grouped(() => {
      write(1, 99);
      database.onceCommitted(never, (failure) => lost.push(failure));
    });
    expect(read(database)).toEqual([]);
    expect(lost).toHaveLength(1);
  });

  it('are part of a transaction that is under way, and go with it', async () => {
    expect(() =>
      database.transaction(() => {
        database.grouped(() => write(1));
        throw new Error('all of it');
      }),
    ).toThrow('all of it');
    await database.durable();
    expect(left()).toEqual([]);
  });
});

describe('consent to what is written (3)', () => {
  const asking = (consent: () => void): void => {
    database.close();
    database = new Database(join(home, 'state.db'), systemClock, consent);
  };

  it('is asked for before each commit, once for a whole group', async () => {
    const asked: number[][] = [];
    asking(() => asked.push(left()));
    for (const id of [1, 2]) database.grouped(() => write(id));
    await database.durable();
    expect(asked).toEqual([[]]);
    database.transaction(() => write(3));
    expect(asked).toEqual([[], [1, 2]]);
    await database.consented();
    expect(asked).toHaveLength(2);
  });

  it('is asked for sooner when somebody waits for that, for all that is written until then', async () => {
    let asked = 0;
    asking(() => asked++);
    database.grouped(() => write(1));
    const consented = [database.consented(), database.consented()];
    await Promise.resolve();
    expect(asked).toBe(0);
    database.grouped(() => write(2));
    await Promise.all(consented);
    expect(asked).toBe(1);
    // Nothing is committed for that.
    expect(left()).toEqual([]);
    await database.durable();
    expect(left()).toEqual([1, 2]);
  });

  it('undoes all that it is not given to, of which everybody hears who waits', async () => {
    const no = new Error('no');
    let refused = 0;
    asking(() => {
      if (refused++ < 3) throw no;
    });
    expect(() => database.transaction(() => write(1))).toThrow(no);
    const lost: unknown[] = [];
    for (const wait of [() => database.consented(), () => database.durable()]) {
      database.grouped(() => {
        write(2);
        database.onceCommitted(never, (failure) => lost.push(failure));
      });
      await expect(wait()).rejects.toBe(no);
    }
    expect(lost).toEqual([no, no]);
    database.grouped(() => write(3));
    await database.consented();
    await database.durable();
    expect(left()).toEqual([3]);
  });

  it('that was given stays given, whatever comes to the same group later', async () => {
    const no = new Error('no');
    const asked: number[] = [];
    asking(() => {
      if (asked.push(asked.length + 1) % 2 === 0) throw no;
    });
    const told: number[] = [];
    const lost: number[] = [];
    const add = (id: number): void =>
      database.grouped(() => {
        write(id);
        database.onceCommitted(
          () => told.push(id),
          () => lost.push(id),
        );
      });
    for (const id of [1, 2, 3, 4]) {
      add(id);
      const consented = database.consented();
      await (id % 2 === 0 ? expect(consented).rejects.toBe(no) : consented);
    }
    expect([asked, told, lost, left()]).toEqual([[1, 2, 3, 4], [], [2, 4], []]);
    add(5);
    const mine = database.durable();
    await database.consented();
    add(6);
    // The last part of the group is refused with its commit, the others are not.
    const others = database.durable();
    await expect(Promise.allSettled([mine, others])).resolves.toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected' },
    ]);
    expect([told, lost, left()]).toEqual([
      [1, 3, 5],
      [2, 4, 6],
      [1, 3, 5],
    ]);
  });

  it('given to some of it is worth nothing when the rest keeps all from being committed', async () => {
    asking(() => undefined);
    const lost: number[] = [];
    const add = (id: number, of: number | null): void =>
      database.grouped(() => {
        write(id, of);
        database.onceCommitted(never, () => lost.push(id));
      });
    add(1, null);
    await database.consented();
    add(2, 99);
    await expect(database.durable()).rejects.toMatchObject({ message: 'FOREIGN KEY constraint failed' });
    expect([lost, read(database)]).toEqual([[1, 2], []]);
  });
});

describe('a flush that failed (2)', () => {
  /** The number under which the log is open for flushing. */
  const logOf = (path: string): number => {
    const open = readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false; // it was the one that listed them
      }
    });
    expect(open).toHaveLength(1);
    return Number(open[0]);
  };

  it('fails for all who wait, and whoever comes later believes no other', async () => {
    const [log, odd] = [join(home, 'state.db-wal'), join(home, 'odd')];
    // SQLite has the real one open already. This one cannot be flushed.
    renameSync(log, join(home, 'real'));
    execFileSync('mkfifo', [odd]);
    symlinkSync(odd, log);
    write(1);
    const first = database.durable();
    await new Promise((resolve) => setImmediate(resolve));
    const second = database.durable();
    const unusable = { code: 'state-unusable', hint: expect.stringContaining('start the daemon anew') };
    await expect(first).rejects.toMatchObject(unusable);
    await expect(second).rejects.toMatchObject(unusable);
    // From now on it can be: in place of the odd one.
    const number = logOf(odd);
    closeSync(number);
    const real = openSync(join(home, 'real'), 'r+');
    expect(real).toBe(number);
    write(2);
    await expect(database.durable()).rejects.toMatchObject(unusable);
    await expect(database.durable()).rejects.toMatchObject(unusable);
    rmSync(log);
    renameSync(join(home, 'real'), log);
  });

  it('because there was no file to be had is tried again', async () => {
    const log = join(home, 'state.db-wal');
    renameSync(log, join(home, 'real'));
    write(1);
    const first = database.durable();
    await new Promise((resolve) => setImmediate(resolve));
    const second = database.durable();
    await expect(first).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(second).rejects.toMatchObject({ code: 'ENOENT' });
    renameSync(join(home, 'real'), log);
    await database.durable();
    expect(left()).toEqual([1]);
  });
});
