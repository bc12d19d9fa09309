/** Opens everything that persists in `state.db`: one connection, one lock, one format. See database.ts for its promises. */
import { type Clock, join, type RandomSource, systemClock, systemRandom } from '../base/index.ts';
import { Database } from './database.ts';
import { EventTable } from './events.ts';
import { IdempotencyTable } from './idempotency.ts';
import { OperationTable } from './operations.ts';
import { SandboxTable } from './sandboxes.ts';
import { SnapshotTables } from './snapshots.ts';
import type { Store } from './types.ts';

export interface StoreOptions {
  /** The state directory; must exist and be private to this user. */
  home: string;
  clock?: Clock;
  random?: RandomSource;
  /** How many events are kept at least. */
  keptEvents?: number;
}

/** Throws `in-use` when another daemon has this home, `state-unusable` when the file is damaged or of a newer format. */
export function openStore(options: StoreOptions): Store {
  const clock = options.clock ?? systemClock;
  const run = Buffer.from((options.random ?? systemRandom)(16)).toString('hex');
  const database = new Database(join(options.home, 'state.db'), clock);
  const close = (): void => database.close();
  return {
    sandboxes: new SandboxTable(database),
    snapshots: new SnapshotTables(database),
    idempotency: new IdempotencyTable(database, clock, run),
    operations: new OperationTable(database, clock),
    events: new EventTable(database, options.keptEvents),
    transaction: (work) => database.transaction(work),
    close,
    [Symbol.dispose]: close,
  };
}
