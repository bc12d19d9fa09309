/** The flight recorder: what a sandbox's agent did and was answered, kept so that it can be done again, which late.ts does. */
export { heldTime } from './beginning.ts';
export { formatVersion, type RecordingHead, runMark, runPrefix, sha256 } from './format.ts';
export { type ReadFrom, RecordingReader } from './reader.ts';
export type { OpenStep, Recorder, StepOutcome } from './recorder.ts';
export { Recordings } from './recordings.ts';
export type { TakenUp } from './recordings-parts.ts';
export type { ChangedFile, SnapshotTaker } from './step-snapshots.ts';
