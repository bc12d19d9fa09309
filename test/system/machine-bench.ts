/** Machines without a daemon: the substrates on a home of their own, and a guest client per sandbox. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../../scripts/build-guest.ts';
import { type OwnedScope, rootScope, silentLog } from '../../src/base/index.ts';
import {
  type LaunchRequest,
  NamespaceSubstrate,
  type SandboxIdentity,
  type Substrate,
} from '../../src/compute/index.ts';
import { machineSubstrates } from '../../src/compute/late.ts';
import { GuestChannel, GuestClient } from '../../src/guest/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { Limits } from '../../src/schema/index.ts';
import { buildDebian } from '../fixtures/machines.ts';

export interface Box {
  request: LaunchRequest;
  identity: SandboxIdentity;
  guest: GuestClient;
}

export class MachineBench implements AsyncDisposable {
  readonly home: string;
  readonly scope: OwnedScope;
  substrate: Substrate;
  #host: NamespaceSubstrate;
  readonly #kind: 'microvm' | 'vm';
  readonly #boxes = new Map<string, Box>();
  #count = 0;
  #processes = 0;

  private constructor(home: string, kind: 'microvm' | 'vm') {
    this.home = home;
    this.#kind = kind;
    this.scope = rootScope({ name: 'bench' });
    [this.#host, this.substrate] = this.#open();
  }

  /** @param directory another template's than the usual one */
  static async open(kind: 'microvm' | 'vm' = 'microvm', directory?: string): Promise<MachineBench> {
    const home = mkdtempSync(join(tmpdir(), 'hf-machines-'));
    const runtime = await createRuntime({ home });
    await buildDebian(runtime, directory);
    await runtime.close();
    return new MachineBench(home, kind);
  }

  /** As when the daemon ends and another one starts: its launcher ends, machines live on. */
  async reopen(): Promise<void> {
    for (const { guest } of this.#boxes.values()) guest.close();
    await this.substrate[Symbol.asyncDispose]();
    await this.#host[Symbol.asyncDispose]();
    [this.#host, this.substrate] = this.#open();
    for (const box of this.#boxes.values()) box.guest = await this.connect(box.identity);
  }

  request(limits: Limits = {}): LaunchRequest {
    const sandbox = `box-${this.#count++}`;
    const [layer] = readdirSync(join(this.home, 'layers'));
    const directory = join(this.home, 'sandboxes', sandbox, '0');
    return {
      sandbox,
      incarnation: `inc-${sandbox}`,
      root: {
        lower: [join(this.home, 'layers', layer ?? '', 'tree')],
        upper: join(directory, 'upper'),
        work: join(directory, 'work'),
        binds: [],
      },
      socketPath: join(this.home, 'run', `${sandbox}.sock`),
      hostname: sandbox,
      machineId: String(this.#count).padStart(32, '0'),
      user: 'agent',
      limits,
      leaseMs: 600_000,
    };
  }

  async launch(limits: Limits = {}): Promise<Box> {
    const request = this.request(limits);
    return this.adopt(request, await this.substrate.launch(request, this.scope));
  }

  async adopt(request: LaunchRequest, identity: SandboxIdentity): Promise<Box> {
    const box = { request, identity, guest: await this.connect(identity) };
    this.#boxes.set(request.sandbox, box);
    return box;
  }

  /** Of a fork, or of several starts: the identities are in the order of what was asked for. */
  adoptAll(requests: readonly LaunchRequest[], identities: readonly SandboxIdentity[] = []): Promise<Box[]> {
    return Promise.all(identities.map((identity, index) => this.adopt(requests[index] ?? this.request(), identity)));
  }

  async connect(identity: SandboxIdentity): Promise<GuestClient> {
    const socket = connect(identity.socketPath);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const guest = new GuestClient(new GuestChannel(socket));
    await guest.hello(this.scope);
    return guest;
  }

  async run(box: Box, command: string): Promise<string> {
    const result = await box.guest.exec(
      {
        argv: ['/bin/sh', '-c', command],
        cwd: '/tmp',
        environment: { PATH: '/usr/bin:/bin' },
        graceMs: 100,
        timeoutMs: 60_000,
        retainBytes: 1 << 16,
        outputCapBytes: 1 << 16,
        processId: `p${this.#processes++}`,
      },
      this.scope,
    );
    return Buffer.from(result.stdout).toString().trim();
  }

  async end(box: Box): Promise<void> {
    this.#boxes.delete(box.request.sandbox);
    box.guest.close();
    await this.substrate.kill(box.identity, this.scope);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const box of [...this.#boxes.values()]) await this.end(box);
    await this.substrate[Symbol.asyncDispose]();
    await this.#host[Symbol.asyncDispose]();
    await this.scope.close();
    rmSync(this.home, { recursive: true, force: true });
  }

  #open(): [NamespaceSubstrate, Substrate] {
    const options = { binary: buildGuest(), home: this.home, mode: 'root', log: silentLog } as const;
    const host = new NamespaceSubstrate({ ...options, kind: 'fork', keepApart: join(this.home, 'sandboxes') });
    const substrate = machineSubstrates(options, host).find(({ name }) => name === this.#kind);
    if (!substrate) throw new Error(`no substrate ${this.#kind}`);
    return [host, substrate];
  }
}
