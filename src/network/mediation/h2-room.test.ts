import { EventEmitter } from 'node:events';
import type { Http2Session } from 'node:http2';
import { expect, it } from 'vitest';
import { Http2Room } from './h2-room.ts';

it('gives a thousand connections less than half a gigabyte together, and room back when they close', () => {
  const room = new Http2Room();
  const given: number[] = [];
  const enter = (): Http2Session =>
    room.enter(({ initialWindowSize, maxConcurrentStreams }) => {
      given.push(initialWindowSize * maxConcurrentStreams);
      return new EventEmitter() as unknown as Http2Session;
    });
  const sessions = Array.from({ length: 1024 }, enter);
  expect(given.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(512 * 1024 * 1024);
  const [first = 0] = given;
  expect(given.at(-1)).toBeLessThan(first / 100);
  sessions[0]?.emit('close');
  enter();
  expect(given.at(-1)).toBe(first);
});
