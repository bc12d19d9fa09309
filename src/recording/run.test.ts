/** What of a recording belongs to which step. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sampleWriter } from '../../test/fixtures/recordings.ts';
import { openRecording } from './reader.ts';
import { type RecordedStep, readRun } from './run.ts';
import type { NewEvent } from './writer.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'hf-run-')), 'rec-1');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const noDigest = '0'.repeat(64);
const resumed = (stoodMs: number): NewEvent => ({
  type: 'lifecycle',
  what: 'sandbox-resumed',
  facts: { stoodMs, memory: false },
});
const begins = (step: number): NewEvent => ({
  type: 'step-begun',
  step,
  callId: `cal-${step}`,
  kind: 'tool',
  name: 'shell',
  input: { bytes: 0, digest: noDigest, cut: 'too-large' },
  inputDigest: noDigest,
  mutates: true,
});
const ends = (step: number): NewEvent => ({
  type: 'step-ended',
  step,
  ok: true,
  durationMs: 1,
  output: null,
  failure: null,
  cause: null,
  causeRule: null,
});
const fault = (kind: string, step: number): NewEvent => ({
  type: 'fault',
  step,
  fault: kind,
  family: 'lifecycle',
  means: 'physical',
  effect: 'maybe',
  parameters: {},
  draw: { id: 'x' },
  callId: `cal-${step}`,
});

async function stepsOf(...events: NewEvent[]): Promise<RecordedStep[]> {
  const writer = await sampleWriter(directory, []);
  for (const event of events) writer.append(event);
  await writer.leave();
  return (await readRun(await openRecording(directory))).steps;
}

/** How long it had slept before each of its new starts. */
const starts = ({ before }: RecordedStep): unknown[] =>
  before.map((event) => event.type === 'lifecycle' && event.facts['stoodMs']);

it('a restart of the plan is no new start before its step: it is told once it has happened', async () => {
  const [step] = await stepsOf(resumed(1), begins(1), resumed(2), resumed(3), fault('lifecycle.restart', 1), ends(1));
  expect(step && starts(step)).toEqual([1, 2]);
});

it('where another step is under way it is in none', async () => {
  const restart = [begins(1), begins(2), resumed(1), fault('lifecycle.restart', 1), ends(1), ends(2)];
  expect((await stepsOf(...restart)).map(starts)).toEqual([[], []]);
});

it('it takes no other step’s start with it, and other faults take none', async () => {
  const [one, two] = await stepsOf(
    begins(1),
    resumed(1),
    ends(1),
    begins(2),
    fault('lifecycle.restart', 2),
    resumed(2),
    ends(2),
  );
  expect([one && starts(one), two && starts(two)]).toEqual([[1], []]);
});

it('one that is woken up, and then told that its end comes, is woken up again', async () => {
  const [step] = await stepsOf(begins(1), resumed(1), fault('lifecycle.reap-notice', 1), ends(1));
  expect(step && starts(step)).toEqual([1]);
});
