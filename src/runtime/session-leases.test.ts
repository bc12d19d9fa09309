/** Lifetimes of sandboxes that sessions work in. Time is the test's. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { buildGuest } from '../../scripts/build-guest.ts';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { AgentBundleInput, HoldfastService, SandboxState, Session } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();
const patience = { timeout: 15_000 };
const minute = 60_000;
const hour = 60 * minute;
const suspendAfterMs = 3 * hour;
let home: string;
let clock: TestClock;
let runtime: Runtime;
let service: HoldfastService;
/** The function of the host is called, and answers when it may. */
let called: PromiseWithResolvers<void>;
let mayAnswer: PromiseWithResolvers<void>;

async function open(): Promise<void> {
  called = Promise.withResolvers();
  mayAnswer = Promise.withResolvers();
  const think = {
    name: 'think_long',
    description: 'Takes long.',
    capability: 'host:think',
    risk: 'read' as const,
    idempotent: true,
    untrusted: false,
    input: z.strictObject({}),
    output: z.strictObject({}),
    run: async () => {
      called.resolve();
      await mayAnswer.promise;
      return {};
    },
  };
  runtime = await createRuntime({
    home,
    substrate: new FakeSubstrate({ binary: guestBinary }),
    guestBinary,
    clock,
    agents: { suspendAfterMs, tools: [think] },
  });
  service = runtime.service();
}
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-session-leases-'));
  clock = new TestClock();
  await open();
});
afterEach(async () => {
  mayAnswer.resolve();
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const shell = { tool: 'shell', input: { command: 'echo kept >> work; cat work', shell: 'sh' } };
/** Calls once for each message. */
const worker: AgentBundleInput = {
  entry: 'worker',
  agents: [
    agentData('worker', [{ afterTool: true, say: 'done' }, { call: [shell] }], {
      grants: ['sandbox:shell'],
      tools: ['shell'],
    }),
  ],
};
const thinker: AgentBundleInput = {
  entry: 'thinker',
  agents: [
    agentData('thinker', [{ answered: 0, call: [{ tool: 'think_long', input: {} }] }, { say: 'done' }], {
      grants: ['host:think'],
      tools: ['think_long'],
    }),
  ],
};

const stateOf = async (id: string): Promise<SandboxState> => (await service.getSandbox(id)).state;
const leftMs = async (id: string): Promise<number> =>
  Date.parse((await service.getSandbox(id)).expiresAt) - clock.nowMs();
async function waits(id: string, after: number): Promise<Session> {
  const isThere = async (): Promise<boolean> => {
    const { state, position } = await service.getSession(id);
    return state === 'waiting' && position > after;
  };
  await expect.poll(isThere, patience).toBe(true);
  return service.getSession(id);
}

it('is not shortened by being woken', async () => {
  const { id } = await service.createSandbox({ isolation: 'none', lifetimeMs: 24 * hour });
  const { id: session } = await service.startSession({ bundle: worker, message: 'go', sandbox: id });
  const { position } = await waits(session, 0);
  clock.advance(suspendAfterMs);
  await expect.poll(() => stateOf(id), patience).toBe('suspended');
  clock.advance(100 * hour);
  await service.sendToSession(session, { data: 'more' });
  await waits(session, position);
  expect(await stateOf(id)).toBe('ready');
  expect(await leftMs(id)).toBe(24 * hour - suspendAfterMs);
});

it('is made longer by the call that wakes it, where little is left', async () => {
  const { id } = await service.createSandbox({ isolation: 'none', lifetimeMs: 45 * minute });
  const { id: session } = await service.startSession({ bundle: worker, message: 'go', sandbox: id });
  const { position } = await waits(session, 0);
  clock.advance(20 * minute);
  await service.suspendSandbox(id);
  await service.sendToSession(session, { data: 'more' });
  await waits(session, position);
  expect(await leftMs(id)).toBe(hour);
});

it('goes on while a session calls something in it now and then', async () => {
  const { id } = await service.createSandbox({ isolation: 'none', lifetimeMs: hour });
  const { id: session } = await service.startSession({ bundle: worker, message: 'go', sandbox: id });
  let { position } = await waits(session, 0);
  for (let tens = 0; tens < 12; tens++) {
    clock.advance(10 * minute);
    await service.sendToSession(session, { data: 'more' });
    ({ position } = await waits(session, position));
    expect(await stateOf(id)).toBe('ready');
    expect(await leftMs(id)).toBeGreaterThanOrEqual(30 * minute);
  }
  const outputs: unknown[] = [];
  for await (const { kind, data } of service.sessionEntries(session, { follow: false })) {
    if (kind === 'outcome' && data['name'] === 'tool') outputs.push(data['output']);
  }
  expect(outputs).toHaveLength(13);
  expect(outputs.at(-1)).toMatchObject({ stdout: 'kept\n'.repeat(13) });
});

it('goes on while a session is at work elsewhere, and ends when nobody is', async () => {
  const { id } = await service.createSandbox({ isolation: 'none', lifetimeMs: 45 * minute });
  const { id: session } = await service.startSession({ bundle: thinker, message: 'go', sandbox: id });
  await called.promise;
  expect(await leftMs(id)).toBe(45 * minute);
  clock.advance(10 * minute);
  clock.advance(10 * minute);
  await expect.poll(() => leftMs(id), patience).toBe(hour);
  mayAnswer.resolve();
  await waits(session, 0);
  // At rest, but not yet made to stand still: it lives as long as it would.
  clock.advance(50 * minute);
  expect(await leftMs(id)).toBe(10 * minute);
  clock.advance(11 * minute);
  await expect.poll(() => stateOf(id), patience).toBe('gone');
});

it('is enough when a session begins in one that is about to end', async () => {
  const { id } = await service.createSandbox({ isolation: 'none', lifetimeMs: minute });
  await service.startSession({ bundle: thinker, message: 'go', sandbox: id });
  await called.promise;
  await expect.poll(() => leftMs(id), patience).toBe(hour);
});

it.each(['paused', 'stopped'] as const)('is renewed by nothing that is %s', async (how) => {
  const { id } = await service.createSandbox({ isolation: 'none', lifetimeMs: 45 * minute });
  const { id: session } = await service.startSession({ bundle: thinker, message: 'go', sandbox: id });
  await called.promise;
  if (how === 'paused') await service.pauseSession(session);
  else await service.stopAgents({ agent: 'thinker' });
  for (let tens = 0; tens < 5; tens++) clock.advance(10 * minute);
  await expect.poll(() => stateOf(id), patience).toBe('gone');
});
