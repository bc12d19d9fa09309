import { chmod, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.ts';
import { makePrivateDirectory } from './files.ts';

let base = '';
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'holdfast-home-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe('a private directory', () => {
  it('is made with those above it, for its owner only', async () => {
    const path = join(base, 'with space', 'ünï', 'home');
    await makePrivateDirectory(path);
    expect((await lstat(path)).mode & 0o777).toBe(0o700);
    await chmod(path, 0o755);
    await Promise.all([makePrivateDirectory(path), makePrivateDirectory(path)]);
    expect((await lstat(path)).mode & 0o777).toBe(0o700);
  });

  it.each(['/proc/nope', '/proc/nope/deeper', '/dev/null/x'])(
    'is refused at once where the kernel makes none: %s',
    async (path) => {
      await expect(makePrivateDirectory(path)).rejects.toMatchObject({
        code: 'permission-denied',
        fault: 'caller',
        message: expect.stringContaining(path),
        hint: expect.stringContaining('HOLDFAST_HOME'),
      });
    },
  );

  it('may be a symlink of its owner, and is refused when it leads to a file', async () => {
    await mkdir(join(base, 'real'));
    await symlink('real', join(base, 'link'));
    await makePrivateDirectory(join(base, 'link'));
    expect((await lstat(join(base, 'real'))).mode & 0o777).toBe(0o700);
    await writeFile(join(base, 'file'), '');
    await symlink('file', join(base, 'wrong'));
    for (const name of ['file', 'wrong']) {
      await expect(makePrivateDirectory(join(base, name))).rejects.toMatchObject({ code: 'permission-denied' });
    }
  });
});

describe('the environment', () => {
  it('refuses a relative path: daemon and callers stand in different directories', () => {
    for (const name of ['HOLDFAST_HOME', 'HOLDFAST_SOCKET']) {
      expect(() => readEnvironment({ [name]: 'some/where' })).toThrow(`${name} is not an absolute path: some/where`);
    }
  });

  it('takes an empty variable as none', () => {
    expect(readEnvironment({ HOLDFAST_HOME: '', HOLDFAST_SOCKET: '' })).toEqual(readEnvironment({}));
  });
});
