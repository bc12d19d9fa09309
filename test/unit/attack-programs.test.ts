/**
 * Acceptance test 2: programs that want out, with the gate off and with the gate on. None reaches the host; what has no end is
 * ended within half a second, and the host's own loop stands still for less than 50 ms meanwhile.
 */
import { availableParallelism, loadavg } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import ts from 'typescript-6';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkProgram, type GateTool } from '../../src/agents/index.ts';
import { Vm } from '../../src/agents/programs/vm.ts';
import { systemClock } from '../../src/base/index.ts';
import { type AgentWorld, agentData, openWorld } from '../fixtures/agent-world.ts';
import { attacks, fileOf } from '../fixtures/attack-programs.ts';

const tools: GateTool[] = [
  {
    name: 'note',
    capability: 'notes:write',
    input: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  },
];
const longestBombMs = 500;
const longestLagMs = 50;
const isQuiet = (): boolean => (loadavg()[0] ?? 0) <= availableParallelism() + 1;
let world: AgentWorld;

beforeAll(() => {
  world = openWorld();
});
afterAll(() => world.close());

/** As an author without a gate would make it run. */
const codeOf = (text: string): string =>
  ts.transpileModule(text, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS } })
    .outputText;

describe('with the gate off', () => {
  it.each(Object.entries(attacks))('%s: nothing of the host is reached', async (_name, attack) => {
    const before = { pid: process.pid, prototype: Object.getOwnPropertyNames(Object.prototype).sort() };
    const { id } = world.start(bundleOf(codeOf(fileOf(attack))), 'go');
    const ended = await world.settled(id);
    expect(ended.endedAt).not.toBe(null);
    // What it answers, or why it was ended.
    const said = ended.outcome?.ok ? JSON.stringify(ended.outcome.output) : '';
    expect(said).not.toContain('reached');
    const calls = world.entries(id).filter(({ kind, data }) => kind === 'outcome' && data['name'] === 'tool');
    expect(calls.filter(({ data }) => data['ok'] === true && data['tool'] !== 'note')).toEqual([]);
    expect(world.notes().filter((note) => note.endsWith(' reached'))).toEqual([]);
    expect({ pid: process.pid, prototype: Object.getOwnPropertyNames(Object.prototype).sort() }).toEqual(before);
    expect(({} as Record<string, unknown>)['polluted'] ?? ({} as Record<string, unknown>)['admin']).toBe(undefined);
  });
});

describe('with the gate on', () => {
  it.each(Object.entries(attacks))('%s', async (_name, attack) => {
    const { findings, bundle } = await checkProgram(fileOf(attack), tools, { clock: systemClock });
    if (attack.isBomb) {
      // Undecidable: the machine ends it, below.
      expect(findings).toEqual([]);
      return;
    }
    expect(bundle).toBe(null);
    expect(findings.length).toBeGreaterThan(0);
    for (const { rule, line, column, message, fix } of findings) {
      expect({ rule, line, column }).toEqual({
        rule: expect.stringMatching(/^[a-zA-Z0-9-]+$/),
        line: expect.any(Number),
        column: expect.any(Number),
      });
      expect(message.length).toBeGreaterThan(5);
      expect(fix.length).toBeGreaterThan(5);
    }
  });
});

describe('bombs', () => {
  const bombs = Object.entries(attacks).filter(([, { isBomb }]) => isBomb);

  it.each(bombs)('%s: it is over within half a second, and the host goes on', { retry: 2 }, async (_name, attack) => {
    const vm = await Vm.open({ clock: systemClock });
    const delay = monitorEventLoopDelay({ resolution: 2 });
    try {
      delay.enable();
      const startedMs = performance.now();
      const before = process.cpuUsage();
      const failure = await vm
        .begin(codeOf(fileOf(attack)), { name: 'attacker', tools: ['note'] }, 'go')
        .catch((error: unknown) => error);
      const tookMs = performance.now() - startedMs;
      delay.disable();
      expect(failure).toMatchObject({ code: 'program-failed' });
      // On a host that others keep busy: of the time that it was given.
      const { user, system } = process.cpuUsage(before);
      expect(isQuiet() ? tookMs : (user + system) / 1000).toBeLessThan(longestBombMs);
      expect(isQuiet() ? delay.max / 1e6 : 0).toBeLessThan(longestLagMs);
    } finally {
      delay.disable();
      vm.close();
    }
  });
});

function bundleOf(code: string): { entry: string; agents: [ReturnType<typeof agentData>] } {
  const agent = agentData('attacker', [{ say: 'x' }], { grants: ['notes:write'], tools: ['note'], program: { code } });
  return { entry: 'attacker', agents: [agent] };
}
