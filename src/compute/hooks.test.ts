import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isoTime, rootScope } from '../base/index.ts';
import type { ExecRequest } from '../guest/index.ts';
import type { ExecResult, ProcessExit, ProcessInfo } from '../schema/index.ts';
import { checkHooks, mayHaveHooks } from './hooks.ts';

const scope = rootScope({ name: 'hooks' });
const restoredMs = 1_000_000;
const place = '/etc/holdfast/renewed.d';
const output = { durationMs: 1, stdoutBytes: 0, stderrBytes: 0 };
const well: ProcessExit = { reason: 'exited', exitCode: 0, signal: null, ...output };
const failed: ProcessExit = { ...well, exitCode: 4 };

interface Ran {
  id: string;
  exit: ProcessExit;
  stderr?: string;
  afterMs?: number;
}

/** Holds these processes, and says what they said. */
function guestWith(...ran: Ran[]) {
  const asked: string[] = [];
  const found = (id: string): Ran => ran.find((each) => each.id === id) as Ran;
  return {
    asked,
    hello: async () => ({ incarnation: 'i', pid: 1, startedMs: restoredMs, handsOver: true }),
    listProcesses: async (): Promise<ProcessInfo[]> =>
      ran.map(({ id, exit, afterMs = 0 }) => ({
        ...{ processId: id, pid: 2, argv: ['/bin/sh'], tag: null, pty: false, exit },
        startedAt: isoTime(restoredMs + afterMs),
      })),
    exec: async ({ processId }: ExecRequest): Promise<ExecResult> => {
      asked.push(processId);
      const { exit, stderr = '' } = found(processId);
      const said = { stdout: Buffer.from(''), stderr: Buffer.from(stderr), stdoutCutBytes: 0, stderrCutBytes: 0 };
      return { ...exit, processId, ...said };
    },
  };
}

describe('hooks of a restore', () => {
  it('are well where none were run, or all ended well', async () => {
    const none = guestWith({ id: 'warm-script', exit: failed }, { id: 'renewed-x', exit: failed });
    await checkHooks(none, scope);
    const one = guestWith({ id: 'renewed-7', exit: well });
    await checkHooks(one, scope);
    expect([...none.asked, ...one.asked]).toEqual([]);
  });

  it('of which one failed are refused by the name of the first, and with what was said last (1)', async () => {
    const stderr = `${place}/10-a begins\n${place}/20-b begins\nno \u001b[31mentropy${place}/20-b ended with status 3\n${place}/30-c begins\n${place}/30-c ended with status 4\n`;
    await expect(checkHooks(guestWith({ id: 'renewed-7', exit: failed, stderr }), scope)).rejects.toMatchObject({
      code: 'hook-failed',
      fault: 'caller',
      message: `${place}/20-b of the template ended with status 3`,
      details: {
        hook: '20-b',
        reason: 'exited',
        exitCode: 3,
        log: expect.arrayContaining([`no ?[31mentropy${place}/20-b ended with status 3`]),
      },
    });
  });

  it('of which one was not through in time are refused by its name (1)', async () => {
    const exit: ProcessExit = { ...well, reason: 'timed-out', exitCode: null, signal: 'SIGTERM' };
    const stderr = `${place}/10-a begins\n${place}/20-b begins\nstill\n`;
    await expect(checkHooks(guestWith({ id: 'renewed-1', exit, stderr }), scope)).rejects.toMatchObject({
      message: `${place}/20-b of the template was not through within 15 s, which all of them have together`,
      details: { hook: '20-b', reason: 'timed-out' },
    });
  });

  it('are refused without a name too, whatever they said (1)', async () => {
    await expect(checkHooks(guestWith({ id: 'renewed-1', exit: failed }), scope)).rejects.toMatchObject({
      message: 'a hook of the template ended with status 4',
      details: { hook: null, log: [] },
    });
  });

  it('are those of this restore, not of one before (2)', async () => {
    const before = { id: 'renewed-3', exit: failed, afterMs: -1 };
    await checkHooks(guestWith(before), scope);
    // A clock that was set back: what came before seems to be later.
    const later = { id: 'renewed-9', exit: failed, afterMs: 50 };
    await checkHooks(guestWith(later, { id: 'renewed-10', exit: well }, before), scope);
  });
});

describe('layers that may have hooks', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'hf-hooks-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are those with the directory, or a link on the way to it', () => {
    const lower = ['a', 'b'].map((name) => join(root, name));
    const [first = '', second = ''] = lower;
    for (const layer of lower) mkdirSync(join(layer, 'etc'), { recursive: true });
    expect(mayHaveHooks({ lower })).toBe(false);
    symlinkSync('nowhere', join(first, 'etc/holdfast'));
    expect(mayHaveHooks({ lower })).toBe(true);
    rmSync(join(first, 'etc/holdfast'));
    mkdirSync(join(second, place), { recursive: true });
    expect(mayHaveHooks({ lower })).toBe(true);
  });
});
