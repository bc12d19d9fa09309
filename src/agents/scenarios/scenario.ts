/** A scenario: what agents are told, what models and tools answer, and what must come of it. */
import { z } from 'zod';
import {
  type AgentLimits,
  errorCodeSchema,
  parseInput,
  type ScriptedRule,
  scriptedRuleSchema,
} from '../../schema/index.ts';
import type { AgentConstruct } from '../constructs/types.ts';

const agentName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);
const toolName = z.string().regex(/^[a-z][a-zA-Z0-9_-]{0,63}$/);

const expected = z
  .strictObject({
    state: z.enum(['done', 'failed', 'waiting']).default('done'),
    /** Stands in the answer, the newest one of a conversation, or in the message of the failure. */
    says: z.string().min(1).max(4096).optional(),
    /** Code of the failure. */
    error: errorCodeSchema.optional(),
    /** Tools that are called, in this order; others may be called between. Refused calls do not count. */
    calls: z.array(toolName).max(256).optional(),
    /** Tools that are never called. */
    never: z.array(toolName).max(256).optional(),
    /** Calls that are refused, by tool. */
    refused: z.array(toolName).max(256).optional(),
    /** Model calls and tool calls at most. */
    steps: z.int().min(0).optional(),
  })
  .refine(
    ({ says, error, calls, never, refused, steps }) =>
      [says, error, calls, never, refused, steps].some((each) => each !== undefined),
    'expects something: says, error, calls, never, refused or steps',
  );

const text = z.string().min(1).max(65_536);

export const scenarioSchema = z.strictObject({
  name: z.string().min(1).max(128),
  message: text,
  /** What the person says next, each after an answer. With any it is a conversation, which waits at its end and is not done. */
  messages: z.array(text).max(64).default([]),
  person: z
    .string()
    .regex(/^[\w.@+-]{1,128}$/)
    .default('owner'),
  /** What is said of the person. */
  claims: z.record(z.string(), z.string()).default({}),
  /** The contract that the sandbox would be held to. */
  contract: z.string().max(128).nullable().default(null),
  /** By agent: what its model answers, instead of the model that it names. */
  models: z.record(agentName, z.array(scriptedRuleSchema).min(1).max(1000)).default({}),
  /** By tool: what each call answers in turn; the last one from then on. */
  tools: z.record(toolName, z.array(z.json()).min(1).max(256)).default({}),
  /** What is answered when a person is asked, in turn. */
  answers: z.array(z.string().max(65_536)).max(64).default([]),
  /** What happens outside, each once it is waited for, in this order. */
  events: z
    .array(z.strictObject({ event: z.string().min(1).max(128), data: z.json().default(null) }))
    .max(64)
    .default([]),
  /** What is said when an approval is asked for, and why; nothing when absent. */
  approve: z
    .union([z.boolean(), z.strictObject({ approve: z.boolean(), reason: z.string().min(1).max(4096) })])
    .optional(),
  expect: expected,
});
export type Scenario = z.output<typeof scenarioSchema>;
type ScenarioInput = z.input<typeof scenarioSchema>;
type Expected = ScenarioInput['expect'];

/** For what an agent, or one that it gives work to, may call; of others nothing can be expected. */
export function scenario<const Calls extends string>(
  _of: AgentConstruct<string, string, AgentLimits, string, Calls>,
  facts: Omit<ScenarioInput, 'tools' | 'models' | 'expect'> & {
    models?: Record<string, ScriptedRule[]>;
    tools?: {
      [Tool in NoInfer<Calls>]?: z.input<typeof scenarioSchema>['tools'] extends
        | Record<string, infer Answers>
        | undefined
        ? Answers
        : never;
    };
    expect: Omit<Expected, 'calls' | 'never' | 'refused'> & {
      calls?: NoInfer<Calls>[];
      never?: NoInfer<Calls>[];
      refused?: NoInfer<Calls>[];
    };
  },
): Scenario {
  return parseInput(scenarioSchema, facts, facts.name);
}
