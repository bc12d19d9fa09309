/** Agents that ask for a person or a place are not reached by a channel, which can vouch for neither. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { AgentBundleInput, AgentManifestInput, ChannelInput } from '../schema/index.ts';
import { createRuntime } from './create-runtime.ts';

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

const site: ChannelInput = { name: 'site', kind: 'web', agent: 'desk' };
const agentOf = (name: string, more: Partial<AgentManifestInput> = {}): AgentManifestInput =>
  agentData(name, [{ say: 'hi' }], { tools: [], ...more });

async function start(bundles: AgentBundleInput[], channels: ChannelInput[] = [site]): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'hf-late-'));
  homes.push(home);
  const guestBinary = buildGuest();
  const substrate = new FakeSubstrate({ binary: guestBinary });
  const runtime = await createRuntime({ home, substrate, guestBinary, agents: { bundles, channels } });
  await runtime.close();
}

describe('a channel', () => {
  it.each([
    ['a named person', { person: { named: true } }],
    ['a claim', { person: { claims: { role: 'clerk' } } }],
    ['a contract', { contract: 'coding-agent/1.0.0' }],
  ])('leads to no agent that asks for %s', async (_, terms) => {
    await expect(start([{ entry: 'desk', agents: [agentOf('desk', terms)] }])).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'desk says for whom or where it works, and a channel cannot tell',
    });
  });

  it('leads to none that gives work to one that does, either', async () => {
    const terms = { person: { named: true } };
    const desk = agentOf('desk', { ...terms, tools: ['delegate'], delegates: ['expert'] });
    await expect(start([{ entry: 'desk', agents: [desk, agentOf('expert', terms)] }])).rejects.toMatchObject({
      code: 'invalid-argument',
    });
  });

  it('does not keep other agents from having their terms', async () => {
    const clerk = { entry: 'clerk', agents: [agentOf('clerk', { person: { named: true } })] };
    await start([{ entry: 'desk', agents: [agentOf('desk')] }, clerk]);
  });
});
