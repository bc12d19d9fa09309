/** What channels need from the rest, and what they are to the server. */
import type { NewAuditEntry } from '../audit/index.ts';
import type { Clock, Log, RandomSource } from '../base/index.ts';
import type { Channel, ChatEvent, LinkCode, LinkedAddress, Via } from '../schema/index.ts';
import type { NewJournalEntry, Store } from '../state/index.ts';

/** One message of a person, with the way it came by. */
export interface PersonMessage {
  text: string;
  via: Via;
  /** The same one twice is one message of the conversation. */
  event: string;
  /** Who said it. */
  by: string;
}

export type Heard =
  | {
      type: 'said';
      role: 'user' | 'assistant';
      text: string;
      via: Via | null;
      event: string | null;
      at: string;
      position: number;
    }
  | { type: 'partial'; from: number; text: string; via: Via | null }
  | { type: 'withdrawn' }
  /** Somebody must approve what it is about to do. */
  | { type: 'asks'; tool: string; position: number }
  /** It is the person's turn. */
  | { type: 'rests'; position: number }
  | { type: 'ended'; failure: string | null; position: number };

/** Where a message stands. */
export interface MessagePlace {
  session: string;
  position: number;
}

/** The sessions that channels lead to. */
export interface Conversations {
  /** The same place for the same event. @throws HoldfastError `quota-exceeded` */
  start(input: { tenant: string; agent: string; person: string; message: PersonMessage }): Promise<MessagePlace>;
  /** Null when that session is over, and does not have it. */
  send(session: string, message: PersonMessage): Promise<MessagePlace | null>;
  /** What was said after that position, then what is, until it ends. */
  hear(session: string, after: number, signal: AbortSignal): AsyncIterable<Heard>;
  /** Decides what an agent asks for. @param most what its tool may do at most */
  decide(input: { tenant: string; approval: string; approve: boolean; by: string; most: Via['most'] }): Promise<void>;
}

/** What came by a webhook, or as a mail, checked. */
export interface Inbound {
  event: string;
  address: string;
  thread: string;
  isPrivate: boolean;
  text: string;
  /** When its sender sent it, as that one says. */
  sentMs: number;
}

export type SendResult =
  | { sent: true }
  /** The service lets nobody write to that address now; only what it approved ahead. */
  | { sent: false; why: 'outside-window' }
  | { sent: false; why: 'refused' | 'passing'; message: string };

/** The way to one service, in its own wire. */
export interface Messenger {
  /** Checks a webhook and reads it. `answer` is what the service wants to hear. @throws HoldfastError `unauthenticated` */
  receive(request: Request): Promise<{ answer: Response; messages: Inbound[] }>;
  /** @param about the same for the same message, and to whom alone it goes where a thread does not say it */
  send(thread: string, text: string, about: { id: number; address: string }): Promise<SendResult>;
}

/** Every channel with a service behind it. */
export type ServiceChannel = Extract<Channel, { secrets: unknown }>;

export interface ChannelParts {
  store: Store;
  clock: Clock;
  log: Log;
  random: RandomSource;
  channels: readonly Channel[];
  /** At least 32 random bytes: tokens, codes and stand-in names are made with it. */
  key: Uint8Array;
  conversations: Conversations;
  /** @throws HoldfastError `secret-not-found` */
  secret(tenant: string, name: string): Promise<string>;
  journal(entry: NewJournalEntry): void;
  /** What it throws stops what was to be written down. */
  audit(entry: NewAuditEntry): void;
  openMessenger?(channel: ServiceChannel, parts: ChannelParts): Promise<Messenger>;
}

/** A page's view of one person's conversation; places are given back to go on from there. */
export interface ChatUpdate {
  event: ChatEvent;
  place: string | null;
}

/** For whoever serves them. */
export interface ChannelPort {
  /** Origins of pages that some channel lets in. */
  readonly origins: readonly string[];
  webhook(tenant: string, channel: string, request: Request): Promise<Response>;
  /** A token for one person's use of one web channel. */
  signToken(tenant: string, channel: string, person: string, expiresInMs: number): { token: string; expiresAt: string };
  /** What a token lets its holder do. @throws HoldfastError `unauthenticated`, `forbidden` for the origin */
  enter(tenant: string, channel: string, credentials: { token: string | null; origin: string | null }): WebPerson;
}

export interface WebPerson {
  say(input: { text: string; id: string }): Promise<{ accepted: boolean }>;
  events(after: string | null, signal: AbortSignal): AsyncIterable<ChatUpdate>;
  link(): Promise<LinkCode>;
  links(): LinkedAddress[];
  unlink(id: string): void;
}
