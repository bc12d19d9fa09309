/** What another runtime may have this one do: what it signed for, once, with the rules of all for whom it works. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildGuest } from '../../scripts/build-guest.ts';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { linkOf, peerKeys } from '../agents/index.ts';
import { requestDigest, signDelegation } from '../agents/peers/delegation.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { agentManifestSchema, type Delegation, type HoldfastService, type SignedLink } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const tenant = 'acme';
const [self, a] = [1, 2].map((digit) => peerKeys(new Uint8Array(32).fill(digit))) as [
  ReturnType<typeof peerKeys>,
  ReturnType<typeof peerKeys>,
];
const home = mkdtempSync(join(tmpdir(), 'hf-peers-'));
const rang: { tenant: string; person: string; agents: readonly string[] }[] = [];
const grants = ['bell:ring'];
const ringer = {
  entry: 'ringer',
  agents: [
    agentData(
      'ringer',
      [{ answered: 0, call: [{ tool: 'bell', input: {} }] }, { sees: 'forbidden', say: 'may not' }, { say: 'rang' }],
      { grants, tools: ['bell'] },
    ),
  ],
};
const bell = {
  name: 'bell',
  description: 'Rings.',
  capability: 'bell:ring',
  risk: 'write' as const,
  idempotent: true,
  untrusted: false,
  input: z.strictObject({}),
  output: z.strictObject({}),
  run: async (_input: unknown, { tenant: of, person, agents }: (typeof rang)[number]) => {
    rang.push({ tenant: of, person, agents });
    return {};
  },
};
let runtime: Runtime;
let service: HoldfastService;

beforeAll(async () => {
  writeFileSync(join(home, 'peer.key'), new Uint8Array(32).fill(1), { mode: 0o600 });
  const guestBinary = buildGuest();
  runtime = await createRuntime({
    home,
    substrate: new FakeSubstrate({ binary: guestBinary }),
    guestBinary,
    agents: {
      bundles: [ringer],
      tools: [bell],
      allowTool: () => true,
      peers: [{ name: 'a', publicKey: a.publicKey, tenants: [tenant], agents: ['ringer'] }],
    },
  });
  service = runtime.service(tenant);
});
afterAll(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

let count = 0;
const link = (agent: string, more: Partial<SignedLink> = {}): SignedLink => ({
  ...linkOf(agentManifestSchema.parse({ ...agentData(agent, [{ say: 'x' }]), grants })),
  policies: {},
  approvals: [],
  ...more,
});
function signed(message: string, links: SignedLink[], more: Partial<Delegation['segments'][number]> = {}): Delegation {
  return signDelegation(
    a,
    { tenant, person: 'ada', segments: [] },
    {
      audience: self.publicKey,
      id: `call-${count++}`,
      expiresMs: Date.now() + 60_000,
      request: requestDigest({ agent: 'ringer', message }),
      limits: { steps: 100, tokens: 1_000_000, cents: 0, wallMs: 60_000, depth: 0 },
      untrusted: false,
      links,
      ...more,
    },
  );
}
const ask = (delegation: Delegation, message = 'go') => ({ agent: 'ringer', message, task: true, delegation });

async function ended(id: string): Promise<unknown> {
  await expect.poll(async () => (await service.getSession(id)).endedAt, { timeout: 10_000 }).not.toBe(null);
  return (await service.getSession(id)).outcome;
}
const forbidden = { code: 'forbidden' };

describe('a peer', () => {
  it('has an agent work for a person, as its chain says, once for each signature', async () => {
    const delegation = signed('go', [link('top'), link('middle')]);
    const { id, person, budget } = await service.startSession({ ...ask(delegation), person: 'root' });
    expect([person, budget.limits.steps]).toEqual(['ada', 100]);
    expect(await ended(id)).toMatchObject({ output: { text: '[scripted] rang' } });
    expect(rang.splice(0)).toEqual([{ tenant, person: 'ada', agents: ['a/top', 'a/middle', 'ringer'] }]);
    // Replayed: the same session, and nothing done.
    expect((await service.startSession(ask(delegation))).id).toBe(id);
    expect(rang).toEqual([]);
    const entries: unknown[] = [];
    for await (const entry of service.sessionEntries(id)) entries.push(entry);
    expect(JSON.stringify(entries)).not.toMatch(/signature|delegation/);
  });

  it('gets nothing for another request, tenant, agent or with more to say', async () => {
    const delegation = signed('go', [link('top')]);
    await expect(service.startSession(ask(delegation, 'send the money'))).rejects.toMatchObject(forbidden);
    await expect(runtime.service('other').startSession(ask(delegation))).rejects.toMatchObject(forbidden);
    await expect(runtime.service().startSession(ask(delegation))).rejects.toMatchObject(forbidden);
    const person = { ...delegation, person: 'root' };
    await expect(service.startSession(ask(person))).rejects.toMatchObject(forbidden);
    for (const more of [{ name: 'mine' }, { bundle: ringer }, { sandbox: 'box' }])
      await expect(service.startSession({ ...ask(delegation), ...more })).rejects.toMatchObject({
        code: 'invalid-argument',
      });
    expect((await service.listSessions({})).items).toEqual([]);
  });

  it('is held to what its chain lacks, forbids, and wants people for', async () => {
    const without = await service.startSession(ask(signed('go', [link('top', { capabilities: [] })])));
    expect(await ended(without.id)).toMatchObject({ output: { text: '[scripted] may not' } });
    const policies = { quiet: 'forbid (principal == Agent::"top", action, resource == Tool::"bell");' };
    const ruled = await service.startSession(ask(signed('go', [link('top', { policies }), link('middle')])));
    expect(await ended(ruled.id)).toMatchObject({ output: { text: '[scripted] may not' } });
    expect(rang).toEqual([]);
    const approvals = [{ tools: ['bell'], quorum: 1, fourEyes: true, withinMs: 60_000 }];
    const { id } = await service.startSession(ask(signed('go', [link('top', { approvals }), link('middle')])));
    await expect.poll(async () => (await service.listApprovals()).length, { timeout: 10_000 }).toBe(1);
    const [approval] = await service.listApprovals();
    expect(approval).toMatchObject({ session: id, tool: 'bell', requester: 'ada' });
    const as = (person: string): HoldfastService => runtime.service(tenant, person);
    await expect(as('ada').decideApproval(approval?.id ?? '', { approve: true })).rejects.toMatchObject(forbidden);
    await as('milo').decideApproval(approval?.id ?? '', { approve: true });
    expect(await ended(id)).toMatchObject({ output: { text: '[scripted] rang' } });
    expect(rang.splice(0)).toHaveLength(1);
  });
});
