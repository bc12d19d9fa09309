/** What machines leave below home: gone when nothing needs it, and there as long as something does. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OwnedScope, rootScope, silentLog } from '../../base/index.ts';
import type { FieldWriter } from '../../guest/index.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { Engine, EngineRoom } from './engine.ts';
import { Images } from './images.ts';
import type { MemoryOrigin } from './memories.ts';
import { machinePlaces } from './places.ts';
import { MachineSubstrate } from './substrate.ts';

let home: string;
let scope: OwnedScope;
/** Null: nothing here can run machines. */
let engine: Partial<Engine> | null;
let substrate: MachineSubstrate;
let letGo: number;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-prune-'));
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  letGo = 0;
  const kernel = { name: 'k', image: '', initramfs: '', hasAcpi: false, hasVsock: false, digest: hex('c') };
  const verdict = { accelerator: 'tcg', notice: null, fix: null } as Engine['verdict'];
  engine = { qemu: { program: '/q', digest: 'q' }, firecracker: null, verdict, kernel, processor: 'p' };
  const options = { binary: '/nowhere', home, mode: 'root', log: silentLog } as const;
  const places = machinePlaces(home);
  const ready = async (): Promise<unknown> => engine ?? Promise.reject(new Error('no QEMU'));
  const images = new Images({ binary: '/nowhere', directory: places.images, mode: 'root' });
  const room = { options, places, images, ready } as unknown as EngineRoom;
  const request = async (_: { fill(fields: FieldWriter): void }): Promise<void> => void letGo++;
  substrate = new MachineSubstrate('microvm', room, { launcher: { request } } as unknown as NamespaceSubstrate);
  mkdirSync(join(home, 'machine'));
});
afterEach(async () => {
  await scope.close();
  rmSync(home, { recursive: true });
});

const hex = (digit: string): string => digit.repeat(64);

function put(path: string, content: object | string): void {
  mkdirSync(join(home, dirname(path)), { recursive: true });
  writeFileSync(join(home, path), typeof content === 'string' ? content : JSON.stringify(content));
}

function putImage(name: string): string {
  put(`machine/images/${name}.squashfs`, 'a disk'.repeat(10_000));
  put(`machine/images/${name}.squashfs.sha256`, `digest of ${name}\n`);
  return join(home, `machine/images/${name}.squashfs`);
}

function putMemory(key: string, origin: Partial<MemoryOrigin> | null): void {
  const whole = { kind: 'microvm', image: 'digest of d-moved', kernel: hex('c'), program: 'q', processor: 'p' };
  const note = { format: 5, key, ...(origin && { origin: { ...whole, ...origin } }) };
  put(`machine/memories/${key}/memory.json`, note);
  put(`machine/memories/${key}/ram`, 'memory'.repeat(10_000));
}

const left = (place: string): string[] => (existsSync(join(home, place)) ? readdirSync(join(home, place)).sort() : []);

it('keeps the disks of layers that are there, and of machines that live or sleep', async () => {
  put('layers/base/manifest.json', { format: 1, sealed: true, id: 'base', digest: 'd', binds: [] });
  for (const name of ['d-moved', 'd-plain', 'gone-moved']) putImage(name);
  put('sandboxes/lives/machine/machine.json', { image: { path: putImage('lives-moved') } });
  put('sandboxes/sleeps/memory/image.json', { record: { image: { path: putImage('sleeps-moved') } } });
  put('sandboxes/of-gvisor/memory/image.json', { format: 2, files: {} });
  put(`machine/images/x-moved.squashfs.${process.pid}.0.tmp`, 'being made');
  put('machine/images/y-moved.squashfs.1.0.tmp', 'of a process that is gone');
  expect(await substrate.prune(scope)).toBeGreaterThan(60_000);
  const kept = ['d-moved', 'd-plain', 'lives-moved', 'sleeps-moved'].map((name) => `${name}.squashfs`);
  expect(left('machine/images')).toEqual(
    [...kept, ...kept.map((name) => `${name}.sha256`), `x-moved.squashfs.${process.pid}.0.tmp`].sort(),
  );
  expect(await substrate.prune(scope)).toBe(0);
});

it('keeps every disk when it cannot read which are needed', async () => {
  putImage('gone-moved');
  put('sandboxes/lives/machine/machine.json', '{');
  expect(await substrate.prune(scope)).toBe(0);
});

it('keeps memories that a create here could still find, and kernels that it boots', async () => {
  put('layers/base/manifest.json', { format: 1, sealed: true, id: 'base', digest: 'd', binds: [] });
  putImage('d-moved');
  putMemory(hex('1'), {});
  putMemory(hex('2'), { kind: 'vm', program: 'of another kind' });
  putMemory(hex('3'), { image: 'gone' });
  putMemory(hex('4'), { kernel: hex('d') });
  putMemory(hex('5'), { program: 'another' });
  putMemory(hex('6'), { processor: 'another' });
  putMemory(hex('7'), null);
  put(`machine/memories/${hex('8')}/ram`, 'being made');
  for (const digit of ['c', 'd']) put(`machine/kernels/${hex(digit)}/kernel`, 'a kernel');
  put('machine/kernels/own/kernel.json', {});
  await substrate.prune(scope);
  expect(left('machine/memories')).toEqual(['1', '2', '8'].map(hex));
  expect(letGo).toBe(5);
  expect(left('machine/kernels')).toEqual([hex('c'), 'own']);
});

it('keeps memories and kernels where nothing can run them just now', async () => {
  engine = null;
  putMemory(hex('1'), { image: 'gone' });
  put(`machine/kernels/${hex('d')}/kernel`, 'a kernel');
  await substrate.prune(scope);
  expect(left('machine/memories')).toEqual([hex('1')]);
  expect(left('machine/kernels')).toEqual([hex('d')]);
});

it('looks for nothing where there never was a machine', async () => {
  rmSync(join(home, 'machine'), { recursive: true });
  engine = null;
  expect(await substrate.prune(scope)).toBe(0);
});
