export { type Recording, type Usage, usageLookup, usageOf } from './usage.ts';
