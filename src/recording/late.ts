/** What is done with a recording that is there: loaded for whoever does it, never by a start. */
export { verifyAside } from './aside.ts';
export { bisect } from './bisect.ts';
export { unpackBundle } from './bundle.ts';
export type { CaseTapes } from './case-network.ts';
export { executeStep, finishProcess } from './execute.ts';
export { type ForkPlan, fastForward, planFork } from './fork.ts';
export { makeTest } from './make-test.ts';
export { RecordedDoor } from './recorded-door.ts';
export { type ReplaySandbox, type ReplayWorld, rangeOf, replay } from './replay.ts';
export { hashAt, type RecordedRun, type RecordedStep, readRun } from './run.ts';
export { changedTemplate } from './template-change.ts';
export { judge, readTestCase, runTestCase, writeTestCase } from './test-case.ts';
export { exportRecording, importRecording } from './transfer.ts';
export { verifyRecording, withSnapshots } from './verify.ts';
