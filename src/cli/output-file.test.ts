import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { directoryService } from '../../test/fixtures/directory-service.ts';
import { isReplaced, openOutput, writeOutput } from './output-file.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-output-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const isRoot = process.getuid?.() === 0;
const at = (name: string): string => join(directory, name);
const write = (name: string, text: string, more = {}): Promise<void> =>
  writeOutput(name, { directory }, text, { mode: 0o644, ...more });
const modeOf = async (name: string): Promise<number> => (await stat(at(name))).mode & 0o777;
const partsLeft = async (): Promise<string[]> =>
  (await readdir(directory, { recursive: true })).filter((name) => name.includes('holdfast-part'));

/** A node of the test's own, as /dev/full and /dev/null are. */
function device(name: string, minor: number): string {
  execFileSync('mknod', [at(name), 'c', '1', String(minor)]);
  return at(name);
}

describe('what an output names', () => {
  it('is made with its mode, and replaced with the mode that it has', async () => {
    await write('new', 'one', { mode: 0o600 });
    expect(await modeOf('new')).toBe(0o600);
    await chmod(at('new'), 0o664);
    await write('new', 'two', { mode: 0o600, sync: true });
    expect([await readFile(at('new'), 'utf8'), await modeOf('new')]).toEqual(['two', 0o664]);
  });

  it('has all of the new content or stays as it was', async () => {
    await write('file', 'old');
    {
      await using file = await openOutput(at('file'), { mode: 0o644 });
      await file.write('half');
      expect(await readFile(at('file'), 'utf8')).toBe('old');
    }
    expect(await readFile(at('file'), 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['file']);
  });

  it('is followed where it is a symlink, also to nothing yet', async () => {
    await mkdir(at('else'));
    await writeFile(at('else/file'), 'old', { mode: 0o640 });
    for (const name of ['file', 'none']) {
      await symlink(`else/${name}`, at(name));
      await write(name, 'new');
      expect(await readlink(at(name))).toBe(`else/${name}`);
      expect(await readFile(at(`else/${name}`), 'utf8')).toBe('new');
    }
    expect(await modeOf('else/file')).toBe(0o640);
    expect(await partsLeft()).toEqual([]);
  });

  it('leaves nothing behind a symlink to nothing when it is given up', async () => {
    await symlink('none', at('link'));
    await (await openOutput(at('link'), { mode: 0o644 }))[Symbol.asyncDispose]();
    expect(await readdir(directory)).toEqual(['link']);
  });

  it('is written into where it has other names', async () => {
    await write('file', 'much longer');
    await link(at('file'), at('other'));
    expect(await isReplaced(at('file'))).toBe(false);
    await (await openOutput(at('file'), { mode: 0o644 }))[Symbol.asyncDispose]();
    expect(await readFile(at('other'), 'utf8')).toBe('much longer');
    await write('file', 'new');
    expect(await readFile(at('other'), 'utf8')).toBe('new');
  });

  it.skipIf(!isRoot)('stays its owner’s (needs root)', async () => {
    await write('file', 'old');
    await chown(at('file'), 12345, 12345);
    await write('file', 'new');
    expect([await readFile(at('file'), 'utf8'), (await stat(at('file'))).uid]).toEqual(['new', 12345]);
  });

  it('is written into where it is a pipe, once somebody reads', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const text = 'x'.repeat(300_000);
    for (const copy of [false, true]) {
      const writing = write('pipe', text, { copy });
      const pieces: Buffer[] = [];
      for await (const piece of createReadStream(at('pipe'))) pieces.push(piece as Buffer);
      await writing;
      expect(Buffer.concat(pieces).toString()).toBe(text);
      expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
    }
    expect(await isReplaced(at('pipe'))).toBe(false);
  });

  it('is waited for no longer than the caller wants', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const signal = AbortSignal.timeout(50);
    await expect(openOutput(at('pipe'), { mode: 0o644, signal })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('says when the reader of a pipe leaves', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writing = write('pipe', 'x'.repeat(300_000));
    const reader = createReadStream(at('pipe'));
    reader.once('data', () => reader.destroy());
    await expect(writing).rejects.toMatchObject({ code: 'EPIPE' });
  });

  it.skipIf(!isRoot)('is written into where it is a device (needs root)', async () => {
    device('null', 3);
    for (const copy of [false, true]) {
      await write('null', 'gone', { copy, sync: true });
      await expect(writeOutput(at('full'), { directory }, 'x', { mode: 0o644, copy })).resolves.toBeUndefined();
      await rm(at('full'));
      device('full', 7);
      await expect(write('full', 'x', { copy })).rejects.toMatchObject({
        code: 'host-disk-full',
        message: expect.stringContaining(at('full')),
      });
      for (const name of ['null', 'full']) expect((await lstat(at(name))).isCharacterDevice()).toBe(true);
      await rm(at('full'));
    }
  });

  it('is told by the name that was given', async () => {
    const path = at('none/file');
    await expect(write('none/file', 'x')).rejects.toMatchObject({ code: 'ENOENT', path });
    await expect(write('.', 'x')).rejects.toMatchObject({ code: 'EISDIR', path: directory });
    expect(existsSync(at('none'))).toBe(false);
  });

  it('is replaced by a copy where it is a symlink, with the mode of the copy', async () => {
    await write('file', 'old');
    await symlink('file', at('link'));
    await write('link', 'copied', { mode: 0o755, copy: true });
    expect((await lstat(at('link'))).isFile()).toBe(true);
    expect([await readFile(at('file'), 'utf8'), await modeOf('link')]).toEqual(['old', 0o755]);
  });
});

describe('the verbs that write what a flag names', () => {
  it('leave pipes and symlinks where they are', async () => {
    await using service = await directoryService();
    const { id } = await service.createSandbox({});
    await service.writeFile(id, '/workspace/a', new TextEncoder().encode('from inside'));
    execFileSync('mkfifo', [at('pipe')]);
    await writeFile(at('file'), 'old', { mode: 0o644 });
    await symlink('file', at('link'));
    const readAll = async (): Promise<string> => {
      const pieces: Buffer[] = [];
      for await (const piece of createReadStream(at('pipe'))) pieces.push(piece as Buffer);
      return Buffer.concat(pieces).toString();
    };
    const [copied, read] = await Promise.all([runCli(['cp', `${id}:a`, 'pipe'], service, { directory }), readAll()]);
    expect([copied.status, read]).toEqual([0, 'from inside']);
    const [exported, tar] = await Promise.all([
      runCli(['export', id, '-o', 'pipe'], service, { directory }),
      readAll(),
    ]);
    expect([exported.status, tar.includes('from inside')]).toEqual([0, true]);
    expect((await runCli(['export', id, '-o', 'link'], service, { directory })).status).toBe(0);
    expect((await readFile(at('file'), 'utf8')).includes('from inside')).toBe(true);
    expect(await modeOf('file')).toBe(0o644);
    const plan = await runCli(['faults', 'calibrate', '-o', 'link'], null, { directory });
    expect(plan).toMatchObject({ status: 0, stdout: '' });
    expect(await readFile(at('file'), 'utf8')).toContain('faults:');
    expect((await lstat(at('pipe'))).isFIFO() && (await lstat(at('link'))).isSymbolicLink()).toBe(true);
    expect(await partsLeft()).toEqual([]);
  });

  it('put a patch into a pipe', async () => {
    await using service = await directoryService();
    execFileSync('mkfifo', [at('pipe')]);
    await mkdir(at('src'));
    const argv = ['run', '--repo', 'src', '--patch', 'pipe', '--', 'sh', '-c', 'echo made > new'];
    const run = runCli(argv, service, { directory });
    const pieces: Buffer[] = [];
    for await (const piece of createReadStream(at('pipe'))) pieces.push(piece as Buffer);
    expect(await run).toMatchObject({ status: 0 });
    expect(Buffer.concat(pieces).toString()).toContain('+made');
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
  });

  it('lay no tree over a pipe', async () => {
    await using service = await directoryService();
    const { id } = await service.createSandbox({});
    await service.writeFile(id, '/workspace/pipe', new TextEncoder().encode('from inside'));
    execFileSync('mkfifo', [at('pipe')]);
    const run = await runCli(['cp', `${id}:/workspace/.`, '.'], service, { directory });
    expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining(`${at('pipe')} is a device, a pipe`) });
    expect((await lstat(at('pipe'))).isFIFO()).toBe(true);
  });
});
