import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { rootScope, systemClock } from '../base/index.ts';
import { networkPolicySchema } from '../schema/index.ts';
import { openStore, type Store } from '../state/index.ts';
import type { Core } from './core.ts';
import { networkVerbs } from './network-verbs.ts';

let home: string;
let store: Store;
let deleted: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-network-verbs-'));
  store = openStore({ home, clock: systemClock });
  deleted = [];
});
afterEach(() => {
  store[Symbol.dispose]();
  rmSync(home, { recursive: true });
});

const verbs = (tenant = 'a') =>
  networkVerbs(
    {
      store,
      scope: rootScope({ name: 'test' }),
      turns: { take: () => null },
      network: {
        rotateSecretKey: async () => void deleted.push('key'),
        deleteTape: async (_tenant: string, id: string, refuse: (id: string) => void) => {
          refuse(id);
          deleted.push(id);
        },
      },
    } as unknown as Core,
    tenant,
  );

describe('a tape', () => {
  const network = networkPolicySchema.parse({ tape: { mode: 'replay', tape: 'tap-1' } });

  it('is not deleted while a sandbox plays it, or will when it wakes', async () => {
    const players = (['ready', 'suspended', 'hibernated'] as const).map((state) => sandboxRecord({ state, network }));
    for (const record of players) store.sandboxes.insert(record);
    const sandboxes = players.map(({ id }) => id).sort();
    await expect(verbs().deleteTape('tap-1')).rejects.toMatchObject({
      code: 'in-use',
      message: `the tape tap-1 is played by ${sandboxes.join(', ')}`,
      details: { sandboxes },
    });
    await verbs().deleteTape('tap-2');
    for (const id of sandboxes) store.sandboxes.update(id, { state: 'gone' });
    await verbs().deleteTape('tap-1');
    expect(deleted).toEqual(['tap-2', 'tap-1']);
  });
});

it('the key of all secrets is changed by the owner alone', async () => {
  await expect(verbs('a').rotateSecretKey()).rejects.toMatchObject({ code: 'forbidden' });
  expect(deleted).toEqual([]);
  await verbs('default').rotateSecretKey();
  expect(deleted).toEqual(['key']);
});
