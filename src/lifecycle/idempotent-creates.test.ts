import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { rootScope } from '../base/index.ts';
import { createSandboxSchema } from '../schema/index.ts';
import { openStore, type SandboxRecord, type Store } from '../state/index.ts';
import { IdempotentCreates, type OneCreate } from './idempotent-creates.ts';

const input = createSandboxSchema.parse({ idempotencyKey: 'k' });
const scope = rootScope({ name: 'test' });

let home = '';
let store: Store;
let creates: IdempotentCreates;
/** What was done, in order. */
let done: string[];
const open = (): void => {
  store = openStore({ home });
  creates = new IdempotentCreates({ store });
};
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-once-'));
  done = [];
  open();
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

function inserted(changes: Partial<SandboxRecord> = {}): SandboxRecord {
  const record = sandboxRecord({ state: 'ready', idempotencyKey: 'k', ...changes });
  store.sandboxes.insert(record);
  return record;
}

const making = (result: () => SandboxRecord | Promise<SandboxRecord>, finish = async () => undefined): OneCreate => ({
  make: async () => {
    done.push('make');
    return result();
  },
  finish: async () => {
    done.push('finish');
    await finish();
  },
});
const run = (one: OneCreate): Promise<SandboxRecord> => creates.run('a', input, one, scope);

describe('a repeated create', () => {
  it('adopts what the first one made, and does nothing to it (2)', async () => {
    const first = await run(making(inserted));
    store.sandboxes.update(first.id, { state: 'suspended' });
    expect(await run(making(inserted))).toMatchObject({ id: first.id, state: 'suspended' });
    expect(done).toEqual(['make']);
  });

  it('makes it when the first one could not, also while it waits for the first (1)', async () => {
    const { promise, reject } = Promise.withResolvers<SandboxRecord>();
    const first = run(making(() => promise));
    const second = run(making(inserted));
    reject(new Error('gave up'));
    await expect(first).rejects.toThrow('gave up');
    const { id } = await second;
    expect((await run(making(inserted))).id).toBe(id);
    expect(done).toEqual(['make', 'make']);
  });

  it('is no conflict with one that could not be made (1)', async () => {
    await expect(run(making(() => Promise.reject(new Error('refused'))))).rejects.toThrow('refused');
    const other = createSandboxSchema.parse({ idempotencyKey: 'k', metadata: { other: 'request' } });
    expect(await creates.run('a', other, making(inserted), scope)).toMatchObject({ state: 'ready' });
  });

  it('waits for the first no longer than it may', async () => {
    const { promise, resolve } = Promise.withResolvers<SandboxRecord>();
    const first = run(making(() => promise));
    const leaving = scope.child({ name: 'leaving' });
    const second = creates.run('a', input, making(inserted), leaving);
    await leaving.close();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    resolve(inserted());
    await first;
    expect(done).toEqual(['make']);
  });
});

describe('a create whose daemon died', () => {
  const die = (): void => {
    run(making(() => new Promise(() => undefined))).catch(() => undefined);
    store.close();
    done.length = 0;
  };

  it('is finished by the next repeat, as often as it takes, and never ended for it', async () => {
    die();
    open();
    const { id } = inserted();
    const failing = making(inserted, () => Promise.reject(new Error('no gateway')));
    await expect(run(failing)).rejects.toThrow('no gateway');
    expect(store.sandboxes.get(id)?.state).toBe('ready');
    expect((await run(making(inserted))).id).toBe(id);
    expect((await run(making(inserted))).id).toBe(id);
    expect(done).toEqual(['finish', 'finish']);
  });

  it('is made anew where nothing of it lives', async () => {
    die();
    open();
    inserted({ state: 'stopping' });
    const { id } = await run(making(inserted));
    expect((await run(making(inserted))).id).toBe(id);
    expect(done).toEqual(['make']);
  });
});
