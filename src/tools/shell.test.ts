import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostAccess } from '../../test/fixtures/host-access.ts';
import { idMaker, rootScope, systemClock, systemRandom } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { shell } from './shell.ts';
import { outputText } from './text.ts';

let root: string;
let access: HostAccess;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-shell-')));
  mkdirSync(join(root, 'workspace/sub'), { recursive: true });
  access = new HostAccess(root);
});
afterEach(() => {
  access.killAll();
  rmSync(root, { recursive: true });
});

async function run(input: object): Promise<unknown> {
  await using scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const newId = idMaker(systemClock, systemRandom);
  return await shell.prepare(input)({ access, scope, clock: systemClock, newId });
}

describe('the shell tool', () => {
  it('answers exit code, both streams and how it ended', async () => {
    expect(await run({ command: 'echo out; echo err >&2; exit 7' })).toEqual({
      exitCode: 7,
      signal: null,
      reason: 'exited',
      stdout: 'out\n',
      stderr: 'err\n',
      stdoutCutBytes: 0,
      stderrCutBytes: 0,
      validUtf8: true,
      durationMs: expect.any(Number),
    });
    expect(await run({ command: 'kill -9 $$' })).toMatchObject({
      exitCode: null,
      signal: 'SIGKILL',
      reason: 'signalled',
    });
  });

  it('starts in the directory and with the variables it is given', async () => {
    expect(await run({ command: 'pwd; echo $A', cwd: 'sub', environment: { A: 'b c' } })).toMatchObject({
      stdout: `${join(root, 'workspace/sub')}\nb c\n`,
    });
    expect(await run({ command: 'pwd', cwd: '/workspace/x/../sub//' })).toMatchObject({
      stdout: `${join(root, 'workspace/sub')}\n`,
    });
    expect(await run({ command: 'pwd' })).toMatchObject({ stdout: `${join(root, 'workspace')}\n` });
  });

  it('is bash unless sh is asked for, and takes commands that look like options', async () => {
    expect(await run({ command: '[[ a == a ]] && echo yes' })).toMatchObject({ stdout: 'yes\n' });
    expect(await run({ command: 'echo yes', shell: 'sh' })).toMatchObject({ stdout: 'yes\n' });
    expect(await run({ command: '-x' })).toMatchObject({ exitCode: 127 });
    expect(await run({ command: '-x', shell: 'sh' })).toMatchObject({ exitCode: 127 });
  });

  it('ends what takes too long', async () => {
    expect(await run({ command: 'echo a; sleep 60', timeoutMs: 200 })).toMatchObject({
      reason: 'timed-out',
      stdout: 'a\n',
    });
  });

  it('says which bytes were not text, and where it was cut', async () => {
    expect(await run({ command: "printf 'a\\377b'" })).toMatchObject({ stdout: 'a\ufffdb', validUtf8: false });
    expect(await run({ command: 'seq 1 1000', outputCapBytes: 256 })).toMatchObject({
      stdoutCutBytes: 3893 - 256,
      stdout: expect.stringMatching(/^1\n2\n.*\n\[\.\.\. 3637 bytes cut here \.\.\.\]\n.*1000\n$/s),
    });
  });

  it('has a hint when there is no bash', async () => {
    access.spawnFailure = new HoldfastError('executable-not-found', 'no /bin/bash');
    await expect(run({ command: 'x' })).rejects.toMatchObject({
      code: 'executable-not-found',
      hint: expect.stringContaining('"shell": "sh"'),
    });
  });

  it.each([
    [{}, /command/],
    [{ command: '' }, /command/],
    [{ command: 'a\0b' }, /NUL/],
    [{ command: 'a', cwd: 'a\0b' }, /NUL/],
    [{ command: 'a', timeoutMs: 0 }, /timeoutMs/],
    [{ command: 'a', outputCapBytes: 2 ** 30 }, /outputCapBytes/],
    [{ command: 'a', environment: { '1': 'x' } }, /environment/],
    [{ command: 'a', more: 1 }, /more/],
  ])('refuses %j', async (input, message) => {
    await expect(async () => run(input)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(message),
    });
  });
});

describe('output as text', () => {
  it('never breaks a character at the cut, and counts every byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 20, maxLength: 60 }), fc.nat(40), (text, cap) => {
        const bytes = Buffer.from(text);
        fc.pre(bytes.length > cap);
        const head = Math.ceil(cap / 2);
        const kept = Buffer.concat([bytes.subarray(0, head), bytes.subarray(bytes.length - (cap - head))]);
        const result = outputText(kept, bytes.length - cap, cap);
        const [before = '', after = ''] = result.text.split(`\n[... ${result.cutBytes} bytes cut here ...]\n`);
        expect(result.validUtf8).toBe(true);
        expect(text.startsWith(before)).toBe(true);
        expect(text.endsWith(after)).toBe(true);
        expect(Buffer.byteLength(before) + Buffer.byteLength(after) + result.cutBytes).toBe(bytes.length);
        expect(result.cutBytes - (bytes.length - cap)).toBeLessThan(7);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves bytes that were never text where they are', () => {
    expect(outputText(Buffer.from([0x61, 0xff, 0x80, 0x80, 0x80, 0x80, 0x62, 0x63]), 5, 8)).toMatchObject({
      validUtf8: false,
      cutBytes: expect.any(Number),
    });
    expect(outputText(Buffer.alloc(0), 9, 0)).toEqual({
      text: '\n[... 9 bytes cut here ...]\n',
      cutBytes: 9,
      validUtf8: true,
    });
  });
});
