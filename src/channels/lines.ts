/**
 * Whose conversation a message belongs to, and its turn there.
 *
 * 1. A session belongs to a person and an agent, not to a channel; a thread that several read has one of its own, whoever of
 *    them is linked to whom.
 * 2. Messages of one conversation are answered one by one, in the order in which they came, each where it came from.
 * 3. Every step is written down before the next: a message that a crash interrupted is gone on with, and answered once. So is one
 *    that a full disk or an outage of the audit log kept from being written: for as long as that takes, by itself and in its turn.
 * 4. An answer goes to an address only while that is still in the name that it was asked in.
 * 5. Whoever writes for the first time is told that no person answers.
 */
import type { OwnedScope } from '../base/index.ts';
import { asHoldfastError, type Channel, HoldfastError, type Via } from '../schema/index.ts';
import type { AddressRecord, InboxRecord } from '../state/index.ts';
import { Again, passesByItself, pauseAfter } from './again.ts';
import { decideFrom, decisionIn, mayDecide, notFromHere } from './approvals.ts';
import type { Bells } from './bells.ts';
import type { Linking } from './linking.ts';
import type { Outbox } from './outbox.ts';
import { personOwner, standIn } from './tokens.ts';
import type { ChannelParts, MessagePlace, PersonMessage } from './types.ts';

export interface LineParts extends ChannelParts {
  scope: OwnedScope;
  linking: Linking;
  bells: Bells;
  outbox: Outbox;
  find(tenant: string, channel: string): Channel | null;
}

const mostTries = 4;
const retryMs = 2000;
export const mostChars = 16_384;
const askedKeptMs = 366 * 86_400_000;

export class Lines {
  readonly #parts: LineParts;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again: Again;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#again = new Again(parts.clock, parts.scope.signal, () => this.open());
  }

  /** Goes on with what an earlier run left, or this one could not place. */
  open(): void {
    const { store, log } = this.#parts;
    let isPlaced = false;
    try {
      isPlaced = store.channels.openInbox().every((row) => this.#isPlaced(row));
    } catch (error) {
      log.error({ error }, 'what came by channels could not be looked at; tried again soon');
    }
    if (isPlaced) this.#again.done();
    else this.#again.soon();
    this.#parts.outbox.flush();
  }

  /** What is written down is looked for again after a pause. */
  openSoon(): void {
    this.#again.soon();
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Gives a message its place, or answers a command at once; in its turn after one that could not be placed. */
  take(row: InboxRecord): void {
    if (this.#again.isDue) this.open();
    else if (!this.#isPlaced(row)) this.#again.soon();
    this.#parts.outbox.flush();
  }

  /** False when it cannot be now, and later ones wait. */
  #isPlaced(row: InboxRecord): boolean {
    try {
      this.#take(row);
      return true;
    } catch (error) {
      const isPassing = passesByItself(error);
      const when = isPassing ? 'soon' : 'at the next start';
      this.#parts.log.error({ error, message: row.id }, `a message of a channel has no place; tried again ${when}`);
      return !isPassing;
    }
  }

  #take({ id }: InboxRecord): void {
    // As it is now: it may have been taken meanwhile.
    const row = this.#parts.store.channels.open(id);
    if (!row) return;
    const line = row.line ?? this.#place(row);
    if (line !== null) this.#run(row.tenant, line);
  }

  /** Not answered; its sender is told why, unless that was just said. */
  refuse(row: InboxRecord, why: string, text: string | null): void {
    const { store, log, outbox } = this.#parts;
    const channel = this.#parts.find(row.tenant, row.channel);
    log.warn({ channel: row.channel, message: row.id, why }, 'a message of a channel is not answered');
    try {
      store.transaction(() => {
        // Taken meanwhile, with others that are gone on with.
        if (store.channels.open(row.id)?.line !== null) return;
        if (channel) this.#greet(channel, row);
        if (channel && channel.kind !== 'web' && text !== null) outbox.put(row, text);
        store.channels.updateInbox(row.id, { state: 'done' });
      });
    } catch (error) {
      log.error({ error, message: row.id }, 'a message of a channel could not be refused; tried again soon');
      this.#again.soon();
    }
    outbox.flush();
  }

  /** Its conversation's name, or that of what it decides; null when it was another command, and is done. */
  #place(row: InboxRecord): string | null {
    const { store, outbox } = this.#parts;
    const channel = this.#parts.find(row.tenant, row.channel);
    if (!channel) return this.#drop(row, 'there is no such channel any more');
    if (row.text.length > mostChars) return this.#drop(row, 'long');
    return store.transaction(() => {
      const address = this.#greet(channel, row);
      const answer = channel.kind === 'web' ? null : this.#command(channel, row, address);
      if (answer !== null) {
        outbox.put(row, answer);
        store.channels.updateInbox(row.id, { state: 'done' });
        return null;
      }
      const isDecision = channel.kind !== 'web' && decisionIn(row.text) !== null;
      const line = isDecision ? decisionLineOf(row, address) : lineOf(channel, row, address);
      if (isDecision) outbox.put(row, `Looking at ${decisionIn(row.text)?.approval.slice(0, 64)}.`);
      store.channels.updateInbox(row.id, { line });
      return line;
    });
  }

  /** Whose address it is, with what is known of it now. Part of the caller's transaction. */
  #greet(channel: Channel, row: InboxRecord): AddressRecord {
    const { store, clock, outbox } = this.#parts;
    const known = this.#addressOf(channel, row);
    if (channel.kind === 'web') return known;
    if (known.disclosedMs === null) outbox.put(row, channel.disclosure);
    const address = {
      ...known,
      disclosedMs: known.disclosedMs ?? clock.nowMs(),
      lastInboundMs: Math.max(known.lastInboundMs, row.receivedMs),
    };
    store.channels.putAddress(address);
    return address;
  }

  #command(channel: Channel, row: InboxRecord, address: AddressRecord): string | null {
    const { linking } = this.#parts;
    const linked = linking.take(channel, row, address);
    if (linked !== null) return linked;
    switch (row.text.trim().split(/\s+/)[0]?.toLowerCase()) {
      case '!unlink':
        return linking.unlink(address, 'address')
          ? 'This address is linked to nobody any more.'
          : 'This address is not linked.';
      case '!link':
        return this.#code(channel, row, address);
      case '!approve':
      case '!deny':
        // Decided after this, in a line of its own, so that a crash does not lose it.
        return mayDecide({ channel, row, address }) ? null : notFromHere;
      default:
        return null;
    }
  }

  #code(channel: Channel, row: InboxRecord, address: AddressRecord): string {
    if (!channel.linking) return 'Nothing is linked from here.';
    if (!row.isPrivate) return 'Ask for it in a private thread: others read here.';
    const { code } = this.#parts.linking.issue(channel, address.person);
    return `Send this from the other channel within ten minutes: ${code}`;
  }

  #run(tenant: string, line: string): void {
    const key = JSON.stringify([tenant, line]);
    if (this.#running.has(key) || this.#parts.scope.signal.aborted) return;
    const worker = this.#work(tenant, line)
      .then(() => {
        this.#running.delete(key);
        // One may have come after the last look.
        if (!this.#parts.scope.signal.aborted && this.#parts.store.channels.nextOf(tenant, line))
          this.#run(tenant, line);
      })
      .catch((error: unknown) => {
        this.#running.delete(key);
        this.#parts.log.error({ error }, 'a conversation of a channel stands still; tried again soon');
        this.#again.soon();
      });
    this.#running.set(key, worker);
  }

  async #work(tenant: string, line: string): Promise<void> {
    const { store, scope, clock, log, outbox } = this.#parts;
    let [tries, failures] = [1, 0];
    let refusal: string | null = null;
    while (!scope.signal.aborted) {
      let row: InboxRecord | null = null;
      try {
        row = store.channels.nextOf(tenant, line);
        if (!row) return;
        if (refusal === null) await this.#serve(row, line);
        else this.#fail(row, line, refusal);
        [tries, failures, refusal] = [1, 0, null];
        outbox.flush();
      } catch (error) {
        if (scope.signal.aborted) return;
        const failure = asHoldfastError(error);
        log.warn({ error, message: row?.id }, 'a message of a channel was not answered');
        const isCounted = row !== null && refusal === null && !passesByItself(error);
        if (isCounted && (tries >= mostTries || !(failure.retryable || failure.fault === 'bug'))) {
          refusal = failure.code;
          continue;
        }
        const pauseMs = isCounted ? retryMs * ++tries : pauseAfter(++failures);
        await clock.sleep(pauseMs, scope.signal).catch(() => undefined);
      }
    }
  }

  async #serve(row: InboxRecord, line: string): Promise<void> {
    const { store, bells, conversations } = this.#parts;
    const channel = this.#parts.find(row.tenant, row.channel);
    if (!channel) return void this.#drop(row, 'there is no such channel any more');
    const address = this.#addressOf(channel, row);
    if (isDecisionLine(line)) {
      const isTheirs = decisionLineOf(row, address) === line;
      const decision = { channel, row, address };
      return this.#finish(row, line, [isTheirs ? await decideFrom(conversations, decision) : notFromHere]);
    }
    if (row.state === 'received' && lineOf(channel, row, address) !== line) {
      // Linked or unlinked while it waited.
      const next = lineOf(channel, row, address);
      store.channels.updateInbox(row.id, { line: next });
      return this.#run(row.tenant, next);
    }
    const event = `${row.channel}/${row.event}`;
    const message = { text: row.text, via: viaOf(channel, row, address), event, by: address.person };
    const { session, position } =
      row.session === null
        ? await this.#deliver(channel, row, message)
        : // Of before it was written down where: anywhere.
          { session: row.session, position: row.position ?? 1 };
    if (row.session === null) {
      store.transaction(() => {
        store.channels.putLine({ tenant: row.tenant, agent: channel.agent, owner: ownerOf(row, address), session });
        store.channels.updateInbox(row.id, { state: 'delivered', session, position });
      });
      bells.ring([row.tenant, channel.agent, ownerOf(row, address)]);
    }
    const texts = await this.#answer(row, { session, position }, message.event);
    this.#finish(row, line, texts);
  }

  async #deliver(channel: Channel, row: InboxRecord, message: PersonMessage): Promise<MessagePlace> {
    const { store, conversations, key } = this.#parts;
    const { tenant } = row;
    const address = this.#addressOf(channel, row);
    const known = store.channels.line(tenant, channel.agent, ownerOf(row, address));
    const place = known === null ? null : await conversations.send(known, message);
    if (place) return place;
    const person = row.isPrivate ? address.person : standIn(key, 'group', [tenant, row.channel, row.thread]);
    return conversations.start({ tenant, agent: channel.agent, person, message });
  }

  /** What is said from that message on until it is the person's turn. */
  async #answer(row: InboxRecord, { session, position }: MessagePlace, event: string): Promise<string[]> {
    const { conversations, scope } = this.#parts;
    const texts: string[] = [];
    let isIts = false;
    for await (const heard of conversations.hear(session, position - 1, scope.signal)) {
      if (heard.type === 'said' && heard.role === 'user') isIts ||= heard.event === event;
      if (!isIts) continue;
      if (heard.type === 'said' && heard.role === 'assistant') texts.push(heard.text);
      if (heard.type === 'asks') this.#askedFor(row, session, heard);
      if (heard.type === 'rests') return texts;
      if (heard.type === 'ended') return heard.failure === null ? texts : [...texts, endedText(heard.failure)];
    }
    throw new HoldfastError('cancelled', 'the daemon closes');
  }

  #askedFor(row: InboxRecord, session: string, { tool, position }: { tool: string; position: number }): void {
    const { store, clock, outbox } = this.#parts;
    const key = `asked ${session}.${position}`;
    const nowMs = clock.nowMs();
    if (store.channels.getValue(key, nowMs) !== null) return;
    store.transaction(() => {
      store.channels.putValue(key, true, nowMs + askedKeptMs);
      this.#reply(row, [`Before I do this (${tool}), somebody has to approve it. I go on when that is done.`]);
    });
    outbox.flush();
  }

  #finish(row: InboxRecord, line: string, texts: readonly string[]): void {
    const { store, log, journal, linking } = this.#parts;
    const channel = this.#parts.find(row.tenant, row.channel);
    store.transaction(() => {
      store.channels.updateInbox(row.id, { state: 'done' });
      const address = channel && this.#addressOf(channel, row);
      const own = address && (isDecisionLine(line) ? decisionLineOf(row, address) : lineOf(channel, row, address));
      if (own === null || own === line) return this.#reply(row, texts);
      const body = { channel: row.channel, address: linking.guest(row), why: 'it was linked or unlinked meanwhile' };
      log.warn(body, 'an answer is not sent');
      journal({ tenant: row.tenant, sandbox: null, type: 'channel-message-not-sent', body });
    });
  }

  #fail(row: InboxRecord, line: string, code: string): void {
    const text = `I cannot answer this (${code}).`;
    this.#finish(row, line, [text]);
    const channel = this.#parts.find(row.tenant, row.channel);
    // A page reads answers in its session, and this one is in none.
    if (channel?.kind === 'web') this.#parts.bells.ring([row.tenant, channel.agent, personOwner(row.address)], text);
  }

  #reply(row: InboxRecord, texts: readonly string[]): void {
    if (this.#parts.find(row.tenant, row.channel)?.kind === 'web' || texts.length === 0) return;
    this.#parts.outbox.put(row, texts.join('\n\n'));
  }

  #drop(row: InboxRecord, why: string): null {
    this.#parts.log.warn({ channel: row.channel, message: row.id, why }, 'a message of a channel is not answered');
    this.#parts.store.channels.updateInbox(row.id, { state: 'done' });
    return null;
  }

  #addressOf(channel: Channel, row: InboxRecord): AddressRecord {
    const { tenant, channel: name, address } = row;
    const fresh = { tenant, channel: name, address, disclosedMs: null, lastInboundMs: row.receivedMs };
    // Its token names the person.
    if (channel.kind === 'web') return { ...fresh, person: address, linkedMs: row.receivedMs };
    const guest = this.#parts.linking.guest(row);
    return this.#parts.store.channels.address(row) ?? { ...fresh, person: guest, linkedMs: null };
  }
}

function ownerOf({ isPrivate, channel, thread }: InboxRecord, { person }: AddressRecord): string {
  return isPrivate ? personOwner(person) : `thread:${channel}:${thread}`;
}

function lineOf({ agent }: Channel, row: InboxRecord, address: AddressRecord): string {
  return `${agent} ${ownerOf(row, address)}`;
}

/** No conversation's: no agent is called so. It ends with whose it is, as theirs do. */
const decisionLineOf = (row: InboxRecord, address: AddressRecord): string => `!decide ${ownerOf(row, address)}`;
const isDecisionLine = (line: string): boolean => line.startsWith('!decide ');

/** In a thread that several read, nobody is who an address is linked to. */
export function viaOf(
  { name, most, carries, follows }: Channel,
  { isPrivate }: Pick<InboxRecord, 'isPrivate'>,
  { linkedMs }: Pick<AddressRecord, 'linkedMs'>,
): Via {
  const linked = isPrivate && linkedMs !== null;
  return { channel: name, linked, most: linked ? most.linked : most.unlinked, carries, follows };
}

const endedText = (failure: string): string =>
  `This conversation is over (${failure}). Write again to begin another one.`;
