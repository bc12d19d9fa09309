/** What our own service says when something fails, and whose doing a profile calls it: every code of the list. */
import { describe, expect, it } from 'vitest';
import { recordingService } from '../../../test/fixtures/recording-service.ts';
import { type ErrorCode, errorCodes, HoldfastError } from '../../schema/index.ts';
import { HoldfastTarget } from './holdfast.ts';

const signal = new AbortController().signal;
const ofTheRuntime: Partial<Record<ErrorCode, string>> = {
  'sandbox-not-found': 'died',
  'wrong-state': 'died',
  'sandbox-gone': 'died',
  'stale-handle': 'died',
  'sandbox-died': 'died',
  'deadline-exceeded': 'hung',
  'guest-protocol': 'garbage',
  'snapshot-corrupt': 'garbage',
  unclassified: 'garbage',
  'launch-failed': 'not-started',
};
/** The runtime's own no: what a sandbox that works may well say of a command or a file. */
const answers: readonly ErrorCode[] = [
  'invalid-argument',
  'not-found',
  'file-not-found',
  'file-exists',
  'file-too-large',
  'not-a-file',
  'not-a-directory',
  'permission-denied',
  'path-outside',
  'in-use',
  'edit-no-match',
  'edit-ambiguous',
  'limit-unsupported',
  'capability-missing',
  'executable-not-found',
  'not-executable',
  'disk-full',
  'network-unreachable',
  'port-closed',
];
const codes = Object.keys(errorCodes) as ErrorCode[];

function expected(code: ErrorCode, answer: string): { side: string; trouble: string } {
  const trouble = ofTheRuntime[code] ?? (answers.includes(code) ? answer : null);
  if (trouble !== null) return { side: 'runtime', trouble };
  return { side: 'harness', trouble: code === 'cancelled' ? 'cancelled' : 'unreachable' };
}

describe('a failure of our own', () => {
  it.each(codes)('%s is told as whose doing it is', async (code) => {
    const service = recordingService();
    const session = await new HoldfastTarget(service, {}, 'holdfast').open(signal);
    service.failures.set('exec', new HoldfastError(code, 'no'));
    await expect(session.exec({ command: 'true', timeoutMs: 1000 }, signal)).rejects.toMatchObject(
      expected(code, 'refused'),
    );
    service.failures.set('readFile', new HoldfastError(code, 'no'));
    await expect(session.readFile('/x', 10, signal)).rejects.toMatchObject(expected(code, 'file-failed'));
  });
});
