/**
 * Linking an address to a person who is known elsewhere, and undoing it.
 *
 * 1. A code is shown where the person is known and sent from the address. It is used once, within ten minutes, in its own tenant,
 *    in a private thread. One that is used in a thread that others read is used up.
 * 2. Both sides say yes: one by asking for the code, the other by answering to what it is told that linking means. Pages of the
 *    person are told when it happens.
 * 3. Without a link nothing is shared: an address has a name and a conversation of its own.
 * 4. Whoever guesses is stopped after five wrong codes an hour, and learns nothing from the answers.
 * 5. Every link and its end stand in the journal; neither address nor person does there, names that stand for them do.
 * 6. They, codes and refusals stand in the audit log too, about the person, before anything comes of them: what cannot be
 *    logged is not linked. What is sealed with somebody else's key has no address in it.
 */
import { isoTime } from '../base/index.ts';
import { type AuditKind, type Channel, HoldfastError, type LinkCode, type LinkedAddress } from '../schema/index.ts';
import type { AddressRecord, CodeRecord, InboxRecord } from '../state/index.ts';
import type { Bells } from './bells.ts';
import { makeCode, personOwner, readCode, standIn } from './tokens.ts';
import type { ChannelParts } from './types.ts';

const codeMs = 10 * 60_000;
const answerMs = 10 * 60_000;
const triesMs = 3_600_000;
const mostTries = 5;

export class Linking {
  readonly #parts: ChannelParts;
  readonly #bells: Bells;

  constructor(parts: ChannelParts, bells: Bells) {
    this.#parts = parts;
    this.#bells = bells;
  }

  /** A code for that person, to be sent from elsewhere. */
  issue({ tenant, name, linking }: Channel, person: string): LinkCode {
    if (!linking) {
      throw new HoldfastError('forbidden', `the channel ${name} links nobody`, {
        hint: 'Its owner allows it: linking.',
      });
    }
    const { key, random, clock, store } = this.#parts;
    const expiresMs = clock.nowMs() + codeMs;
    const unused = { usedMs: null, usedChannel: null, usedAddress: null, answeredMs: null };
    const facts: Omit<CodeRecord, 'id'> = { tenant, person, channel: name, expiresMs, ...unused };
    const { code, id } = makeCode(key, random, facts);
    this.#audit('channel-code-issued', { tenant, person }, { channel: name });
    store.channels.putCode({ ...facts, id });
    this.#journal('channel-code-issued', tenant, { channel: name, person: this.#nameless(tenant, person) });
    return { code, expiresAt: isoTime(expiresMs) };
  }

  /** What to answer to a code or to a yes or no, null when the message is neither. Part of the caller's transaction. */
  take(channel: Channel, row: InboxRecord, address: AddressRecord): string | null {
    const { store, clock } = this.#parts;
    const said = wordsOf(channel, row.text);
    const code = readCode(said);
    if (code) return this.#use(channel, row, address, code);
    const word = said.toLowerCase();
    if (word !== 'yes' && word !== 'no') return null;
    const asked = row.isPrivate ? store.channels.unanswered(row, clock.nowMs() - answerMs) : null;
    if (!asked) return null;
    store.channels.putCode({ ...asked, answeredMs: clock.nowMs() });
    if (word === 'no') return 'Nothing was linked.';
    if (address.linkedMs !== null) return alreadyLinked;
    const place = { channel: row.channel, address: row.address, from: asked.channel };
    this.#audit('channel-linked', asked, place, 'allowed');
    store.channels.putAddress({ ...address, person: asked.person, linkedMs: clock.nowMs() });
    this.#journal('channel-linked', row.tenant, {
      ...this.#facts(row),
      person: this.#nameless(row.tenant, asked.person),
      from: asked.channel,
    });
    const told = `${masked(row.address)} on ${channel.name} was linked to you. If that was not you, end the link here.`;
    this.#bells.ring([row.tenant, channel.agent, personOwner(asked.person)], told);
    return 'Linked. The conversation goes on here. Send !unlink to end that.';
  }

  /** Its own name and conversation again; false when it was not linked. Part of the caller's transaction. */
  unlink(address: AddressRecord, by: 'person' | 'address'): boolean {
    if (address.linkedMs === null) return false;
    const { store } = this.#parts;
    this.#audit('channel-unlinked', address, { channel: address.channel, address: address.address, by });
    store.channels.putAddress({ ...address, person: this.guest(address), linkedMs: null });
    store.channels.refuseWaiting(address, 'the address was unlinked');
    this.#journal('channel-unlinked', address.tenant, {
      ...this.#facts(address),
      person: this.#nameless(address.tenant, address.person),
      by,
    });
    return true;
  }

  links(tenant: string, person: string): LinkedAddress[] {
    return this.#parts.store.channels.linked(tenant, person).map((record) => ({
      id: this.guest(record),
      channel: record.channel,
      address: masked(record.address),
      linkedAt: isoTime(record.linkedMs ?? 0),
    }));
  }

  /** The name of whoever writes from an address that is linked to nobody. */
  guest({ tenant, channel, address }: Pick<AddressRecord, 'tenant' | 'channel' | 'address'>): string {
    return standIn(this.#parts.key, 'guest', [tenant, channel, address]);
  }

  #use(
    channel: Channel,
    row: InboxRecord,
    address: AddressRecord,
    code: NonNullable<ReturnType<typeof readCode>>,
  ): string {
    const { store, clock, key } = this.#parts;
    const nowMs = clock.nowMs();
    const triesKey = `tries ${this.guest(row)}`;
    const tries = Number(store.channels.getValue(triesKey, nowMs) ?? 0);
    const found = tries < mostTries ? store.channels.code(code.id) : null;
    const isGood =
      found?.tenant === row.tenant && code.isSigned(key, found) && found.usedMs === null && nowMs < found.expiresMs;
    if (!found || !isGood || !channel.linking) {
      this.#audit('channel-code-refused', address, { ...this.#facts(row), tries: tries + 1 }, 'denied');
      store.channels.putValue(triesKey, tries + 1, nowMs + triesMs);
      this.#journal('channel-code-refused', row.tenant, { ...this.#facts(row), tries: tries + 1 });
      return 'This code does not work. Ask for a new one where you got it.';
    }
    const used = { ...found, usedMs: nowMs, usedChannel: row.channel, usedAddress: row.address };
    if (!row.isPrivate) {
      this.#audit('channel-code-refused', address, { ...this.#facts(row), why: 'others read there' }, 'denied');
      store.channels.putCode({ ...used, answeredMs: nowMs });
      this.#journal('channel-code-refused', row.tenant, { ...this.#facts(row), why: 'others read there' });
      return 'Others read here, so this code is used up. Ask for a new one and send it in a private thread.';
    }
    if (address.linkedMs !== null) return alreadyLinked;
    store.channels.putCode(used);
    return (
      `Somebody who is known on ${found.channel} as "${found.person}" wants this address to go on with that conversation. ` +
      `If you agree, they can read what you write here, and what you do here is done in that name. Is that you? Answer YES or NO.`
    );
  }

  /** The journal is for good, and erasing a person does not reach it. */
  #nameless(tenant: string, person: string): string {
    return standIn(this.#parts.key, 'person', [tenant, person]);
  }

  #facts(row: Pick<AddressRecord, 'tenant' | 'channel' | 'address'>): Record<string, unknown> {
    return { channel: row.channel, address: this.guest(row) };
  }

  #audit(
    kind: AuditKind,
    { tenant, person }: { tenant: string; person: string },
    body: Record<string, unknown>,
    decision?: 'allowed' | 'denied',
  ): void {
    this.#parts.audit({ kind, tenant, person, body, ...(decision === undefined ? {} : { decision }) });
  }

  #journal(type: string, tenant: string, body: Record<string, unknown>): void {
    this.#parts.journal({ tenant, sandbox: null, type, body });
  }
}

const alreadyLinked = 'This address is linked already. Send !unlink first.';

/** All of it; of a mail its first line, since people sign what they write there. */
function wordsOf({ kind }: Channel, text: string): string {
  const said = text.trim();
  return kind === 'email' ? (said.split('\n')[0] ?? '').trim() : said;
}

/** The ends of a number or name, enough for whoever owns it. */
function masked(address: string): string {
  return address.length <= 4 ? '…' : `${address.slice(0, 2)}…${address.slice(-2)}`;
}
