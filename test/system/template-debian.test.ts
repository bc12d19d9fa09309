/**
 * `template build --debian`, by a mmdebstrap that only pretends: what it is asked for, what is made of its root or its tar, and
 * what is said when it fails. What it is asked for, the real one is asked too, without installing anything.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChangedMachine } from '../fixtures/changed-machine.ts';
import { makeSmallRoot } from '../fixtures/small-root.ts';

const program = '/usr/bin/mmdebstrap';
const possible = process.getuid?.() === 0 && existsSync(program);
const directory = mkdtempSync('/var/tmp/hf-debian-');
const [root, asked, real] = ['root', 'asked', 'real'].map((name) => join(directory, name)) as [string, string, string];

beforeAll(() => {
  mkdirSync(root);
  if (!possible) return;
  makeSmallRoot(root);
  writeFileSync(join(root, 'etc/debian_version'), '12.0\n');
  copyFileSync(program, real);
  // An ordinary user's is told what was asked for as well.
  writeFileSync(asked, '');
  spawnSync('chmod', ['0666', asked]);
  spawnSync('chmod', ['0755', directory]);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Takes the words it is given down, and puts the small root where a Debian is wanted. */
function pretended(name: string, fill: string): string {
  const path = join(directory, name);
  const script = `#!/bin/sh
printf '%s\\n' "$@" > ${asked}
for word; do case $word in -*) ;; *) count=$((count + 1)); [ $count = 2 ] && target=$word ;; esac; done
echo 'I: installing packages...' >&2
${fill}
`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

const wordsAsked = (): string[] => readFileSync(asked, 'utf8').trim().split('\n');

describe.skipIf(!possible)('a template of a Debian (skipped: needs root and mmdebstrap)', () => {
  it('is what mmdebstrap made, without its devices', async () => {
    const fill = `cp -a ${root}/. "$target" && mknod "$target/dev/kmem" c 1 2`;
    await using machine = await ChangedMachine.make({ programs: { [program]: pretended('copies', fill) } });
    const built = await machine.holdfast('template', 'build', 'small', '--debian', 'bookworm', '-p', 'jq');
    expect(built).toMatchObject({
      status: 0,
      stdout: 'small\n',
      stderr: expect.stringContaining('installing packages'),
    });
    const [variant, include, suite, target, ...sources] = wordsAsked();
    expect([variant, suite]).toEqual(['--variant=minbase', 'bookworm']);
    expect(include).toMatch(/^--include=bash,ca-certificates,git,less,procps,jq$/);
    expect(existsSync(target ?? '')).toBe(false);
    expect(sources.every((path) => existsSync(path))).toBe(true);
    const words = ['sh', '-c', 'cat /etc/debian_version; ls /dev'];
    const { stdout } = await machine.holdfast('run', '--template', 'small', '--', ...words);
    expect(stdout).toMatch(/^12\.0\n/);
    expect(stdout).not.toContain('kmem');
  });

  it('asks for what the real mmdebstrap takes', async ({ skip }) => {
    const words = wordsAsked().map((word) =>
      word.startsWith('/') && !existsSync(word) ? join(directory, 'new') : word,
    );
    const { status, stderr } = spawnSync(real, ['--simulate', ...words], { encoding: 'utf8', timeout: 120_000 });
    if (/resolve|connect|timed out|Failed to fetch/i.test(stderr)) skip('the Debian archive cannot be reached');
    // It may know of no package for another machine's suite, but it has understood all of its words.
    expect(stderr).not.toMatch(/unknown|invalid|usage/i);
    expect(status, stderr).toBe(0);
  });

  it('is read from a tar for an ordinary user, who could make no other', async () => {
    const fill = `tar -C ${root} -cf "$target" .`;
    const programs = { [program]: pretended('packs', fill) };
    await using machine = await ChangedMachine.make({ programs, uid: 12_345 });
    expect(await machine.holdfast('template', 'build', 'small', '--debian', 'bookworm')).toMatchObject({ status: 0 });
    expect(wordsAsked()).toEqual(expect.arrayContaining(['--skip=output/dev', '--skip=output/mknod']));
    const { stdout } = await machine.holdfast('run', '--template', 'small', '--', 'cat', '/etc/debian_version');
    expect(stdout).toBe('12.0\n');
  });

  it('that cannot be made says what mmdebstrap said, and leaves nothing', async () => {
    const fill = `mkdir -p "$target/half"; echo 'E: Unable to locate package nonsense' >&2; exit 100`;
    await using machine = await ChangedMachine.make({ programs: { [program]: pretended('fails', fill) } });
    const words = ['template', 'build', 'small', '--debian', 'bookworm', '-p', 'nonsense'];
    expect(await machine.holdfast(...words)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/Unable to locate package nonsense[\s\S]*failed with status 100/),
    });
    const failure = JSON.parse((await machine.holdfast(...words, '--json')).stdout) as {
      error: { code: string; details: { output: string } };
    };
    expect(failure.error).toMatchObject({ code: 'launch-failed', details: { output: expect.stringContaining('E: ') } });
    expect(existsSync(wordsAsked()[3] ?? '')).toBe(false);
    expect((await machine.holdfast('template', 'ls')).stdout).not.toContain('small');
  });
});
