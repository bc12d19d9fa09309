import { expect, it } from 'vitest';
import { poolOf } from './pool-options.ts';

it.each([
  ['8', { template: 'host', size: 8 }],
  ['debian=4', { template: 'debian', size: 4 }],
  ['debian@microvm=4', { template: 'debian', size: 4, isolation: 'microvm' }],
  ['host@userspace-kernel=0', { template: 'host', size: 0, isolation: 'userspace-kernel' }],
])('a pool: %s', (text, pool) => {
  expect(poolOf(text)).toEqual(pool);
});

it.each(['', '1.5', '-1', 'debian', 'debian=', '=4', '@microvm=4', 'debian@=4', 'debian@microvm', 'a@microvm@vm=4'])(
  'no pool: "%s"',
  (text) => {
    expect(() => poolOf(text)).toThrow(`--pool does not take "${text}"`);
  },
);

it('an isolation is one of those there are', () => {
  expect(() => poolOf('debian@container=4')).toThrow('--pool does not take "container"');
});
