import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryHome } from '../../../test/fixtures/tapes.ts';
import { idMaker, systemClock, systemRandom } from '../../base/index.ts';
import { type NetworkFlow, type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import { createAuthority } from '../mediation/authority.ts';
import { Gateway, type GatewayParts } from './gateway.ts';
import type { SandboxSpec } from './protocol.ts';

const sandbox = 'sbx-test';
let home: string;
let gateway: Gateway;
let pem: SandboxSpec['authority'];
let events: Parameters<GatewayParts['onEvent']>[0][];
let flows: NetworkFlow[];

beforeEach(async () => {
  home = await temporaryHome();
  pem ??= (await createAuthority(sandbox, { clock: systemClock })).pem;
  [events, flows] = [[], []];
  gateway = new Gateway(
    { home, guestBinary: '/bin/false', upstreamProxy: null, resolvers: [], extraAuthorities: '' },
    {
      clock: systemClock,
      makeId: idMaker(systemClock, systemRandom),
      onFlow: (flow) => flows.push(flow),
      onEvent: (event) => events.push(event),
    },
  );
});
afterEach(async () => {
  await gateway.close();
  await rm(home, { recursive: true });
});

/** Nobody answers in this sandbox. */
const spec = (policy: NetworkPolicyInput): SandboxSpec => ({
  sandbox,
  tenant: 'local',
  agent: { socketPath: join(home, 'nobody.sock'), incarnation: 'one' },
  policy: networkPolicySchema.parse(policy),
  presets: [],
  authority: pem,
  secrets: [],
  tokens: null,
  names: [],
  noise: null,
});
const told = (type: string) => events.filter(({ event }) => event === type);

describe('a tape that cannot be closed', () => {
  async function broken(): Promise<string> {
    const { tape } = await gateway.attach(spec({ tape: { mode: 'record' } }), 0);
    await rm(join(home, 'tapes', tape ?? ''), { recursive: true });
    return tape ?? '';
  }

  it('is told, and the update that ends it is done', async () => {
    const tape = await broken();
    expect(await gateway.update(spec({}))).toMatchObject({ tape: null });
    expect(told('tape-failed')).toEqual([{ event: 'tape-failed', sandbox, tape, reason: expect.any(String) }]);
  });

  it('is told, and the sandbox is let go', async () => {
    const tape = await broken();
    expect(await gateway.detach(sandbox)).toMatchObject({ tape });
    expect(told('tape-failed')).toHaveLength(1);
    expect(gateway.inspect(sandbox)).toBeNull();
  });
});
