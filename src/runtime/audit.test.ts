/** The audit log as a runtime keeps it: every turn, call and decision, before its effect; erasure over all that is kept. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { AgentBundleInput, AuditEntry, HoldfastService, Session } from '../schema/index.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from './index.ts';

const guestBinary = '/bin/true';
let home: string;
let runtime: Runtime;
let service: HoldfastService;
/** Lines that the host's tool was called with, and what it waits for. */
let sent: string[] = [];
let gate: Promise<void> = Promise.resolve();

async function open(more: Partial<RuntimeOptions> = {}): Promise<void> {
  const send = {
    name: 'send',
    description: 'Sends a text.',
    capability: 'mail:send',
    risk: 'irreversible' as const,
    idempotent: false,
    untrusted: false,
    input: z.strictObject({ text: z.string() }),
    output: z.strictObject({ sent: z.string() }),
    run: async ({ text }: { text: string }) => {
      sent.push(text);
      await gate;
      return { sent: text };
    },
  };
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, substrate, guestBinary, agents: { tools: [send as never] }, ...more });
  service = runtime.service();
}
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-audited-'));
  [sent, gate] = [[], Promise.resolve()];
  await open();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const one = (agent: ReturnType<typeof agentData>): AgentBundleInput => ({ entry: agent.name, agents: [agent] });
const clerk = (more: Parameters<typeof agentData>[2] = {}): AgentBundleInput =>
  one(
    agentData(
      'clerk',
      [{ answered: 0, call: [{ tool: 'send', input: { text: 'zebra letter' } }] }, { say: 'zebra done' }],
      { tools: ['send'], ...more },
    ),
  );
const rule = { tools: ['send'], withinMs: 60_000 };

async function until(ref: string, state: Session['state']): Promise<Session> {
  await expect.poll(async () => (await service.getSession(ref)).state, { timeout: 15_000 }).toBe(state);
  return service.getSession(ref);
}

async function logged(query: Parameters<HoldfastService['auditEntries']>[0] = {}): Promise<AuditEntry[]> {
  return (await service.auditEntries({ limit: 1000, ...query })).items;
}

async function collectedEntries(id: string): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const entry of service.sessionEntries(id, { follow: false })) entries.push(entry);
  return entries;
}

describe('a session', () => {
  it('has every turn, call and decision in the log, with agent, manifest, model and person', async () => {
    const policies = { mail: 'permit (principal, action, resource);' };
    const bundle = clerk({ approvals: [rule], policies });
    const { id, manifest } = await service.startSession({ bundle, message: 'go', person: 'ada', task: true });
    await until(id, 'waiting');
    const [approval] = await service.listApprovals();
    await runtime.service('default', 'milo').decideApproval(approval?.id ?? '', { approve: true, reason: 'fine' });
    await until(id, 'done');
    const entries = await logged({ session: id });
    expect(entries.map(({ kind, decision }) => (decision === null ? kind : `${kind} ${decision}`))).toEqual([
      'session-started',
      'model-call',
      'model-answer',
      'policy-allowed allowed',
      'approval-asked asked',
      'turn-ended',
      'approval-decided allowed',
      'policy-allowed allowed',
      'tool-call allowed',
      'tool-result',
      'model-call',
      'model-answer',
      'session-ended',
    ]);
    for (const entry of entries)
      expect(entry).toMatchObject({ tenant: 'default', agent: 'clerk', manifest, erased: false });
    expect(new Set(entries.map(({ person }) => person)).size).toBe(1);
    expect(entries.find(({ kind }) => kind === 'model-call')?.model).toBe('scripted');
    expect(entries.find(({ kind }) => kind === 'tool-call')?.body).toMatchObject({ request: { tool: 'send' } });
    const decided = entries.find(({ kind }) => kind === 'approval-decided');
    expect(decided?.actor).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(decided?.body)).not.toContain('milo');
    expect((await logged()).map(({ kind }) => kind).slice(0, 3)).toEqual([
      'configured',
      'agents-changed',
      'session-started',
    ]);
    expect(await service.verifyAudit()).toMatchObject({ ok: true });
    expect(await runtime.service('other').auditEntries({})).toEqual({ items: [], nextCursor: null });
    // Nothing of the chain of authority is in it: who has one acts.
    expect(JSON.stringify(entries)).not.toContain('"tag"');
  });

  it('begins with agents of whom it is logged to whom they give what, and how much of a conversation goes along', async () => {
    const idle = (name: string, more: Parameters<typeof agentData>[2] = {}): ReturnType<typeof agentData> =>
      agentData(name, [{ say: 'well' }], { tools: [], ...more });
    const gives = { tools: ['delegate', 'handoff'], delegates: ['helper'], handoffs: ['expert'] };
    const agents = [idle('desk', { ...gives, passes: { expert: 'all', helper: 2 } }), idle('helper'), idle('expert')];
    await service.startSession({ bundle: { entry: 'desk', agents }, message: 'go', person: 'ada' });
    const [entry] = await logged({ kind: 'agents-changed' });
    expect(entry?.body).toMatchObject({
      agents: [
        { name: 'desk', delegates: ['helper'], handoffs: ['expert'], passes: { expert: 'all', helper: 2 } },
        { name: 'helper', passes: {} },
        { name: 'expert', passes: {} },
      ],
    });
  });

  it('has who paused it, let it go on, forked it and ended it', async () => {
    const { id } = await service.startSession({ bundle: clerk(), message: 'go', person: 'ada' });
    await until(id, 'waiting');
    const milo = runtime.service('default', 'milo');
    await milo.pauseSession(id);
    await milo.resumeSession(id);
    await until(id, 'waiting');
    const fork = await milo.forkSession(id);
    await until(fork.id, 'waiting');
    await milo.cancelSession(id);
    await milo.cancelSessions();
    const acts = ['session-paused', 'session-resumed', 'session-forked', 'session-ended'];
    const told = (await logged()).filter(({ kind }) => acts.includes(kind));
    expect(told.map(({ kind }) => kind)).toEqual([...acts, 'session-ended']);
    const actors = told.map(({ actor }) => actor);
    expect(actors[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(actors)).toEqual(new Set([actors[0]]));
    expect(JSON.stringify(told)).not.toContain('milo');
    // Nor does the name stay in logs of others when it is erased.
    await service.erasePerson({ person: 'milo' });
    expect(JSON.stringify(await collectedEntries(id))).not.toContain('milo');
  });

  it('has refusals by policy, by people, by time and by budget', async () => {
    const kinds = async (
      more: Parameters<typeof agentData>[2],
      then?: (id: string) => Promise<void>,
    ): Promise<string[]> => {
      const { id } = await service.startSession({ bundle: clerk(more), message: 'go', person: 'ada', task: true });
      await then?.(id);
      await expect.poll(async () => (await service.getSession(id)).endedAt, { timeout: 15_000 }).not.toBeNull();
      return (await logged({ session: id })).map(({ kind, decision }) => `${kind} ${decision}`);
    };
    const forbid = { all: 'permit (principal, action, resource);', no: 'forbid (principal, action, resource);' };
    expect(await kinds({ policies: forbid })).toContain('policy-denied denied');
    const deny = async (id: string): Promise<void> => {
      await until(id, 'waiting');
      const [approval] = await service.listApprovals();
      await runtime.service('default', 'milo').decideApproval(approval?.id ?? '', { approve: false });
    };
    const denied = await kinds({ approvals: [rule] }, deny);
    expect(denied).toContain('approval-decided denied');
    expect(denied).toContain('approval-denied denied');
    expect(await kinds({ approvals: [{ ...rule, withinMs: 1000 }] })).toContain('approval-expired expired');
    const limits = { steps: 1, tokens: 10_000_000, cents: 1000, wallMs: 3_600_000, depth: 0 };
    expect(await kinds({ limits })).toContain('budget-refused denied');
    expect(sent).toEqual([]);
  });

  it('that forks has one entry for that, and none again for what was copied', async () => {
    const { id } = await service.startSession({ bundle: clerk(), message: 'go', person: 'ada' });
    await until(id, 'waiting');
    const forked = await service.forkSession(id);
    await until(forked.id, 'waiting');
    expect((await logged({ session: forked.id })).map(({ kind }) => kind)[0]).toBe('session-forked');
    expect((await logged({ session: forked.id, kind: 'tool-call' })).length).toBe(0);
  });
});

const away = (): void => renameSync(join(home, 'audit'), join(home, 'audit-away'));
const back = (): void => renameSync(join(home, 'audit-away'), join(home, 'audit'));

describe('while the log cannot be written', () => {
  it('a run stops before its next effect and says why, and goes on by itself, nothing done twice', async () => {
    let letGo = (): void => undefined;
    gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const { id } = await service.startSession({ bundle: clerk(), message: 'go', person: 'ada', task: true });
    await expect.poll(() => sent, { timeout: 10_000 }).toEqual(['zebra letter']);
    away();
    await expect(service.startSession({ bundle: clerk({ purpose: 'another' }), message: 'go' })).rejects.toThrow();
    letGo();
    await expect
      .poll(async () => (await service.getSession(id)).blocked?.code, { timeout: 10_000 })
      .toBe('audit-unavailable');
    expect((await service.getSession(id)).state).toBe('running');
    await expect(service.sendToSession(id, { data: 'x' })).rejects.toMatchObject({ code: 'audit-unavailable' });
    back();
    expect(await until(id, 'done')).toMatchObject({ blocked: null, outcome: { ok: true } });
    expect(sent).toEqual(['zebra letter']);
    const { items } = await service.journal({ limit: 1000 });
    expect(items.filter(({ type }) => type === 'session-ended')).toHaveLength(1);
    expect(await service.verifyAudit()).toMatchObject({ ok: true });
  });

  it('nothing begins that is not logged: not a step, not a memory, not a decision', async () => {
    const bundle = one(
      agentData(
        'keeper',
        [{ answered: 0, call: [{ tool: 'remember', input: { slot: 's', key: 'k', value: 'v' } }] }, { say: 'x' }],
        {
          tools: ['remember'],
          memory: { s: { scope: 'user', retentionDays: 30, class: 'personal' } },
        },
      ),
    );
    const first = await service.startSession({ bundle, message: 'go', person: 'ada' });
    await until(first.id, 'waiting');
    await service.pauseSession(first.id);
    const before = (await service.getSession(first.id)).position;
    // Whoever takes it away does so between two turns of this process: it looks once in each.
    await new Promise(setImmediate);
    away();
    await expect(service.resumeSession(first.id)).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(service.placeHold({ reason: 'case' })).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(service.erasePerson({ person: 'milo' })).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect((await service.getSession(first.id)).position).toBe(before);
    expect(await service.listHolds()).toEqual([]);
    expect(await service.searchMemories({ query: 'v' })).toHaveLength(1);
    const report = await service.verifyAudit();
    expect(report.ok).toBe(false);
    back();
  });

  it('the switch for emergencies still cuts off what is under way, and leaves it paused', async () => {
    gate = new Promise(() => undefined);
    const { id } = await service.startSession({ bundle: clerk(), message: 'go', person: 'ada', task: true });
    await expect.poll(() => sent.length, { timeout: 10_000 }).toBe(1);
    away();
    await service.sendToSession(id, { data: 'x' }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await service.cancelSessions()).toMatchObject({ cancelled: 0, paused: 1 });
    expect((await service.getSession(id)).state).toBe('paused');
    back();
    await expect.poll(async () => (await service.cancelSessions()).cancelled, { timeout: 10_000 }).toBe(1);
    expect((await logged({ kind: 'kill-switch' })).at(-1)).toMatchObject({ body: { everyTenant: false } });
  });

  it.each([
    ['one', (id: string) => service.cancelSession(id).catch(() => undefined)],
    ['all', () => service.cancelSessions()],
  ])('a switch for %s leaves nothing below paused by itself: it goes on with the one above', async (_which, cancel) => {
    let letGo = (): void => undefined;
    gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const [below] = clerk().agents;
    const task = { tool: 'delegate', input: { to: 'clerk', task: 'go' } };
    const boss = agentData('boss', [{ answered: 0, call: [task] }, { say: 'zebra over' }], {
      tools: ['delegate'],
      delegates: ['clerk'],
    });
    const bundle = { entry: 'boss', agents: [boss, below as never] };
    const { id } = await service.startSession({ bundle, message: 'go', person: 'ada', task: true });
    await expect.poll(() => sent.length, { timeout: 10_000 }).toBe(1);
    away();
    await service.sendToSession(id, { data: 'x' }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const cancelled = await cancel(id);
    if (cancelled && 'paused' in cancelled) expect(cancelled).toMatchObject({ cancelled: 0, paused: 2 });
    const states = async (): Promise<string[]> =>
      (await service.listSessions({ all: true })).items.map(({ state }) => state).toSorted();
    expect(await states()).toEqual(['paused', 'running']);
    back();
    letGo();
    const resumed = (): Promise<boolean> => service.resumeSession(id).then(Boolean, () => false);
    await expect.poll(resumed, { timeout: 10_000 }).toBe(true);
    expect(await until(id, 'done')).toMatchObject({ outcome: { output: { text: '[scripted] zebra over' } } });
    expect(await states()).toEqual(['done', 'done']);
  });
});

describe('agents that are stopped', () => {
  it('are logged, begin nothing, end at once when asked, and go on only when that can be logged', async () => {
    const milo = runtime.service('default', 'milo');
    const begin = (): Promise<Session> => service.startSession({ bundle: clerk(), message: 'go', person: 'ada' });
    const { id } = await begin();
    await until(id, 'waiting');
    expect(await milo.stopAgents({ agent: 'clerk', cancel: true })).toMatchObject({
      stop: { agent: 'clerk', everyTenant: false, placedBy: 'milo' },
      sessions: 1,
      isKnown: true,
      cancelled: { cancelled: 1, paused: 0 },
    });
    await expect(begin()).rejects.toMatchObject({ code: 'forbidden', message: 'clerk is stopped' });
    expect(await service.listStops()).toMatchObject([{ agent: 'clerk' }]);
    await expect(service.allowAgents()).rejects.toMatchObject({ code: 'not-found' });
    const acme = runtime.service('acme');
    await expect(acme.stopAgents({ everyTenant: true })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await service.stopAgents({ agent: 'clrk' })).toMatchObject({ sessions: 0, isKnown: false });
    await service.allowAgents({ agent: 'clrk' });
    expect(await service.stopAgents({ everyTenant: true })).toMatchObject({ sessions: 0, isKnown: true });
    expect(await acme.listStops()).toMatchObject([{ agent: null, everyTenant: true, placedBy: null }]);
    await expect(acme.allowAgents({ everyTenant: true })).rejects.toMatchObject({ code: 'forbidden' });
    await service.allowAgents({ everyTenant: true });
    away();
    await expect(service.allowAgents({ agent: 'clerk' })).rejects.toMatchObject({ code: 'audit-unavailable' });
    await expect(begin()).rejects.toMatchObject({ code: 'forbidden' });
    back();
    const erased = (): Promise<boolean> => service.erasePerson({ person: 'milo' }).then(Boolean, () => false);
    await expect.poll(erased, { timeout: 10_000 }).toBe(true);
    expect(JSON.stringify(await service.listStops())).not.toContain('milo');
    await service.allowAgents({ agent: 'clerk' });
    await begin();
    const bodies = (await logged({ kind: 'kill-switch' })).map(({ body }) => body);
    expect(bodies.map((body) => Reflect.get(Object(body), 'does') ?? 'cancel')).toEqual([
      'stop',
      'cancel',
      'stop',
      'allow',
      'stop',
      'allow',
      'allow',
    ]);
  });

  it('are not allowed by what was said before they were stopped again', async () => {
    await service.stopAgents({ agent: 'clerk' });
    const allowing = service.allowAgents({ agent: 'clerk' });
    const stopping = runtime.service('default', 'milo').stopAgents({ agent: 'clerk' });
    await expect(allowing).rejects.toMatchObject({ code: 'wrong-state' });
    expect((await stopping).stop.placedBy).not.toBe('milo');
    await expect(service.startSession({ bundle: clerk(), message: 'go', person: 'ada' })).rejects.toMatchObject({
      message: 'clerk is stopped',
    });
    await service.allowAgents({ agent: 'clerk' });
    expect(await service.listStops()).toEqual([]);
  });
});

describe('an erased person', () => {
  /** Where it stands, with what is around it. */
  const found = (text: string): string[] =>
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => {
        const bytes = readFileSync(join(entry.parentPath, entry.name), 'latin1');
        const at = bytes.indexOf(text);
        return at < 0 ? [] : [`${entry.name}: ${bytes.slice(Math.max(0, at - 60), at + 60)}`];
      });

  async function talk(person: string, message: string): Promise<string> {
    const bundle = one(
      agentData(
        'keeper',
        [
          { answered: 0, call: [{ tool: 'remember', input: { slot: 's', key: 'note', value: 'an okapi' } }] },
          { say: 'kept' },
        ],
        { tools: ['remember', 'send'], memory: { s: { scope: 'user', retentionDays: 30, class: 'personal' } } },
      ),
    );
    const { id } = await service.startSession({ bundle, message, person, task: true });
    await until(id, 'done');
    return id;
  }

  it('is nowhere on the disk any more, and nobody else has lost anything', async () => {
    const id = await talk('ada.lovelace', 'quagga one');
    const other = await talk('milo', 'two');
    const { id: judged } = await service.startSession({
      bundle: clerk({ approvals: [rule] }),
      message: 'go',
      person: 'milo',
      task: true,
    });
    await until(judged, 'waiting');
    const [approval] = await service.listApprovals();
    await runtime.service('default', 'ada.lovelace').decideApproval(approval?.id ?? '', { approve: true });
    await until(judged, 'done');
    expect(found('quagga')).not.toEqual([]);
    expect(found('ada.lovelace')).not.toEqual([]);
    const report = await service.erasePerson({ person: 'ada.lovelace', reason: 'request' });
    expect(report).toMatchObject({ sessions: 1, memories: 1, mentions: 1, cancelled: 0, leftovers: [] });
    await runtime.close();
    expect(found('quagga')).toEqual([]);
    expect(found('ada.lovelace')).toEqual([]);
    await open();
    await expect(service.getSession(id)).rejects.toMatchObject({ code: 'session-not-found' });
    expect((await service.searchMemories({ query: 'okapi' })).map(({ owner }) => owner)).toEqual(['milo']);
    const entries = await logged();
    expect(entries.filter(({ session }) => session === id).every(({ erased, body }) => erased && body === null)).toBe(
      true,
    );
    expect(entries.filter(({ session }) => session === other).every(({ erased }) => !erased)).toBe(true);
    expect(entries.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['erasure-begun', 'erased']));
    expect(entries.find(({ kind }) => kind === 'erased')?.body).toMatchObject({ pseudonym: report.pseudonym });
    expect(await service.verifyAudit()).toMatchObject({ ok: true });
    // Asking about them writes nobody down anew.
    for await (const _ of await service.exportAudit({ person: 'ada.lovelace' }));
    await service.releaseHold((await service.placeHold({ person: 'ada.lovelace', reason: 'case' })).id);
    expect(await service.erasePerson({ person: 'ada.lovelace' })).toMatchObject({ pseudonym: null, sessions: 0 });
  });

  it('is not erased under a legal hold, nor while a session goes on unless that is ended', async () => {
    const hold = await service.placeHold({ person: 'ada', reason: 'case 12' });
    await talk('ada', 'quagga');
    await expect(service.erasePerson({ person: 'ada' })).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('case 12'),
    });
    await expect(runtime.service('other').releaseHold(hold.id)).rejects.toMatchObject({ code: 'not-found' });
    await service.releaseHold(hold.id);
    const everybody = await service.placeHold({ reason: 'all' });
    await expect(service.erasePerson({ person: 'ada' })).rejects.toMatchObject({ code: 'forbidden' });
    await service.releaseHold(everybody.id);
    const { id } = await service.startSession({ bundle: clerk(), message: 'go', person: 'ada' });
    await until(id, 'waiting');
    await expect(service.erasePerson({ person: 'ada' })).rejects.toMatchObject({ code: 'wrong-state' });
    expect((await runtime.service('other').erasePerson({ person: 'ada', cancel: true })).sessions).toBe(0);
    expect((await service.getSession(id)).state).toBe('waiting');
    expect(await service.erasePerson({ person: 'ada', cancel: true })).toMatchObject({ sessions: 2, cancelled: 1 });
    expect((await logged({ kind: 'hold-placed' })).length + (await logged({ kind: 'hold-released' })).length).toBe(4);
  });
});

it('refuses to keep entries for less than six months', async () => {
  const short = createRuntime({
    home: join(home, 'short'),
    substrate: new FakeSubstrate({ binary: guestBinary }),
    guestBinary,
    audit: { retentionDays: 182 },
  });
  await expect(short).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('182') });
  expect(existsSync(join(home, 'short', 'audit'))).toBe(false);
});
