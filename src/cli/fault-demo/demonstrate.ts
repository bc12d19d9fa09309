/**
 * One kind of fault in a real sandbox of its own: a call that would go well meets it, and what the agent sees is looked at.
 * A demonstration that saw nothing has failed: it is a test as much as a show.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isHoldfastError } from '../../schema/error-class.ts';
import type { CreateSandboxInput, FaultKind, FaultPlanInput, HoldfastService, ToolResult } from '../../schema/index.ts';
import { callDemonstrations } from './calls.ts';
import { networkDemonstrations } from './network.ts';

export interface Demonstrated {
  kind: FaultKind;
  /** `not-here`: the sandbox cannot meet it on this machine; `seen` says why. */
  outcome: 'happened' | 'not-here' | 'failed';
  /** In words, as the agent sees it. */
  seen: string;
}

type Given = FaultPlanInput['faults'][number];

export interface Demonstration {
  /** Its sizes; the rest of the fault is made here. */
  fault?: Record<string, unknown>;
  /** At which call of the door it comes; the first if not said. */
  at?: number;
  sandbox?: CreateSandboxInput;
  /** Does what the agent would do; answers what it saw, or null when it saw nothing. */
  watch(demo: Watching): Promise<string | null>;
}

export interface Ran {
  text: string;
  stderr: string;
  exitCode: number | null;
  reason: string;
  durationMs: number;
}

/** What a demonstration does things with. */
export interface Watching {
  service: HoldfastService;
  sandbox: string;
  /** A shell command by `exec`, as an agent's harness runs it. */
  run(command: string, more?: { timeoutMs?: number }): Promise<Ran>;
  tool(tool: string, input: unknown): Promise<ToolResult>;
}

const demonstrations: Record<FaultKind, Demonstration> = { ...callDemonstrations, ...networkDemonstrations };

/** @param like of its sandbox, beside what the demonstration needs */
export async function demonstrate(
  service: HoldfastService,
  kind: FaultKind,
  like: CreateSandboxInput = {},
): Promise<Demonstrated> {
  const demonstration = demonstrations[kind];
  const { at = 1, sandbox: more = {} } = demonstration;
  const channel = kind.startsWith('network.') ? {} : { from: at, until: at };
  // What a demonstration adds are sizes of its own kind.
  const fault = { id: 'demo', kind, rate: 1, ...channel, ...demonstration.fault } as Given;
  const plan: FaultPlanInput = {
    format: 'holdfast-faults/1',
    name: `demonstration of ${kind}`,
    seed: 1,
    faults: [fault],
  };
  let id: string | null = null;
  try {
    ({ id } = await service.createSandbox({ ...like, ...more, faults: { plan } }));
    const seen = await demonstration.watch(watching(service, id));
    const applied = await hasCome(service, id);
    if (seen !== null && applied) return { kind, outcome: 'happened', seen };
    return { kind, outcome: 'failed', seen: applied ? 'it came, and nothing was seen of it' : 'it did not come' };
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const outcome = error.code === 'capability-missing' ? 'not-here' : 'failed';
    return { kind, outcome, seen: error.message };
  } finally {
    if (id !== null) await service.destroySandbox(id);
  }
}

/** What the gateway draws is told by another process. */
async function hasCome(service: HoldfastService, sandbox: string): Promise<boolean> {
  for (let turn = 0; turn < 100; turn++) {
    const { labels } = await service.faultReport(sandbox);
    if (labels.some(({ applied }) => applied)) return true;
    await sleep(20);
  }
  return false;
}

function watching(service: HoldfastService, sandbox: string): Watching {
  const decoder = new TextDecoder();
  return {
    service,
    sandbox,
    run: async (command, { timeoutMs = 20_000 } = {}) => {
      const result = await service.exec(sandbox, { argv: ['/bin/sh', '-c', command], timeoutMs });
      const { exitCode, reason, durationMs } = result;
      return {
        text: decoder.decode(result.stdout),
        stderr: decoder.decode(result.stderr),
        exitCode,
        reason,
        durationMs,
      };
    },
    tool: (tool, input) => service.callTool(sandbox, { tool, input }),
  };
}
