/** Which Firecracker is here, and what its version is taken for. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OwnedScope, rootScope } from '../../../base/index.ts';
import { bootArguments, loadCall } from './requests.ts';
import { describeFirecracker, isOlder, parseVersion } from './version.ts';

let directory: string;
let scope: OwnedScope;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hf-fc-'));
  scope = rootScope({ name: 'test', timeoutMs: 10_000 });
});
afterEach(async () => {
  await scope.close();
  rmSync(directory, { recursive: true });
});

describe('a version', () => {
  it.each([
    ['1.16.1', [1, 16, 1]],
    ['v1.16.1', [1, 16, 1]],
    ['1.9.0-dev', [1, 9, 0]],
    ['1.7.0-dev-2-g1a2b3c', [1, 7, 0]],
    ['0.25.2', [0, 25, 2]],
    ['1.16', null],
    ['1.16.1.2', null],
    ['new', null],
    ['', null],
    ['1.16.999999', null],
  ])('%s is %j', (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });

  it.each([
    [[1, 7, 9], [1, 8, 0], true],
    [[1, 8, 0], [1, 8, 0], false],
    [[1, 16, 0], [1, 8, 0], false],
    [[0, 25, 0], [1, 8, 0], true],
    [[2, 0, 0], [1, 16, 0], false],
  ] as const)('%j before %j: %j', (version, than, expected) => {
    expect(isOlder(version, than)).toBe(expected);
  });

  it('decides which fields a load has', () => {
    const paths = { memory: 'm', state: 's', vsock: 'v' };
    const always = { snapshot_path: 's', mem_backend: { backend_type: 'File', backend_path: 'm' }, resume_vm: true };
    expect(loadCall(paths, [1, 15, 9]).body).toEqual(always);
    expect(loadCall(paths, [1, 16, 0]).body).toEqual({
      ...always,
      vsock_override: { uds_path: 'v' },
      clock_realtime: false,
    });
  });
});

it('a command line says where the guest finds what it cannot find by name', () => {
  expect(bootArguments().split(' ')).toEqual(
    expect.arrayContaining([
      'reboot=k',
      'HOLDFAST_BASE=vda',
      'HOLDFAST_AGENT_VSOCK=1024',
      'HOLDFAST_MACHINE_VSOCK=1025',
    ]),
  );
});

describe('a program', () => {
  const says = (script: string): string => {
    const path = join(directory, 'firecracker');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it('is known by its version and its digest', async () => {
    const program = says("printf 'Firecracker v1.16.1\\n\\n'");
    const found = await describeFirecracker(program, scope);
    expect(found).toEqual({ program, version: [1, 16, 1], digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  it.each([
    ['something else', 'echo hello'],
    ['nothing', 'exit 1'],
    ['without end', 'exec yes Firecracker'],
  ])('that says %s has no version', async (_, script) => {
    expect((await describeFirecracker(says(script), scope)).version).toBeNull();
  });

  it('that cannot be executed has no version', async () => {
    const program = says('exit 0');
    chmodSync(program, 0o644);
    expect((await describeFirecracker(program, scope)).version).toBeNull();
  });
});
