/** Codes that no channel gave, and codes of other tenants; the rest is attacked in test/unit/channel-threats.test.ts. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { NewAuditEntry } from '../audit/index.ts';
import { silentLog, systemClock, systemRandom } from '../base/index.ts';
import { channelSchema, HoldfastError } from '../schema/index.ts';
import { type AddressRecord, type InboxRecord, openStore, type Store } from '../state/index.ts';
import { Bells } from './bells.ts';
import { Linking } from './linking.ts';
import type { ChannelParts, Conversations } from './types.ts';

const key = new Uint8Array(32).fill(3);
const channelOf = (tenant: string) =>
  channelSchema.parse({ name: 'site', kind: 'web', agent: 'desk', tenant, linking: true });
let home: string;
let store: Store;
let linking: Linking;
let audited: NewAuditEntry[];
let isLogDown: boolean;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-linking-'));
  store = openStore({ home });
  audited = [];
  isLogDown = false;
  const parts: ChannelParts = {
    store,
    clock: systemClock,
    log: silentLog,
    random: systemRandom,
    channels: [],
    key,
    // Linking starts no session.
    conversations: {} as Conversations,
    secret: () => Promise.reject(new Error('needs no secret')),
    journal: () => undefined,
    audit: (entry) => {
      if (isLogDown) throw new HoldfastError('audit-unavailable', 'it cannot be written');
      audited.push(entry);
    },
  };
  linking = new Linking(parts, new Bells());
});
afterEach(() => {
  store.close();
  rmSync(home, { recursive: true, force: true });
});

function send(text: string, tenant = 'default'): string | null {
  const place = { tenant, channel: 'phone', address: '4917' };
  const address: AddressRecord = { ...place, person: 'guest.1', linkedMs: null, disclosedMs: 1, lastInboundMs: 1 };
  const row: InboxRecord = {
    ...place,
    id: 1,
    event: 'e',
    thread: 't',
    isPrivate: true,
    text,
    receivedMs: 1,
    line: null,
    state: 'received',
    session: null,
    position: null,
  };
  return linking.take(channelOf(tenant), row, address);
}

it('takes no code of another tenant, though it is good there (1)', () => {
  const { code } = linking.issue(channelOf('default'), 'ada');
  expect(send(code, 'other')).toMatch(/does not work/);
  expect(send(code)).toMatch(/YES or NO/);
});

it('takes no code that was written into the database by somebody without the key', () => {
  const forged = 'HF-22222-33333-44444';
  const unused = { usedMs: null, usedChannel: null, usedAddress: null, answeredMs: null };
  store.channels.putCode({
    id: createHash('sha256').update(forged).digest('hex'),
    tenant: 'default',
    person: 'ada',
    channel: 'site',
    expiresMs: Date.now() + 60_000,
    ...unused,
  });
  expect(send(forged)).toMatch(/does not work/);
  // Nor one that was given to somebody else.
  const { code } = linking.issue(channelOf('default'), 'eve');
  const id = createHash('sha256').update(code).digest('hex');
  const given = store.channels.code(id);
  expect(given?.person).toBe('eve');
  if (given) store.channels.putCode({ ...given, person: 'ada' });
  expect(send(code)).toMatch(/does not work/);
});

it('logs codes, links and refusals about the person, and links nobody when it cannot (6)', () => {
  const { code } = linking.issue(channelOf('default'), 'ada');
  send(code);
  isLogDown = true;
  expect(() => send('yes')).toThrow('it cannot be written');
  expect(() => send('HF-22222-33333-44444')).toThrow('it cannot be written');
  expect(() => linking.issue(channelOf('default'), 'ada')).toThrow('it cannot be written');
  expect(store.channels.linked('default', 'ada')).toEqual([]);
  isLogDown = false;
  send('HF-22222-33333-44444');
  const other = linking.issue(channelOf('default'), 'ada');
  send(other.code);
  expect(send('yes')).toMatch(/Linked/);
  const [address] = store.channels.linked('default', 'ada');
  if (address) linking.unlink(address, 'person');
  expect(audited.map(({ kind, person, decision }) => [kind, person, decision])).toEqual([
    ['channel-code-issued', 'ada', undefined],
    ['channel-code-refused', 'guest.1', 'denied'],
    ['channel-code-issued', 'ada', undefined],
    ['channel-linked', 'ada', 'allowed'],
    ['channel-unlinked', 'ada', undefined],
  ]);
  expect(audited[3]?.body).toEqual({ channel: 'phone', address: '4917', from: 'site' });
  // Sealed with the key of nobody that is known yet.
  expect(JSON.stringify(audited[1]?.body)).not.toContain('4917');
});
