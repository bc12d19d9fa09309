/**
 * What models were asked and answered, whoever recorded it, as messages of roles and parts: the form that OpenTelemetry's
 * conventions for generative AI have. Requests are `prompt` or `messages` with roles; what is neither stands as JSON.
 */

export type Part =
  | { type: 'text'; content: string }
  | { type: 'tool_call'; id: string | null; name: string; arguments: unknown }
  | { type: 'tool_call_response'; id: string | null; response: unknown };

export interface Message {
  role: 'system' | 'user' | 'assistant' | 'tool';
  parts: Part[];
}

/** @param request plain JSON */
export function messagesOf(request: unknown): Message[] {
  const listed = fieldOf(request, 'prompt') ?? fieldOf(request, 'messages') ?? request;
  if (typeof listed === 'string') return [{ role: 'user', parts: [text(listed)] }];
  if (!Array.isArray(listed)) return listed == null ? [] : [{ role: 'user', parts: [asJson(listed)] }];
  return listed.map((one) => ({ role: roleOf(fieldOf(one, 'role')), parts: partsOf(one) }));
}

/** @param response plain JSON */
export function answerOfModel(response: unknown): Message | null {
  if (response == null) return null;
  const choices = fieldOf(response, 'choices');
  const message = Array.isArray(choices) ? fieldOf(choices[0], 'message') : fieldOf(response, 'message');
  return { role: 'assistant', parts: partsOf(message ?? response) };
}

export const finishOf = ({ parts }: Message): 'tool_call' | 'stop' =>
  parts.some(({ type }) => type === 'tool_call') ? 'tool_call' : 'stop';

/** All that was said, without calls. */
export const saidIn = ({ parts }: Message): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.content] : [])).join('\n');

const roles: readonly Message['role'][] = ['system', 'user', 'assistant', 'tool'];
const roleOf = (word: unknown): Message['role'] => roles.find((role) => role === word) ?? 'user';

function partsOf(message: unknown): Part[] {
  if (typeof message === 'string') return [text(message)];
  const content = Array.isArray(message) ? message : (fieldOf(message, 'content') ?? fieldOf(message, 'text'));
  const calls = fieldOf(message, 'tool_calls');
  const called = Array.isArray(calls) ? calls.map(callOf) : [];
  if (fieldOf(message, 'role') === 'tool' && !Array.isArray(content))
    return [{ type: 'tool_call_response', id: wordOf(fieldOf(message, 'tool_call_id')), response: content ?? null }];
  if (content == null) return called.length > 0 ? called : [asJson(message)];
  const said =
    typeof content === 'string' ? [text(content)] : Array.isArray(content) ? content.map(partOf) : [asJson(content)];
  return [...said.filter((part) => part.type !== 'text' || part.content !== ''), ...called];
}

/** Of our own sessions, of the AI SDK, of OpenAI's and Anthropic's wire. */
function partOf(part: unknown): Part {
  if (typeof part === 'string') return text(part);
  const type = fieldOf(part, 'type');
  const said = fieldOf(part, 'text');
  if (typeof said === 'string') return text(said);
  if (type === 'tool-result' || type === 'tool_result') {
    const id = wordOf(fieldOf(part, 'toolCallId') ?? fieldOf(part, 'tool_use_id'));
    return { type: 'tool_call_response', id, response: fieldOf(part, 'output') ?? fieldOf(part, 'content') ?? null };
  }
  return type === 'tool-call' || type === 'tool_use' || type === 'call' ? callOf(part) : asJson(part);
}

function callOf(call: unknown): Part {
  const of = fieldOf(call, 'function') ?? call;
  const name = fieldOf(of, 'toolName') ?? fieldOf(of, 'tool') ?? fieldOf(of, 'name');
  const id = wordOf(fieldOf(call, 'toolCallId') ?? fieldOf(call, 'id'));
  const given = fieldOf(of, 'input') ?? fieldOf(of, 'arguments') ?? {};
  return { type: 'tool_call', id, name: wordOf(name) ?? 'unknown', arguments: parsed(given) };
}

function parsed(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

const text = (content: string): Part => ({ type: 'text', content });
const asJson = (value: unknown): Part => text(JSON.stringify(value) ?? '');
const wordOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
