import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Contract, contractSchema } from '../document/contract.ts';
import { parseContract } from '../document/read.ts';
import { fieldOf } from '../fields/index.ts';
import { type Asked, contradictionsOf, decidedByRequest, refuseRequest } from './request.ts';

const path = join(import.meta.dirname, '../../../contracts/coding-agent-1.0.0.yaml');
const shipped = parseContract(readFileSync(path, 'utf8'), path).value;
const usual: Asked = { lifetimeMs: 3_600_000, limits: {}, hasNetwork: false, user: 'agent', environment: {} };
const mebibyte = 1024 * 1024;

const contractOf = (fields: object): Contract =>
  contractSchema.parse({ format: 'holdfast-contract/1', contract: 'held/1.0.0', date: '2026-11-28', fields });

describe('what a create asks for', () => {
  it('is decided by fields that exist', () => {
    expect(decidedByRequest.filter((id) => fieldOf(id) === null)).toEqual([]);
  });

  it('may be what nobody asked for otherwise, and a network', () => {
    for (const asked of [usual, { ...usual, hasNetwork: true }, { ...usual, lifetimeMs: null }])
      expect(contradictionsOf(shipped, asked)).toEqual([]);
  });

  it.each<[Partial<Asked>, string, string, string]>([
    [{ lifetimeMs: 30_000 }, 'lifecycle.lifetime', 'lifetimeMs', 'it is 30 s, and at least 3600 is promised'],
    [{ lifetimeMs: 3_599_999 }, 'lifecycle.lifetime', 'lifetimeMs', 'it is 3599 s, and'],
    [{ limits: { openFiles: 64 } }, 'resources.open-files', 'limits.openFiles', 'it is 64 at most, and at least 1024'],
    [{ limits: { processes: 16 } }, 'resources.processes-startable', 'limits.processes', 'it is 16 at most'],
    [
      { limits: { diskBytes: 64 * mebibyte } },
      'filesystem.temporary-space',
      'limits.diskBytes',
      'it is 64 MiB at most',
    ],
    [
      { environment: { EDITOR: 'vim' } },
      'environment.editor',
      'environment.EDITOR',
      'it is vim unset unset, and unset unset unset is promised',
    ],
    [
      { environment: { CI: '1', PAGER: 'less' } },
      'environment.editor',
      'environment.PAGER',
      'it is unset unset less, and',
    ],
    [{ environment: { TZ: 'UTC' } }, 'environment.zone', 'environment.TZ', 'it is UTC, and unset is promised'],
    [
      { environment: { HOME: '/tmp' } },
      'environment.home',
      'environment.HOME',
      'it is /tmp, and /home/agent is promised',
    ],
    [{ environment: { LOGNAME: 'me' } }, 'environment.user', 'environment.LOGNAME', 'it is agent me, and agent agent'],
    [
      { environment: { PATH: '/bin:' } },
      'environment.path',
      'environment.PATH',
      'it is /bin , and /usr/local/sbin /usr',
    ],
    [
      { environment: { LC_ALL: 'C' } },
      'environment.locale',
      'environment.LC_ALL',
      'it is LANG=C.UTF-8 LC_ALL=C, and LANG=C.UTF-8 is promised',
    ],
    [{ user: 'root' }, 'environment.home', 'user', 'it is /root, and /home/agent is promised'],
  ])('is refused under what ships when it is %j', (change, field, argument, problem) => {
    const asked = { ...usual, ...change };
    expect(() => refuseRequest(shipped, asked)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringContaining(`${argument} contradicts coding-agent/1.0.0: ${field}: ${problem}`),
        details: { field, argument },
      }),
    );
  });

  it.each<[object, object, string[]]>([
    [{ 'environment.proxy': { members: [] } }, { hasNetwork: true }, ['network']],
    [{ 'resources.memory-ceiling': { atLeast: 512 } }, { limits: { memoryBytes: 256 * mebibyte } }, ['limits']],
    [{ 'resources.memory-ceiling': { atLeast: 256 } }, { limits: { memoryBytes: 256 * mebibyte } }, []],
    [{ 'resources.cpu-ceiling': { value: '2000' } }, { limits: { cpus: 1.5 } }, ['limits']],
    [{ 'resources.processes-ceiling': { oneOf: ['100', '200'] } }, { limits: { processes: 100 } }, []],
    [{ 'resources.processes-ceiling': { oneOf: ['unknown', '200'] } }, { limits: { processes: 100 } }, []],
    // One that may be enough is not refused, and nothing that is free.
    [{ 'resources.open-files': { atMost: 100 } }, { limits: { openFiles: 4096 } }, []],
    [{ 'lifecycle.lifetime': { level: 'free' } }, { lifetimeMs: 1000 }, []],
    // Of variables what was asked for, on top of what the contract gives and what is usual.
    [{ 'environment.temporary': { value: 'unset' } }, { environment: { TMPDIR: '/var/tmp' } }, ['environment']],
    [{ 'environment.shell': { value: '/bin/sh' } }, { environment: { SHELL: '/bin/sh' } }, []],
    [{ 'environment.locale': { value: 'LANG=C LC_ALL=C' } }, { environment: { LANG: 'C' } }, []],
    [
      { 'environment.locale': { level: 'range', oneOf: ['LANG=C.UTF-8'] } },
      { environment: { LC_ALL: 'C' } },
      ['environment'],
    ],
    [{ 'environment.editor': { level: 'free' } }, { environment: { EDITOR: 'vi' } }, []],
    [{ 'environment.zone': { level: 'range', oneOf: ['UTC'] } }, { user: 'root', environment: { CI: '1' } }, []],
    [{ 'identity.user': { value: 'agent' } }, { user: 'root' }, ['user']],
    // What no create can ask for.
    [{ 'snapshot.processes': { value: 'live on' } }, {}, ['isolation']],
    [{ 'lifecycle.suspend': { value: 'nothing' } }, {}, ['isolation']],
  ])('under %j, asked for %j, contradicts %j', (fields, change, places) => {
    const found = contradictionsOf(contractOf(fields), { ...usual, ...change });
    expect(found.map(({ path: [place] }) => place)).toEqual(places);
    if (places.includes('isolation'))
      expect(() => refuseRequest(contractOf(fields), usual)).toThrow(
        expect.objectContaining({ code: 'capability-missing' }),
      );
  });
});
