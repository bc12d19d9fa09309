import { beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { rootScope, silentLog } from '../base/index.ts';
import type { LimitCounters } from '../compute/index.ts';
import type { ProcessExit } from '../schema/index.ts';
import type { SandboxPatch, SandboxRecord } from '../state/index.ts';
import { LimitWatch, limitHitsAfterWake } from './limit-watch.ts';
import type { Parts } from './parts.ts';

const identity = {
  sandbox: '',
  pid: 1,
  startTicks: 1,
  bootId: '',
  socketPath: '',
  cgroup: '',
  limitGroups: [],
  agentIncarnation: '',
};
const killed: ProcessExit = {
  reason: 'signalled',
  exitCode: null,
  signal: 'SIGKILL',
  durationMs: 1,
  stdoutBytes: 0,
  stderrBytes: 0,
};
const failed: ProcessExit = { ...killed, reason: 'exited', exitCode: 1, signal: null };
const scope = rootScope({ name: 'limits' });

let row: SandboxRecord;
let counters: LimitCounters;
let isTold: boolean;
// What is read of them here.
const parts = {
  substrates: {
    of: () => ({
      counters: async () => {
        if (isTold) return counters;
        throw new Error('the launcher ended');
      },
    }),
  },
  log: silentLog,
  store: {
    sandboxes: {
      get: () => row,
      update: (_: string, patch: SandboxPatch) => {
        row = { ...row, ...patch };
        return true;
      },
    },
  },
  scope,
} as unknown as Parts;
const watch = new LimitWatch(parts);
const reasonOf = async (exit: ProcessExit): Promise<string> => (await watch.refine(row, exit, scope)).reason;
const count = (oomKills: number, processesDenied: number, kernelKills = 0): void => {
  counters = { oomKills, processesDenied, kernelKills, memoryBytes: 0 };
};

beforeEach(() => {
  isTold = true;
  row = sandboxRecord({ state: 'ready', identity, limits: { memoryBytes: 1, processes: 1 } });
  count(0, 0);
});

describe('what a limit is said to have ended', () => {
  it('is one process for what was counted, whichever daemon looks', async () => {
    expect(await reasonOf(killed)).toBe('signalled');
    count(1, 0);
    expect(await reasonOf(killed)).toBe('oom');
    expect(row.limitHits).toEqual({ oomKills: 1, processesDenied: 0 });
    expect((await new LimitWatch(parts).refine(row, failed, scope)).reason).toBe('exited');
    count(1, 3);
    expect(await reasonOf(failed)).toBe('pid-limit');
    expect(await reasonOf(failed)).toBe('exited');
  });

  it('is nothing where no limit is set, or the process ended well', async () => {
    count(1, 1);
    expect(await reasonOf({ ...failed, exitCode: 0 })).toBe('exited');
    row = { ...row, limits: {} };
    expect(await reasonOf(killed)).toBe('signalled');
  });

  it('is not known where nobody tells the counters, and the result is there all the same', async () => {
    count(1, 1);
    isTold = false;
    expect(await watch.refine(row, failed, scope)).toEqual(failed);
    expect(row.limitHits).toEqual({ oomKills: 0, processesDenied: 0 });
    expect(await watch.endedByMemory(row)).toBe(false);
  });

  it('is the sandbox where its first process died of more than was counted before', async () => {
    row = { ...row, limitHits: { oomKills: 2, processesDenied: 0 } };
    count(2, 0);
    expect(await watch.endedByMemory(row)).toBe(false);
    count(3, 0);
    expect(await watch.endedByMemory(row)).toBe(true);
    count(0, 0, 1);
    expect(await watch.endedByMemory(row), 'its own kernel').toBe(true);
  });
});

describe('after a sleep with its memory', () => {
  it.each([
    ['counts that begin anew are put down anew', [0, 0], { oomKills: 0, processesDenied: 0 }],
    ['counts that go on stay put down', [3, 4], { oomKills: 2, processesDenied: 1 }],
  ] as const)('%s', async (_, [oomKills, processesDenied], expected: SandboxRecord['limitHits']) => {
    row = { ...row, limitHits: { oomKills: 2, processesDenied: 1 } };
    count(oomKills, processesDenied);
    expect(await limitHitsAfterWake(parts, row, scope)).toEqual(expected);
  });
});
