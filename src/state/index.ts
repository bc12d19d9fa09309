export { EventBus, type NewEvent } from './event-bus.ts';
export { openStore, type StoreOptions } from './store.ts';
export * from './types.ts';
