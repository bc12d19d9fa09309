/** Which recorded answer a call gets: its own, or none. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type SampleStep, sampleRun } from '../../test/fixtures/recordings.ts';
import { RecordedDoor } from './recorded-door.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-door-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const open = async (steps: readonly SampleStep[], redact = (value: unknown) => value): Promise<RecordedDoor> =>
  new RecordedDoor(await sampleRun(join(root, 'rec-1'), steps), redact);
const call = (command: string, name = 'shell') => ({ name, input: { command } });

it('is served its own, in order, once each', async () => {
  const door = await open([
    { input: { command: 'a' }, output: 1 },
    { input: { command: 'b' }, output: 2 },
    { input: { command: 'a' }, output: 3 },
  ]);
  expect(door.answer(call('a'))).toMatchObject({ served: true, step: 1, result: { ok: true, output: 1 } });
  expect(door.answer(call('b'))).toMatchObject({ served: true, step: 2 });
  expect(door.answer(call('a'))).toMatchObject({ served: true, step: 3, result: { output: 3 } });
  expect(door.end()).toBeNull();
  expect(door.answer(call('a'))).toMatchObject({ served: false, divergence: { class: 'extra', blame: 'model' } });
});

it('never gets the answer of another call, and after the first divergence none at all', async () => {
  const door = await open([
    { input: { command: 'a' }, output: 1 },
    { input: { command: 'b' }, output: 2 },
  ]);
  expect(door.answer(call('b'))).toMatchObject({
    served: false,
    divergence: {
      step: 1,
      class: 'args',
      blame: 'model',
      expected: 'shell {"command":"a"}',
      actual: 'shell {"command":"b"}',
    },
  });
  expect(door.answer(call('a'))).toMatchObject({ served: false, divergence: { step: 1, class: 'args' } });
});

it('is another call when it is of another tool', async () => {
  const door = await open([{ input: { command: 'a' } }]);
  expect(door.answer(call('a', 'files'))).toMatchObject({ served: false, divergence: { class: 'call' } });
});

it('may come in any order beside others that ran at the same time, and is told apart by what it asks', async () => {
  const steps = [
    { input: { command: 'a' }, output: 1 },
    { input: { command: 'b' }, output: 2, beside: true },
    { input: { command: 'a' }, output: 3, beside: true },
    { input: { command: 'c' }, output: 4 },
  ];
  const door = await open(steps);
  expect(door.answer(call('b'))).toMatchObject({ step: 2, result: { output: 2 } });
  expect(door.answer(call('a'))).toMatchObject({ step: 1, result: { output: 1 } });
  expect(door.answer(call('a'))).toMatchObject({ step: 3, result: { output: 3 } });
  expect(door.answer(call('c'))).toMatchObject({ step: 4 });
});

it('does not run ahead of what came after', async () => {
  const door = await open([
    { input: { command: 'a' } },
    { input: { command: 'b' }, beside: true },
    { input: { command: 'c' } },
  ]);
  expect(door.answer(call('c'))).toMatchObject({ served: false, divergence: { step: 1 } });
});

it('is missing when the end comes first', async () => {
  const door = await open([{ input: { command: 'a' } }]);
  expect(door.end()).toMatchObject({ class: 'missing', step: 1, blame: 'model' });
});

it('fails as it failed', async () => {
  const failure = { code: 'file-not-found', message: 'no', fault: 'caller', retryable: false } as const;
  const door = await open([{ input: { command: 'a' }, failure }]);
  expect(door.answer(call('a'))).toMatchObject({ served: true, result: { ok: false, error: failure } });
});

it('matches by tokens where a secret was', async () => {
  const redact = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll('geheim', 'hfr_x'));
  const door = await open([{ input: { command: 'use hfr_x' }, output: 1 }], redact);
  expect(door.answer(call('use geheim'))).toMatchObject({ served: true });
});
