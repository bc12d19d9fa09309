/** The classifier, line by line: each line of its table decides at least one case, and its order is part of it. */
import { describe, expect, it } from 'vitest';
import { type Cause, type ErrorCode, errorCodes, exitReasons } from '../schema/index.ts';
import { causeOf, causeRules, exitFactsOf, type FailureFacts, noFacts } from './causes.ts';

const failed = (code: ErrorCode): Partial<FailureFacts> => ({ code, fault: errorCodes[code].fault });
const ended = (reason: FailureFacts['reason'], exitCode: number | null = null, signal: string | null = null) => ({
  reason,
  exitCode,
  signal,
});

const cases: [string, Partial<FailureFacts>, Cause | null, string | null][] = [
  ['nothing', {}, null, null],
  ['an exit with 0', ended('exited', 0), null, null],
  ['an exit with 0 of a faulted step', { ...ended('exited', 0), faulted: true }, null, null],
  ['a failing command', ended('exited', 1), 'agent', 'exit-status'],
  ['a command that is not there', ended('exited', 127), 'agent', 'exit-status'],
  ['a failing command of a faulted step', { ...ended('exited', 1), faulted: true }, 'injected', 'fault-plan'],
  ['an error that a plan made', { code: 'busy', fault: 'injected' }, 'injected', 'fault-plan'],
  ['a plan beats a dying sandbox', { ...failed('sandbox-died'), faulted: true }, 'injected', 'fault-plan'],
  [
    'a command that ran out of time while the plan delayed it',
    { ...ended('timed-out'), slowed: true },
    'injected',
    'slowed',
  ],
  ['one that said nothing for too long then', { ...ended('silent-timeout'), slowed: true }, 'injected', 'slowed'],
  ['a call that the host gave up then', { ...failed('deadline-exceeded'), slowed: true }, 'injected', 'slowed'],
  ['a failing command that was only delayed', { ...ended('exited', 1), slowed: true }, 'agent', 'exit-status'],
  ['too much memory of one that was delayed', { ...ended('oom'), slowed: true }, 'agent', 'limit'],
  [
    'a delayed command whose sandbox ended',
    { ...ended('timed-out'), slowed: true, sandboxEnded: 'died' },
    'infrastructure',
    'sandbox-ended',
  ],
  ['a command whose sandbox ended', { ...ended('exited', 1), sandboxEnded: 'died' }, 'infrastructure', 'sandbox-ended'],
  [
    'one whose sandbox was idle',
    { ...failed('sandbox-died'), sandboxEnded: 'evicted' },
    'infrastructure',
    'sandbox-ended',
  ],
  ['one whose sandbox ran out of memory', { ...failed('sandbox-died'), sandboxEnded: 'oom' }, 'agent', 'sandbox-limit'],
  [
    'one whose sandbox ran out of time',
    { ...failed('sandbox-died'), sandboxEnded: 'timed-out' },
    'agent',
    'sandbox-limit',
  ],
  [
    'one whose sandbox ended, where a program in it can end it',
    { ...failed('sandbox-died'), sandboxEnded: 'died', mayEndItself: true },
    'unknown',
    'sandbox-may-end-itself',
  ],
  ['a lost connection there', { ...failed('guest-protocol'), mayEndItself: true }, 'unknown', 'sandbox-may-end-itself'],
  ['an end nobody saw there', { ...ended('died'), mayEndItself: true }, 'unknown', 'sandbox-may-end-itself'],
  ['a full host there', { ...failed('host-disk-full'), mayEndItself: true }, 'infrastructure', 'infrastructure-code'],
  ['a shell that ended at once', { code: 'sandbox-died', fault: 'agent' }, 'agent', 'bad-call'],
  ['a sandbox that died', failed('sandbox-died'), 'infrastructure', 'infrastructure-code'],
  ['a full host', failed('host-disk-full'), 'infrastructure', 'infrastructure-code'],
  ['a bug of ours', failed('internal'), 'infrastructure', 'infrastructure-code'],
  ['the host giving up', failed('deadline-exceeded'), 'infrastructure', 'host-deadline'],
  [
    'a broken network under a command',
    { ...ended('exited', 6), networkBroke: true },
    'infrastructure',
    'network-broke',
  ],
  ['one that ran out of time in it', { ...ended('timed-out'), networkBroke: true }, 'infrastructure', 'network-broke'],
  ['too much memory beside a broken network', { ...ended('oom'), networkBroke: true }, 'agent', 'limit'],
  ['a full disk beside it', { ...ended('disk-full'), networkBroke: true, tapeMissed: true }, 'agent', 'limit'],
  ['a wrong edit beside it', { ...failed('edit-no-match'), networkBroke: true, tapeMissed: true }, 'agent', 'bad-call'],
  ['what policy forbids beside it', { ...failed('forbidden'), networkBroke: true }, 'agent', 'policy-refusal'],
  ['a request that is on no tape', { ...ended('exited', 22), tapeMissed: true }, 'unknown', 'tape-miss'],
  [
    'one of a network that broke too',
    { ...ended('exited', 22), tapeMissed: true, networkBroke: true },
    'infrastructure',
    'network-broke',
  ],
  ['an unreachable destination', failed('network-unreachable'), 'infrastructure', 'unreachable'],
  ['somebody who gave up', failed('cancelled'), 'unknown', 'cancelled'],
  ['a command that was cancelled', ended('cancelled'), 'unknown', 'cancelled'],
  ['what policy forbids', failed('forbidden'), 'agent', 'policy-refusal'],
  ['a quota', failed('quota-exceeded'), 'agent', 'policy-refusal'],
  ['a wrong argument', failed('invalid-argument'), 'agent', 'bad-call'],
  ['a file that is not there', failed('file-not-found'), 'agent', 'bad-call'],
  ['an edit that matches nothing', failed('edit-no-match'), 'agent', 'bad-call'],
  ['an end nobody saw', ended('died'), 'infrastructure', 'end-not-seen'],
  ['too much memory', ended('oom', null, 'SIGKILL'), 'agent', 'limit'],
  ['too long', ended('timed-out', null, 'SIGTERM'), 'agent', 'limit'],
  ['a kill nobody owns to', ended('signalled', null, 'SIGKILL'), 'unknown', 'killed'],
  ['a crash', ended('signalled', null, 'SIGSEGV'), 'agent', 'crash'],
  ['what no line knows', { code: 'unclassified', fault: 'infrastructure' }, 'unknown', 'unclassified'],
];

describe('the cause of a failure', () => {
  it.each(cases)('%s', (_, facts, cause, rule) => {
    expect(causeOf({ ...noFacts, ...facts })).toEqual(cause === null ? null : { cause, rule });
  });

  it('has a case for every line of the table', () => {
    const decided = new Set(cases.map(([, , , rule]) => rule));
    expect(causeRules.map(({ name }) => name).filter((name) => !decided.has(name))).toEqual([]);
  });

  it('is told for every code and every way to end', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      expect(causeOf({ ...noFacts, ...failed(code) }), code).not.toBeNull();
    }
    for (const reason of exitReasons.filter((each) => each !== 'exited')) {
      expect(causeOf({ ...noFacts, reason }), reason).not.toBeNull();
    }
  });

  it('is found in answers that say how a command ended, and in no others', () => {
    expect(exitFactsOf({ exitCode: 2, reason: 'exited', stdout: '' })).toEqual(ended('exited', 2));
    for (const other of [null, 'x', { exitCode: 1 }, { action: 'open', session: 'prc-1' }])
      expect(exitFactsOf(other)).toBeNull();
  });
});
