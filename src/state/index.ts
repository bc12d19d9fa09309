export { canonicalJson } from '../base/index.ts';
export { ChainedLog, type LogBase, type LogOptions, openLog, type Placed, type Spell } from './chained-log.ts';
export * from './channel-types.ts';
export { EventBus, type NewEvent } from './event-bus.ts';
export {
  type Journal,
  type JournalOptions,
  type JournalQuery,
  type JournalReport,
  type NewJournalEntry,
  openJournal,
} from './journal.ts';
export {
  type ChainedEntry,
  checkLink,
  corrupt,
  type DecodedLine,
  damaged,
  firstHash,
  type Head,
  type LineProblem,
  type LogFormat,
  type SpelledLine,
} from './log-format.ts';
export type { TornTail } from './log-recovery.ts';
export { readLines, type Segment } from './log-segments.ts';
export * from './network-types.ts';
export { Reserve, type ReserveOptions } from './reserve.ts';
export * from './session-types.ts';
export { isFromAbove } from './stops.ts';
export { openStore, type StoreOptions } from './store.ts';
export * from './types.ts';
