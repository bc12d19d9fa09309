/** What recordings stand on, and what a start of the daemon takes up. */
import type { Clock, IdMaker, Log } from '../base/index.ts';
import type { RecordingRecord, Store } from '../state/index.ts';
import type { RecordingLimits } from './format.ts';
import type { Places } from './network-steps.ts';
import type { LeftBehind } from './recovery.ts';
import type { RedactorsParts } from './redactors.ts';
import type { SnapshotTaker } from './step-snapshots.ts';

export interface RecordingsParts extends RedactorsParts {
  store: Pick<Store, 'recordings' | 'sandboxes' | 'networks'>;
  clock: Clock;
  newId: IdMaker;
  log: Log;
  /** What `tokensOf` answers for the sandbox has changed: its tape hears of it before this resolves. */
  onSecrets?(sandbox: string): Promise<void>;
  snapshots(tenant: string, sandbox: string, recording: string): SnapshotTaker;
  /** Null where no fault plan draws in the sandbox's network. */
  places?(sandbox: string): Promise<Places | null> | null;
  publish(type: 'recording-started' | 'recording-ended', record: RecordingRecord, data: Record<string, unknown>): void;
  /** What a tenant keeps on disk, recordings included, and may keep; null without a quota. */
  diskUse(tenant: string): { used: number; ceiling: number } | null;
  /** One was taken up later than at the start. */
  goOn?(taken: TakenUp): void;
  /** What its programs that have ended did is told when it resolves, and it does soon. */
  heard?(tenant: string, sandbox: string): Promise<void>;
  limits?: Partial<RecordingLimits>;
}

export interface TakenUp {
  recording: string;
  sandbox: string;
  left: LeftBehind;
}
