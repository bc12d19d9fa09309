/**
 * Acceptance test 4: random trees of agents, with crashes, pauses and resumes. At every node and at every look, what is used and
 * what is held are at most the limit; what was used never becomes less; zero means zero.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AgentBundleInput, type AgentLimits, agentBundleSchema, limitNames } from '../../src/schema/index.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';

interface Node {
  steps: number;
  tokens: number;
  below: Node[];
  /** Hands its conversation over in the end, to one with so much. */
  next: { steps: number; tokens: number } | null;
}
const steps = fc.constantFrom(0, 1, 2, 3, 5, 8);
const tokens = fc.constantFrom(0, 5000, 20_000, 100_000);
const node: fc.Memo<Node> = fc.memo((depth) =>
  fc.record({
    steps,
    tokens,
    next: fc.option(fc.record({ steps, tokens })),
    below: depth <= 1 ? fc.constant([]) : fc.array(node(depth - 1), { maxLength: 2 }),
  }),
);
const call = (tool: string, input: unknown): Record<string, unknown> => ({ tool, input });

/** Names by place in the tree; each does a little itself and gives work to all below, twice, or the second time to its next. */
function bundleOf(root: Node): AgentBundleInput {
  const agents: AgentBundleInput['agents'] = [];
  const add = (each: Node, name: string, above: AgentLimits): void => {
    const limits = {
      ...above,
      steps: Math.min(each.steps, above.steps),
      tokens: Math.min(each.tokens, above.tokens),
    };
    const names = each.below.map((_, at) => `${name}-${at}`);
    const work = [call('note', { text: name }), ...names.map((to) => call('delegate', { to, task: 'go' }))];
    const next = `${name}-next`;
    const then = each.next ? [call('handoff', { to: next, reason: 'go' })] : work;
    agents.push(
      agentData(name, [{ answered: 0, call: work }, { answered: 1, call: then }, { say: name }], {
        tools: ['note', 'delegate', 'handoff'],
        delegates: names,
        handoffs: each.next ? [next] : [],
        limits,
      }),
    );
    if (each.next) {
      const less = {
        steps: Math.min(each.next.steps, limits.steps),
        tokens: Math.min(each.next.tokens, limits.tokens),
      };
      const note = call('note', { text: next });
      agents.push(
        agentData(next, [{ answered: 2, call: [note] }, { answered: 3, call: [note] }, { say: next }], {
          limits: { ...limits, ...less },
        }),
      );
    }
    for (const [at, child] of each.below.entries()) add(child, `${name}-${at}`, limits);
  };
  add(root, 'top', { steps: 1000, tokens: 10_000_000, cents: 100, wallMs: 600_000, depth: 4 });
  return { entry: 'top', agents };
}

it('acceptance test 4: no node of a tree goes over a limit or gets anything back, whatever interrupts it', async () => {
  const breaks = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 40 }), pauses: fc.boolean() }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(node(3), breaks, async (root, interruptions) => {
      const home = mkdtempSync(join(tmpdir(), 'hf-budgets-'));
      const before = new Map<string, AgentLimits>();
      try {
        let world = openWorld({ home });
        const { id } = world.start(bundleOf(root), 'go');
        for (const { afterMs, pauses } of interruptions) {
          await sleep(afterMs);
          look(world, before);
          if (world.engine.get(id).endedAt !== null) break;
          if (pauses) {
            world.engine.pause(id);
            look(world, before);
            world.engine.resume(id);
          }
          await world.close(true);
          world = openWorld({ home });
          look(world, before);
        }
        await expect.poll(() => world.engine.get(id).endedAt, { timeout: 30_000 }).not.toBe(null);
        look(world, before);
        for (const { limits, id: each } of sessionsOf(world)) {
          const begun = world.entries(each).filter(({ kind }) => kind === 'intent');
          if (limits.steps === 0 || limits.tokens === 0) expect(begun.length).toBe(0);
        }
        await world.close();
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }),
    { numRuns: 12 },
  );
}, 180_000);

const sessionsOf = (world: AgentWorld): ReturnType<AgentWorld['engine']['get']>[] =>
  world.store.sessions.list({ tenant: 'default', all: true }).items;

function look(world: AgentWorld, before: Map<string, AgentLimits>): void {
  for (const { id, spent, held, limits, bundle } of sessionsOf(world)) {
    lookAfterHandoff(world, { id, bundle });
    for (const name of limitNames) {
      expect(spent[name] + held[name], `${name} of ${id}`).toBeLessThanOrEqual(limits[name]);
      expect(spent[name], `${name} of ${id}`).toBeGreaterThanOrEqual(before.get(id)?.[name] ?? 0);
    }
    before.set(id, spent);
  }
}

/** Whoever got the conversation began no more steps than its own limits have, and none of zero. */
function lookAfterHandoff(world: AgentWorld, { id, bundle }: { id: string; bundle: string }): void {
  const entries = world.entries(id);
  const at = entries.findIndex(({ kind }) => kind === 'handed-off');
  if (at < 0) return;
  const { agents } = agentBundleSchema.parse(world.store.sessions.getBundle(bundle));
  const to = agents.find(({ name }) => name === entries[at]?.data['to']);
  const begun = entries.slice(at).filter(({ kind }) => kind === 'intent').length;
  expect(to).toBeDefined();
  expect(begun, `steps of ${to?.name}`).toBeLessThanOrEqual(to?.limits.tokens === 0 ? 0 : (to?.limits.steps ?? 0));
}
