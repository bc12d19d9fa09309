import { describe, expect, it } from 'vitest';
import { runAgain, unsteady } from '../../scripts/second-run.ts';

const file = (name: string, ...statuses: string[]) => ({
  name: `/checkout/test/${name}`,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status, at) => ({ fullName: `test ${at}`, status })),
});

describe('a second run', () => {
  it('is of the files that failed, and of no others', () => {
    const report = { testResults: [file('a', 'passed'), file('b', 'passed', 'failed'), file('c', 'skipped')] };
    expect(runAgain(report)).toEqual(['/checkout/test/b']);
    expect(unsteady(report, '/checkout')).toEqual(['test/b: test 1']);
  });

  it('is made of a file that could not even begin', () => {
    const report = { testResults: [{ name: '/checkout/test/b', status: 'failed', assertionResults: [] }] };
    expect(runAgain(report)).toEqual(['/checkout/test/b']);
    expect(unsteady(report, '/checkout')).toEqual(['test/b']);
  });

  it('is not made when nothing failed, nor when much did', () => {
    expect(runAgain({ testResults: [file('a', 'passed')] })).toEqual([]);
    expect(runAgain({ testResults: ['a', 'b', 'c', 'd'].map((name) => file(name, 'failed')) })).toEqual([]);
  });
});
