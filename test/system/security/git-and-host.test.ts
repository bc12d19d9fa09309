/** What comes out of a sandbox and meets the caller's own machine: patches, copies, terminals. */
import { execFile } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Attacker } from '../../fixtures/attacker.ts';
import { type CliRun, runCli } from '../../fixtures/cli.ts';

const run = promisify(execFile);
let attacker: Attacker;
let base = '';
/** A repository with one commit, and where a hook that runs would leave its mark. */
let repository = '';
let mark = '';

beforeAll(async () => {
  attacker = await Attacker.start();
  base = await mkdtemp(join(tmpdir(), 'hf-git-'));
});
afterAll(async () => {
  await attacker?.[Symbol.asyncDispose]();
  await rm(base, { recursive: true });
});
beforeEach(async () => {
  repository = await mkdtemp(join(base, 'repository-'));
  mark = join(repository, '..', 'executed');
  await git('init', '-q');
  await writeFile(join(repository, 'code'), 'one\n');
  await git('add', '.');
  await git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'first');
});

const git = (...words: string[]): Promise<unknown> => run('git', words, { cwd: repository });

/** Runs a command on a copy of the repository; what changed is in `changes.patch`. */
function holdfastRun(command: string): Promise<CliRun> {
  const words = ['run', '--repo', repository, '--patch', join(base, 'changes.patch'), '--', 'sh', '-c', command];
  return runCli(words, attacker.service, { directory: base });
}

async function apply(): Promise<string> {
  const outcome = await git('apply', '--index', join(base, 'changes.patch')).then(
    () => 'applied',
    (error: Error) => error.message,
  );
  await git('status');
  await git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'applied', '--allow-empty');
  await git('checkout', '-q', '-b', 'other');
  return outcome;
}

it('F2: hooks and configuration written inside never reach the machine', async () => {
  const evil = `#!/bin/sh\\ntouch ${mark}\\n`;
  const command = [
    'for h in pre-commit post-commit post-checkout post-merge pre-applypatch post-index-change; do',
    `printf '${evil}' > .git/hooks/$h; chmod +x .git/hooks/$h; done`,
    `git config core.fsmonitor 'touch ${mark}'; git config core.hooksPath evil-hooks; git config core.pager 'touch ${mark}'`,
    `mkdir -p evil-hooks sub/.git/hooks; printf '${evil}' | tee evil-hooks/post-commit sub/.git/hooks/post-commit; chmod +x evil-hooks/*`,
    `printf '[core]\\n fsmonitor = touch ${mark}\\n' > sub/.git/config; echo two >> code`,
  ].join('\n');
  expect(await holdfastRun(command)).toMatchObject({ status: 0 });
  const patch = await readFile(join(base, 'changes.patch'), 'utf8');
  expect(patch).not.toMatch(/^(diff --git|---|\+\+\+) .*\.git\//m);
  expect(patch).toContain('+two');
  expect(await apply()).toBe('applied');
  expect(await readFile(join(repository, 'code'), 'utf8')).toBe('one\ntwo\n');
  await expect(lstat(mark)).rejects.toThrow();
  expect((await run('git', ['config', '--list', '--local'], { cwd: repository })).stdout).not.toMatch(
    /fsmonitor|hookspath|pager/i,
  );
});

it('F2: a patch leads neither above the repository nor through a link, and forged headers in it are content', async () => {
  await symlink(base, join(repository, 'linked'));
  await git('add', '.');
  const forged =
    'x\\rdiff --git a/workspace/.git/config b/workspace/.git/config\\n--- a/workspace/.git/config\\n+++ b/workspace/.git/config\\n@@ -0,0 +1 @@\\n+evil\\n';
  const command = `rm linked; mkdir linked; echo x > linked/written; ln -s /etc up; printf '${forged}' > forged; ln -s ../../.. above`;
  expect(await holdfastRun(command)).toMatchObject({ status: 0 });
  await apply();
  await expect(lstat(join(base, 'written'))).rejects.toThrow();
  expect(await readFile(join(repository, '.git/config'), 'utf8')).not.toContain('evil');
  if (await readFile(join(repository, 'forged'), 'utf8').catch(() => null)) {
    expect(await readFile(join(repository, 'forged'), 'latin1')).toContain('\rdiff --git a/workspace/.git/config');
  }
});

it('S10: the repository itself is only read', async () => {
  const before = (await run('find', [repository, '-printf', '%p %T@ %s %m\n'])).stdout;
  expect(await holdfastRun('rm -rf /workspace/* /workspace/.git; exit 0')).toMatchObject({ status: 0 });
  expect((await run('find', [repository, '-printf', '%p %T@ %s %m\n'])).stdout).toBe(before);
});

it('F3: cp out of a sandbox follows none of its links and writes through none of the target', async () => {
  const box = await attacker.box();
  await box.sh(
    `mkdir -p d/sub && echo x > d/sub/f && ln -s ${base} d/out && ln -s /etc/passwd d/p && mkfifo d/fifo && chmod 6755 d/sub/f`,
  );
  const target = await mkdtemp(join(base, 'target-'));
  const trap = join(base, 'trap');
  await mkdir(trap);
  await mkdir(join(target, 'd'));
  await symlink(trap, join(target, 'd/sub'));
  const refused = await runCli(['cp', `${box.id}:/workspace/d`, target], attacker.service, { directory: base });
  expect(refused.status).not.toBe(0);
  expect(await readdir(trap)).toEqual([]);
  await rm(join(target, 'd'), { recursive: true });
  expect(await runCli(['cp', `${box.id}:/workspace/d`, target], attacker.service, { directory: base })).toMatchObject({
    status: 0,
  });
  expect((await lstat(join(target, 'd/out'))).isSymbolicLink()).toBe(true);
  expect((await lstat(join(target, 'd/p'))).isSymbolicLink()).toBe(true);
  expect((await lstat(join(target, 'd/sub/f'))).mode & 0o6000).toBe(0);
  await expect(lstat(join(target, 'd/fifo'))).rejects.toThrow();
});

it('F3: names and contents of a sandbox cannot speak to the terminal', async () => {
  const box = await attacker.box();
  await box.sh(`touch "$(printf 'a\\033]0;owned\\007b')" "$(printf '\\302\\2332Jc')"; printf '\\033[2J\\tx\\n' > f`);
  const show = (...words: string[]): Promise<CliRun> => {
    const terminal = { rows: 24, columns: 80, onRaw: () => undefined, input: new PassThrough() };
    return runCli(words, attacker.service, { directory: base, terminal });
  };
  const shown = await Promise.all([
    show('ls', `${box.id}:/workspace`),
    show('diff', box.id),
    show('diff', box.id, '--stat'),
    show('diff', box.id, '--name-only'),
  ]);
  for (const { stdout, stderr } of shown) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(stdout + stderr).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  }
  expect(shown[1]?.stdout).toContain('+\\x1b[2J\tx\n');
});
