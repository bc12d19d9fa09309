import { expect, it } from 'vitest';
import { parseInput } from './parse.ts';
import { sendToSessionSchema } from './session.ts';

it('refuses data that is nested without end as its sender’s mistake', () => {
  const deep: unknown = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
  expect(() => parseInput(sendToSessionSchema, { data: deep }, 'send')).toThrow(
    expect.objectContaining({ code: 'invalid-argument', fault: 'caller', message: 'send: it is nested too deeply' }),
  );
  expect(parseInput(sendToSessionSchema, { data: [[[1]]] }, 'send').data).toEqual([[[1]]]);
});
