export { canonicalJson } from '../base/index.ts';
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
export type { TornTail } from './journal-recovery.ts';
export { Reserve, type ReserveOptions } from './reserve.ts';
export * from './session-types.ts';
export { openStore, type StoreOptions } from './store.ts';
export * from './types.ts';
