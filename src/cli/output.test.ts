import { expect, it } from 'vitest';
import { formatTable } from './output.ts';

const columns = (first: string, second: string) => [
  { title: first, of: ([name]: string[]) => name ?? '' },
  { title: second, of: ([, value]: string[]) => value ?? '' },
];

it('has a line of titles where there are titles, and none where no column has one', () => {
  const rows = [
    ['state', 'ready'],
    ['id', 'x'],
  ];
  expect(formatTable(rows, columns('NAME', ''))).toBe('NAME\nstate  ready\nid     x\n');
  expect(formatTable(rows, columns('', ''))).toBe('state  ready\nid     x\n');
  expect(formatTable([], columns('NAME', ''))).toBe('NAME\n');
  expect(formatTable([], columns('', ''))).toBe('');
});
