/** Opens everything that persists in `state.db`: one connection, one lock, one format. See database.ts for its promises. */
import { type Clock, join, type RandomSource, systemClock, systemRandom } from '../base/index.ts';
import { ChannelTables } from './channels.ts';
import { ContractTable } from './contracts.ts';
import { Database } from './database.ts';
import { EventTable } from './events.ts';
import { FaultTable } from './faults.ts';
import { IdempotencyTable } from './idempotency.ts';
import { LegalHoldTable, NoticeTable } from './legal-holds.ts';
import { MemoryTable } from './memories.ts';
import { NetworkTable } from './networks.ts';
import { OperationTable } from './operations.ts';
import { PreviewTable } from './previews.ts';
import { RecordingTable } from './recordings.ts';
import { SandboxTable } from './sandboxes.ts';
import { PlaceholderTable, SecretTable } from './secrets.ts';
import type { Witness } from './session-types.ts';
import { SessionTable } from './sessions.ts';
import { SnapshotTables } from './snapshots.ts';
import { StopTable } from './stops.ts';
import type { Store } from './types.ts';
import { WatchTables } from './watches.ts';

export interface StoreOptions {
  /** The state directory; must exist and be private to this user. */
  home: string;
  clock?: Clock;
  random?: RandomSource;
  /** How many events are kept at least. */
  keptEvents?: number;
  /** The same for network flows. */
  keptFlows?: number;
  /** Of what is written to sessions' logs. */
  witness?: Witness;
}

const keptFlows = 50_000;

/** Throws `in-use` when another daemon has this home, `state-unusable` when the file is damaged or of a newer format. */
export function openStore(options: StoreOptions): Store {
  const clock = options.clock ?? systemClock;
  const run = Buffer.from((options.random ?? systemRandom)(16)).toString('hex');
  const database = new Database(join(options.home, 'state.db'), clock, () => options.witness?.consent());
  const close = (): void => database.close();
  return {
    sandboxes: new SandboxTable(database),
    snapshots: new SnapshotTables(database),
    idempotency: new IdempotencyTable(database, clock, run),
    operations: new OperationTable(database, clock),
    events: new EventTable(database, options.keptEvents),
    flows: new EventTable(database, options.keptFlows ?? keptFlows, 'flows'),
    contracts: new ContractTable(database),
    watches: new WatchTables(database),
    networks: new NetworkTable(database),
    previews: new PreviewTable(database),
    secrets: new SecretTable(database),
    placeholders: new PlaceholderTable(database),
    faults: new FaultTable(database),
    sessions: new SessionTable(database, clock, options.witness),
    memories: new MemoryTable(database),
    grouped: (work) => database.grouped(work),
    consented: () => database.consented(),
    onceCommitted: (tell, lost) => database.onceCommitted(tell, lost),
    channels: new ChannelTables(database),
    legalHolds: new LegalHoldTable(database),
    stops: new StopTable(database),
    notices: new NoticeTable(database),
    durable: () => database.durable(),
    recordings: new RecordingTable(database),
    transaction: (work) => database.transaction(work),
    close,
    [Symbol.dispose]: close,
  };
}
