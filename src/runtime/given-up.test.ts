/** Verbs whose caller gives up while the substrate is at work: what it has begun is ended, and is what the store says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { collected } from '../../test/fixtures/streams.ts';
import type { Scope } from '../base/index.ts';
import { FakeSubstrate, type LaunchRequest, type RootView, type SandboxIdentity } from '../compute/index.ts';
import type { HoldfastService } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();

class Slow extends FakeSubstrate {
  waitsIn: 'launch' | 'swap' | 'kill' | null = null;
  readonly begun = Promise.withResolvers<void>();
  readonly mayEnd = Promise.withResolvers<void>();
  readonly launched: SandboxIdentity[] = [];
  kills = 0;

  override async launch(request: LaunchRequest): Promise<SandboxIdentity> {
    const identity = await super.launch(request);
    this.launched.push(identity);
    await this.#wait('launch');
    return identity;
  }

  override async swapRoot(identity: SandboxIdentity, root: RootView): Promise<{ pauseMs: number }> {
    await this.#wait('swap');
    return await super.swapRoot(identity, root);
  }

  override async kill(identity: SandboxIdentity, scope?: Scope): Promise<void> {
    this.kills++;
    await this.#wait('kill');
    scope?.throwIfEnded();
    await super.kill(identity);
  }

  async #wait(where: Slow['waitsIn']): Promise<void> {
    if (where !== this.waitsIn) return;
    this.begun.resolve();
    await this.mayEnd.promise;
  }
}

let home: string;
let substrate: Slow;
let runtime: Runtime;
let service: HoldfastService;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-given-up-'));
  substrate = new Slow({ binary: guestBinary });
  runtime = await createRuntime({ home, ephemeral: true, substrate, guestBinary });
  service = runtime.service();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const put = (id: string, text: string) => service.writeFile(id, '/workspace/f', new TextEncoder().encode(text));
async function get(id: string): Promise<string> {
  const { content } = await service.readFile(id, '/workspace/f');
  return new TextDecoder().decode(await collected(content));
}

it('a rollback is done all the same, and whoever comes next waits for it', async () => {
  const { id } = await service.createSandbox({ isolation: 'none' });
  await put(id, 'old');
  const target = await service.createSnapshot(id);
  await put(id, 'new');
  substrate.waitsIn = 'swap';
  const leaving = new AbortController();
  const rolling = service.rollbackSandbox(id, target.id, { signal: leaving.signal });
  await substrate.begun.promise;
  leaving.abort(new Error('gave up'));
  await expect(rolling).rejects.toThrow('gave up');
  const next = service.createSnapshot(id);
  substrate.mayEnd.resolve();
  expect(await next).toMatchObject({ parent: target.id });
  expect(await get(id)).toBe('old');
});

it('a removal goes on', async () => {
  const { id } = await service.createSandbox({ isolation: 'none' });
  substrate.waitsIn = 'kill';
  const leaving = new AbortController();
  const removing = service.destroySandbox(id, { signal: leaving.signal });
  await substrate.begun.promise;
  leaving.abort(new Error('gave up'));
  await expect(removing).rejects.toThrow('gave up');
  substrate.mayEnd.resolve();
  expect(await service.destroySandbox(id)).toMatchObject({ state: 'gone', exitReason: 'cancelled' });
  expect(substrate.kills).toBe(1);
});

it('a create leaves nothing', async () => {
  substrate.waitsIn = 'launch';
  const leaving = new AbortController();
  const creating = service.createSandbox({ isolation: 'none' }, { signal: leaving.signal });
  await substrate.begun.promise;
  leaving.abort(new Error('gave up'));
  substrate.mayEnd.resolve();
  await expect(creating).rejects.toThrow('gave up');
  expect((await service.listSandboxes()).items).toEqual([]);
  expect(await substrate.alive(substrate.launched)).toEqual([false]);
});
