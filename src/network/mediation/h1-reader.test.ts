import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Framing, Http1Reader, MalformedMessage } from './h1-reader.ts';

interface Read {
  events: string[];
  error: string | null;
}

/** Reads requests, framed as the first header line says. */
function read(pieces: Buffer[]): Read {
  const events: string[] = [];
  let body = '';
  const reader: Http1Reader = new Http1Reader({
    head({ startLine, headers }): Framing {
      events.push(`${startLine} ${JSON.stringify(headers)}`);
      if (headers[0] === 'Length') return { kind: 'length', bytes: Number(headers[1]) };
      return { kind: headers[0] === 'Chunked' ? 'chunked' : 'none' };
    },
    body: (chunk) => {
      body += chunk.toString('latin1');
    },
    end: (trailers) => {
      events.push(`${body} ${JSON.stringify(trailers)}`);
      body = '';
      reader.next();
    },
  });
  try {
    for (const piece of pieces) reader.push(piece);
    reader.finish();
  } catch (error) {
    return { events, error: error instanceof MalformedMessage ? error.message : `unexpected ${error}` };
  }
  return { events, error: null };
}

const text = (value: string): Read => read([Buffer.from(value, 'latin1')]);

describe('the HTTP/1.1 reader', () => {
  it('reads heads, bodies, chunks and trailers as they stand', () => {
    expect(
      text(
        'A\r\nLength: 3\r\nX-y:  a b\t\r\n\r\nabcB\r\nChunked: 1\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\nC\r\n\r\n',
      ),
    ).toEqual({
      events: ['A ["Length","3","X-y","a b"]', 'abc []', 'B ["Chunked","1"]', 'abc ["T","1"]', 'C []', ' []'],
      error: null,
    });
  });

  it.each([
    ['a bare line feed', 'A\nB: 1\r\n\r\n'],
    ['a bare line feed that ends the head', 'A\r\nB: 1\n\n'],
    ['a bare carriage return in a value', 'A\r\nB: 1\rC: 2\r\n\r\n'],
    ['two carriage returns', 'A\r\nB: 1\r\r\n\r\n'],
    ['a folded line', 'A\r\nB: 1\r\n 2\r\n\r\n'],
    ['a folded first line', 'A\r\n B: 1\r\n\r\n'],
    ['a space before the colon', 'A\r\nB : 1\r\n\r\n'],
    ['a line without a colon', 'A\r\nB\r\n\r\n'],
    ['a line without a name', 'A\r\n: 1\r\n\r\n'],
    ['a NUL', 'A\r\nB: \0\r\n\r\n'],
    ['an escape', 'A\r\nB: \x1b[0m\r\n\r\n'],
    ['a chunk size with a sign', 'A\r\nChunked: 1\r\n\r\n+1\r\na\r\n0\r\n\r\n'],
    ['a chunk size with a prefix', 'A\r\nChunked: 1\r\n\r\n0x1\r\na\r\n0\r\n\r\n'],
    ['a chunk size with a space', 'A\r\nChunked: 1\r\n\r\n1 \r\na\r\n0\r\n\r\n'],
    ['an empty chunk size', 'A\r\nChunked: 1\r\n\r\n\r\na\r\n0\r\n\r\n'],
    ['a chunk size beyond counting', 'A\r\nChunked: 1\r\n\r\nffffffffffffff\r\n'],
    ['a chunk that ends in a line feed', 'A\r\nChunked: 1\r\n\r\n1\na\r\n0\r\n\r\n'],
    ['a chunk longer than it said', 'A\r\nChunked: 1\r\n\r\n1\r\nab\r\n0\r\n\r\n'],
    ['a long chunk extension', `A\r\nChunked: 1\r\n\r\n1;${'x'.repeat(5000)}\r\na\r\n0\r\n\r\n`],
    ['many chunk extensions', `A\r\nChunked: 1\r\n\r\n${`1;${'x'.repeat(4000)}\r\na\r\n`.repeat(5)}0\r\n\r\n`],
    ['a long head', `A\r\nB: ${'x'.repeat(70_000)}\r\n\r\n`],
    ['a head without an end', `A\r\n${'B: 1\r\n'.repeat(12_000)}`],
    ['long trailers', `A\r\nChunked: 1\r\n\r\n0\r\nB: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a body that ends early', 'A\r\nLength: 3\r\n\r\nab'],
  ])('refuses %s', (_name, message) => {
    const { error } = text(message);
    expect(error).toMatch(/\w/);
    expect(error).not.toContain('unexpected');
  });

  it('reads the same however the bytes are cut', () => {
    const message = Buffer.from(
      'P /\r\nChunked: 1\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\nG /\r\nLength: 5\r\nB: 2\r\n\r\nhello',
    );
    const whole = read([message]);
    fc.assert(
      fc.property(fc.array(fc.nat(message.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), message.length];
        const pieces = at.slice(1).map((end, index) => Buffer.from(message.subarray(at[index] ?? 0, end)));
        expect(read(pieces)).toEqual(whole);
      }),
    );
  });

  it('answers any bytes with messages or one error, never with another failure', () => {
    const tokens = [
      '\r\n',
      '\n',
      '\r',
      ': ',
      'Chunked',
      'Length',
      '3',
      '0',
      'a',
      ';',
      ' ',
      '\0',
      'GET / HTTP/1.1',
      '\r\n\r\n',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 40 }), (parts) => {
        expect(text(parts.join('')).error ?? '').not.toContain('unexpected');
      }),
    );
  });
});
