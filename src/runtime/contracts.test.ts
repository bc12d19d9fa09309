import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { contractSchema } from '../contract/index.ts';
import { openStore, type Store } from '../state/index.ts';
import { Contracts } from './contracts.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-contracts-'));
let store: Store;
beforeAll(() => {
  store = openStore({ home });
});
afterAll(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const document = (name: string) => ({ format: 'holdfast-contract/1', contract: name, date: '2026-11-28' });

describe('the contracts of sandboxes', () => {
  it('are stored with what refers to them, and not before (4)', async () => {
    const contracts = new Contracts(store);
    await contracts.open(contractSchema.parse(document('usual/1.0.0')));
    expect(contracts.usual?.name).toBe('usual/1.0.0');
    const ref = await contracts.resolve(document('mine/1.0.0'));
    if (!ref) throw new Error('there is no contract');
    expect(store.contracts.has(ref.digest)).toBe(false);
    contracts.keep(ref);
    const record = sandboxRecord({ contract: ref });
    store.sandboxes.insert(record);
    contracts.purge();
    expect(store.contracts.get(ref.digest)).toMatchObject({ name: 'mine/1.0.0' });
    expect((await contracts.of(record.id))?.ref).toEqual(ref);
    store.sandboxes.transition(record.id, ['creating'], 'gone');
    store.sandboxes.forgetGone();
    contracts.purge();
    expect(store.contracts.has(ref.digest)).toBe(false);
  });

  it('are found by the name of what ships, or of the daemon’s own', async () => {
    const contracts = new Contracts(store);
    await contracts.open(contractSchema.parse(document('usual/1.0.0')));
    const names = ['usual', 'usual@1.0.0', 'coding-agent', 'coding-agent/1.0.0', undefined];
    const found = await Promise.all(names.map(async (name) => (await contracts.resolve(name))?.name));
    expect(found).toEqual(['usual/1.0.0', 'usual/1.0.0', 'coding-agent/1.0.0', 'coding-agent/1.0.0', 'usual/1.0.0']);
    await expect(contracts.resolve('usual/2.0.0')).rejects.toMatchObject({ code: 'not-found' });
    await expect(contracts.resolve({ ...document('big/1.0.0'), summary: 'x'.repeat(300_000) })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('let no call through when they cannot be read any more (3)', async () => {
    const ref = { name: 'lost/1.0.0', digest: `sha256:${'0'.repeat(64)}` };
    const record = sandboxRecord({ contract: ref });
    store.sandboxes.insert(record);
    const contracts = new Contracts(store);
    await contracts.open(null);
    await expect(async () => contracts.of(record.id)).rejects.toMatchObject({ code: 'state-unusable' });
    expect(() => contracts.keep(ref)).toThrow(expect.objectContaining({ code: 'busy' }));
  });
});
