import { expect, it } from 'vitest';
import { systemRandom } from '../base/index.ts';
import type { CodeRecord } from '../state/index.ts';
import { makeCode, makeToken, readCode, readToken, standIn } from './tokens.ts';

const key = new Uint8Array(32).fill(1);
const facts: Omit<CodeRecord, 'id'> = {
  tenant: 'default',
  person: 'ada',
  channel: 'site',
  expiresMs: 1000,
  usedMs: null,
  usedChannel: null,
  usedAddress: null,
  answeredMs: null,
};

it('signs a code together with what it stands for (3)', () => {
  const { code, id } = makeCode(key, systemRandom, facts);
  expect(code).toMatch(/^HF(-[2-9A-HJKMNP-TV-Z]{5}){3}$/);
  const read = readCode(` ${code.toLowerCase()} `);
  expect(read?.id).toBe(id);
  expect(read?.isSigned(key, { ...facts, id })).toBe(true);
  const others = [{ person: 'eve' }, { tenant: 'other' }, { channel: 'phone' }, { expiresMs: 2000 }];
  for (const other of others) expect(read?.isSigned(key, { ...facts, id, ...other })).toBe(false);
  expect(read?.isSigned(new Uint8Array(32).fill(2), { ...facts, id })).toBe(false);
  // What is in the database is no code.
  expect(readCode(id)).toBeNull();
  const made = new Set([...Array(1000)].map(() => makeCode(key, systemRandom, facts).code));
  expect(made.size).toBe(1000);
});

it('makes a token for one person of one channel, until its end (1)', () => {
  const place = { tenant: 'default', channel: 'site' };
  const { token, expiresAt } = makeToken(key, { ...place, person: 'ada@example.com' }, 5000);
  expect([readToken(key, token, place, 4999), expiresAt]).toEqual(['ada@example.com', '1970-01-01T00:00:05.000Z']);
  const refused = [
    () => readToken(key, token, place, 5000),
    () => readToken(key, token, { ...place, tenant: 'other' }, 0),
    () => readToken(key, token, { ...place, channel: 'phone' }, 0),
    () => readToken(new Uint8Array(32), token, place, 0),
    () => readToken(key, null, place, 0),
    () => readToken(key, token.replace('.', '..'), place, 0),
  ];
  for (const read of refused) expect(read).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});

it('names addresses so that nobody finds them by the name', () => {
  const name = standIn(key, 'guest', ['default', 'phone', '4917']);
  expect(name).toMatch(/^guest\.[0-9a-f]{24}$/);
  expect(standIn(key, 'guest', ['default', 'phone', '4917'])).toBe(name);
  const others = [
    standIn(key, 'group', ['default', 'phone', '4917']),
    standIn(key, 'guest', ['default', 'phone', '4918']),
    standIn(key, 'guest', ['default', 'phone,4917']),
    standIn(new Uint8Array(32), 'guest', ['default', 'phone', '4917']),
  ];
  expect(new Set([name, ...others]).size).toBe(5);
});
