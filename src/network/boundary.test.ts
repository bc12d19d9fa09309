/** What is told of a sandbox whose network cannot be set up again, over all that may come before it can. */
import { beforeEach, expect, it } from 'vitest';
import { rootScope, systemClock } from '../base/index.ts';
import { networkPolicySchema } from '../schema/index.ts';
import type { NetworkRecord } from '../state/index.ts';
import { type BoundaryParts, NetworkBoundary, type NetworkPlace } from './boundary.ts';
import { createAuthority } from './mediation/authority.ts';
import { Problems } from './problems.ts';

const scope = rootScope({ name: 'test' });
const network = networkPolicySchema.parse({ allow: [{ host: 'a.test' }] });
const place: NetworkPlace = {
  sandbox: 's',
  tenant: 't',
  network,
  agent: { socketPath: '', incarnation: 'i' },
  write: async () => undefined,
  read: async () => null,
};

let told: (string | null)[];
let sealed: Error | null;
let ofGateway: string | null;
let problems: Problems;
let boundary: NetworkBoundary;

beforeEach(async () => {
  [told, sealed, ofGateway] = [[], null, null];
  const { pem } = await createAuthority('s', { clock: systemClock });
  const authority = { certificate: pem.certificate, sealedKey: '' };
  const record: NetworkRecord = { sandbox: 's', tenant: 't', presets: [], authority, tape: null };
  problems = new Problems((_sandbox, problem) => told.push(problem));
  // What it takes to set one up that is kept.
  boundary = new NetworkBoundary({
    networks: { get: () => record, put: () => undefined, remove: () => undefined },
    secrets: {
      list: () => [],
      placeholders: () => [],
      reveal: async () => [],
      unsealAuthority: async () => {
        if (sealed) throw sealed;
        return Buffer.from(pem.key);
      },
    },
    gateway: {
      keep: () => undefined,
      attach: async () => ({ tape: null, played: null }),
      update: async () => ({ tape: null, played: null }),
      detach: async () => null,
      problem: () => ofGateway,
    },
    problems,
    systemBundle: async () => '',
    clock: systemClock,
    scope,
  } as unknown as BoundaryParts);
});

async function failed(): Promise<void> {
  sealed = new Error('its key is not there');
  await expect(boundary.adopt(place, scope)).rejects.toBe(sealed);
  await expect(boundary.adopt(place, scope)).rejects.toBe(sealed);
  expect([told, boundary.problem('s')]).toEqual([['its key is not there'], 'its key is not there']);
  sealed = null;
}

it.each([
  ['is set up again', () => undefined],
  ['stood still', () => boundary.forgetFailure('s')],
  ['slept on disk', () => boundary.leave('s', false)],
])('one that had none has it again once it %s', async (_what, before) => {
  await failed();
  await before();
  await boundary.enter(place, null, scope);
  expect([told, boundary.problem('s')]).toEqual([['its key is not there', null], null]);
});

it('one that the gateway did not take up, and that slept on disk, has it again too', async () => {
  await boundary.enter(place, null, scope);
  expect(told).toEqual([]);
  ofGateway = 'it is late';
  problems.note('s', ofGateway);
  // Nothing of the gateway's is over by that.
  await boundary.tellAgain('s', scope);
  expect(told).toEqual(['it is late']);
  await boundary.leave('s', false);
  ofGateway = null;
  await boundary.enter(place, null, scope);
  expect(told).toEqual(['it is late', null]);
});

it.each([
  ['is gone', () => boundary.leave('s', true)],
  ['is to have none', () => boundary.change({ ...place, network: 'none' }, null, scope)],
])('nothing more is told of one that %s', async (_what, end) => {
  await failed();
  await end();
  expect(boundary.problem('s')).toBeNull();
  await boundary.enter(place, null, scope);
  expect(told).toEqual(['its key is not there']);
});
