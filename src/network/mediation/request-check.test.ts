import { describe, expect, it } from 'vitest';
import type { Incoming } from './message.ts';
import { checkRequest } from './request-check.ts';

const incoming = (headers: string[], host: string): Incoming => ({
  ...{ version: '1.1', method: 'GET', target: '/', authorities: [host], scheme: null, headers },
  ...{ bodyBytes: 0, isWebSocket: false },
  read: () => undefined,
  discard: () => undefined,
  interim: () => undefined,
  respond: () => {
    throw new Error('nobody answers');
  },
  abort: () => undefined,
  onGone: () => undefined,
});

function refusedBy(name: string, value: string, port = 443): string | null {
  const host = port === 443 ? 'friend.test' : `friend.test:${port}`;
  const checked = checkRequest(incoming(['Host', host, name, value], host), { host: 'friend.test', port }, 'https');
  return 'refused' in checked ? checked.refused.code : null;
}

describe('headers that lead to another host', () => {
  it.each([
    ['X-Forwarded-Host', 'other.test'],
    ['x_forwarded_host', 'other.test'],
    ['X-Forwarded-Host', 'friend.test, other.test'],
    ['X-Forwarded-Host', 'friend.test:80'],
    ['X-Forwarded-Host', 'friend.test.'],
    ['X-Forwarded-Host', ''],
    ['X-Forwarded-Server', 'other.test'],
    ['X-Original-Forwarded-Host', 'other.test'],
    ['X-Host', 'x.friend.test'],
    ['X-Original-Host', 'user@friend.test'],
    ['X-HTTP-Host-Override', 'other.test'],
    ['Forwarded', 'host=other.test'],
    ['forwarded', 'for=192.0.2.1; HOST = "other.test" ;proto=https'],
    ['Forwarded', 'host=friend.test, host=other.test'],
    ['Forwarded', 'for="a;host=other.test"'],
    ['Forwarded', 'for="unended, host=other.test'],
    ['Forwarded', 'host="other.test'],
    ['Forwarded', 'host='],
  ])('refuse the request: %s: %s', (name, value) => {
    expect(refusedBy(name, value)).toBe('name-mismatch');
  });

  it.each([
    ['X-Forwarded-Host', 'friend.test'],
    ['X-Forwarded-Host', 'FRIEND.test:443, friend.test'],
    ['X-Host', 'friend.test'],
    ['Forwarded', 'for=192.0.2.1;host=friend.test;proto=https, for=192.0.2.2;host="friend.test:443"'],
    ['Forwarded', 'for=192.0.2.1;proto=https'],
    ['X-Forwarded-For', 'other.test'],
    ['X-Ghost', 'other.test'],
  ])('let it pass where they do not: %s: %s', (name, value) => {
    expect(refusedBy(name, value)).toBeNull();
  });

  it('may leave out the port, and name no other', () => {
    expect(refusedBy('X-Forwarded-Host', 'friend.test', 8443)).toBeNull();
    expect(refusedBy('X-Forwarded-Host', 'friend.test:8443', 8443)).toBeNull();
    expect(refusedBy('X-Forwarded-Host', 'friend.test:443', 8443)).toBe('name-mismatch');
  });
});
