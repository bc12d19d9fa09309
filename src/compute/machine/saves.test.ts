/** The state of a machine on its way to a file, from a QEMU that does as it likes. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../base/index.ts';
import { makeSaves, openSink, savesInside } from './saves.ts';

let home: string;
let directory: string;
let file: string;
let scope: OwnedScope;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-saves-'));
  [directory, file] = [join(home, 'saves'), join(home, 'state')];
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  await makeSaves(directory);
});
afterEach(async () => {
  await scope.close();
  rmSync(home, { recursive: true });
});

async function dial(uri: string): Promise<Socket> {
  const name = uri.slice(`unix:${savesInside}/`.length);
  const socket = connect(join(directory, name));
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  return socket;
}

describe('the state of a machine', () => {
  it('arrives whole, from the one that was told where', async () => {
    const sink = await openSink(directory, file, 1000, scope);
    const qemu = await dial(sink.uri);
    qemu.end('x'.repeat(1000));
    expect(await sink.received).toBe(1000);
    expect(readFileSync(file, 'utf8')).toBe('x'.repeat(1000));
    await sink.close();
    expect(readdirSync(directory)).toEqual([]);
    expect(statSync(directory).mode & 0o777).toBe(0o711);
  });

  it('fills no disk: more than may be ends it, and leaves nothing (1, 2)', async () => {
    const sink = await openSink(directory, file, 100_000, scope);
    const qemu = await dial(sink.uri);
    const ended = new Promise((resolve) => qemu.once('close', resolve));
    const push = (): boolean => qemu.destroyed || qemu.write('x'.repeat(65_536), push);
    push();
    await expect(sink.received).rejects.toMatchObject({ code: 'file-too-large' });
    await ended;
    await sink.close();
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('says that the disk is full, and leaves nothing half-written (2)', async () => {
    symlinkSync('/dev/full', file);
    const sink = await openSink(directory, file, 100_000, scope);
    const qemu = await dial(sink.uri);
    qemu.end('x'.repeat(1000));
    await expect(sink.received).rejects.toMatchObject({ code: 'host-disk-full' });
    await sink.close();
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(home)).toEqual(['saves']);
  });

  it('is of one connection (1)', async () => {
    const sink = await openSink(directory, file, 1000, scope);
    const qemu = await dial(sink.uri);
    qemu.write('one');
    await expect.poll(() => existsSync(file)).toBe(true);
    await expect(dial(sink.uri)).rejects.toMatchObject({ code: expect.stringMatching(/ENOENT|ECONNREFUSED/) });
    qemu.end();
    expect(await sink.received).toBe(3);
    await sink.close();
  });

  it('is waited for no longer than its scope', async () => {
    await using short = scope.child({ name: 'short', timeoutMs: 100 });
    const sink = await openSink(directory, file, 1000, short);
    await expect(sink.received).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await sink.close();
    expect(readdirSync(directory)).toEqual([]);
  });
});
