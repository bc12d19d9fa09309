/** A machine's sandbox with its host and its first process played: what fails half-way leaves it as it stood. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type OwnedScope, rootScope, type Scope, silentLog } from '../../base/index.ts';
import {
  encodeFrame,
  Fields,
  FieldWriter,
  FrameDecoder,
  launcherTags,
  launcherTypes,
  messageTypes,
  tags,
} from '../../guest/index.ts';
import type { LauncherRequest } from '../launcher-connection.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { LaunchRequest, SandboxIdentity } from '../types.ts';
import type { EngineRoom } from './engine.ts';
import { machinePlaces, machineSockets } from './places.ts';
import { firstRecord, type MachineRecord, writeRecord } from './record.ts';
import { MachineSubstrate } from './substrate.ts';

let home: string;
let scope: OwnedScope;
let server: Server;
let monitor: Server;
let substrate: MachineSubstrate;
let identity: SandboxIdentity;
/** What was done from outside, and asked inside, in order. */
let done: string[];
/** What the first process refuses, and what it never answers. */
let refused: number | null;
/** Answered when the test says so. */
let late: number | null;
let answers: (() => unknown)[];
const clients = new Set<Socket>();
const typeNames = new Map<number, string>(Object.entries(launcherTypes).map(([name, type]) => [type, name]));

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-machine-'));
  mkdirSync(join(home, 'run'));
  [done, refused, late, answers] = [[], null, null, []];
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
  const socketPath = join(home, 'run/box.sock');
  identity = {
    sandbox: 'box',
    pid: process.pid,
    startTicks: 1,
    bootId: '',
    socketPath,
    cgroup: '',
    limitGroups: [],
    agentIncarnation: '',
  };
  server = createServer(playFirstProcess).listen(machineSockets(socketPath).machine);
  const outside = (what: string) => async (_: SandboxIdentity, asking: Scope) => {
    asking.throwIfEnded();
    done.push(what);
  };
  monitor = createServer((client) => playMonitor(client)).listen(machineSockets(socketPath).monitor);
  const launcher = {
    async request({ type, fill }: LauncherRequest, asking: Scope): Promise<Fields> {
      asking.throwIfEnded();
      const writer = new FieldWriter();
      fill(writer);
      const fields = new Fields(Buffer.from(writer.payload()));
      const flags = fields.optionalInt(tags.flags) ?? 0;
      done.push(type === 'kill' ? `kill ${fields.text(launcherTags.sandbox)}` : `${type} ${flags}`);
      if (type === 'memory' && flags === 1) writeFileSync(fields.text(tags.target), 'memory');
      if (type !== 'launch') return new Fields(Buffer.alloc(0));
      return new Fields(Buffer.from(new FieldWriter().int(tags.pid, 4).int(launcherTags.startTicks, 1).payload()));
    },
  };
  const host = { freeze: outside('freeze'), thaw: outside('thaw'), launcher } as unknown as NamespaceSubstrate;
  const options = { binary: '/nowhere', home, mode: 'root', log: silentLog } as const;
  const engine = {
    qemu: { program: '/qemu', digest: '' },
    firecracker: null,
    verdict: { accelerator: 'tcg', notice: null, fix: null },
    kernel: {},
    processor: '',
  };
  const room = {
    options,
    places: machinePlaces(home),
    images: { check: async () => undefined },
    ready: async () => engine,
  } as unknown as EngineRoom;
  substrate = new MachineSubstrate('microvm', room, host);
  const { record, directory } = room.places.sandbox('box');
  mkdirSync(directory, { recursive: true });
  await writeRecord(record, machine());
});
afterEach(async () => {
  await substrate[Symbol.asyncDispose]();
  for (const client of clients) client.destroy();
  server.close();
  monitor.close();
  await scope.close();
  rmSync(home, { recursive: true });
});

/** Its answer to FREEZE: it knew them. */
const flagsOf = (payload: Buffer): Uint8Array =>
  new FieldWriter().int(tags.flags, new Fields(payload).optionalInt(tags.flags) ?? 0).payload();

function playFirstProcess(client: Socket): void {
  clients.add(client);
  client.on('error', () => undefined);
  const decoder = new FrameDecoder((type, id, payload) => {
    done.push(`${typeNames.get(type)} inside`);
    const refusal = new FieldWriter().int(tags.errno, 1).text(tags.message, 'a device');
    const answer = (): unknown =>
      client.write(
        type === refused
          ? encodeFrame(messageTypes.error, id, refusal.payload())
          : encodeFrame(messageTypes.ok, id, type === launcherTypes.freeze ? flagsOf(payload) : new Uint8Array(0)),
      );
    if (type === late) answers.push(answer);
    else answer();
  });
  client.on('data', (chunk: Buffer) => decoder.push(chunk));
}

/** Of a QEMU that does whatever it is told, but for what it never answers. */
function playMonitor(client: Socket, silentAt = ''): void {
  clients.add(client);
  client.on('error', () => undefined);
  client.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      const { execute, id } = JSON.parse(line) as { execute: string; id: number };
      if (execute !== 'qmp_capabilities') done.push(execute);
      if (execute === silentAt) continue;
      client.write(`${JSON.stringify({ return: {}, id })}\n`);
      if (execute === 'migrate-incoming') client.write('{"event":"MIGRATION","data":{"status":"completed"}}\n');
      if (execute === 'block-job-cancel') client.write('{"event":"BLOCK_JOB_CANCELLED","data":{"device":"fork"}}\n');
    }
  });
}

function machine(): MachineRecord {
  return firstRecord({
    madeWith: { driver: 'qemu', program: '', processor: '', accelerator: 'tcg' },
    inside: { pid: 2, startTicks: 1, cgroup: '' },
    shape: { kind: 'microvm', accelerator: 'tcg', memoryMib: 256, cpus: 1, hasAcpi: false, clockKhz: 1, workMib: 0 },
    memory: join(home, 'memory'),
    disk: null,
    keepsPowers: false,
    image: { path: join(home, 'image'), digest: '' },
    upper: '',
  });
}

const recorded = (): MachineRecord =>
  JSON.parse(readFileSync(join(home, 'sandboxes/box/machine/machine.json'), 'utf8')) as MachineRecord;

describe('a suspended machine', () => {
  const snapshot = async (asking: Scope): Promise<unknown> => {
    const root = { lower: [], upper: '', work: '', binds: [] };
    const request = { root, layerTree: join(home, 'tree'), previousTree: null, freshUpper: '', freshWork: '' };
    return await substrate.snapshot(identity, request, asking);
  };

  it('goes on when it is resumed, though a snapshot of it failed', async () => {
    await substrate.freeze(identity, scope);
    refused = launcherTypes.snapshot;
    await expect(snapshot(scope)).rejects.toMatchObject({ message: expect.stringContaining('a device') });
    // Held inside, it would stand still there whatever becomes of the machine around it.
    expect(done.indexOf('thaw inside')).toBeGreaterThan(done.indexOf('freeze inside'));
    expect(done.at(-1)).toBe('freeze');
    expect(recorded()).toMatchObject({ frozen: true, heldInside: false });
  });

  it('is stopped again, and goes on when it is resumed, though whoever asked has given up', async () => {
    await substrate.freeze(identity, scope);
    const short = scope.child({ name: 'short' });
    late = launcherTypes.freeze;
    const asked = snapshot(short);
    asked.catch(() => undefined);
    await expect.poll(() => done).toContain('freeze inside');
    await short.close();
    for (const answer of answers) answer();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect(done.slice(-2)).toEqual(['thaw inside', 'freeze']);
  });

  it('is stopped by a daemon that finds it running, and what may be held inside stays known', async () => {
    const path = join(home, 'sandboxes/box/machine/machine.json');
    await writeRecord(path, { ...machine(), frozen: true, heldInside: true });
    await substrate.freeze(identity, scope);
    expect(done).toEqual(['freeze']);
    await substrate.thaw(identity, scope);
    expect(done).toEqual(['freeze', 'thaw', 'thaw inside']);
  });

  it('is let go inside too by whoever resumes it after a daemon that died in between', async () => {
    await writeRecord(join(home, 'sandboxes/box/machine/machine.json'), {
      ...machine(),
      frozen: true,
      heldInside: true,
    });
    await substrate.thaw(identity, scope);
    expect(done).toEqual(['thaw', 'thaw inside']);
    expect(recorded()).toMatchObject({ frozen: false, heldInside: false });
  });
});

describe('a machine that a daemon left stopped when it died', () => {
  const path = (): string => join(home, 'sandboxes/box/machine/machine.json');

  it('runs again, and its channels and programs with it, when the next one lets it go on', async () => {
    await writeRecord(path(), { ...machine(), saving: true, heldInside: true });
    await substrate.thaw(identity, scope);
    expect(done).toEqual(['thaw', 'cont', 'rest 1', 'thaw inside']);
    expect(recorded()).toMatchObject({ saving: false, heldInside: false });
    await substrate.thaw(identity, scope);
    expect(done).toEqual(['thaw', 'cont', 'rest 1', 'thaw inside', 'thaw']);
  });

  it('has its disk copied no more, and what was copied takes no room', async () => {
    const [disk, copy] = [join(home, 'disk'), join(home, 'disk.copy')];
    writeFileSync(copy, 'half of it');
    const shape = { ...machine().shape, workMib: 1024 };
    await writeRecord(path(), { ...machine(), shape, disk, saving: true });
    await substrate.thaw(identity, scope);
    expect(done).toEqual(['thaw', 'cont', 'block-job-cancel', 'rest 1']);
    expect(statSync(copy)).toMatchObject({ size: 1024 ** 3, blocks: 0 });
    // One that died while the children started.
    writeFileSync(copy, 'all of it');
    await substrate.thaw(identity, scope);
    expect(statSync(copy)).toMatchObject({ size: 1024 ** 3, blocks: 0 });
  });

  it('has its channels told, also where what runs it is silent', async () => {
    await writeRecord(path(), { ...machine(), saving: true });
    monitor.close();
    await expect(substrate.thaw(identity, scope)).rejects.toMatchObject({ code: 'launch-failed' });
    expect(done).toEqual(['thaw', 'rest 1']);
    expect(recorded()).toMatchObject({ saving: true });
  });
});

describe('a machine that is forked while it runs', () => {
  const child = (sandbox: string): LaunchRequest => ({
    sandbox,
    incarnation: sandbox,
    root: { lower: [], upper: join(home, sandbox), work: '', binds: [] },
    socketPath: join(home, `run/${sandbox}.sock`),
    hostname: sandbox,
    machineId: '0'.repeat(32),
    user: 'agent',
    limits: {},
    leaseMs: 1000,
  });

  it('has all of its children or none, also when whoever asked has given up', async () => {
    const requests = [child('one'), child('other')];
    const [one, other] = requests.map(({ socketPath }) => machineSockets(socketPath));
    const played = [
      createServer((client) => playMonitor(client)).listen(one?.monitor),
      createServer(playFirstProcess).listen(one?.machine),
      createServer((client) => playMonitor(client, 'migrate-incoming')).listen(other?.monitor),
    ];
    onTestFinished(() => {
      for (const each of played) each.close();
    });
    const asker = scope.child({ name: 'asker' });
    const forked = substrate.forkLive(identity, requests, asker);
    forked.catch(() => undefined);
    await expect.poll(() => existsSync(join(home, 'sandboxes/one/machine/machine.json')), { timeout: 5000 }).toBe(true);
    await expect.poll(() => done.filter((what) => what === 'migrate-incoming').length).toBe(2);
    await asker.close();
    await expect(forked).rejects.toMatchObject({ code: 'cancelled' });
    expect(done.filter((what) => what.startsWith('kill')).sort()).toEqual(['kill one', 'kill other']);
    expect(done.at(-1)).toBe('keep 1');
    expect(recorded()).toMatchObject({ saving: false, heldInside: false });
  });
});
