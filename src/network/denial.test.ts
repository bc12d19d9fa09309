import { expect, it } from 'vitest';
import { HoldfastError } from '../schema/index.ts';
import { denialResponse, failureResponse, forReader } from './denial.ts';

const destination = { host: 'a.example.com', port: 443 };
const decision = {
  allowed: false,
  code: 'path-not-allowed',
  rule: null,
  message: 'Not this path',
  hint: 'Say more.',
} as const;

it('gives the reason in the first line, a header and the body', () => {
  const { head, body } = denialResponse(decision, destination);
  expect([head.status, head.reason]).toEqual([403, 'Forbidden by network policy (path-not-allowed)']);
  expect(head.headers).toContain('path-not-allowed');
  expect(JSON.parse(body.toString())).toMatchObject({
    error: {
      decision: 'path-not-allowed',
      message: expect.stringMatching(/^Not this path\. .*does not help/),
      retryable: false,
    },
  });
  expect(denialResponse(decision, destination, 400).head.reason).toBe(
    'Bad Request by network policy (path-not-allowed)',
  );
});

it('does not call a failure of the outside a decision', () => {
  const { head } = failureResponse(new HoldfastError('network-unreachable', 'nobody answers'), destination);
  expect([head.status, head.reason]).toEqual([502, 'Bad Gateway']);
});

it('speaks plain text to git, and JSON to everybody else', () => {
  const whole = denialResponse(decision, destination);
  expect(forReader(whole, 'curl/8')).toEqual(whole);
  expect(forReader(whole, null)).toEqual(whole);
  const { head, body } = forReader(whole, 'git/2.39.5');
  expect(body.toString()).toMatch(/^Not this path\. .*does not help\.\nSay more\.\n$/);
  expect(head.headers.slice(0, 2)).toEqual(['content-type', 'text/plain; charset=utf-8']);
  expect(head.headers.slice(-2)).toEqual(['content-length', String(body.length)]);
  expect(forReader(denialResponse({ ...decision, hint: null }, destination), 'git/2').body.toString()).not.toContain(
    'null',
  );
});
