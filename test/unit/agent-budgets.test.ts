/**
 * Acceptance test 4: random trees of agents, with crashes, pauses and resumes. At every node and at every look, what is used and
 * what is held are at most the limit, and no session is deeper than those above it allow; what was used never becomes less; zero
 * means zero. Models cost money, and each answer takes its time on the clock of the test.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OpenModel, openModel } from '../../src/agents/index.ts';
import {
  type AgentBundle,
  type AgentBundleInput,
  type AgentLimits,
  type AgentManifestInput,
  agentBundleSchema,
  limitNames,
} from '../../src/schema/index.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';
import { TestClock } from '../fixtures/test-clock.ts';

interface Node {
  limits: AgentLimits;
  below: Node[];
  /** Hands its conversation over in the end, to one with so much. */
  next: AgentLimits | null;
}
interface Interruption {
  afterMs: number;
  pauses: boolean;
}

const answerMs = 7;
/** Some are less than one answer takes, some less than a few. */
const amounts = fc.record({
  steps: fc.constantFrom(0, 1, 2, 3, 5, 8),
  tokens: fc.constantFrom(0, 5000, 20_000, 100_000),
  cents: fc.constantFrom(0, 1, 5, 10, 100),
  wallMs: fc.constantFrom(0, 3, 10, 50, 600_000),
  depth: fc.constantFrom(0, 1, 2, 4),
});
const node: fc.Memo<Node> = fc.memo((depth) =>
  fc.record({
    limits: amounts,
    next: fc.option(amounts),
    below: depth <= 1 ? fc.constant([]) : fc.array(node(depth - 1), { maxLength: 2 }),
  }),
);
const enough: AgentLimits = { steps: 100, tokens: 1_000_000, cents: 100, wallMs: 600_000, depth: 4 };
const leaf = (limits: Partial<AgentLimits>): Node => ({ limits: { ...enough, ...limits }, below: [], next: null });
/** One that comes to the end of each limit, and one whose limits are all zero below and after it. */
const always: [Node, Interruption[]][] = [
  ...(['steps', 'tokens', 'cents', 'wallMs'] as const).map((name): [Node, Interruption[]] => [leaf({ [name]: 1 }), []]),
  [{ ...leaf({ depth: 1 }), below: [{ ...leaf({ depth: 1 }), below: [leaf({})] }] }, []],
  [
    {
      ...leaf({}),
      below: [leaf({ steps: 0 }), leaf({ tokens: 0 }), leaf({ cents: 0 }), leaf({ wallMs: 0 })],
      next: { ...enough, cents: 0, wallMs: 0 },
    },
    [{ afterMs: 5, pauses: true }],
  ],
];
const call = (tool: string, input: unknown): Record<string, unknown> => ({ tool, input });
const price = { inputCentsPerMillion: 1000, outputCentsPerMillion: 1000 };

function leastOf(one: AgentLimits, other: AgentLimits): AgentLimits {
  const least = { ...one };
  for (const name of limitNames) least[name] = Math.min(one[name], other[name]);
  return least;
}

/** Names by place in the tree; each does a little itself and gives work to all below, twice, or the second time to its next. */
function bundleOf(root: Node): AgentBundleInput {
  const agents: AgentManifestInput[] = [];
  const push = (name: string, rules: Record<string, unknown>[], more: Partial<AgentManifestInput>): void => {
    const model = { provider: 'scripted', rules: rules as never, price, maxOutputTokens: 1000 } as const;
    agents.push({ ...agentData(name, [], more), model });
  };
  const add = (each: Node, name: string, above: AgentLimits): void => {
    const names = each.below.map((_, at) => `${name}-${at}`);
    // Who gives work away at all may do so one level deep.
    const depth = names.length > 0 ? Math.max(1, each.limits.depth) : each.limits.depth;
    const limits = leastOf({ ...each.limits, depth }, above);
    const work = [call('note', { text: name }), ...names.map((to) => call('delegate', { to, task: 'go' }))];
    const next = `${name}-next`;
    const then = each.next ? [call('handoff', { to: next, reason: 'go' })] : work;
    push(name, [{ answered: 0, call: work }, { answered: 1, call: then }, { say: name }], {
      tools: ['note', 'delegate', 'handoff'],
      delegates: names,
      ...(each.next ? { handoffs: [next], passes: { [next]: 'all' } } : {}),
      limits,
    });
    if (each.next) {
      const note = call('note', { text: next });
      push(next, [{ answered: 2, call: [note] }, { answered: 3, call: [note] }, { say: next }], {
        limits: leastOf(limits, each.next),
      });
    }
    for (const [at, child] of each.below.entries()) add(child, `${name}-${at}`, limits);
  };
  add(root, 'top', enough);
  return { entry: 'top', agents };
}

const slowly =
  (clock: TestClock): OpenModel =>
  async (facts) => {
    const model = await openModel(facts);
    return {
      ...model,
      doStream: async (options) => {
        clock.advance(answerMs);
        return model.doStream(options);
      },
    };
  };

it('acceptance test 4: no node of a tree goes over a limit or gets anything back, whatever interrupts it', async () => {
  const breaks = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 40 }), pauses: fc.boolean() }), {
    maxLength: 6,
  });
  const hit = new Set<string>();
  await fc.assert(
    fc.asyncProperty(node(3), breaks, async (root, interruptions) => {
      const home = mkdtempSync(join(tmpdir(), 'hf-budgets-'));
      const before = new Map<string, AgentLimits>();
      const clock = new TestClock();
      const open = (): AgentWorld => openWorld({ home, clock, open: slowly(clock) });
      try {
        let world = open();
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
          world = open();
          look(world, before);
        }
        await expect.poll(() => world.engine.get(id).endedAt, { timeout: 30_000 }).not.toBe(null);
        look(world, before);
        for (const session of sessionsOf(world)) lookAtTheEnd(world, session, hit);
        await world.close();
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }),
    { numRuns: 12 + always.length, examples: always },
  );
  expect([...hit].sort()).toEqual([...limitNames].sort());
}, 180_000);

type SessionRow = ReturnType<AgentWorld['engine']['get']>;

const sessionsOf = (world: AgentWorld): SessionRow[] =>
  world.store.sessions.list({ tenant: 'default', all: true }).items;

function look(world: AgentWorld, before: Map<string, AgentLimits>): void {
  for (const session of sessionsOf(world)) {
    const { id, spent, held, limits } = session;
    lookAtDepth(world, session);
    lookAfterHandoff(world, session);
    for (const name of limitNames) {
      expect(spent[name] + held[name], `${name} of ${id}`).toBeLessThanOrEqual(limits[name]);
      expect(spent[name], `${name} of ${id}`).toBeGreaterThanOrEqual(before.get(id)?.[name] ?? 0);
    }
    before.set(id, spent);
  }
}

/** Nothing was begun of nothing; which limits were hit is told. */
function lookAtTheEnd(world: AgentWorld, { id, limits, held, outcome }: SessionRow, hit: Set<string>): void {
  const entries = world.entries(id);
  const begun = entries.filter(({ kind }) => kind === 'intent');
  const zero = (['steps', 'tokens', 'cents', 'wallMs'] as const).filter((name) => limits[name] === 0);
  if (zero.length > 0) expect(begun, zero.join()).toEqual([]);
  if (limits.depth === 0 && !entries.some(({ kind }) => kind === 'handed-off')) {
    expect(world.store.sessions.children(id)).toEqual([]);
  }
  expect(held).toEqual({ steps: 0, tokens: 0, cents: 0, wallMs: 0, depth: 0 });
  if (outcome?.ok === false && outcome.error.code === 'budget-exhausted') {
    hit.add(String(outcome.error.details?.['limit']));
  }
  if (JSON.stringify(entries).includes('may not delegate any deeper')) hit.add('depth');
}

/** Each above it may delegate as far as it is below that one. */
function lookAtDepth(world: AgentWorld, session: SessionRow): void {
  const { agents } = bundleIn(world, session);
  let above = session;
  for (let below = 1; above.parent !== null; below++) {
    above = world.engine.get(above.parent);
    const { agent } = above;
    const most = agents.find(({ name }) => name === agent)?.limits.depth;
    expect(below, `depth below ${agent}`).toBeLessThanOrEqual(most ?? 0);
  }
}

/** Whoever got the conversation began no more steps than its own limits have, and none of zero. */
function lookAfterHandoff(world: AgentWorld, session: SessionRow): void {
  const entries = world.entries(session.id);
  const at = entries.findIndex(({ kind }) => kind === 'handed-off');
  if (at < 0) return;
  const to = bundleIn(world, session).agents.find(({ name }) => name === entries[at]?.data['to']);
  const begun = entries.slice(at).filter(({ kind }) => kind === 'intent').length;
  expect(to).toBeDefined();
  const isNone = to?.limits.tokens === 0 || to?.limits.cents === 0 || to?.limits.wallMs === 0;
  expect(begun, `steps of ${to?.name}`).toBeLessThanOrEqual(isNone ? 0 : (to?.limits.steps ?? 0));
}

const bundleIn = (world: AgentWorld, { bundle }: SessionRow): AgentBundle =>
  agentBundleSchema.parse(world.store.sessions.getBundle(bundle));
