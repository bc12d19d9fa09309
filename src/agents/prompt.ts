/**
 * What a model is given of a conversation: instructions, a word about what is left out, and what was said.
 *
 * 1. What was said by another way, and does not follow here, is not in it (via.ts).
 * 2. A call and its result are both in it or neither is, whichever way the result came by: no provider takes one alone. What
 *    came of a question that was put elsewhere is something that the person said.
 */
import type {
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
} from '@ai-sdk/provider';
import { type Conversation, fields, type Message } from './conversation.ts';
import { isKnown, type Way } from './via.ts';

export function promptOf(conversation: Conversation, instructions: string): LanguageModelV4Prompt {
  const { queued, messages, left, leftCalls, via, viaQueued } = conversation;
  const way = queued.length === 0 ? via : viaQueued;
  const known = knownHere(messages, way);
  const elsewhere = messages.length - known.length;
  const told = [
    instructions,
    ...(left === 0 ? [] : [`The oldest ${left} messages of this conversation are left out.`]),
    ...(leftCalls === 0
      ? []
      : [`${leftCalls} earlier calls are left out, with their results. They were made all the same.`]),
    ...(elsewhere === 0 ? [] : [`${elsewhere} messages that were said elsewhere are not known here.`]),
  ];
  const said = queued.map((text) => ({ type: 'text' as const, text }));
  return [
    { role: 'system', content: told.join('\n\n') },
    ...known.map(wireMessage),
    ...(said.length === 0 ? [] : [wireMessage({ role: 'user', parts: said, way })]),
  ];
}

/** Results go by the way of their calls; only an answer of a person may be known where its question is not, or the reverse. */
function knownHere(messages: readonly Message[], way: Way): Message[] {
  return messages.flatMap((message): Message[] => {
    const isHere = isKnown(message.way, way);
    if (message.role !== 'tool') return isHere ? [message] : [];
    if (isHere) return [{ ...message, parts: message.parts.map((part) => asKnown(part, way)) }];
    const said = message.parts.flatMap((part) => saidInstead(part, way));
    return said.length === 0 ? [] : [{ role: 'user', way, parts: said }];
  });
}

type Part = Message['parts'][number];

/** As a person's words: the call that this answers is not known here. */
function saidInstead(part: Part, way: Way): Part[] {
  if (part.type !== 'result' || part.answeredBy === undefined || !isKnown(part.answeredBy, way)) return [];
  return [{ type: 'text', text: wordsOf(part.value) }];
}

function asKnown(part: Part, way: Way): Part {
  if (part.type !== 'result' || part.answeredBy === undefined || isKnown(part.answeredBy, way)) return part;
  return { ...part, ok: false, value: 'What came of this is not known here.' };
}

function wordsOf(value: unknown): string {
  const { answer } = fields(value);
  return typeof answer === 'string' ? answer : JSON.stringify(value ?? null);
}

function wireMessage({ role, parts }: Message): LanguageModelV4Message {
  if (role === 'user') {
    return {
      role,
      content: parts.flatMap((part) => (part.type === 'text' ? [{ type: 'text', text: part.text }] : [])),
    };
  }
  if (role === 'assistant') {
    return {
      role,
      content: parts.flatMap((part): (LanguageModelV4TextPart | LanguageModelV4ToolCallPart)[] => {
        if (part.type === 'text') return [{ type: 'text', text: part.text }];
        if (part.type !== 'call') return [];
        return [{ type: 'tool-call', toolCallId: part.id, toolName: part.tool, input: part.input }];
      }),
    };
  }
  return {
    role,
    content: parts.flatMap((part) => {
      if (part.type !== 'result') return [];
      const text = JSON.stringify(part.value ?? null);
      const output = { type: part.ok ? ('text' as const) : ('error-text' as const), value: text };
      return [{ type: 'tool-result' as const, toolCallId: part.id, toolName: part.tool, output }];
    }),
  };
}
