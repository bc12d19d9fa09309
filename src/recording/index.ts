/** The flight recorder: what a sandbox's agent did and was answered, kept so that it can be done again. */
export { bisect } from './bisect.ts';
export { unpackBundle } from './bundle.ts';
export type { CaseTapes } from './case-network.ts';
export { executeStep, finishProcess } from './execute.ts';
export { type ForkPlan, fastForward, planFork } from './fork.ts';
export { formatVersion, type RecordingHead, sha256 } from './format.ts';
export { makeTest } from './make-test.ts';
export { RecordingReader } from './reader.ts';
export { RecordedDoor } from './recorded-door.ts';
export type { OpenStep, Recorder, StepOutcome } from './recorder.ts';
export { heldTime, Recordings } from './recordings.ts';
export { type ReplaySandbox, type ReplayWorld, rangeOf, replay } from './replay.ts';
export { hashAt, type RecordedRun, type RecordedStep, readRun } from './run.ts';
export type { ChangedFile, SnapshotTaker } from './step-snapshots.ts';
export { judge, readTestCase, runMark, runPrefix, runTestCase, writeTestCase } from './test-case.ts';
export { exportRecording, importRecording } from './transfer.ts';
export { verifyRecording } from './verify.ts';
