/**
 * The first process of a machine, over the machine's own socket (guest/LAUNCHER.md, Inside a machine): it makes the one
 * sandbox in there and does to it what the launcher does on a host.
 *
 * 1. What it says is the guest's word: bounded by the connection, believed in nothing that concerns the host.
 * 2. Each request has a deadline of its own: a guest may be silent. What changes the sandbox has no other, once it is asked:
 *    whoever asked may have given up, and it may be done all the same.
 */
import type { Socket } from 'node:net';
import { connectUnix, rootScope, type Scope, systemClock, systemRandom } from '../../base/index.ts';
import { Fields, FieldWriter, type LauncherType, launcherTags, launcherTypes, tags } from '../../guest/index.ts';
import type { Limits } from '../../schema/index.ts';
import { newGeneration } from '../generation.ts';
import { failureOf, LauncherConnection, type LayerFrame } from '../launcher-connection.ts';
import type { LaunchRequest, LimitCounters } from '../types.ts';

export const insideHome = '/rw';
export const insideBase = `${insideHome}/layers/base`;
export const insideLayer = (id: string): string => `${insideHome}/layers/${id}`;
export const insideUpper = (generation: string): string => `${insideHome}/sandbox/upper-${generation}`;
export const insideWork = (generation: string): string => `${insideHome}/sandbox/work-${generation}`;

const insideIds = { agent: 1000, root: 0 } as const;
const requestTimeoutMs = 20_000;
/** The first answer waits for the kernel, which on a busy machine starts slowly; whoever boots it keeps a deadline of its own. */
const configureTimeoutMs = 60_000;
/** Hooks of the template run meanwhile. */
const renewTimeoutMs = 40_000;
/** Layers of gigabytes, under emulation. */
const transferTimeoutMs = 10 * 60_000;
/** Twice what the kernel's pool holds; more takes longer to mix in. */
const entropyBytes = 64;

/** LAUNCH's: the sandbox keeps the powers of its machine's kernel. */
const powersKept = 8;
/** FREEZE's: when its channels next come to rest. */
const atRest = 1;

/** The sandbox as the first process knows it. */
export interface InsideIdentity {
  pid: number;
  startTicks: number;
  cgroup: string;
}

export interface Renewal {
  incarnation: string;
  leaseMs: number;
  hostname: string;
  machineId: string;
  limits: Limits;
  /** Milliseconds since 1970; this machine's time when absent. */
  clockMs?: number;
  /** What its programs draw from, of a sandbox that was launched with a place for it. */
  seed?: Uint8Array;
}

/** What a sandbox's machine is given when it goes on from a saved memory. */
export function renewalOf(request: LaunchRequest): Renewal {
  const { incarnation, leaseMs, hostname, machineId, limits, clockMs, entropy } = request;
  return {
    incarnation,
    leaseMs,
    hostname,
    machineId,
    limits,
    ...(clockMs === undefined ? {} : { clockMs }),
    ...(entropy === undefined ? {} : { seed: entropy }),
  };
}

export interface InsideView {
  /** Ids, newest first, above the base. */
  layers: string[];
  generation: string;
}

export interface InsideSnapshot {
  pauseMs: number;
  files: number;
  bytes: number;
}

export class MachineClient {
  readonly #connection: LauncherConnection;

  private constructor(connection: LauncherConnection) {
    this.#connection = connection;
  }

  static async connect(path: string, onClosed: () => void, scope: Scope): Promise<MachineClient> {
    return MachineClient.over(await connectUnix(path, scope, 'launch-failed'), onClosed);
  }

  /** Over a socket that is connected. */
  static over(socket: Socket, onClosed: () => void): MachineClient {
    const connection = new LauncherConnection(socket, () => undefined, 'hostile');
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connection.fail('the virtual machine closed its channel');
      onClosed();
    });
    return new MachineClient(connection);
  }

  close(): void {
    this.#connection.fail('the channel into the virtual machine was closed');
  }

  /** Answered as soon as the machine is up, also again; says what it lacks. */
  async configure(scope: Scope): Promise<void> {
    const fill = (fields: FieldWriter): unknown =>
      fields
        .text(launcherTags.home, insideHome)
        .text(launcherTags.launchMode, 'root')
        .text(launcherTags.launcher, 'fork');
    await this.#ask('configure', fill, scope, configureTimeoutMs);
  }

  async launch(
    request: Renewal & {
      sandbox: string;
      view: InsideView;
      user: 'agent' | 'root';
      keepsPowers: boolean;
      entropy?: Uint8Array;
    },
    scope: Scope,
  ): Promise<InsideIdentity> {
    const fill = (fields: FieldWriter): void => {
      fields.text(launcherTags.sandbox, request.sandbox).int(launcherTags.user, insideIds[request.user]);
      viewFields(fields, request.view);
      renewalFields(fields, request);
      if (request.keepsPowers) fields.int(tags.flags, powersKept);
      if (request.entropy) fields.bytes(launcherTags.entropy, request.entropy);
    };
    const answer = await this.#ask('launch', fill, scope);
    return {
      pid: answer.int(tags.pid),
      startTicks: answer.int(launcherTags.startTicks),
      cgroup: answer.optionalText(launcherTags.cgroup) ?? '',
    };
  }

  /** What a machine that goes on from a saved state must be given anew. Fresh randomness is never a test's. */
  async renew(renewal: Renewal, scope: Scope): Promise<void> {
    const fill = (fields: FieldWriter): void => {
      fields.bytes(launcherTags.entropy, systemRandom(entropyBytes));
      fields.bytes(launcherTags.clockNs, nanoseconds(renewal.clockMs ?? systemClock.nowMs()));
      fields.text(tags.generation, newGeneration());
      renewalFields(fields, renewal);
      if (renewal.seed) fields.bytes(launcherTags.seed, renewal.seed);
    };
    await this.#ask('renewMachine', fill, scope, renewTimeoutMs);
  }

  /** Of its kernel, and nothing else. */
  async setClock(clockMs: number, scope: Scope): Promise<void> {
    const fill = (fields: FieldWriter): unknown => fields.bytes(launcherTags.clockNs, nanoseconds(clockMs));
    await this.#change('renewMachine', fill, scope);
  }

  async counters(identity: InsideIdentity, scope: Scope): Promise<Omit<LimitCounters, 'memoryBytes'>> {
    const answer = await this.#ask('counters', (fields) => identityFields(fields, identity), scope);
    return {
      oomKills: answer.optionalInt(launcherTags.oomKills) ?? 0,
      processesDenied: answer.optionalInt(launcherTags.pidsDenied) ?? 0,
    };
  }

  /** Copies what the sandbox wrote to a layer inside; the sandbox goes on as it was. */
  async snapshot(identity: InsideIdentity, view: InsideView, layer: string, scope: Scope): Promise<InsideSnapshot> {
    const fill = (fields: FieldWriter): void => {
      identityFields(fields, identity);
      viewFields(fields, view);
      fields.text(tags.path, insideLayer(layer));
    };
    const answer = await this.#change('snapshot', fill, scope);
    return {
      pauseMs: answer.int(launcherTags.pauseUs) / 1000,
      files: answer.int(launcherTags.files),
      bytes: answer.int(launcherTags.bytes),
    };
  }

  async swap(identity: InsideIdentity, view: InsideView, diskBytes: number | undefined, scope: Scope): Promise<number> {
    const fill = (fields: FieldWriter): void => {
      identityFields(fields, identity);
      viewFields(fields, view);
      fields.int(launcherTags.diskBytes, diskBytes);
    };
    return (await this.#change('swap', fill, scope)).int(launcherTags.pauseUs) / 1000;
  }

  async freeze(identity: InsideIdentity, scope: Scope): Promise<void> {
    await this.#change('freeze', (fields) => identityFields(fields, identity), scope);
  }

  /**
   * It stands still from when the machine's channels next come to rest, until `thaw`, or until RENEW is through in whatever goes on from
   * what is saved meanwhile. False: its first process began before it could do that, and nothing stands still.
   */
  async freezeAtRest(identity: InsideIdentity, scope: Scope): Promise<boolean> {
    const fill = (fields: FieldWriter): void => {
      identityFields(fields, identity);
      fields.int(tags.flags, atRest);
    };
    if ((await this.#change('freeze', fill, scope)).optionalInt(tags.flags) === atRest) return true;
    await this.thaw(identity, scope);
    return false;
  }

  async thaw(identity: InsideIdentity, scope: Scope): Promise<void> {
    await this.#change('thaw', (fields) => identityFields(fields, identity), scope);
  }

  async deleteTree(path: string, scope: Scope): Promise<void> {
    await this.#change('layerDelete', (fields) => fields.text(tags.path, path), scope);
  }

  /** A layer of the machine, piece by piece, then what the machine says it was; all of it is hostile. */
  async send(path: string, onData: (piece: Buffer) => void | Promise<void>, scope: Scope): Promise<Buffer> {
    const payload = fieldsOf((fields) => fields.text(tags.path, path));
    await using limit = scope.child({ name: 'take a layer out of the machine', timeoutMs: transferTimeoutMs });
    const onError = (refused: Buffer): unknown => failureOf('layerSend', new Fields(refused));
    return await this.#connection.exchange({ type: launcherTypes.layerSend, payload, onData, onError }, limit);
  }

  /** Puts a layer into the machine. */
  async take(path: string, frames: AsyncIterable<LayerFrame>, scope: Scope): Promise<void> {
    const payload = fieldsOf((fields) => fields.text(tags.path, path));
    await using limit = scope.child({ name: 'put a layer into the machine', timeoutMs: transferTimeoutMs });
    const onError = (refused: Buffer): unknown => failureOf('layerTake', new Fields(refused));
    await this.#connection.exchange({ type: launcherTypes.layerTake, payload, upload: frames, onError }, limit);
  }

  async #change(type: LauncherType, fill: (fields: FieldWriter) => unknown, scope: Scope): Promise<Fields> {
    scope.throwIfEnded();
    await using own = rootScope({ name: scope.name, timeoutMs: requestTimeoutMs });
    return await this.#ask(type, fill, own);
  }

  async #ask(
    type: LauncherType,
    fill: (fields: FieldWriter) => unknown,
    scope: Scope,
    timeoutMs: number = requestTimeoutMs,
  ): Promise<Fields> {
    await using limit = scope.child({ name: `${type} in the machine`, timeoutMs });
    return await this.#connection.request({ type, fill: (fields) => void fill(fields) }, limit);
  }
}

function fieldsOf(fill: (fields: FieldWriter) => void): Uint8Array {
  const writer = new FieldWriter();
  fill(writer);
  return writer.payload();
}

/** Past 2^53, so not a plain number. */
function nanoseconds(ms: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.round(ms * 1000)) * 1000n, true);
  return bytes;
}

function viewFields(fields: FieldWriter, { layers, generation }: InsideView): void {
  fields.texts(launcherTags.lower, [...layers.map(insideLayer), insideBase]);
  fields.text(launcherTags.upper, insideUpper(generation)).text(launcherTags.work, insideWork(generation));
}

function renewalFields(fields: FieldWriter, renewal: Renewal): void {
  const { limits } = renewal;
  fields.text(tags.incarnation, renewal.incarnation).int(tags.leaseMs, renewal.leaseMs);
  fields.text(launcherTags.hostname, renewal.hostname).text(launcherTags.machineId, renewal.machineId);
  fields.int(launcherTags.memoryBytes, limits.memoryBytes);
  fields.int(launcherTags.cpuMillis, limits.cpus === undefined ? undefined : Math.round(limits.cpus * 1000));
  fields.int(launcherTags.processes, limits.processes).int(launcherTags.openFiles, limits.openFiles);
  fields.int(launcherTags.diskBytes, limits.diskBytes);
}

function identityFields(fields: FieldWriter, { pid, startTicks, cgroup }: InsideIdentity): void {
  fields.int(tags.pid, pid).int(launcherTags.startTicks, startTicks);
  if (cgroup !== '') fields.text(launcherTags.cgroup, cgroup);
}
