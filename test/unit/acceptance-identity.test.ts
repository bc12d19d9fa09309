/** Acceptance: identity over five delegations, two processes, and a restart of both between each. */
import { expect, it } from 'vitest';
import type { AgentBundleInput, AgentManifestInput } from '../../src/schema/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { type Mark, type PeerRuntime, twoRuntimes } from '../fixtures/two-runtimes.ts';

const mark = { tool: 'mark', input: {} };
const grants = ['marks:write', 'agent:delegate'];
const limitsOf = (depth: number): AgentManifestInput['limits'] => ({
  steps: 1000 * (depth + 1),
  tokens: 1_000_000 * (depth + 1),
  cents: 0,
  wallMs: 600_000 * 4 ** depth,
  depth,
});

/** Marks, and gives the work to the next one. */
function marker(name: string, to: string | null, depth: number): AgentManifestInput {
  const rules =
    to === null
      ? [{ answered: 0, call: [mark] }, { say: `${name} is done` }]
      : [
          { answered: 0, call: [mark] },
          { answered: 1, call: [{ tool: 'delegate', input: { to, task: `go on, ${to}` } }] },
          { answered: 2, sees: 'is done', say: `${name} is done` },
          { say: `${name} got nothing` },
        ];
  return agentData(name, rules, {
    grants,
    tools: to === null ? ['mark'] : ['mark', 'delegate'],
    delegates: to === null ? [] : [to],
    limits: limitsOf(depth),
  });
}

const away = agentData('away', [], {
  grants,
  tools: [],
  limits: limitsOf(3),
  model: { provider: 'peer', peer: 'b', agent: 'expert' },
});
const here: AgentBundleInput = {
  entry: 'top',
  agents: [marker('top', 'middle', 5), marker('middle', 'away', 4), away],
};
const there: AgentBundleInput = {
  entry: 'expert',
  agents: [marker('expert', 'lower', 2), marker('lower', 'lowest', 1), marker('lowest', null, 0)],
};

it('delegates five hops over two processes with a restart between each: every call shows person, tenant, whole chain', async () => {
  await using pair = twoRuntimes();
  const { a, b } = pair;
  a.configure({ bundles: [here], peers: [{ runtime: b, name: 'b', agents: [] }] });
  b.configure({ bundles: [there], peers: [{ runtime: a, name: 'a', agents: ['expert'] }] });
  await Promise.all([a.start(), b.start()]);
  const { id } = await a.service.startSession({ agent: 'top', message: 'go', person: 'ada', task: true });

  const above = ['a/top', 'a/middle', 'a/away'];
  const hops: [PeerRuntime, string[]][] = [
    [a, ['top']],
    [a, ['top', 'middle']],
    [b, [...above, 'expert']],
    [b, [...above, 'expert', 'lower']],
    [b, [...above, 'expert', 'lower', 'lowest']],
  ];
  for (const [runtime, agents] of hops) {
    const found = await expect
      .poll(() => runtime.marks().find((one) => one.agents.length === agents.length), { timeout: 30_000, interval: 20 })
      .toBeDefined()
      .then(() => runtime.marks().find((one) => one.agents.length === agents.length));
    expect(found).toMatchObject({ tenant: 'acme', person: 'ada', agents } satisfies Partial<Mark>);
    await Promise.all([a.kill(), b.kill()]);
    runtime.letGo(agents.length);
    await Promise.all([a.start(), b.start()]);
  }
  await expect
    .poll(async () => (await a.service.getSession(id)).outcome, { timeout: 60_000, interval: 100 })
    .toEqual({ ok: true, output: { text: '[scripted] top is done', untrusted: false } });

  // Nobody did anything twice, and there is one session of the expert, whose person is the one of the first link.
  expect([...a.marks(), ...b.marks()].map(({ agents }) => agents.at(-1))).toEqual([
    'top',
    'middle',
    'expert',
    'lower',
    'lowest',
  ]);
  const sessions = (await b.service.listSessions({ all: true })).items;
  expect(sessions.map(({ agent, person, tenant }) => ({ agent, person, tenant }))).toEqual(
    ['expert', 'lower', 'lowest'].map((agent) => ({ agent, person: 'ada', tenant: 'acme' })),
  );
}, 300_000);
