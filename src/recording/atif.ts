/**
 * Trajectories in ATIF, out and in. What it has no field for stands under `extra.holdfast`: causes, digests, snapshots.
 *
 * A step of a recording becomes a tool call of an agent's step; the model calls that came before it give that step its
 * message and its metrics, and those after the last one are a step of their own. Brought in, a trajectory can be looked at: it has no files and cannot be done again.
 */
import { z } from 'zod';
import { asHoldfastError, HoldfastError, type RecordEvent } from '../schema/index.ts';
import { type Listed, MeasuredReader } from './listed.ts';
import { answerOfModel, saidIn } from './messages.ts';
import type { RecordingReader } from './reader.ts';
import { answerOf } from './replay.ts';
import { modelText, type RecordedRun, type RecordedStep, readRun } from './run.ts';

export const atifVersion = 'ATIF-v1.7';

/** A step is read when its turn comes; more than that is none of a trajectory's. */
const mostReadBytes = 48 * 1024 * 1024;

export async function toAtif(reader: RecordingReader): Promise<Listed> {
  const measured = new MeasuredReader(reader, mostReadBytes);
  const run = await readRun(measured);
  const { head, models, steps } = run;
  const [named] = models;
  const last = models.filter((model) => (model.step ?? 0) >= steps.length);
  // A trajectory has a step.
  const count = Math.max(1, steps.length + (last.length > 0 ? 1 : 0));
  const frame = {
    schema_version: atifVersion,
    session_id: head.id,
    trajectory_id: head.id,
    agent: {
      name: 'holdfast',
      version: head.versions.holdfast,
      ...(named ? { model_name: named.model } : {}),
    },
    steps: [],
    final_metrics: {
      total_prompt_tokens: tokensOf(models, 'inputTokens') ?? 0,
      total_completion_tokens: tokensOf(models, 'outputTokens') ?? 0,
      total_steps: count,
    },
    extra: {
      holdfast: {
        format: 1,
        base: head.base,
        contract: head.contract,
        substrate: head.sandbox.substrate,
        isolation: head.sandbox.isolation,
        verdicts: run.verdicts.map(({ by, verdict, score, detail }) => ({ by, verdict, score, detail })),
        lostEvents: run.lostEvents,
      },
    },
  };
  return { frame, list: 'steps', items: stepsOf(run, last, () => measured.nextItem()) };
}

function* stepsOf(run: RecordedRun, last: ModelCalls, nextItem: () => void): Generator<Record<string, unknown>> {
  const modelsAfter = Map.groupBy(run.models, ({ step }) => step ?? 0);
  const snapshots = new Map(run.snapshots.map(({ step, snapshot }) => [step, snapshot]));
  for (const step of run.steps) {
    nextItem();
    const snapshot = snapshots.get(step.step) ?? null;
    yield { step_id: step.step, ...agentStep(run, step, modelsAfter.get(step.step - 1) ?? [], snapshot) };
  }
  nextItem();
  const after = { step_id: run.steps.length + 1 };
  if (last.length > 0) yield { ...after, ...asked(run, last, last[0]?.atMs ?? 0) };
  else if (run.steps.length === 0) yield { ...after, source: 'system', message: 'nothing was recorded' };
}

type ModelCalls = RecordedRun['models'];

function tokensOf(models: ModelCalls, what: 'inputTokens' | 'outputTokens'): number | null {
  const known = models.flatMap(({ usage }) => usage[what] ?? []);
  return known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0);
}

/** What models said and cost before the effect; without any, what an agent's own program did. */
function asked(run: RecordedRun, models: ModelCalls, atMs: number): Record<string, unknown> {
  const answers = models.flatMap((model) => {
    const answer = answerOfModel(plainOf(safely(() => modelText(run, model))));
    return answer ? [saidIn(answer)] : [];
  });
  const model = models.at(-1);
  const tokens = { prompt: tokensOf(models, 'inputTokens'), completion: tokensOf(models, 'outputTokens') };
  return {
    timestamp: new Date(atMs).toISOString(),
    source: 'agent',
    ...(model ? { model_name: model.model } : {}),
    message: answers.filter((said) => said !== '').join('\n'),
    llm_call_count: models.length,
    ...(model ? { metrics: { prompt_tokens: tokens.prompt, completion_tokens: tokens.completion } } : {}),
  };
}

function agentStep(
  run: RecordedRun,
  step: RecordedStep,
  models: ModelCalls,
  snapshot: string | null,
): Record<string, unknown> {
  const { ended } = step;
  return {
    ...asked(run, models, step.begunMs),
    tool_calls: [
      {
        tool_call_id: step.callId,
        function_name: step.name,
        arguments: plainOf(safely(() => run.reader.value(step.input))),
      },
    ],
    observation: {
      results: ended ? [{ source_call_id: step.callId, content: textOf(observed(run, step)) }] : [],
    },
    extra: {
      holdfast: {
        step: step.step,
        kind: step.kind,
        ok: ended?.ok ?? null,
        durationMs: ended?.durationMs ?? null,
        cause: ended?.cause ?? null,
        causeRule: ended?.causeRule ?? null,
        inputDigest: step.inputDigest,
        hash: step.hash,
        faults: step.faults.map(({ fault, means, effect }) => ({ fault, means, effect })),
        snapshot,
      },
    },
  };
}

function observed(run: RecordedRun, step: RecordedStep): unknown {
  const answer = safely(() => answerOf(run, step));
  if (typeof answer !== 'object' || answer === null || !('ok' in answer)) return 'not kept';
  return 'value' in answer ? answer.value : 'failure' in answer ? { error: answer.failure } : null;
}

function safely(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (asHoldfastError(error).code === 'file-too-large') throw error;
    return `not kept: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(plainOf(value));
}

/** Bytes as text where they are text. */
export function plainOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainOf(item)]));
}

const word = z.string().max(4096);
const content = z.unknown();
const trajectorySchema = z.looseObject({
  schema_version: z.string().regex(/^ATIF-v1\.\d+$/),
  session_id: word.optional(),
  agent: z.looseObject({ name: word.optional(), version: word.optional(), model_name: word.nullish() }).optional(),
  steps: z
    .array(
      z.looseObject({
        step_id: z.union([z.int(), word]).optional(),
        timestamp: word.nullish(),
        source: z.enum(['system', 'user', 'agent']).catch('agent'),
        model_name: word.nullish(),
        message: content.optional(),
        tool_calls: z
          .array(z.looseObject({ tool_call_id: word, function_name: word, arguments: content.optional() }))
          .max(1000)
          .nullish(),
        observation: z
          .looseObject({
            results: z.array(z.looseObject({ source_call_id: word.nullish(), content: content.optional() })).max(1000),
          })
          .nullish(),
        metrics: z
          .looseObject({ prompt_tokens: z.number().nullish(), completion_tokens: z.number().nullish() })
          .nullish(),
      }),
    )
    .max(100_000),
});

export interface AtifStep {
  atMs: number;
  model: RecordEvent | null;
  note: { by: string; text: string } | null;
  calls: { callId: string; name: string; input: unknown; output: unknown }[];
}

export interface AtifTrajectory {
  session: string | null;
  version: string;
  steps: AtifStep[];
}

/** @throws HoldfastError `recording-corrupt` that names what does not fit */
export function fromAtif(text: string): AtifTrajectory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HoldfastError('recording-corrupt', 'the trajectory is no JSON');
  }
  const parsed = trajectorySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue ? `${issue.path.join('.')}: ${issue.message}` : '';
    throw new HoldfastError('recording-corrupt', `the trajectory is not ATIF 1: ${where}`.slice(0, 500));
  }
  const { session_id, schema_version, agent, steps } = parsed.data;
  const usual = agent?.model_name ?? 'unknown';
  return { session: session_id ?? null, version: schema_version, steps: steps.map((step) => broughtIn(step, usual)) };
}

function broughtIn(step: z.output<typeof trajectorySchema>['steps'][number], usualModel: string): AtifStep {
  const at = step.timestamp ? Date.parse(step.timestamp) : Number.NaN;
  const message = step.message === undefined ? '' : textOf(step.message);
  const results = step.observation?.results ?? [];
  const isAgent = step.source === 'agent';
  const tokens = (count: number | null | undefined): number | undefined =>
    typeof count === 'number' && count >= 0 ? Math.round(count) : undefined;
  const [input, output] = [tokens(step.metrics?.prompt_tokens), tokens(step.metrics?.completion_tokens)];
  return {
    atMs: Number.isFinite(at) && at >= 0 ? at : 0,
    model: isAgent
      ? {
          type: 'model-call',
          model: (step.model_name ?? usualModel).slice(0, 256) || 'unknown',
          request: null,
          response: message,
          ...(input === undefined ? {} : { inputTokens: input }),
          ...(output === undefined ? {} : { outputTokens: output }),
        }
      : null,
    note: isAgent ? null : { by: step.source, text: message.slice(0, 60_000).toWellFormed() },
    calls: (step.tool_calls ?? []).map((call) => ({
      callId: call.tool_call_id.slice(0, 256),
      name: call.function_name.slice(0, 256),
      input: call.arguments ?? null,
      output: results.find(({ source_call_id: id }) => id === call.tool_call_id)?.content ?? null,
    })),
  };
}
