/** Forks of sessions with other agents, another sandbox, and a word more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import { contractSchema } from '../contract/index.ts';
import type { AgentBundleInput, HoldfastService, Session, SessionEntry } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-fork-session-'));
const guestBinary = buildGuest();
/** What all sandboxes are held to that are held to nothing else. */
const mine = { format: 'holdfast-contract/1' as const, contract: 'mine/1.0.0', date: '2026-11-28' };
let runtime: Runtime;
let service: HoldfastService;
beforeAll(async () => {
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, substrate, guestBinary, contract: contractSchema.parse(mine) });
  service = runtime.service();
});
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

type Rules = Parameters<typeof agentData>[1];
type More = Parameters<typeof agentData>[2];
const shell = (command: string): Record<string, unknown> => ({ tool: 'shell', input: { command, shell: 'sh' } });
const withShell = { grants: ['sandbox:shell'], tools: ['shell'] };
const worker = (rules: Rules, more: More = withShell): AgentBundleInput => ({
  entry: 'worker',
  agents: [agentData('worker', rules, more)],
});
/** Its log: started, model, call, model, waiting; after entry 5 it has seen what the call printed. */
const first = worker([{ answered: 0, call: [shell('cat note')] }, { answered: 1, say: 'one' }, { say: 'more' }]);
const second = worker([{ answered: 1, call: [shell('cat note')] }, { say: 'two' }]);
const silent = { grants: [], tools: [] };

const boxWith = async (note: string): Promise<string> => {
  const { id } = await service.createSandbox({ isolation: 'none' });
  await service.callTool(id, { tool: 'shell', input: { command: `echo ${note} > note`, shell: 'sh' } });
  return id;
};
async function until(ref: string, state: Session['state']): Promise<Session> {
  await expect.poll(async () => (await service.getSession(ref)).state, { timeout: 15_000 }).toBe(state);
  return service.getSession(ref);
}
async function entriesOf(ref: string): Promise<SessionEntry[]> {
  const entries: SessionEntry[] = [];
  for await (const entry of service.sessionEntries(ref, { follow: false })) entries.push(entry);
  return entries;
}
async function rested(bundle: AgentBundleInput, more: { sandbox?: string } = {}): Promise<Session> {
  const { id } = await service.startSession({ bundle, message: 'go', ...more });
  return until(id, 'waiting');
}
/** What came after the log that it was given: what was printed, what was refused, what was said. */
async function since(ref: string, position: number): Promise<unknown[]> {
  const outcomes = (await entriesOf(ref)).filter((entry) => entry.kind === 'outcome' && entry.position > position);
  return outcomes.flatMap(({ data }) => {
    const { name, ok, output, content, error } = data;
    if (name === 'model') return (content as { text?: string }[]).flatMap(({ text }) => text ?? []);
    return [ok === true ? (output as { stdout: string }).stdout : (error as { code: string }).code];
  });
}

it('goes on with other agents from an earlier entry, with the same log, in the sandbox that is brought', async () => {
  const source = await rested(first, { sandbox: await boxWith('then') });
  const box = await boxWith('again');
  // Its own files are those of now: without a sandbox that has those of then it is refused.
  await expect(service.forkSession(source.id, { at: 5, with: { bundle: second } })).rejects.toMatchObject({
    code: 'wrong-state',
    hint: expect.stringContaining('--sandbox'),
  });
  const { id } = await service.forkSession(source.id, { at: 5, sandbox: box, with: { bundle: second } });
  const forked = await until(id, 'waiting');
  expect(forked).toMatchObject({ agent: 'worker', sandbox: box, parent: null, person: source.person });
  expect(forked.manifest).not.toBe(source.manifest);
  const kept = async (ref: string): Promise<unknown[]> =>
    (await entriesOf(ref))
      .slice(0, 5)
      .map(({ kind, position, data: { agentsBy: _, ...data } }) => [kind, position, data]);
  expect(await kept(id)).toEqual(await kept(source.id));
  expect(await since(source.id, 3)).toEqual(['then\n', '[scripted] one']);
  expect(await since(id, 3)).toEqual(['then\n', 'again\n', '[scripted] two']);
});

it('takes a sandbox of the same tenant in which no other session works', async () => {
  const box = await boxWith('mine');
  const source = await rested(first, { sandbox: box });
  const free = await boxWith('free');
  await expect(service.forkSession(source.id, { sandbox: box })).rejects.toMatchObject({ code: 'in-use' });
  const twins = [1, 2].map(() => service.forkSession(source.id, { at: 5, sandbox: free }));
  expect((await Promise.allSettled(twins)).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(service.forkSession(source.id, { at: 5, sandbox: free })).rejects.toMatchObject({ code: 'in-use' });
  // One that was refused leaves the sandbox as it was.
  expect((await service.getSandbox(free)).state).not.toBe('gone');
  const foreign = await runtime.service('other').createSandbox({ isolation: 'none' });
  await expect(service.forkSession(source.id, { sandbox: foreign.id })).rejects.toMatchObject({
    code: 'sandbox-not-found',
  });
  await runtime.service('other').destroySandbox(foreign.id);
  // Whose session is over works there no more.
  await service.cancelSession(source.id);
  await expect(service.forkSession(source.id, { at: 5, sandbox: box })).resolves.toMatchObject({ sandbox: box });
});

it('has the authority of its own agents: no tool that they lack, and each that they are granted', async () => {
  const asked = await rested(first);
  const less = await service.forkSession(asked.id, { at: 3, with: { bundle: worker([{ say: 'two' }], silent) } });
  await until(less.id, 'waiting');
  expect(await since(less.id, 3)).toEqual(['not-found', '[scripted] two']);
  const said = await rested(worker([{ say: 'hello' }], silent));
  const box = await boxWith('granted');
  const more = await service.forkSession(said.id, { sandbox: box, message: 'look', with: { bundle: second } });
  await until(more.id, 'waiting');
  expect(await since(more.id, said.position)).toEqual(['granted\n', '[scripted] two']);
});

it('hears what is said to it before it goes on', async () => {
  const source = await rested(worker([{ sees: 'louder', say: 'HELLO' }, { say: 'hello' }], silent));
  const { id } = await service.forkSession(source.id, { at: 3, message: 'louder' });
  await until(id, 'waiting');
  const entries = await entriesOf(id);
  expect(entries[3]).toMatchObject({ kind: 'received', position: 4, data: { event: 'message', data: 'louder' } });
  expect(await since(id, 3)).toEqual(['[scripted] HELLO']);
});

it('has what its agents may use at most, and its source gives it no more than that', async () => {
  const source = await rested(worker([{ say: 'hello' }], silent));
  const { limits, spent } = source.budget;
  const least = { ...limits, steps: spent.steps + 2 };
  const bundle = worker([{ say: 'hi' }], { ...silent, limits: least });
  const { id } = await service.forkSession(source.id, { with: { bundle } });
  expect((await service.getSession(id)).budget.limits.steps).toBe(least.steps);
  expect((await service.getSession(source.id)).budget.spent.steps).toBe(spent.steps + 2);
});

it('is refused to agents that cannot go on with the log', async () => {
  const source = await rested(worker([{ say: 'hello' }], silent));
  const other = { entry: 'other', agents: [agentData('other', [{ say: 'x' }], silent)] };
  const fork = (ref: string, bundle: AgentBundleInput): Promise<Session> =>
    service.forkSession(ref, { with: { bundle } });
  await expect(fork(source.id, other)).rejects.toMatchObject({ code: 'invalid-argument' });
  const handing: AgentBundleInput = {
    entry: 'worker',
    agents: [
      agentData('worker', [{ call: [{ tool: 'handoff', input: { to: 'next', reason: 'yours' } }] }], {
        grants: ['agent:handoff'],
        tools: ['handoff'],
        handoffs: ['next'],
        passes: { next: 'all' },
      }),
      agentData('next', [{ say: 'mine' }], silent),
    ],
  };
  const handed = await rested(handing);
  await expect(fork(handed.id, worker([{ say: 'x' }], silent))).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining('next has the conversation'),
  });
  const held = worker([{ say: 'x' }], { ...silent, contract: mine.contract });
  await expect(fork(source.id, held)).rejects.toMatchObject({ code: 'forbidden' });
  // The terms of its own agents hold for a sandbox that is brought.
  const bound = await rested(held, { sandbox: await boxWith('bound') });
  const { id: loose } = await service.createSandbox({
    isolation: 'none',
    contract: { ...mine, contract: 'other/1.0.0' },
  });
  await expect(service.forkSession(bound.id, { sandbox: loose })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(service.forkSession(bound.id, { sandbox: await boxWith('as bound') })).resolves.toMatchObject({});
});

it('goes on with other agents for whom its source works, if whoever asks may, and does not approve what it told them', async () => {
  const ada = runtime.service('default', 'ada');
  const { id } = await ada.startSession({ bundle: first, message: 'go', sandbox: await boxWith('hers') });
  const source = await until(id, 'waiting');
  const careful = worker([{ answered: 1, call: [shell('cat note')] }, { say: 'two' }], {
    ...withShell,
    approvals: [{ tools: ['shell'], withinMs: 60_000 }],
  });
  const box = await boxWith('other');
  const asked = { at: 5, sandbox: box, with: { bundle: careful } };
  await expect(runtime.service('default', 'eve').forkSession(id, asked)).rejects.toMatchObject({ code: 'forbidden' });
  const forked = await service.forkSession(id, asked);
  expect(forked.person).toBe(source.person);
  await until(forked.id, 'waiting');
  const approval = (await service.listApprovals()).find(({ session }) => session === forked.id);
  await expect(service.decideApproval(approval?.id ?? '', { approve: true })).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('told it what to do'),
  });
  await runtime.service('default', 'milo').decideApproval(approval?.id ?? '', { approve: true });
  await expect.poll(() => since(forked.id, 5), { timeout: 15_000 }).toEqual(['other\n', '[scripted] two']);
  // Whoever that was can be erased.
  const givenBy = async (): Promise<unknown> => (await entriesOf(forked.id))[0]?.data['agentsBy'];
  expect(await givenBy()).toBe('owner');
  await service.cancelSession(forked.id);
  await service.erasePerson({ person: 'owner', cancel: true });
  expect(await givenBy()).toMatch(/^(?!owner$)./);
});

describe('memory', () => {
  const slots: NonNullable<More> = {
    tools: ['remember', 'recall', 'ask'],
    memory: {
      plan: { scope: 'session', retentionDays: 30, class: 'internal' },
      scratch: { scope: 'turn', retentionDays: 30, class: 'internal' },
    },
  };
  const remember = (slot: string, value: string): object => ({ tool: 'remember', input: { slot, key: 'k', value } });
  const recall = (slot: string): object => ({ tool: 'recall', input: { slot, key: 'k' } });
  /** What `recall` answered after that entry, and what was said. */
  const recalled = async (ref: string, position: number): Promise<unknown[]> =>
    (await entriesOf(ref)).flatMap(({ kind, data, position: at }) =>
      at > position && kind === 'outcome' && data['tool'] === 'recall'
        ? [(data['output'] as { value: unknown }).value]
        : [],
    );
  const tell = async (ref: string, data: string): Promise<Session> => {
    const { position } = await service.sendToSession(ref, { data });
    await expect
      .poll(async () => (await service.getSession(ref)).position, { timeout: 15_000 })
      .toBeGreaterThan(position);
    return until(ref, 'waiting');
  };

  it('of the session is in the fork as it was after the last entry of its log, and is its own from then on', async () => {
    const planner = worker(
      [
        { afterTool: true, say: 'well' },
        { sees: 'look', call: [recall('plan')] },
        ...['one', 'two', 'three'].map((text) => ({ sees: text, call: [remember('plan', `plan ${text}`)] })),
        { say: 'nothing' },
      ],
      slots,
    );
    const { id } = await service.startSession({ bundle: planner, message: 'nothing yet' });
    const empty = await until(id, 'waiting');
    const one = await tell(id, 'one');
    const two = await tell(id, 'two');
    const found = async (at?: number): Promise<unknown[]> => {
      const forked = await service.forkSession(id, { ...(at === undefined ? {} : { at }), message: 'look' });
      await until(forked.id, 'waiting');
      const values = await recalled(forked.id, at ?? two.position);
      if (at === undefined) await tell(forked.id, 'three');
      return values;
    };
    expect(await found()).toEqual(['plan two']);
    expect(await found(one.position)).toEqual(['plan one']);
    expect(await found(empty.position)).toEqual([null]);
    await tell(id, 'look');
    expect(await recalled(id, two.position)).toEqual(['plan two']);
  });

  it('of a turn is in a fork that is in the midst of it', async () => {
    const asking = worker(
      [
        { answered: 0, call: [remember('scratch', 'so far')] },
        { answered: 1, call: [{ tool: 'ask', input: { question: 'Which?', withinMs: 3_600_000 } }] },
        { answered: 2, call: [recall('scratch')] },
        { say: 'done' },
      ],
      slots,
    );
    const { id } = await service.startSession({ bundle: asking, message: 'go' });
    const { position } = await until(id, 'waiting');
    const forked = await service.forkSession(id);
    await until(forked.id, 'waiting');
    for (const ref of [forked.id, id]) {
      await tell(ref, 'this one');
      expect(await recalled(ref, position)).toEqual(['so far']);
    }
  });
});
