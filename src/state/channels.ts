/**
 * Channels at rest.
 *
 * 1. An event of a channel is taken once, also across restarts: its id is unique per tenant and channel for as long as its
 *    row is kept, which is longer than its sender may repeat it.
 * 2. Rows count up, and what belongs to one conversation is done in that order.
 */
import {
  type AddressRecord,
  type ChannelRepository,
  type CodeRecord,
  type InboxRecord,
  type LineRecord,
  notesOf,
  type OutboxRecord,
} from './channel-types.ts';
import type { Database } from './database.ts';
import { type Columns, Table } from './table.ts';

const addresses: Columns<AddressRecord> = {
  tenant: 'text',
  channel: 'text',
  address: 'text',
  person: 'text',
  linkedMs: 'number',
  disclosedMs: 'number',
  lastInboundMs: 'number',
};
const inbox: Columns<InboxRecord> = {
  id: 'number',
  tenant: 'text',
  channel: 'text',
  event: 'text',
  address: 'text',
  thread: 'text',
  isPrivate: 'flag',
  text: 'text',
  receivedMs: 'number',
  line: 'text',
  state: 'text',
  session: 'text',
  position: 'number',
};
const outbox: Columns<OutboxRecord> = {
  id: 'number',
  tenant: 'text',
  channel: 'text',
  address: 'text',
  thread: 'text',
  text: 'text',
  state: 'text',
  attempts: 'number',
  putMs: 'number',
  nextMs: 'number',
  why: 'text',
};
const codes: Columns<CodeRecord> = {
  id: 'text',
  tenant: 'text',
  person: 'text',
  channel: 'text',
  expiresMs: 'number',
  usedMs: 'number',
  usedChannel: 'text',
  usedAddress: 'text',
  answeredMs: 'number',
};
interface ValueRecord {
  key: string;
  value: unknown;
  expiresMs: number | null;
}

type Place = Pick<AddressRecord, 'tenant' | 'channel' | 'address'>;

export class ChannelTables implements ChannelRepository {
  readonly #database: Database;
  readonly #addresses: Table<AddressRecord>;
  readonly #inbox: Table<InboxRecord>;
  readonly #outbox: Table<OutboxRecord>;
  readonly #codes: Table<CodeRecord>;
  readonly #lines: Table<LineRecord>;
  readonly #values: Table<ValueRecord>;

  constructor(database: Database) {
    this.#database = database;
    this.#addresses = new Table(database, 'channel_addresses', addresses);
    this.#inbox = new Table(database, 'channel_inbox', inbox);
    this.#outbox = new Table(database, 'channel_outbox', outbox);
    this.#codes = new Table(database, 'channel_codes', codes);
    const line: Columns<LineRecord> = { tenant: 'text', agent: 'text', owner: 'text', session: 'text' };
    this.#lines = new Table(database, 'channel_lines', line);
    this.#values = new Table<ValueRecord>(database, 'channel_values', {
      key: 'text',
      value: 'json',
      expiresMs: 'number',
    });
  }

  address({ tenant, channel, address }: Place): AddressRecord | null {
    return this.#addresses.first('tenant = ? AND channel = ? AND address = ?', tenant, channel, address);
  }

  putAddress(record: AddressRecord): void {
    this.#addresses.insert(record, 'replace');
  }

  linked(tenant: string, person: string): AddressRecord[] {
    const condition = 'tenant = ? AND person = ? AND linkedMs IS NOT NULL ORDER BY channel, address';
    return this.#addresses.select(condition, tenant, person);
  }

  receive(record: Omit<InboxRecord, 'id' | 'line' | 'state' | 'session' | 'position'>): InboxRecord | null {
    return this.#database.transaction(() => {
      const { tenant, channel, event } = record;
      if (this.#inbox.first('tenant = ? AND channel = ? AND event = ?', tenant, channel, event)) return null;
      const id = this.#nextId('channel_inbox');
      const row: InboxRecord = { ...record, id, line: null, state: 'received', session: null, position: null };
      this.#inbox.insert(row);
      return row;
    });
  }

  updateInbox(id: number, patch: Partial<InboxRecord>): void {
    this.#inbox.update(patch, 'id = ?', id);
  }

  open(id: number): InboxRecord | null {
    return this.#inbox.first("id = ? AND state <> 'done'", id);
  }

  openInbox(): InboxRecord[] {
    return this.#inbox.select("state <> 'done' ORDER BY id");
  }

  nextOf(tenant: string, line: string): InboxRecord | null {
    return this.#inbox.first("state <> 'done' AND tenant = ? AND line = ? ORDER BY id LIMIT 1", tenant, line);
  }

  line(tenant: string, agent: string, owner: string): string | null {
    return this.#lines.first('tenant = ? AND agent = ? AND owner = ?', tenant, agent, owner)?.session ?? null;
  }

  putLine(record: LineRecord): void {
    this.#lines.insert(record, 'replace');
  }

  send(record: Omit<OutboxRecord, 'id' | 'state' | 'attempts' | 'why'>): OutboxRecord {
    return this.#database.transaction(() => {
      const row: OutboxRecord = {
        ...record,
        id: this.#nextId('channel_outbox'),
        state: 'waiting',
        attempts: 0,
        why: null,
      };
      this.#outbox.insert(row);
      return row;
    });
  }

  updateOutbox(id: number, patch: Partial<OutboxRecord>): void {
    this.#outbox.update(patch, 'id = ?', id);
  }

  openThreads(): Pick<OutboxRecord, 'tenant' | 'channel' | 'thread'>[] {
    return this.#database
      .statement("SELECT DISTINCT tenant, channel, thread FROM channel_outbox WHERE state = 'waiting'")
      .all()
      .map((row) => ({
        tenant: String(row['tenant']),
        channel: String(row['channel']),
        thread: String(row['thread']),
      }));
  }

  nextOut({ tenant, channel, thread }: Pick<OutboxRecord, 'tenant' | 'channel' | 'thread'>): OutboxRecord | null {
    const condition = "state = 'waiting' AND tenant = ? AND channel = ? AND thread = ? ORDER BY id LIMIT 1";
    return this.#outbox.first(condition, tenant, channel, thread);
  }

  refuseWaiting({ tenant, channel, address }: Place, why: string): void {
    const condition = "state = 'waiting' AND tenant = ? AND channel = ? AND address = ?";
    this.#outbox.update({ state: 'refused', why }, condition, tenant, channel, address);
  }

  code(id: string): CodeRecord | null {
    return this.#codes.first('id = ?', id);
  }

  putCode(record: CodeRecord): void {
    this.#codes.insert(record, 'replace');
  }

  unanswered({ tenant, channel, address }: Place, sinceMs: number): CodeRecord | null {
    return this.#codes.first(
      `tenant = ? AND usedChannel = ? AND usedAddress = ? AND answeredMs IS NULL AND usedMs >= ?
       ORDER BY usedMs DESC LIMIT 1`,
      tenant,
      channel,
      address,
      sinceMs,
    );
  }

  getValue(key: string, nowMs: number): unknown {
    return this.#values.first('key = ? AND (expiresMs IS NULL OR expiresMs > ?)', key, nowMs)?.value ?? null;
  }

  putValue(key: string, value: unknown, expiresMs: number | null): void {
    this.#values.insert({ key, value, expiresMs }, 'replace');
  }

  deleteValue(key: string): void {
    this.#values.remove('key = ?', key);
  }

  forget(tenant: string, person: string): void {
    const owner = `person:${person}`;
    for (const { channel, address } of this.#addresses.select('tenant = ? AND person = ?', tenant, person)) {
      const place = 'tenant = ? AND channel = ? AND address = ?';
      this.#inbox.remove(place, tenant, channel, address);
      this.#outbox.remove(place, tenant, channel, address);
      this.#addresses.remove(place, tenant, channel, address);
      // An adapter's notes end with whom they are about, or name them: all names of one address lead to that one.
      this.#values.remove(
        'instr(key, ?) = 1 AND (substr(key, -length(?)) = ? OR instr(value, ?) > 0)',
        notesOf({ tenant, channel }),
        `:${address}`,
        `:${address}`,
        JSON.stringify(address),
      );
    }
    this.#inbox.remove("tenant = ? AND substr(line, instr(line, ' ') + 1) = ?", tenant, owner);
    this.#codes.remove('tenant = ? AND person = ?', tenant, person);
    this.#lines.remove('tenant = ? AND owner = ?', tenant, owner);
  }

  purge(beforeMs: number, nowMs: number): void {
    const hasLine = "'person:' || hold.person = substr(line, instr(line, ' ') + 1)";
    const came = isHeld('channel_inbox', `${hasAddress('channel_inbox')} OR ${hasLine}`);
    this.#inbox.remove(`state = 'done' AND receivedMs < ? AND NOT ${came}`, beforeMs);
    const went = isHeld('channel_outbox', hasAddress('channel_outbox'));
    this.#outbox.remove(`state <> 'waiting' AND nextMs < ? AND NOT ${went}`, beforeMs);
    const isTheirs = isHeld('channel_codes', 'hold.person = channel_codes.person');
    this.#codes.remove(`expiresMs < ? AND NOT ${isTheirs}`, beforeMs);
    this.#values.remove('expiresMs IS NOT NULL AND expiresMs <= ?', nowMs);
  }

  #nextId(table: 'channel_inbox' | 'channel_outbox'): number {
    const row = this.#database.statement(`SELECT max(id) AS last FROM ${table}`).get();
    return Number(row?.['last'] ?? 0) + 1;
  }
}

/** A legal hold is on everybody of the row's tenant, or on whom that says. */
const isHeld = (table: string, isTheirs: string): string => `EXISTS (
  SELECT 1 FROM legal_holds AS hold
  WHERE hold.tenant = ${table}.tenant AND (hold.person IS NULL OR ${isTheirs})
)`;
const hasAddress = (table: string): string => `hold.person IN (
  SELECT known.person FROM channel_addresses AS known
  WHERE known.tenant = ${table}.tenant AND known.channel = ${table}.channel AND known.address = ${table}.address
)`;
