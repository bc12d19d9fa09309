/** Saving machines with what runs them played: what goes wrong on the way leaves them as they were, and nothing behind. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type OwnedScope, rootScope, type Scope } from '../../base/index.ts';
import { Fields, FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import type { Launcher } from '../namespace/launcher.ts';
import type { MachineDriver } from './driver.ts';
import type { Engine } from './engine.ts';
import { type ForkedMemory, forkMemory, type LiveMachine, putAway, takeUp } from './live.ts';
import type { RunningMachine, SavedFiles, SavedMemory } from './machines.ts';
import { firstRecord, type MachineRecord, type MadeWith } from './record.ts';

/** What the launcher and QEMU were asked, in order. */
let asked: string[];
/** The first that begins so fails. */
let fails: string | null;
/** Whoever asks gives up when this begins. */
let ends: { at: string; scope: OwnedScope } | null;
let home: string;
let scope: OwnedScope;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-live-'));
  [asked, fails, ends] = [[], null, null];
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
});
afterEach(async () => {
  await scope.close();
  rmSync(home, { recursive: true });
});

async function ask(what: string, asking: Scope): Promise<void> {
  asked.push(what);
  if (ends?.at === what) await ends.scope.close();
  asking.throwIfEnded();
  if (fails === null || !what.startsWith(fails)) return;
  fails = null;
  throw new Error(`${what} fails`);
}

const digest = new FieldWriter().bytes(launcherTags.digest, new Uint8Array(32)).payload();
const launcher = {
  async request({ type, fill }: { type: string; fill(fields: FieldWriter): void }, asking: Scope): Promise<Fields> {
    const writer = new FieldWriter();
    fill(writer);
    const fields = new Fields(Buffer.from(writer.payload()));
    await ask(`${type} ${fields.optionalInt(tags.flags) ?? 0}`, asking);
    return new Fields(Buffer.from(digest));
  },
} as unknown as Launcher;

const driver: MachineDriver = {
  name: 'qemu',
  digest: 'q',
  dependsOn: () => '',
  boot: () => Promise.reject(new Error('nothing boots here')),
  restore: () => Promise.reject(new Error('nothing starts here')),
  pause: (_, asking) => ask('pause', asking),
  resume: (_, asking) => ask('resume', asking),
  save: () => Promise.reject(new Error('nothing of that kind is saved here')),
  end: (_sandbox, _started, _socketPath, asking) => ask('end', asking),
  async saveRunning({ goesOn }: RunningMachine, to: SavedFiles, asking: Scope): Promise<SavedMemory> {
    await ask(`save ${goesOn ? 'and go on' : 'for good'}`, asking);
    mkdirSync(dirname(to.path), { recursive: true });
    for (const path of [to.path, to.state]) writeFileSync(path, 'saved');
    return { ...to, pauseMs: 1 };
  },
};

const engine = { processor: 'p', verdict: { accelerator: 'tcg' } } as Engine;
const madeWith: MadeWith = { driver: 'qemu', program: 'q', processor: 'p', accelerator: 'tcg' };

function machine(changes: Partial<MadeWith> | null = {}): LiveMachine {
  const record = firstRecord({
    madeWith: changes && { ...madeWith, ...changes },
    inside: { pid: 2, startTicks: 1, cgroup: '' },
    shape: { kind: 'microvm', accelerator: 'tcg', memoryMib: 256, cpus: 1, hasAcpi: false, clockKhz: 1, workMib: 0 },
    memory: join(home, 'memory'),
    disk: null,
    keepsPowers: false,
    image: { path: join(home, 'image'), digest: '' },
    upper: '',
  });
  const identity = {
    sandbox: 'box',
    pid: 1,
    startTicks: 1,
    bootId: '',
    socketPath: join(home, 'box.sock'),
    cgroup: '',
    limitGroups: [],
    agentIncarnation: '',
  };
  const write = async ({ saving, heldInside }: MachineRecord): Promise<void> => {
    expect(heldInside).toBe(saving);
    asked.push(`saving: ${saving}`);
  };
  const sandbox = {
    hold: async (): Promise<boolean> => true,
    letGo: (asking: Scope): Promise<void> => ask('let go', asking),
  };
  return { identity, record, write, sandbox };
}

const others: [string, Partial<MadeWith> | null][] = [
  ['driver', { driver: 'firecracker' }],
  ['program', { program: 'another' }],
  ['processor', { processor: 'another' }],
  ['accelerator', { accelerator: 'kvm' }],
  ['program', null],
];

describe('a machine that runs on something else than is here now', () => {
  it.each(others)('is neither put away nor forked: another %s', async (differs, changes) => {
    const refusal = { code: 'capability-missing', details: { differs } };
    const live = machine(changes);
    await expect(putAway(driver, launcher, engine, live, join(home, 'away'), scope)).rejects.toMatchObject(refusal);
    await expect(forkMemory(driver, launcher, engine, live, home, scope)).rejects.toMatchObject(refusal);
    expect(asked).toEqual([]);
    expect(readdirSync(home)).toEqual([]);
  });

  it.each(others.filter(([, changes]) => changes))('is not taken up: another %s', async (differs, changes) => {
    const away = join(home, 'away');
    await putAway(driver, launcher, engine, machine(), away, scope);
    const note = JSON.parse(readFileSync(join(away, 'image.json'), 'utf8'));
    writeFileSync(join(away, 'image.json'), JSON.stringify({ ...note, madeWith: { ...madeWith, ...changes } }));
    await expect(takeUp(driver, launcher, engine, away, scope)).rejects.toMatchObject({
      code: 'capability-missing',
      details: { differs },
    });
  });

  it('is taken up from a note of before, of the QEMU that it names', async () => {
    const away = join(home, 'away');
    await putAway(driver, launcher, engine, machine(), away, scope);
    const path = join(away, 'image.json');
    const { madeWith: made, record, ...note } = JSON.parse(readFileSync(path, 'utf8'));
    const { program: qemu, processor, accelerator } = made;
    const { madeWith: _, ...older } = { ...record, format: 1 };
    const write = (changes: object): void =>
      writeFileSync(
        path,
        JSON.stringify({ ...note, format: 2, qemu, processor, accelerator, record: older, ...changes }),
      );
    write({ qemu: 'another' });
    await expect(takeUp(driver, launcher, engine, away, scope)).rejects.toMatchObject({
      details: { differs: 'program' },
    });
    write({});
    const taken = await takeUp(driver, launcher, engine, away, scope);
    expect(taken.record).toMatchObject({ format: 2, madeWith });
    await taken.close();
  });
});

describe('a machine that is forked', () => {
  const fork = (): Promise<ForkedMemory> => forkMemory(driver, launcher, engine, machine(), home, scope);

  it('is known to be saved only as long as it is, and kept without being read', async () => {
    await fork();
    expect(asked).toEqual(['saving: true', 'save and go on', 'saving: false', 'keep 2']);
  });

  it('has its disk in the copy beside it until its children have started, and in no place after', async () => {
    const { live, copy } = withDisk();
    writeFileSync(copy, 'of before');
    const forked = await forkMemory(driver, launcher, engine, live, home, scope);
    expect(forked.disk).toBe(copy);
    await forked.close();
    expect(statSync(copy)).toMatchObject({ size: 1024 ** 3, blocks: 0 });
    fails = 'save';
    writeFileSync(copy, 'half of it');
    await expect(forkMemory(driver, launcher, engine, live, home, scope)).rejects.toThrow('fails');
    expect(statSync(copy)).toMatchObject({ size: 1024 ** 3, blocks: 0 });
  });

  it('is refused when it began without a place for its disk', async () => {
    const { live } = withDisk();
    await expect(forkMemory(driver, launcher, engine, live, home, scope)).rejects.toMatchObject({
      code: 'capability-missing',
      hint: expect.stringContaining('suspend --to-disk'),
    });
    expect(asked).toEqual([]);
  });

  function withDisk(): { live: LiveMachine; copy: string } {
    const live = machine();
    const [shape, disk] = [{ ...live.record.shape, workMib: 1024 }, join(home, 'disk')];
    return { live: { ...live, record: { ...live.record, shape, disk } }, copy: join(home, 'disk.copy') };
  }

  it('is known to be saved until whoever saved it says otherwise', async () => {
    fails = 'save';
    await expect(fork()).rejects.toThrow('save and go on fails');
    expect(asked).not.toContain('saving: false');
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('what was held for whoever asked', () => {
  it('is let go when they have given up', async () => {
    const short = scope.child({ name: 'short' });
    const forked = await forkMemory(driver, launcher, engine, machine(), home, short);
    const away = join(home, 'away');
    await putAway(driver, launcher, engine, machine(), away, short);
    const taken = await takeUp(driver, launcher, engine, away, short);
    await short.close();
    for (const { close } of [forked, taken]) {
      await close();
      expect(asked.at(-1)).toBe('keep 1');
    }
    expect(readdirSync(home)).toEqual(['away']);
  });

  it('is let go when it failed because they gave up', async () => {
    const short = scope.child({ name: 'short' });
    ends = { at: 'keep 2', scope: short };
    await expect(forkMemory(driver, launcher, engine, machine(), home, short)).rejects.toBeDefined();
    expect(asked.at(-1)).toBe('keep 1');
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('a machine that is put away', () => {
  const away = (): string => join(home, 'away');
  const note = (): string => join(away(), 'image.json');
  const put = (): Promise<void> => putAway(driver, launcher, engine, machine(), away(), scope);

  it('stands still when all of it is there, and is read once', async () => {
    await put();
    expect(asked).toEqual(['saving: true', 'save for good', 'memory 2']);
    expect(existsSync(note())).toBe(true);
  });

  /** Tells what is flushed, as it is below home, until the test is over. */
  async function onSync(flushed: (path: string) => void): Promise<void> {
    const handle = await open(home);
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const original = prototype.sync;
    const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
      flushed(readlinkSync(`/proc/self/fd/${this.fd}`).slice(home.length));
      await original.call(this);
    });
    onTestFinished(() => spy.mockRestore());
  }

  it('is on disk, all of it, before it is said to be', async () => {
    const flushed: string[] = [];
    await onSync((path) => flushed.push(path));
    await put();
    const noteInMaking = expect.stringMatching(/^\/away\/image.json.*tmp$/);
    expect(flushed).toEqual(['/away/ram', '/away/state', noteInMaking, '/away', '']);
  });

  it('goes on, and is no longer said to sleep, when its note may not have reached the disk', async () => {
    await onSync((path) => {
      if (path === '/away') throw new Error('it cannot be flushed');
    });
    await expect(put()).rejects.toThrow('it cannot be flushed');
    expect(asked.slice(-2)).toEqual(['resume', 'let go']);
    expect(existsSync(note())).toBe(false);
  });

  it('goes on when what was saved cannot be read', async () => {
    fails = 'memory';
    await expect(put()).rejects.toThrow('memory 2 fails');
    expect(asked.slice(-2)).toEqual(['resume', 'let go']);
    expect(existsSync(note())).toBe(false);
  });

  it('goes on when its note cannot be written, whatever is in its place', async () => {
    mkdirSync(join(note(), 'in-the-way'), { recursive: true });
    await expect(put()).rejects.toMatchObject({ code: expect.stringMatching(/EISDIR|ENOTEMPTY|EEXIST/) });
    expect(asked.slice(-2)).toEqual(['resume', 'let go']);
    expect(readdirSync(away()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
