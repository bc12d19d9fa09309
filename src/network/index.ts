/** The network boundary: what sandboxes may reach, and the gateway that enforces it. */
export { NetworkBoundary, type NetworkPlace, type PreparedNetwork } from './boundary.ts';
export { type NetworkOptions, openBoundary } from './open.ts';
export { Scrubber, ScrubTable } from './secrets/scrub.ts';
export { type CarriedTape, carriedRuleSchema, carriedTapeSchema, withOnly, withoutSending } from './tape/carried.ts';
