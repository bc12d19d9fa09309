import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAuthority, writeAuthority } from './authority.ts';
import { headerValues, maxHeadBytes, readHead } from './http-head.ts';

const read = (text: string) => readHead(Buffer.from(text, 'latin1'));

describe('readHead', () => {
  it('reads a head, and leaves what follows', () => {
    const text = 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\nX-A:  b c \r\n\r\nmore\nthan that';
    expect(read(text)).toEqual({
      state: 'complete',
      head: {
        method: 'CONNECT',
        target: 'a.example:443',
        version: '1.1',
        headers: ['Host', 'a.example:443', 'X-A', 'b c'],
        length: text.indexOf('more'),
      },
    });
  });

  it('wants more until the empty line, whatever the split (2)', () => {
    const text = 'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n';
    for (let length = 0; length < text.length; length++) expect(read(text.slice(0, length))).toEqual({ state: 'more' });
    expect(read(text).state).toBe('complete');
  });

  it.each([
    ['a bare LF', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['a bare LF as the end', 'GET / HTTP/1.1\r\nHost: a\n\n'],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n'],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n'],
    ['NUL in a value', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n'],
    ['NUL in the target', 'GET /\0 HTTP/1.1\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
    ['a header without a name', 'GET / HTTP/1.1\r\n: a\r\n\r\n'],
    ['two spaces', 'GET  / HTTP/1.1\r\n\r\n'],
    ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n'],
    ['another version', 'GET / HTTP/2.0\r\n\r\n'],
    ['no version', 'GET /\r\n\r\n'],
    ['an empty line first', '\r\n\r\nGET / HTTP/1.1\r\n\r\n'],
    ['bytes that are not ASCII in the target', 'GET /\xe4 HTTP/1.1\r\n\r\n'],
  ])('refuses %s (1)', (_, text) => {
    expect(read(text)).toMatchObject({ state: 'malformed', status: 400 });
  });

  it('refuses what is too large (2)', () => {
    expect(read(`GET / HTTP/1.1\r\nX: ${'a'.repeat(maxHeadBytes)}`)).toMatchObject({ status: 431 });
    expect(read(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(300)}\r\n`)).toMatchObject({ status: 431 });
  });

  it('throws for no bytes at all', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readHead(Buffer.from(bytes))));
  });

  it('finds all values of a header', () => {
    expect(headerValues(['Host', 'a', 'x', 'y', 'HOST', 'b'], 'host')).toEqual(['a', 'b']);
  });
});

describe('readAuthority', () => {
  it.each([
    ['a.example:443', { host: 'a.example', port: 443 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['1.2.3.4:1', { host: '1.2.3.4', port: 1 }],
  ])('reads %s, and writes it again', (text, authority) => {
    expect(readAuthority(text)).toEqual(authority);
    expect(writeAuthority(authority)).toBe(text);
  });

  it.each([
    'a.example',
    'a:b@c:1',
    '::1:80',
    'a:0',
    'a:65536',
    'a:',
    ':80',
    '[::1',
    '[a]:1',
    'a b:1',
    'a/b:1',
    'a:1:2',
    '',
  ])('refuses %j', (text) => {
    expect(readAuthority(text)).toBeNull();
  });

  it('takes a default port', () => {
    expect(readAuthority('a.example', 80)).toEqual({ host: 'a.example', port: 80 });
  });
});
