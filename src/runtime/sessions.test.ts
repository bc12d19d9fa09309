/** Sessions as a runtime has them: with sandboxes, tenants, people, and a restart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildGuest } from '../../scripts/build-guest.ts';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { contractSchema } from '../contract/index.ts';
import type { AgentBundleInput, HoldfastService, Session, StartSession } from '../schema/index.ts';
import { openStore } from '../state/index.ts';
import { type AgentOptions, createRuntime, type Runtime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-sessions-'));
const guestBinary = buildGuest();
let runtime: Runtime;
let service: HoldfastService;

async function open(agents: AgentOptions = { suspendAfterMs: 20 }): Promise<void> {
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, substrate, guestBinary, agents });
  service = runtime.service();
}
beforeAll(() => open());
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const shell = (command: string): Record<string, unknown> => ({ tool: 'shell', input: { command, shell: 'sh' } });
const one = (agent: ReturnType<typeof agentData>): AgentBundleInput => ({ entry: agent.name, agents: [agent] });
const worker = one(
  agentData(
    'worker',
    [{ answered: 0, call: [shell('echo $((6 * 7))')] }, { answered: 2, call: [shell('echo again')] }, { say: 'done' }],
    {
      grants: ['sandbox:shell'],
      tools: ['shell'],
    },
  ),
);
const careful = one(
  agentData(
    'careful',
    [{ answered: 0, call: [shell('echo done')] }, { sees: '"exitCode":0', say: 'did it' }, { say: 'did not' }],
    {
      grants: ['sandbox:shell'],
      tools: ['shell'],
      approvals: [{ tools: ['shell'], withinMs: 60_000 }],
    },
  ),
);

async function until(ref: string, state: Session['state']): Promise<Session> {
  await expect.poll(async () => (await service.getSession(ref)).state, { timeout: 15_000 }).toBe(state);
  return service.getSession(ref);
}

describe('a session with a sandbox', () => {
  it('works in it through the door, lets it stand still while it waits, and wakes it', async () => {
    const { id } = await service.createSandbox({ isolation: 'none' });
    const { id: session } = await service.startSession({ bundle: worker, message: 'go', sandbox: id });
    await until(session, 'waiting');
    await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 10_000 }).toBe('suspended');
    await service.sendToSession(session, { data: 'more' });
    await expect
      .poll(async () => (await service.getSession(session)).position, { timeout: 15_000 })
      .toBeGreaterThan(14);
    await until(session, 'waiting');
    const outputs: unknown[] = [];
    for await (const { kind, data } of service.sessionEntries(session, { follow: false })) {
      if (kind === 'outcome' && data['name'] === 'tool') outputs.push((data['output'] as { stdout: string }).stdout);
    }
    expect(outputs).toEqual(['42\n', 'again\n']);
    const journal = await service.journal({ sandbox: id, limit: 1000 });
    const begun = journal.items.filter(({ type }) => type === 'call-begun').map(({ body }) => body['idempotencyKey']);
    expect(begun).toEqual([expect.stringContaining(`${session}/`), expect.stringContaining(`${session}/`)]);
  });

  it('lets it stand still after a restart too, when the daemon ended too soon for that', async () => {
    const { id } = await service.createSandbox({ isolation: 'none' });
    await runtime.close();
    await open({ suspendAfterMs: 3_600_000 });
    const { id: session } = await service.startSession({ bundle: worker, message: 'go', sandbox: id });
    await until(session, 'waiting');
    expect((await service.getSandbox(id)).state).toBe('ready');
    await runtime.close();
    await open();
    // Nobody asks for a session meanwhile.
    await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 10_000 }).toBe('suspended');
    const { position } = await service.getSession(session);
    await service.sendToSession(session, { data: 'more' });
    await expect
      .poll(async () => (await service.getSession(session)).position, { timeout: 15_000 })
      .toBeGreaterThan(position + 4);
    await expect.poll(async () => (await service.getSandbox(id)).state, { timeout: 10_000 }).toBe('suspended');
  });

  it('is forked with its sandbox, and not from before', async () => {
    const { id } = await service.createSandbox({ isolation: 'none' });
    const { id: session } = await service.startSession({ bundle: worker, message: 'go', sandbox: id });
    await until(session, 'waiting');
    await expect(service.forkSession(session, { at: 3 })).rejects.toMatchObject({ code: 'wrong-state' });
    const forked = await service.forkSession(session);
    expect(forked.sandbox).not.toBe(id);
    expect((await service.getSandbox(forked.sandbox ?? '')).snapshot).not.toBe(null);
    // One that is refused leaves no copy of the sandbox.
    const { length } = (await service.listSandboxes()).items;
    await service.forkSession(session, { name: 'twin' });
    await expect(service.forkSession(session, { name: 'twin' })).rejects.toMatchObject({ code: 'name-taken' });
    expect((await service.listSandboxes()).items).toHaveLength(length + 1);
  });

  it('has it alone until it is over, unless another one says that it shares', async () => {
    const [{ id: box }, { id: other }] = [
      await service.createSandbox({ isolation: 'none', name: 'alone' }),
      await service.createSandbox({ isolation: 'none' }),
    ];
    const start = (more: Partial<StartSession> = {}): Promise<Session> =>
      service.startSession({ bundle: worker, message: 'go', sandbox: box, ...more });
    const first = await start({ idempotencyKey: 'k' });
    const inUse = { code: 'in-use', message: expect.stringContaining(first.id), details: { session: first.id } };
    await expect(start()).rejects.toMatchObject(inUse);
    await expect(start({ sandbox: 'alone' })).rejects.toMatchObject(inUse);
    // Nor beside one that waits, or over a restart.
    await until(first.id, 'waiting');
    await runtime.close();
    await open();
    await expect(start()).rejects.toMatchObject(inUse);
    // What is said again is no second one.
    expect((await start({ idempotencyKey: 'k' })).id).toBe(first.id);
    const both = await Promise.allSettled([start({ sandbox: other }), start({ sandbox: other })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const shares = await start({ shareSandbox: true });
    expect(shares.sandbox).toBe(box);
    // The key still answers, whoever came meanwhile.
    expect((await start({ idempotencyKey: 'k' })).id).toBe(first.id);
    for (const { id } of [first, shares]) await service.cancelSession(id);
    await start();
  });

  it('is told when there is no sandbox', async () => {
    const { id } = await service.startSession({ bundle: worker, message: 'go', task: true });
    await until(id, 'done');
    const found: string[] = [];
    for await (const { data } of service.sessionEntries(id))
      if (data['error']) found.push((data['error'] as { code: string }).code);
    expect(found).toEqual(['sandbox-not-found']);
  });
});

describe('an approval', () => {
  it('is listed with what it is for, given by another, and acted upon after a restart', async () => {
    const { id: sandbox } = await service.createSandbox({ isolation: 'none' });
    const { id } = await service.startSession({ bundle: careful, message: 'go', sandbox, task: true, person: 'ada' });
    await until(id, 'waiting');
    await runtime.close();
    await open();
    const [approval] = await service.listApprovals();
    expect(approval).toMatchObject({ session: id, tool: 'shell', quorum: 1, requester: 'ada', approvedBy: [] });
    const ref = approval?.id ?? '';
    const milo = runtime.service('default', 'milo');
    await expect(runtime.service('default', 'ada').decideApproval(ref, { approve: true })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(milo.decideApproval('ses-1.1', { approve: true })).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(runtime.service('other', 'milo').decideApproval(ref, { approve: true })).rejects.toMatchObject({
      code: 'not-found',
    });
    const event = `approval:${ref.split('.')[1]}`;
    await expect(service.sendToSession(id, { event, data: { approve: true, by: 'milo' } })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await milo.decideApproval(ref, { approve: true, reason: 'fine' });
    expect((await until(id, 'done')).outcome).toMatchObject({ output: { text: '[scripted] did it' } });
    expect(await service.listApprovals()).toEqual([]);
  });
});

describe('another tenant', () => {
  it('finds nothing of the owner, and asks no model that was not allowed', async () => {
    const thief = runtime.service('thief');
    const { id } = await service.startSession({ bundle: worker, message: 'go', name: 'mine' });
    for (const ref of [id, 'mine']) {
      await expect(thief.getSession(ref)).rejects.toMatchObject({ code: 'session-not-found' });
      await expect(thief.sendToSession(ref, { data: 'x' })).rejects.toMatchObject({ code: 'session-not-found' });
    }
    expect((await thief.listSessions({ all: true })).items).toEqual([]);
    for (const model of [
      { provider: 'replay' as const, tape: '/etc/passwd' },
      { provider: 'compatible' as const, id: 'm', baseUrl: 'http://169.254.169.254/v1', price: 'unpriced' as const },
      { provider: 'anthropic' as const, id: 'm', price: 'unpriced' as const },
    ]) {
      const bundle = one({ ...agentData('a', [], { grants: [], tools: [] }), model });
      await expect(thief.startSession({ bundle, message: 'go' })).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});

describe('what belongs to the owner', () => {
  const calls: string[] = [];
  const bell = {
    name: 'bell',
    description: 'Rings.',
    capability: 'bell:ring',
    risk: 'write' as const,
    idempotent: true,
    untrusted: false,
    input: z.strictObject({}),
    output: z.strictObject({}),
    run: async (_input: unknown, { tenant }: { tenant: string }) => {
      calls.push(tenant);
      return {};
    },
  };
  const ringer = one(
    agentData('ringer', [{ answered: 0, call: [{ tool: 'bell', input: {} }] }, { say: 'rang' }], {
      grants: ['bell:ring'],
      tools: ['bell'],
    }),
  );
  const priced = one({
    ...agentData('priced', [], { grants: [], tools: [] }),
    model: { provider: 'anthropic', id: 'm', price: 'unpriced' },
  });
  const request = { message: 'go', task: true };

  it('is used by another tenant only as allowed, in a bundle of its own and in a known one (3)', async () => {
    const other = mkdtempSync(join(tmpdir(), 'hf-sessions-'));
    // Asked when a session starts, and at each call.
    let permits = 2;
    const opened = await createRuntime({
      home: other,
      substrate: new FakeSubstrate({ binary: guestBinary }),
      guestBinary,
      agents: {
        bundles: [ringer, priced],
        tools: [bell],
        allowTool: (tenant, name) => tenant === 'friend' && name === 'bell' && permits-- > 0,
      },
    });
    const ended = async (tenant: string, id: string): Promise<string> => {
      const entries: unknown[] = [];
      for await (const entry of opened.service(tenant).sessionEntries(id)) entries.push(entry);
      return JSON.stringify(entries);
    };
    try {
      const thief = opened.service('thief');
      for (const given of [{ agent: 'ringer' }, { bundle: ringer }, { agent: 'priced' }, { bundle: priced }]) {
        await expect(thief.startSession({ ...request, ...given })).rejects.toMatchObject({ code: 'forbidden' });
      }
      expect((await thief.listSessions({ all: true })).items).toEqual([]);
      for (const tenant of ['default', 'friend']) {
        const { id } = await opened.service(tenant).startSession({ ...request, agent: 'ringer' });
        await ended(tenant, id);
      }
      expect(calls).toEqual(['default', 'friend']);
      permits = 1;
      const { id } = await opened.service('friend').startSession({ ...request, bundle: ringer });
      expect(await ended('friend', id)).toContain('tenant friend may not use bell');
      expect(calls).toEqual(['default', 'friend']);
    } finally {
      await opened.close();
      rmSync(other, { recursive: true, force: true });
    }
  });
});

it('lists no approval in a fork but its own', async () => {
  const patient = one(
    agentData('patient', [{ answered: 0, call: [shell('echo done')] }, { say: 'over' }], {
      grants: ['sandbox:shell'],
      tools: ['shell'],
      approvals: [{ tools: ['shell'], withinMs: 60_000 }],
    }),
  );
  const { id } = await service.startSession({ bundle: patient, message: 'go', task: true });
  await until(id, 'waiting');
  const { id: forked } = await service.forkSession(id);
  await until(forked, 'waiting');
  const listed = (await service.listApprovals()).filter(({ session }) => session === id || session === forked);
  expect(listed.map(({ session }) => session).sort()).toEqual([id, forked].sort());
  for (const each of [id, forked]) await service.cancelSession(each);
});

it('has its beginning, its approvals and its end in the journal, and its events told', async () => {
  const leave = new AbortController();
  const told: { type: string; session: unknown }[] = [];
  const listening = (async () => {
    for await (const { type, data } of service.events({}, { signal: leave.signal })) {
      told.push({ type, session: data['session'] });
      if (type === 'session-ended' && data['state'] === 'done') return;
    }
  })();
  const { id: sandbox } = await service.createSandbox({ isolation: 'none' });
  const { id } = await service.startSession({ bundle: careful, message: 'go', sandbox, task: true });
  await until(id, 'waiting');
  const [approval] = await service.listApprovals();
  await runtime.service('default', 'milo').decideApproval(approval?.id ?? '', { approve: true });
  await listening;
  expect(told.flatMap(({ type, session }) => (session === id ? [type] : []))).toEqual([
    'session-started',
    'approval-asked',
    'session-waiting',
    'session-woken',
    'session-ended',
  ]);
  const { items } = await service.journal({ limit: 10_000 });
  const types = items.flatMap(({ type, body }) => (JSON.stringify(body).includes(id) ? [type] : []));
  expect(types.filter((type) => !type.startsWith('call-'))).toEqual([
    'session-started',
    'approval-asked',
    'approval-decided',
    'session-ended',
  ]);
});

it('shows nobody the chain of authority', async () => {
  const { id } = await service.startSession({ bundle: worker, message: 'go', task: true });
  const entries: unknown[] = [];
  for await (const entry of service.sessionEntries(id)) entries.push(entry);
  expect(JSON.stringify(entries)).not.toMatch(/"chain"|"tag"/);
  expect(entries.length).toBeGreaterThan(3);
});

it('is refused beyond the quota of its tenant', async () => {
  await runtime.close();
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, substrate, guestBinary, agents: { mostSessions: 1 } });
  service = runtime.service();
  const crowd = runtime.service('crowd');
  await crowd.startSession({ bundle: worker, message: 'one' });
  await expect(crowd.startSession({ bundle: worker, message: 'two' })).rejects.toMatchObject({
    code: 'quota-exceeded',
  });
});

it('forgets expired memories when a daemon begins, though nobody uses sessions', async () => {
  const other = mkdtempSync(join(tmpdir(), 'hf-memories-'));
  try {
    const before = openStore({ home: other });
    const facts = { slot: 'facts', value: 1, class: 'internal', person: 'ada' };
    const memory = { tenant: 'default', scope: 'person', owner: 'ada', ...facts };
    const writtenAt = '2020-01-01T00:00:00.000Z';
    before.memories.put({ ...memory, key: 'old', writtenAt, expiresMs: Date.parse('2020-02-01T00:00:00Z') });
    before.memories.put({ ...memory, key: 'new', writtenAt, expiresMs: Date.now() + 3_600_000 });
    before.close();
    const substrate = new FakeSubstrate({ binary: guestBinary });
    await (await createRuntime({ home: other, substrate, guestBinary })).close();
    const after = openStore({ home: other });
    expect(after.memories.list(memory, 0).map(({ key }) => key)).toEqual(['new']);
    after.close();
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});

describe('for whom and where an agent works', () => {
  const terms = (more: Parameters<typeof agentData>[2]): AgentBundleInput =>
    one(agentData('choosy', [{ say: 'hello' }], { tools: [], ...more }));

  it('is looked at when a session starts: the owner’s word for people, and a contract by what it says', async () => {
    await runtime.close();
    const substrate = new FakeSubstrate({ binary: guestBinary });
    const usual = { format: 'holdfast-contract/1', contract: 'mine/1.0.0', date: '2026-11-28' };
    const claims = (tenant: string, person: string): Record<string, string> =>
      tenant === 'default' && person === 'ada' ? { role: 'clerk' } : {};
    runtime = await createRuntime({
      home,
      substrate,
      guestBinary,
      agents: { claims },
      contract: contractSchema.parse(usual),
    });
    service = runtime.service();
    const begin = (bundle: AgentBundleInput, more = {}, of = service): Promise<Session> =>
      of.startSession({ bundle, message: 'hi', task: true, ...more });
    const clerk = terms({ person: { named: true, claims: { role: 'clerk' } } });
    const forbidden = { code: 'forbidden' };
    await expect(begin(clerk)).rejects.toMatchObject({ ...forbidden, message: expect.stringContaining('for whom') });
    await expect(begin(clerk, { person: 'eve' })).rejects.toMatchObject({
      ...forbidden,
      message: expect.stringContaining('role'),
    });
    await expect(begin(clerk, { person: 'ada' }, runtime.service('other'))).rejects.toMatchObject(forbidden);
    await expect(begin(clerk, { person: 'ada' })).resolves.toMatchObject({ agent: 'choosy' });

    const held = terms({ contract: 'mine/1.0.0' });
    await expect(begin(held)).rejects.toMatchObject({ ...forbidden, message: expect.stringContaining('held to none') });
    const sandboxOf = async (contract: unknown): Promise<string> => {
      const more = contract === null ? {} : { contract: contract as never };
      const { id } = await service.createSandbox({ isolation: 'none', ...more });
      return id;
    };
    // Of the same name, and it says something else.
    const pretended = { ...usual, date: '2026-11-29' };
    await expect(begin(held, { sandbox: await sandboxOf(pretended) })).rejects.toMatchObject(forbidden);
    await expect(begin(held, { sandbox: await sandboxOf(null) })).resolves.toMatchObject({ agent: 'choosy' });
  });
});

it('does not know an agent whose policy names what there is not', async () => {
  await runtime.close();
  const policies = { quiet: 'forbid (principal, action, resource == Tool::"shel");' };
  const wrong = one(agentData('wrong', [{ say: 'x' }], { grants: [], tools: [], policies }));
  try {
    await open({ bundles: [wrong] });
    await expect(service.startSession({ agent: 'wrong', message: 'go' })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('policy quiet names the tool "shel"'),
    });
    await runtime.close();
  } finally {
    await open();
  }
});
