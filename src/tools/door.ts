/**
 * The one door: every effect on a sandbox, a tool's call or a verb, passes this list of stages and nothing goes around it.
 *
 * 1. `call` never throws: each failure, whatever stage it comes from, is a result of the one error shape.
 * 2. A stage sees a call before everything that stands after it in the list, and its outcome after.
 */
import type { Clock, IdMaker, Scope } from '../base/index.ts';
import type { Noise } from '../noise/index.ts';
import type { Recordings } from '../recording/index.ts';
import {
  asHoldfastError,
  HoldfastError,
  type ToolCall,
  type ToolDescription,
  type ToolResult,
} from '../schema/index.ts';
import type { EventBus, Journal, Store } from '../state/index.ts';
import { authorise } from './stages/authorise.ts';
import { count } from './stages/count.ts';
import { execute } from './stages/execute.ts';
import { type ContractOf, hold } from './stages/hold.ts';
import { inject } from './stages/inject.ts';
import { keep } from './stages/keep.ts';
import { measure } from './stages/measure.ts';
import { record } from './stages/record.ts';
import { type ClockShift, setClock } from './stages/set-clock.ts';
import { standardTools } from './standard-tools.ts';
import type { Call, Meter, Outcome, SandboxAccess, Stage, Tool } from './types.ts';

export interface DoorParts {
  store: Pick<Store, 'sandboxes' | 'idempotency'>;
  journal: Pick<Journal, 'append'>;
  events: Pick<EventBus, 'publish'>;
  clock: Clock;
  newId: IdMaker;
  /** What calls of tools in a sandbox are held to; null where it is nothing. */
  contractOf?: ContractOf;
  /** Who keeps account of what passes. */
  meter?: Meter;
  /** Fault plans of sandboxes, if any has one. */
  noise?: Noise | null;
  /** Sandboxes whose programs live at another time. */
  clockShift?: ClockShift;
  /** Where steps of recorded sandboxes go, if anywhere. */
  recordings?: Pick<Recordings, 'forStep' | 'mend'> | null;
}

export interface DoorOptions extends DoorParts {
  /** `standardTools()` when absent. */
  tools?: readonly Tool[];
  /** `standardStages` when absent. */
  stages?: readonly Stage[];
}

export interface Verb {
  tenant: string;
  sandbox: string;
  /** Its name, e.g. `exec`. */
  action: string;
  /** What the journal says about it. */
  subject: Record<string, unknown>;
  /** What the work reaches the sandbox by; absent where it goes around it. */
  access?: SandboxAccess;
  /** The same with all that is needed to do it again, where that is more. */
  whole?: Record<string, unknown>;
}

export interface Door {
  tools(): ToolDescription[];
  call(call: ToolCall & { tenant: string; sandbox: string }, access: SandboxAccess, scope: Scope): Promise<ToolResult>;
  /** A verb's way through the same stages; throws what the work, or a stage, throws. */
  perform<T>(verb: Verb, work: (access: SandboxAccess | null) => Promise<T>): Promise<T>;
}

/** @param noise for sandboxes with a fault plan; the others' calls never meet that stage */
export const standardStages = (parts: DoorParts, noise: Noise | null = null): Stage[] => [
  ...(parts.meter ? [count(parts.meter)] : []),
  authorise(parts.store),
  record(parts),
  ...(parts.recordings ? [keep(parts.recordings)] : []),
  ...(parts.contractOf ? [hold(parts.contractOf, parts.clock)] : []),
  ...(parts.clockShift ? [setClock(parts.clockShift)] : []),
  ...(noise ? [inject(noise, parts)] : []),
  ...(parts.meter ? [measure(parts.meter)] : []),
  execute(parts.clock),
];

export function createDoor(options: DoorOptions): Door {
  const { clock, newId } = options;
  const tools = new Map((options.tools ?? standardTools()).map((tool) => [tool.name, tool]));
  const looking = new Set(
    [...tools.values()].filter((tool) => tool.describe().risk === 'read').map(({ name }) => name),
  );
  const plain = chain(options.stages ?? standardStages(options));
  const { noise = null } = options;
  const noisy = noise && !options.stages ? chain(standardStages(options, noise)) : plain;
  const pass = (call: Call): Promise<Outcome> => (noise?.concerns(call.sandbox) ? noisy(call) : plain(call));
  return {
    tools: () => [...tools.values()].map((tool) => tool.describe()),
    call: async ({ tenant, sandbox, tool: name, input, idempotencyKey }, access, scope) => {
      const startedMs = clock.monotonicMs();
      const callId = newId('call');
      try {
        const tool = tools.get(name) ?? unknownTool(name, tools);
        const passing: Call = {
          callId,
          tenant,
          sandbox,
          kind: 'tool',
          name,
          input,
          whole: input,
          mutates: !looking.has(name),
          idempotencyKey: idempotencyKey ?? null,
          scope,
          access,
          prepare: () => {
            const run = tool.prepare(input);
            return () => run({ access: passing.access ?? access, scope, clock, newId });
          },
          started: false,
        };
        return resultOf(await pass(passing));
      } catch (error) {
        const durationMs = clock.monotonicMs() - startedMs;
        return resultOf({ callId, durationMs, ok: false, error: asHoldfastError(error) });
      }
    },
    perform: async <T>(verb: Verb, work: (access: SandboxAccess | null) => Promise<T>): Promise<T> => {
      const { tenant, sandbox, action, subject, access = null, whole = subject } = verb;
      const passing: Call = {
        callId: newId('call'),
        tenant,
        sandbox,
        kind: 'verb',
        name: action,
        input: subject,
        whole,
        mutates: true,
        idempotencyKey: null,
        scope: null,
        access,
        prepare: () => () => work(passing.access),
        started: false,
      };
      const outcome = await pass(passing);
      if (!outcome.ok) throw outcome.error;
      // Without a key no stage answers in the work's place: the value is what `work` resolved to.
      return outcome.value as T;
    },
  };
}

/** The stages as one function, the first outermost. */
function chain(stages: readonly Stage[]): (call: Call) => Promise<Outcome> {
  const from = async (index: number, call: Call): Promise<Outcome> => {
    const stage = stages[index];
    if (!stage) throw new HoldfastError('internal', `no stage of the door executes ${call.name}`);
    return stage(call, () => from(index + 1, call));
  };
  return (call) => from(0, call);
}

function resultOf(outcome: Outcome): ToolResult {
  const { callId, durationMs } = outcome;
  if (outcome.ok) return { ok: true, callId, output: outcome.value, durationMs };
  const { code, message, fault, hint } = outcome.error;
  const retryable = outcome.retryable ?? outcome.error.retryable;
  return {
    ok: false,
    callId,
    error: { code, message, fault, retryable, ...(hint === undefined ? {} : { hint }) },
    durationMs,
  };
}

function unknownTool(name: string, tools: ReadonlyMap<string, Tool>): never {
  throw new HoldfastError('not-found', `there is no tool ${JSON.stringify(name)}`, {
    hint: `The tools are: ${[...tools.keys()].join(', ')}.`,
  });
}
