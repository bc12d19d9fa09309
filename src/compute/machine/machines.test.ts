/** Starting and saving a QEMU that is played, whose asker gives up half-way: what was begun is ended, or goes on. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope, type Scope } from '../../base/index.ts';
import { Fields, FieldWriter, launcherTags, tags } from '../../guest/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { LauncherRequest } from '../launcher-connection.ts';
import type { Launcher } from '../namespace/launcher.ts';
import { restoreMachine, saveRunning } from './machines.ts';
import { machinePlaces, machineSockets } from './places.ts';

let home: string;
let scope: OwnedScope;
let asker: OwnedScope;
let monitor: Server;
/** What launcher and QEMU were asked, in order. */
let asked: string[];
/** Of these QEMU refuses the first, and of those it answers none. */
let [refuses, ignores]: string[] = ['', ''];
const clients = new Set<Socket>();

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-machines-'));
  mkdirSync(join(home, 'run'));
  [asked, refuses, ignores] = [[], '', ''];
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  asker = scope.child({ name: 'asker' });
  monitor = createServer(play).listen(machineSockets(socketPath()).monitor);
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  monitor.close();
  await scope.close();
  rmSync(home, { recursive: true });
});

const jobEvents: Record<string, string> = {
  'blockdev-mirror': 'BLOCK_JOB_READY',
  'block-job-cancel': 'BLOCK_JOB_COMPLETED',
};

const socketPath = (): string => join(home, 'run/box.sock');

function play(client: Socket): void {
  clients.add(client);
  client.on('error', () => undefined);
  client.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      const { execute, id } = JSON.parse(line) as { execute: string; id: number };
      if (execute !== 'qmp_capabilities') asked.push(execute);
      if (execute === ignores) continue;
      const answer = execute === refuses ? { error: { desc: 'no' } } : { return: {} };
      client.write(`${JSON.stringify({ ...answer, id })}\n`);
      const event = jobEvents[execute];
      if (event) client.write(`${JSON.stringify({ event, data: { device: 'fork', len: 8, offset: 8 } })}\n`);
    }
  });
}

const started = { pid: 7, startTicks: 1, cgroup: '', limitGroups: [] };
const launcher = {
  async request({ type, fill }: LauncherRequest, asking: Scope): Promise<Fields> {
    asking.throwIfEnded();
    const writer = new FieldWriter();
    fill(writer);
    const fields = new Fields(Buffer.from(writer.payload()));
    const what = `${type} ${fields.optionalInt(tags.flags) ?? 0}`;
    asked.push(what);
    if (what === refuses) throw new HoldfastError('launch-failed', 'no');
    return new Fields(Buffer.from(new FieldWriter().int(tags.pid, 7).int(launcherTags.startTicks, 1).payload()));
  },
} as unknown as Launcher;

/** Whether its first process can hold it. */
let isHeld: boolean;
const sandbox = {
  hold: async (): Promise<boolean> => {
    asked.push('hold');
    return isHeld;
  },
  letGo: async (): Promise<void> => void asked.push('let go'),
};

describe('a machine that is saved while it runs', () => {
  beforeEach(() => {
    isHeld = true;
  });
  const save = (goesOn: boolean, disk: string | null = null): Promise<unknown> => {
    const machine = { started, socketPath: socketPath(), disk, base: join(home, 'base'), goesOn, sandbox };
    const to = { path: join(home, 'ram'), state: join(home, 'state'), disk: join(home, 'disk') };
    return saveRunning(launcher, machine, to, asker);
  };
  const atRest = ['hold', 'rest 0', 'stop', 'xen-save-devices-state', 'memory 0'];

  it('goes on, its channels too, or stands still for good', async () => {
    await save(true);
    expect(asked).toEqual(['memory 1', 'memory 0', ...atRest, 'cont', 'rest 1', 'let go']);
    asked = [];
    await save(false);
    expect(asked).toEqual(['memory 1', ...atRest, 'rest 1']);
  });

  it('has a disk of its own copied while it runs, and by the launcher only when it is to stand still for good', async () => {
    await save(true, join(home, 'own'));
    const ahead = ['blockdev-mirror', 'memory 1', 'memory 0'];
    expect(asked).toEqual([...ahead, ...atRest, 'block-job-cancel', 'cont', 'rest 1', 'let go']);
    asked = [];
    await save(false, join(home, 'own'));
    expect(asked).toEqual(['memory 1', ...atRest, 'memory 1', 'rest 1']);
  });

  it.each(['xen-save-devices-state', 'block-job-cancel'])(
    'goes on, and its disk is copied no more, when %s fails',
    async (fails) => {
      refuses = fails;
      await expect(save(true, join(home, 'own'))).rejects.toMatchObject({ code: 'launch-failed' });
      expect(asked.slice(-4)).toEqual(['cont', 'rest 1', 'let go', 'block-job-cancel']);
    },
  );

  it('goes on when whoever asked has given up while it stood still', async () => {
    ignores = 'xen-save-devices-state';
    const saved = save(false);
    await expect.poll(() => asked).toContain(ignores);
    await asker.close();
    await expect(saved).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked.slice(-3)).toEqual(['cont', 'rest 1', 'let go']);
  });

  it('is not forked, but put away, where its first process cannot hold what runs in it', async () => {
    isHeld = false;
    await expect(save(true)).rejects.toMatchObject({ code: 'capability-missing' });
    expect(asked.slice(-3)).toEqual(['cont', 'rest 1', 'let go']);
    await save(false);
    expect(asked.at(-1)).toBe('rest 1');
  });

  it('has its channels go on, though QEMU will not', async () => {
    refuses = 'cont';
    await expect(save(true)).rejects.toMatchObject({ code: 'launch-failed' });
    expect(asked.at(-1)).toBe('rest 1');
  });
});

describe('a machine that starts from what was saved', () => {
  it('is ended when whoever asked has given up', async () => {
    ignores = 'migrate-incoming';
    const shape = {
      kind: 'microvm',
      accelerator: 'tcg',
      memoryMib: 256,
      cpus: 1,
      hasAcpi: false,
      clockKhz: 1,
    } as const;
    const starter = { launcher, program: '/qemu', places: machinePlaces(home), limitsMemory: false, limitsCpu: false };
    const image = { path: join(home, 'image'), digest: '' };
    const start = { sandbox: 'box', socketPath: socketPath(), shape: { ...shape, workMib: 0 }, image, disk: '' };
    const from = { memory: join(home, 'ram'), state: join(home, 'state') };
    const restored = restoreMachine(starter, start, from, asker);
    await expect.poll(() => asked).toContain(ignores);
    await asker.close();
    await expect(restored).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked.at(-1)).toBe('kill 0');
  });
});
