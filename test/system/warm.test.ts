/** Creates of a template whose programs take their time to warm it, where they run in each sandbox. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HoldfastError, type HoldfastService } from '../../src/schema/index.ts';
import { oneHome } from '../fixtures/one-home.ts';
import { makeSmallRoot } from '../fixtures/small-root.ts';

const { path, start } = oneHome();
/** So many are launched at once. */
const turns = 6;

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'hf-warm-'));
  makeSmallRoot(root);
});
afterAll(() => rmSync(root, { recursive: true }));

/** A service with a template `slow` that takes ten minutes to be warm. */
async function slowly(): Promise<HoldfastService> {
  const service = (await start()).service();
  const warm = { name: 'script', text: '#!/bin/sh\nsleep 600\n' };
  await service.buildTemplate({ name: 'slow', from: 'directory', directory: root, warm });
  return service;
}

/** How many are there, in whatever state. */
const running = async (): Promise<number> =>
  (await readdir(join(path(), 'run'))).filter((name) => /^[0-9a-f]{20}\.sock$/.test(name)).length;

const outcome = (made: Promise<unknown>): Promise<unknown> =>
  made.then(
    () => 'made',
    ({ code }: { code: string }) => code,
  );

describe('a sandbox that is being warmed', () => {
  it('keeps no other create waiting, and is gone when its caller gives up', async () => {
    const service = await slowly();
    const giveUp = new AbortController();
    const slow = Array.from({ length: turns }, () =>
      outcome(service.createSandbox({ template: 'slow' }, { signal: giveUp.signal })),
    );
    await expect.poll(running).toBe(turns);
    const { id } = await service.createSandbox({}, { timeoutMs: 30_000 });
    expect((await service.exec(id, { argv: ['true'] })).exitCode).toBe(0);
    giveUp.abort(new HoldfastError('cancelled', 'the caller has gone'));
    expect(await Promise.all(slow)).toEqual(slow.map(() => 'cancelled'));
    await service.destroySandbox(id);
    expect(await running()).toBe(0);
  });

  it('can be removed, which its creator hears', async () => {
    const service = await slowly();
    const slow = outcome(service.createSandbox({ name: 'slow', template: 'slow' }));
    await expect.poll(running).toBe(1);
    await service.destroySandbox('slow');
    expect(await slow).toBe('cancelled');
    expect(await running()).toBe(0);
  });
});
