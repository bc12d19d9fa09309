/**
 * The channels of a runtime: where messages come in, and how a page or a service is let in.
 *
 * 1. What came is on the disk before its sender hears that it was taken; then it is worked on. What its sender repeats is
 *    taken once.
 * 2. A channel is found by tenant and name, and what comes there is checked with that channel's own secrets.
 * 3. A person at a web channel is who the token says, and sees that person's conversation and no other.
 * 4. The code of services, and their secrets, are loaded for the first message; that of mail where there is such a channel.
 */
import { isoTime, type OwnedScope } from '../base/index.ts';
import { type Channel, type ChannelInput, channelSchema, HoldfastError, parseInput } from '../schema/index.ts';
import type { InboxRecord } from '../state/index.ts';
import { Bells } from './bells.ts';
import { Lines, mostChars } from './lines.ts';
import { Linking } from './linking.ts';
import type { MailDoor, MailRefusal } from './mail/door.ts';
import { openMessenger } from './messengers/open.ts';
import { Outbox } from './outbox.ts';
import { Pace } from './pace.ts';
import { longestTokenMs, makeToken, personOwner, readToken } from './tokens.ts';
import type { ChannelParts, ChannelPort, Inbound, Messenger, ServiceChannel, WebPerson } from './types.ts';
import { follow } from './web.ts';

const oldestMs = 8 * 86_400_000;
const mostStreams = 8;

export class ChannelHub implements ChannelPort {
  readonly origins: readonly string[];
  readonly #parts: ChannelParts;
  readonly #scope: OwnedScope;
  readonly #bells = new Bells();
  readonly #linking: Linking;
  readonly #outbox: Outbox;
  readonly #lines: Lines;
  readonly #messengers = new Map<string, Promise<Messenger>>();
  readonly #pace: Pace;
  readonly #warnings: Pace;
  readonly #streams = new Map<string, number>();
  readonly #doors: MailDoor[] = [];

  constructor(parts: ChannelParts, scope: OwnedScope) {
    this.#parts = parts;
    this.#scope = scope;
    this.origins = parts.channels.flatMap((channel) => (channel.kind === 'web' ? channel.origins : []));
    this.#linking = new Linking(parts, this.#bells);
    const find = (tenant: string, name: string): Channel | null => this.#find(tenant, name);
    const messenger = (channel: Channel): Promise<Messenger> => this.#messenger(service(channel));
    this.#outbox = new Outbox({ ...parts, scope, find, messenger });
    this.#lines = new Lines({
      ...parts,
      scope,
      linking: this.#linking,
      bells: this.#bells,
      outbox: this.#outbox,
      find,
    });
    this.#pace = new Pace(parts.clock, { burst: 20, perMinute: 30 });
    this.#warnings = new Pace(parts.clock, { burst: 1, perMinute: 1 });
  }

  /** Goes on with what an earlier run left, and takes mail. @throws HoldfastError `in-use` when a port for mail is taken */
  async open(): Promise<void> {
    this.#lines.open();
    this.#outbox.flush();
    try {
      for (const channel of this.#parts.channels) {
        if (channel.kind === 'email') this.#doors.push(await this.#openDoor(channel));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#doors.map((door) => door.close()));
    await this.#scope.close();
    await this.#lines.close();
    await this.#outbox.close();
  }

  async webhook(tenant: string, name: string, request: Request): Promise<Response> {
    const channel = withWebhooks(this.#found(tenant, name));
    const messenger = await this.#messenger(channel).catch((error: unknown) => {
      this.#parts.log.error({ error, tenant, channel: name }, 'a channel cannot be opened');
      // Whoever calls has shown nothing yet, and learns nothing of what is configured.
      throw new HoldfastError('capability-missing', `the channel ${name} is not ready`, {
        hint: 'See the daemon’s log.',
      });
    });
    const { answer, messages } = await messenger.receive(request);
    await this.#takeAll(messages.map((message) => ({ ...message, tenant, channel: name })));
    return answer;
  }

  signToken(tenant: string, name: string, person: string, expiresInMs: number): { token: string; expiresAt: string } {
    const channel = this.#found(tenant, name);
    if (channel.kind !== 'web') throw new HoldfastError('invalid-argument', `the channel ${name} is no web channel`);
    const expiresMs = this.#parts.clock.nowMs() + Math.min(expiresInMs, longestTokenMs);
    return makeToken(this.#parts.key, { tenant, channel: name, person }, expiresMs);
  }

  enter(tenant: string, name: string, { token, origin }: { token: string | null; origin: string | null }): WebPerson {
    const { key, clock, store } = this.#parts;
    // Before anything is looked up: whoever has no token does not learn which channels there are.
    const person = readToken(key, token, { tenant, channel: name }, clock.nowMs());
    const channel = this.#found(tenant, name);
    if (channel.kind !== 'web') throw new HoldfastError('not-found', `the channel ${name} is no web channel`);
    if (origin !== null && !channel.origins.includes(origin)) {
      throw new HoldfastError('forbidden', `pages of ${origin.slice(0, 200)} may not use the channel ${name}`, {
        hint: 'Its owner lists the origins of its pages: origins.',
      });
    }
    const place = { tenant, channel: name, address: person, thread: person };
    return {
      say: async ({ text, id }) => {
        if (!this.#pace.take(JSON.stringify(place))) throw tooFast();
        const sentMs = clock.nowMs();
        return {
          accepted: await this.#takeAll([{ ...place, event: `${person}/${id}`, isPrivate: true, text, sentMs }]),
        };
      },
      events: (after, signal) => {
        const streams = JSON.stringify(place);
        this.#refuseMany(streams);
        const viewer = { parts: this.#parts, bells: this.#bells, channel, owner: personOwner(person) };
        return this.#counted(streams, follow(viewer, after, signal));
      },
      link: async () => this.#linking.issue(channel, person),
      links: () => this.#linking.links(tenant, person),
      unlink: (id) => {
        const linked = store.channels.linked(tenant, person).find((record) => this.#linking.guest(record) === id);
        if (!linked) throw new HoldfastError('not-found', `no address ${JSON.stringify(id)} is linked to you`);
        store.transaction(() => this.#linking.unlink(linked, 'person'));
      },
    };
  }

  async #openDoor(channel: Extract<Channel, { kind: 'email' }>): Promise<MailDoor> {
    const [{ openMailDoor }, { answerables }] = await Promise.all([import('./mail/door.ts'), import('./mail/send.ts')]);
    const { store, clock } = this.#parts;
    const { tenant, name } = channel;
    const known = answerables(store.channels, channel);
    return openMailDoor(channel, {
      ...this.#parts,
      take: async (message, answerable) => {
        const refusal = this.#refusalOf({ ...message, tenant, channel: name });
        if (refusal) return refusal;
        known.put(message, answerable, clock.nowMs());
        await this.#takeAll([{ ...message, tenant, channel: name }]);
        return null;
      },
    });
  }

  /** Anybody may send mail, and more of it than there is room for: it is looked at before anything is kept. */
  #refusalOf(message: Inbound & { tenant: string; channel: string }): MailRefusal | null {
    if (message.sentMs < this.#parts.clock.nowMs() - oldestMs) return { code: 550, why: 'it was sent long ago' };
    if (message.text.length > mostChars) return { code: 552, why: `a message has at most ${mostChars} characters` };
    return this.#pace.take(senderOf(message)) ? null : { code: 451, why: 'you write faster than I can answer' };
  }

  /** Writes down what is new, then works on it; false when nothing was. */
  async #takeAll(messages: readonly (Inbound & { tenant: string; channel: string })[]): Promise<boolean> {
    const { store, clock, log } = this.#parts;
    const nowMs = clock.nowMs();
    const taken: InboxRecord[] = [];
    try {
      for (const { sentMs, ...message } of messages) {
        if (sentMs < nowMs - oldestMs) {
          log.warn({ channel: message.channel, sent: isoTime(sentMs) }, 'a message of long ago is not taken');
          continue;
        }
        const row = store.channels.receive({ ...message, text: message.text.toWellFormed(), receivedMs: nowMs });
        if (row) taken.push(row);
      }
      await store.durable();
    } catch (error) {
      // Some may be written down, and are not new when their sender repeats them.
      this.#lines.openSoon();
      throw error;
    }
    for (const row of taken) {
      const kind = this.#find(row.tenant, row.channel)?.kind;
      const isPaced = kind === 'web' || kind === 'email' || this.#pace.take(senderOf(row));
      const why = row.text.length > mostChars ? 'long' : isPaced ? null : 'fast';
      if (why === null) this.#lines.take(row);
      else this.#refuse(row, why);
    }
    return taken.length > 0;
  }

  /** Said to its sender, but not for every message of a flood. */
  #refuse(row: InboxRecord, why: 'long' | 'fast'): void {
    const text =
      why === 'long'
        ? `Messages have at most ${mostChars} characters.`
        : 'You write faster than I can answer. Wait a minute.';
    const isTold = this.#warnings.take(senderOf(row));
    this.#lines.refuse(row, why, isTold ? text : null);
  }

  /** Refused before anything is answered. */
  #refuseMany(owner: string): void {
    if ((this.#streams.get(owner) ?? 0) >= mostStreams) throw tooFast();
  }

  async *#counted<T>(owner: string, stream: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    this.#streams.set(owner, (this.#streams.get(owner) ?? 0) + 1);
    try {
      yield* stream;
    } finally {
      const left = (this.#streams.get(owner) ?? 1) - 1;
      if (left === 0) this.#streams.delete(owner);
      else this.#streams.set(owner, left);
    }
  }

  #find(tenant: string, name: string): Channel | null {
    return this.#parts.channels.find((channel) => channel.tenant === tenant && channel.name === name) ?? null;
  }

  #found(tenant: string, name: string): Channel {
    const channel = this.#find(tenant, name);
    if (channel) return channel;
    throw new HoldfastError('not-found', `there is no channel ${JSON.stringify(name)}`, {
      hint: 'Channels are part of the configuration: serve --channels.',
    });
  }

  #messenger(channel: ServiceChannel): Promise<Messenger> {
    const key = `${channel.tenant} ${channel.name}`;
    const known = this.#messengers.get(key);
    if (known) return known;
    const opened = (this.#parts.openMessenger ?? openMessenger)(channel, this.#parts);
    this.#messengers.set(key, opened);
    // A secret that is put later needs no restart.
    opened.catch(() => this.#messengers.delete(key));
    return opened;
  }
}

/** Channels as they are configured, checked as a whole. @throws HoldfastError `invalid-argument` */
export function parseChannels(given: readonly ChannelInput[], agents: readonly string[]): Channel[] {
  const channels = given.map((channel, index) => parseInput(channelSchema, channel, `channels.${index}`));
  for (const [index, { name, tenant, agent, ...more }] of channels.entries()) {
    const port = 'port' in more ? more.port : null;
    const same = port === null ? -1 : channels.findIndex((other) => other.kind === 'email' && other.port === port);
    if (same >= 0 && same !== index) {
      throw new HoldfastError('invalid-argument', `two channels take mail at the port ${port}`, {
        hint: 'Give each its own.',
      });
    }
    if (channels.findIndex((other) => other.name === name && other.tenant === tenant) !== index) {
      throw new HoldfastError('invalid-argument', `two channels of tenant ${tenant} are called ${name}`, {
        hint: 'Rename one.',
      });
    }
    if (agents.includes(agent)) continue;
    throw new HoldfastError(
      'invalid-argument',
      `channel '${name}' leads to '${agent}', which is not among the agents`,
      {
        hint: `They are: ${agents.join(', ') || 'none'}.`,
      },
    );
  }
  return channels;
}

/** Who writes there is nobody to another tenant's channel, whatever that is called. */
const senderOf = ({ tenant, channel, address }: Pick<InboxRecord, 'tenant' | 'channel' | 'address'>): string =>
  JSON.stringify([tenant, channel, address]);

/** With something behind it that answers are sent to. */
function service(channel: Channel): ServiceChannel {
  if (channel.kind !== 'web') return channel;
  throw new HoldfastError('internal', `nothing is sent by the web channel ${channel.name}`);
}

function withWebhooks(channel: Channel): ServiceChannel {
  if (channel.kind !== 'web' && channel.kind !== 'email') return channel;
  throw new HoldfastError('not-found', `the channel ${channel.name} takes no webhooks`, {
    hint: channel.kind === 'web' ? 'It is a web channel.' : 'Mail comes by SMTP, at the port that the channel names.',
  });
}

function tooFast(): HoldfastError {
  return new HoldfastError('rate-limited', 'that is more than one person may do at once', { hint: 'Wait a minute.' });
}
