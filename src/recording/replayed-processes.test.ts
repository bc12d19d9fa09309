/** Programs that a step left running, held against what they printed then. */
import { expect, it } from 'vitest';
import { stepsRun } from '../../test/fixtures/recorded-steps.ts';
import { usualNormalisers } from '../schema/index.ts';
import type { Answer, Compared } from './compare.ts';
import { Comparer } from './compare-aside.ts';
import { ProcessesReplay } from './replayed-processes.ts';

/** What is said of one that was started so, and printed another hash than then. */
async function compared(argv: readonly string[]): Promise<Compared> {
  const run = stepsRun([{ kind: 'verb', name: 'start-process', input: { argv } }]);
  const exit = { reason: 'exited' as const, exitCode: 0, signal: null, durationMs: 1, stdoutBytes: 9, stderrBytes: 0 };
  run.processes.set('prc-1', {
    processId: 'prc-1',
    step: 1,
    tag: null,
    output: { stdout: [0, 1], stderr: [] },
    input: [],
    ended: { type: 'process-ended', atMs: 1, processId: 'prc-1', exit, cause: null, sequence: 3 },
  });
  Object.assign(run.reader, { outputAt: () => Buffer.from('1a2b3c4 x') });
  const [step] = run.steps;
  if (!step) throw new Error('it has one');
  const processes = new ProcessesReplay(run, usualNormalisers, new Comparer());
  const answer = (processId: string): Answer => ({ ok: true, value: { processId } });
  processes.started(step, answer('prc-1'), answer('prc-2'));
  const now = { exit, stdout: Buffer.from('9f8e7d6 x'), stderr: Buffer.from('') };
  return processes.after({ finishProcess: async () => now }, step);
}

it('names of commits are overlooked in what Git prints, and checksums in nothing', async () => {
  const normalisers = expect.arrayContaining(['commits']);
  expect(await compared(['git', 'log'])).toEqual({ matched: true, normalisers });
  expect(await compared(['crc32', 'x'])).toMatchObject({ matched: false, class: 'stdout', absorbedBy: 'hashes' });
});
