import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errnoError, type Subject } from './errno.ts';

const file: Subject = { kind: 'file', action: 'read', name: '/a' };
const program: Subject = { kind: 'spawn', action: 'start', name: 'thing' };

describe('errno', () => {
  it('has the numbers of this Linux', () => {
    let checked = 0;
    for (const [name, number] of Object.entries(constants.errno)) {
      const found = errnoError(number, '', file).details?.['errno'];
      if (typeof found !== 'string') continue;
      const aliases: Record<string, string> = { EWOULDBLOCK: 'EAGAIN', EOPNOTSUPP: 'ENOTSUP' };
      expect(found).toBe(aliases[name] ?? name);
      checked++;
    }
    expect(checked).toBeGreaterThan(25);
  });

  it('says what was attempted, on what, why, and what to do', () => {
    expect(errnoError(2, 'No such file or directory', file).toBody()).toEqual({
      code: 'file-not-found',
      message: 'could not read /a: no such file or directory',
      fault: 'caller',
      retryable: false,
      hint: expect.any(String),
      details: { errno: 'ENOENT', path: '/a' },
    });
    expect(errnoError(28, 'on /workspace', file).message).toBe(
      'could not read /a: no space left in the sandbox (on /workspace)',
    );
  });

  it('means something else where a program is started', () => {
    const codes = [2, 13, 8, 11].map((errno) => errnoError(errno, '', program).code);
    expect(codes).toEqual(['executable-not-found', 'not-executable', 'not-executable', 'quota-exceeded']);
  });

  it('blames the working directory, not the program, when that is what failed', () => {
    const placed: Subject = { ...program, cwd: '/nowhere' };
    expect(errnoError(2, 'cannot enter the working directory: No such file or directory', placed)).toMatchObject({
      code: 'file-not-found',
      message: 'could not enter the working directory /nowhere: no such file or directory',
    });
    expect(errnoError(2, 'cannot find the program', placed).code).toBe('executable-not-found');
  });

  it('keeps an unknown number, and cleans and cuts the words of the guest', () => {
    const error = errnoError(9999, `\u001b[2Jgone\n${'x'.repeat(100_000)}`, file);
    expect([error.code, error.fault, error.details?.['errno']]).toEqual(['internal', 'infrastructure', 9999]);
    expect(error.message).toMatch(/^could not read \/a: \?\[2Jgone\?x+\.\.\.$/);
    expect(error.message.length).toBeLessThan(600);
  });
});
