/** A session's log as people in a chat see it: who said what, and by which way that turn came. */
import type { StoredEntry } from '../state/index.ts';
import { type Conversation, ConversationReader, fields, type OpenCall } from './conversation.ts';
import { messageOf, type Way } from './via.ts';

export interface Said {
  role: 'user' | 'assistant';
  text: string;
  way: Way;
  /** Of a person's message: the id that its channel gave it. */
  event: string | null;
}

export class ChatReader {
  readonly #reader: ConversationReader;

  /** @param agent who the session began with @param kept by a reader of the entries before, if not all are read */
  constructor(agent: string, kept?: string) {
    // Written by `keep` alone.
    this.#reader = new ConversationReader(agent, kept === undefined ? undefined : (JSON.parse(kept) as Conversation));
  }

  /** All that later entries are read with. */
  keep(): string {
    return JSON.stringify(this.#reader.conversation);
  }

  /** By which the turn under way came, or the one that comes next. */
  get way(): Way {
    const { queued, via, viaQueued } = this.#reader.conversation;
    return queued.length > 0 ? viaQueued : via;
  }

  /** What is said with the log's next entry. */
  take(entry: StoredEntry): Said[] {
    const { conversation } = this.#reader;
    const known = new Map(conversation.open.map((call) => [call.id, call]));
    const routed = conversation.open.some((call) => call.routed);
    this.#reader.take(entry);
    const heard = this.#saidIn(entry, known, routed);
    forgetTexts(conversation);
    return heard;
  }

  #saidIn(entry: StoredEntry, known: ReadonlyMap<string, OpenCall>, routed: boolean): Said[] {
    const { kind, data } = entry;
    const { conversation } = this.#reader;
    if (kind === 'started') return [said(data['message'], data['via'], data['event'])];
    if (kind === 'received' && data['event'] === 'message') {
      const { text, way, event } = messageOf(data['data']);
      return [{ role: 'user', text, way, event }];
    }
    const answers = [
      answerIn(entry) ?? (kind === 'received' && routed ? conversation.answer : null) ?? '',
      toldBy(entry, known.get(String(data['callId']))),
      ...conversation.open.flatMap((call) => (known.has(call.id) ? [] : questionOf(call))),
    ];
    return answers
      .filter((text) => text !== '')
      .map((text) => ({ role: 'assistant', text, way: conversation.via, event: null }));
  }
}

/** What was said once is not said again by what follows. */
function forgetTexts(conversation: Conversation): void {
  Object.assign(conversation, { messages: [], arrived: [], said: [], queued: conversation.queued.map(() => '') });
  if (conversation.answer !== null) conversation.answer = '';
  if (conversation.run) Object.assign(conversation.run, { message: '', events: [] });
}

function said(text: unknown, via: unknown, event: unknown): Said {
  const { way } = messageOf({ text: '', via });
  return { role: 'user', text: String(text), way, event: typeof event === 'string' ? event : null };
}

/** What an agent answers with an entry: its model does, or the program or flow that leads it. */
function answerIn({ kind, data }: StoredEntry): string | null {
  if (kind !== 'outcome' || data['ok'] !== true) return null;
  if (data['name'] === 'program') return String(data['output']);
  return data['name'] === 'model' ? textOf(data['content']) : null;
}

/** What an agent says in the middle of its work. */
function toldBy({ kind, data }: StoredEntry, call: OpenCall | undefined): string {
  const isSaid = kind === 'outcome' && data['ok'] === true && call?.tool === 'say';
  return isSaid ? String(fields(call.input)['text']) : '';
}

function textOf(content: unknown): string {
  const texts = (Array.isArray(content) ? content : []).flatMap((part) => {
    const { type, text } = fields(part);
    return type === 'text' ? [String(text)] : [];
  });
  return texts.join('\n');
}

function questionOf({ tool, input }: { tool: string; input: unknown }): string[] {
  const { question } = fields(input);
  return tool === 'ask' && typeof question === 'string' ? [question] : [];
}
