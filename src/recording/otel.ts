/**
 * A recording as OpenTelemetry spans in OTLP's JSON form: one `invoke_agent`, and below it `execute_tool` per step and
 * `chat` per model call. The conventions for generative AI are in development: the version that was followed stands in
 * the scope, and contents only go along where they were asked for by making this export at all.
 */
import { asHoldfastError } from '../schema/index.ts';
import { plainOf } from './atif.ts';
import { sha256 } from './format.ts';
import { type Listed, MeasuredReader } from './listed.ts';
import { answerOfModel, finishOf, type Message, messagesOf } from './messages.ts';
import type { RecordingReader } from './reader.ts';
import { answerOf } from './replay.ts';
import { modelText, type RecordedRun, type RecordedStep, readRun } from './run.ts';

export const semanticConventions = '1.41.0';

type Attribute = { key: string; value: Record<string, unknown> };

const internal = 1;
const client = 3;
const longestText = 65_536;
const longestMessages = 1024 * 1024;

/** Of one span: what is larger is in the recording, and the span says so. */
const mostReadBytes = 16 * 1024 * 1024;

export async function toOtel(reader: RecordingReader): Promise<Listed> {
  const measured = new MeasuredReader(reader, mostReadBytes);
  const run = await readRun(measured);
  const { holdfast: version } = run.head.versions;
  const frame = {
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': 'holdfast', 'service.version': version }) },
        scopeSpans: [
          {
            scope: { name: 'holdfast.recording', version },
            schemaUrl: `https://opentelemetry.io/schemas/${semanticConventions}`,
            spans: [],
          },
        ],
      },
    ],
  };
  return { frame, list: 'spans', items: spansOf(run, () => measured.nextItem()) };
}

function* spansOf(run: RecordedRun, nextItem: () => void): Generator<Record<string, unknown>> {
  const { head } = run;
  const traceId = sha256(head.id).slice(0, 32);
  const root = spanIdOf(head.id, 'root');
  const beganMs = Date.parse(head.createdAt);
  yield {
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
  };
  for (const step of run.steps) {
    nextItem();
    yield { traceId, parentSpanId: root, ...toolSpan(run, step) };
  }
  for (const [at, model] of run.models.entries()) {
    nextItem();
    yield { traceId, parentSpanId: root, ...modelSpan(run, model, at) };
  }
}

function toolSpan(run: RecordedRun, step: RecordedStep): Record<string, unknown> {
  const { ended } = step;
  const durationMs = ended?.durationMs ?? 0;
  const answered = (): unknown => {
    const answer = answerOf(run, step);
    return answer?.ok ? answer.value : null;
  };
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
      'gen_ai.tool.call.arguments': text(orTold(() => run.reader.value(step.input))),
      'gen_ai.tool.call.result': text(orTold(answered)),
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
  const asked = messagesOf(plainOf(safely(() => run.reader.value(model.request))));
  const answer = answerOfModel(plainOf(safely(() => modelText(run, model))));
  const told = fitting(asked.filter(({ role }) => role !== 'system'));
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
      'gen_ai.system_instructions': json(asked.filter(({ role }) => role === 'system').flatMap(({ parts }) => parts)),
      'gen_ai.input.messages': json(told.messages),
      'gen_ai.output.messages': json(answer ? [{ ...answer, finish_reason: finishOf(answer) }] : []),
      'holdfast.input_messages_left_out': told.left || undefined,
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

/** What is too large to be read for a span says so in its place. */
function orTold(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    const { code, message } = asHoldfastError(error);
    return code === 'file-too-large' ? { cut: message } : null;
  }
}

/** The last messages that fit: a conversation is told again with each of its turns. */
function fitting(messages: readonly Message[]): { messages: Message[]; left: number } {
  let left = 0;
  let bytes = messages.reduce((sum, message) => sum + JSON.stringify(message).length + 1, 1);
  for (; bytes > longestText && left < messages.length - 1; left++) bytes -= JSON.stringify(messages[left]).length + 1;
  return { messages: messages.slice(left), left };
}

/** What is cut would be no JSON any more: it goes along as it is, or says that it does not. */
function json(list: readonly unknown[]): string | undefined {
  if (list.length === 0) return undefined;
  const said = JSON.stringify(list).toWellFormed();
  if (said.length <= longestMessages) return said;
  return JSON.stringify([{ type: 'text', content: `${said.length} characters are in the recording` }]);
}

/** What does not fit is JSON all the same: how much it is, and how it begins. */
function text(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const said = JSON.stringify(plainOf(value)).toWellFormed();
  if (said.length <= longestText) return said;
  const begins = said.slice(0, longestText / 2).toWellFormed();
  return JSON.stringify({ cut: `from ${said.length} characters`, begins });
}

const spanIdOf = (recording: string, what: string): string => sha256(`${recording} ${what}`).slice(0, 16);

/** Nanoseconds do not fit into a number. */
const nanos = (ms: number): string => String(BigInt(Math.round(Math.max(0, ms) * 1000)) * 1000n);
