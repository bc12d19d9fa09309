import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HoldfastError } from '../../schema/index.ts';
import { type Contract, contractSchema } from '../document/contract.ts';
import { parseContract } from '../document/read.ts';
import { loadPrograms } from '../probes/programs.ts';
import { firstExec } from './first-exec.ts';

const programs = await loadPrograms();
const mark = 'cafe0123';
const path = join(import.meta.dirname, '../../../contracts/coding-agent-1.0.0.yaml');
const shipped = parseContract(readFileSync(path, 'utf8'), path).value;

const contractOf = (fields: object): Contract =>
  contractSchema.parse({ format: 'holdfast-contract/1', contract: 'held/1.0.0', date: '2026-11-28', fields });

/** What a shell with these variables comes to. */
function asked(fields: object, environment: Record<string, string>): HoldfastError | null {
  const first = firstExec(contractOf(fields), programs);
  const [program = '', ...words] = first.argv(mark) ?? [];
  const { stdout } = spawnSync(program, words, { env: { PATH: process.env['PATH'], ...environment }, cwd: '/' });
  return first.judge(mark, stdout);
}

describe('the first command', () => {
  it('asks what is promised, and nothing where nothing is', () => {
    const argv = firstExec(shipped, programs).argv(mark);
    expect(argv?.slice(0, 2)).toEqual(['/bin/sh', '-c']);
    expect(argv?.[2]).toMatch(/umask[\s\S]*environment\.loader/);
    expect(firstExec(contractOf({}), programs).argv(mark)).toBeNull();
    expect(firstExec(contractOf({ 'identity.umask': { value: '0022' } }), programs).argv(mark)?.[2]).not.toContain(
      'LD_',
    );
  });

  it.each([
    [{ 'exec.cwd.default': { value: '/' }, 'environment.zone': { value: 'unset' } }, {}, null],
    [{ 'exec.cwd.default': { value: '/workspace' } }, {}, 'exec.cwd.default: it is /, and /workspace is promised'],
    [{ 'environment.zone': { value: 'unset' } }, { TZ: 'UTC' }, 'environment.zone: it is UTC, and unset is promised'],
    [
      { 'environment.secret-shaped': { members: [] } },
      { API_KEY: 'x' },
      'environment.secret-shaped: it is also API_KEY, and nothing is promised',
    ],
    [
      { 'environment.names': { has: ['HOME'] } },
      {},
      'environment.names: it is without HOME, and at least HOME is promised',
    ],
    [
      { 'environment.path': { items: ['/a'] } },
      { PATH: '/usr/bin:/bin' },
      'environment.path: it is /usr/bin /bin, and /a is promised',
    ],
    [{ 'environment.proxy': { level: 'range', only: ['NO_PROXY'] } }, { NO_PROXY: '*' }, null],
  ])('of a contract with %j in an environment of %j comes to %s', (fields, environment, problem) => {
    const error = asked(fields, environment);
    if (problem === null) expect(error).toBeNull();
    else
      expect(error).toMatchObject({
        code: 'capability-missing',
        message: `the contract cannot be held here: ${problem}`,
        details: { field: problem.split(':')[0] },
      });
  });

  it('takes no answer for a broken promise, and a reason for none', () => {
    const first = firstExec(contractOf({ 'environment.charset': { value: 'UTF-8' } }), programs);
    expect(first.judge(mark, new Uint8Array())?.message).toContain('the first command said nothing of it');
    const reason = `=${mark} cannot environment.charset\n|there is no locale\n`;
    expect(first.judge(mark, new TextEncoder().encode(reason))).toBeNull();
    // Of another mark is of somebody else.
    expect(first.judge('beef4567', new TextEncoder().encode(reason))).not.toBeNull();
  });
});
