/** To which step a fault of the network belongs, whenever it is told. */
import { expect, it } from 'vitest';
import { stepInNetwork } from './network-steps.ts';

const marks = [
  { step: 1, places: {} },
  { step: 2, places: { 'connection a': 2, 'lookup a': 1 } },
  { step: 3, places: { 'connection a': 5, 'connection b': 1 } },
];
const at = (channel: string, name: unknown, position: unknown) => stepInNetwork(marks, { channel, name, position });

it('is the last that had begun before it, and is counted from that beginning', () => {
  expect(at('connection', 'a', 2)).toEqual({ step: 1, inStep: 2 });
  expect(at('connection', 'a', 3)).toEqual({ step: 2, inStep: 1 });
  expect(at('connection', 'a', 5)).toEqual({ step: 2, inStep: 3 });
  expect(at('connection', 'a', 6)).toEqual({ step: 3, inStep: 1 });
});

it('is counted by channel and host', () => {
  expect(at('lookup', 'a', 1)).toEqual({ step: 3, inStep: 1 });
  expect(at('connection', 'b', 1)).toEqual({ step: 2, inStep: 1 });
  expect(at('request', 'c', 4)).toEqual({ step: 3, inStep: 4 });
});

it.each([
  ['a call of the door', 'call', 'a', 1],
  ['no host', 'connection', undefined, 1],
  ['no place', 'connection', 'a', 'first'],
  ['a place before all', 'connection', 'a', 0],
])('is none for %s', (_what, channel, name, position) => {
  expect(at(channel, name, position)).toBeNull();
  expect(stepInNetwork([], { channel: 'connection', name: 'a', position: 1 })).toBeNull();
});
