/**
 * A recording as OpenTelemetry spans in OTLP's JSON form: one `invoke_agent`, and below it `execute_tool` per step and
 * `chat` per model call. The conventions for generative AI are in development: the version that was followed stands in
 * the scope, and contents only go along where they were asked for by making this export at all.
 */

import { plainOf } from './atif.ts';
import { sha256 } from './format.ts';
import type { RecordingReader } from './reader.ts';
import { answerOf } from './replay.ts';
import { modelText, type RecordedRun, type RecordedStep, readRun } from './run.ts';

export const semanticConventions = '1.41.0';

type Attribute = { key: string; value: Record<string, unknown> };

const internal = 1;
const client = 3;
const longestText = 65_536;

export async function toOtel(reader: RecordingReader): Promise<Record<string, unknown>> {
  const run = await readRun(reader);
  const { head } = run;
  const traceId = sha256(head.id).slice(0, 32);
  const root = spanIdOf(head.id, 'root');
  const beganMs = Date.parse(head.createdAt);
  const spans = [
    {
      traceId,
      spanId: root,
      name: `invoke_agent ${head.name ?? head.id}`,
      kind: internal,
      startTimeUnixNano: nanos(beganMs),
      endTimeUnixNano: nanos(Math.max(beganMs, run.endedMs)),
      attributes: attributes({
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.id': head.sandbox.id,
        'gen_ai.conversation.id': head.id,
      }),
      status: {},
    },
    ...run.steps.map((step) => ({ traceId, parentSpanId: root, ...toolSpan(run, step) })),
    ...run.models.map((model, at) => ({ traceId, parentSpanId: root, ...modelSpan(run, model, at) })),
  ];
  return {
    resourceSpans: [
      {
        resource: {
          attributes: attributes({ 'service.name': 'holdfast', 'service.version': head.versions.holdfast }),
        },
        scopeSpans: [
          {
            scope: { name: 'holdfast.recording', version: head.versions.holdfast },
            schemaUrl: `https://opentelemetry.io/schemas/${semanticConventions}`,
            spans,
          },
        ],
      },
    ],
  };
}

function toolSpan(run: RecordedRun, step: RecordedStep): Record<string, unknown> {
  const { ended } = step;
  const durationMs = ended?.durationMs ?? 0;
  const answer = safely(() => answerOf(run, step));
  const code = ended?.failure?.code;
  return {
    spanId: spanIdOf(run.head.id, `step ${step.step}`),
    name: `execute_tool ${step.name}`,
    kind: internal,
    startTimeUnixNano: nanos(step.begunMs),
    endTimeUnixNano: nanos(step.begunMs + durationMs),
    attributes: attributes({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': step.name,
      'gen_ai.tool.type': 'function',
      'gen_ai.tool.call.id': step.callId,
      'gen_ai.tool.call.arguments': text(safely(() => run.reader.value(step.input))),
      'gen_ai.tool.call.result': text(answer?.ok ? answer.value : null),
      'error.type': code,
      'holdfast.step': step.step,
      'holdfast.cause': ended?.cause ?? undefined,
      'holdfast.faults': step.faults.length > 0 ? step.faults.map(({ fault }) => fault).join(',') : undefined,
    }),
    status: ended && (ended.failure || ended.cause) ? { code: 2, message: ended.failure?.message ?? ended.cause } : {},
  };
}

function modelSpan(run: RecordedRun, model: RecordedRun['models'][number], at: number): Record<string, unknown> {
  const endMs = model.atMs;
  return {
    spanId: spanIdOf(run.head.id, `model ${at}`),
    name: `chat ${model.model}`,
    kind: client,
    startTimeUnixNano: nanos(endMs - (model.durationMs ?? 0)),
    endTimeUnixNano: nanos(endMs),
    attributes: attributes({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': model.provider ?? undefined,
      'gen_ai.request.model': model.model,
      'gen_ai.usage.input_tokens': model.usage.inputTokens ?? undefined,
      'gen_ai.usage.output_tokens': model.usage.outputTokens ?? undefined,
      'gen_ai.output.messages': text(modelText(run, model)),
      'error.type': model.failure?.code,
    }),
    status: model.failure ? { code: 2, message: model.failure.message } : {},
  };
}

function attributes(facts: Record<string, string | number | null | undefined>): Attribute[] {
  return Object.entries(facts).flatMap(([key, value]) => {
    if (value === undefined || value === null) return [];
    return [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }];
  });
}

function safely<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

const text = (value: unknown): string | undefined =>
  value === null || value === undefined
    ? undefined
    : JSON.stringify(plainOf(value)).slice(0, longestText).toWellFormed();

const spanIdOf = (recording: string, what: string): string => sha256(`${recording} ${what}`).slice(0, 16);

/** Nanoseconds do not fit into a number. */
const nanos = (ms: number): string => String(BigInt(Math.round(Math.max(0, ms) * 1000)) * 1000n);
