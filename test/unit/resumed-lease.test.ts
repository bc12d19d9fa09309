/** A sandbox that is resumed while the connection to its agent breaks: which lease its agent has in the end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate, type LaunchRequest, type SandboxIdentity } from '../../src/compute/index.ts';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { int } from './guest-agent-peer.ts';

const binary = buildGuest();
const hourMs = 3_600_000;

/** The way to the agent, which can be held and cut, and tells of the leases that arrived. */
class Way {
  readonly leases: number[] = [];
  isHeld = false;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(path: string, agentPath: string) {
    this.#server = createServer((near) => {
      const far = new Socket().connect(agentPath);
      let rest: Buffer = Buffer.alloc(0);
      near.on('data', (bytes) => {
        if (this.isHeld) return;
        rest = this.#note(Buffer.concat([rest, bytes]));
        far.write(bytes);
      });
      far.on('data', (bytes) => near.write(bytes));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#open.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.#open.delete(one);
          other.destroy();
        });
      }
    }).listen(path);
  }

  #note(bytes: Buffer): Buffer {
    const end = bytes.length < 9 ? Number.POSITIVE_INFINITY : 9 + bytes.readUInt32LE(0);
    if (bytes.length < end) return bytes;
    if (bytes[4] === m.lease) this.leases.push(int(bytes.subarray(9, end), 'leaseMs') ?? 0);
    return this.#note(bytes.subarray(end));
  }

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

class Reached extends FakeSubstrate {
  way: Way | null = null;

  override async launch(request: LaunchRequest): Promise<SandboxIdentity> {
    const identity = await super.launch(request);
    const socketPath = `${identity.socketPath}.way`;
    this.way = new Way(socketPath, identity.socketPath);
    return { ...identity, socketPath };
  }
}

let home: string;
let runtime: Runtime;
let substrate: Reached;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-lease-'));
  substrate = new Reached({ binary });
  runtime = await createRuntime({ home, substrate, guestBinary: binary });
});
afterEach(async () => {
  const service = runtime.service();
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  substrate.way?.close();
  rmSync(home, { recursive: true, force: true });
});

it('is the newest, also when the one of the resume has to be told again', async () => {
  const service = runtime.service();
  const { id } = await service.createSandbox({ template: 'host', isolation: 'none', lifetimeMs: hourMs });
  await service.suspendSandbox(id);
  const { way } = substrate;
  if (!way) throw new Error('nothing was launched');
  way.isHeld = true;
  await service.resumeSandbox(id);
  const extended = service.extendSandbox(id, 9 * hourMs).catch((error: unknown) => error);
  const endsMs = async (): Promise<number> => Date.parse((await service.getSandbox(id)).expiresAt ?? '');
  await expect.poll(endsMs).toBeGreaterThan(Date.now() + 8 * hourMs);
  way.isHeld = false;
  way.cut();
  expect(await extended).toMatchObject({ code: 'sandbox-died' });
  await expect.poll(() => way.leases.length, { timeout: 10_000 }).toBe(1);
  expect(way.leases[0]).toBeGreaterThan(8 * hourMs);
  expect((await service.exec(id, { argv: ['true'] })).exitCode).toBe(0);
});
