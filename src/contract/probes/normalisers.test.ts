import { describe, expect, it } from 'vitest';
import { maskVolatile, normalisers } from './normalisers.ts';

describe('normalisers', () => {
  it.each([
    ['cat: /tmp/holdfast-0123456789abcdef/no: No such file', 'cat: <work>/no: No such file'],
    ['mkdir: cannot create directory ‘full’: File exists', "mkdir: cannot create directory 'full': File exists"],
    ['id 3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'id <uuid>'],
    ['could not reach sbx-01k3fq2v7x8m9n0p', 'could not reach <id>'],
    ['-rw-r--r-- 1 a a 4 Nov 28 20:33 file', '-rw-r--r-- 1 a a 4 <time> file'],
    ['time="2026-11-28T20:33:01Z" level=error', 'time="<time>" level=error'],
    ['connect to 127.0.0.1:9 failed after 12 ms', 'connect to <address> failed after <duration>'],
    ['exit 127: bash: line 1: foo: command not found', 'exit 127: bash: line <n>: foo: command not found'],
    ['exit 127: sh: 1: foo: not found', 'exit 127: sh: <n>: foo: not found'],
    ['sh[4711]: killed', 'sh[<pid>]: killed'],
    ['exit 7: curl: (7) Failed', 'exit 7: curl: (7) Failed'],
    ['exit 128: fatal: not a git repository', 'exit 128: fatal: not a git repository'],
    ['[Errno 2] No such file', '[Errno 2] No such file'],
  ])('%s', (said, masked) => {
    expect(maskVolatile(said)).toBe(masked);
  });

  it('do nothing more when done twice', () => {
    const once = maskVolatile('/tmp/holdfast-0123456789abcdef-x at 2026-11-28 10:00:00 from 10.0.0.1:80 pid 12');
    expect(maskVolatile(once)).toBe(once);
  });

  it('have names of their own, and say what they mask', () => {
    expect(new Set(normalisers.map(({ name }) => name)).size).toBe(normalisers.length);
    expect(normalisers.every(({ what }) => what.length > 3)).toBe(true);
  });
});
