/** E2B and Daytona by their real packages, against servers that speak their wire: no vendor is asked. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { vendors } from '../../../scripts/test-programs.ts';
import { systemClock, systemRandom } from '../../../src/base/index.ts';
import { runPass } from '../../../src/contract/capture/pass.ts';
import type { Target } from '../../../src/contract/index.ts';
import { doorProbes } from '../../../src/contract/probes/doors/index.ts';
import { loadPrograms } from '../../../src/contract/probes/programs.ts';
import type { Reading } from '../../../src/contract/probes/reading.ts';
import { DaytonaTarget } from '../../../src/contract/targets/daytona.ts';
import { E2bTarget } from '../../../src/contract/targets/e2b.ts';
import { startDaytonaServer, startE2bServer } from '../../fixtures/vendor-servers.ts';

const has = (name: string): boolean => existsSync(join(vendors, 'node_modules', name, 'package.json'));
const why = (name: string): string =>
  has(name) ? '' : ` (skipped: no ${name}; npm install --ignore-scripts in test/vendors)`;
const options = { directories: [vendors] };
const signal = new AbortController().signal;
const programs = await loadPrograms();
const names = [
  'E2B_API_KEY',
  'E2B_API_URL',
  'E2B_SANDBOX_URL',
  'DAYTONA_API_KEY',
  'DAYTONA_API_URL',
  'DAYTONA_USE_DEPRECATED_POLLING',
];

afterEach(async () => {
  for (const name of names) delete process.env[name];
  await rm('/tmp/holdfast-vendor', { force: true });
});

/** A few programs and the door probes that differ between vendors. */
async function readingsOf(target: Target): Promise<Reading[]> {
  const session = await target.open(signal);
  try {
    const some = programs.programs.filter(({ name }) => ['exec-inside', 'identity'].includes(name));
    const doors = doorProbes.filter(({ name }) =>
      ['statuses', 'stdin', 'files', 'timeouts', 'arguments', 'life'].includes(name),
    );
    const mark = Buffer.from(systemRandom(8)).toString('hex');
    const common = {
      mark,
      timeoutMs: 20_000,
      clock: systemClock,
      signal,
      onProgress: () => undefined,
      features: target.features,
    };
    const pass = await runPass({ session, programs: { ...programs, programs: some }, doors, ...common });
    expect(pass.troubles).toEqual([]);
    return pass.readings;
  } finally {
    await session.close();
  }
}

const seen = (readings: readonly Reading[], field: string): unknown => {
  const reading = readings.find((one) => one.field === field);
  return reading?.kind === 'value' ? reading.value : reading;
};

describe('a vendor', () => {
  it('without its key, or without its package, is the harness’s trouble', async () => {
    await expect(new E2bTarget('', options).describe()).rejects.toMatchObject({
      side: 'harness',
      trouble: 'no-key',
      hint: expect.stringContaining('E2B_API_KEY'),
    });
    await expect(new DaytonaTarget('', options).describe()).rejects.toMatchObject({ trouble: 'no-key' });
    process.env['E2B_API_KEY'] = 'key';
    await expect(new E2bTarget('', { directories: ['/no/such/place'] }).describe()).rejects.toMatchObject({
      trouble: 'not-installed',
      hint: expect.stringContaining('npm install e2b'),
    });
  });
});

describe.skipIf(!has('e2b'))(`E2B${why('e2b')}`, () => {
  const setUp = async () => {
    const server = await startE2bServer();
    Object.assign(process.env, {
      E2B_API_KEY: `e2b_${'0'.repeat(40)}`,
      E2B_API_URL: server.url,
      E2B_SANDBOX_URL: server.url,
    });
    return server;
  };

  it('is observed through its package', { timeout: 60_000 }, async () => {
    await using server = await setUp();
    const target = new E2bTarget('base', options);
    expect(await target.describe()).toMatchObject({ kind: 'e2b', facts: { template: 'base' } });
    const readings = await readingsOf(target);
    expect(seen(readings, 'identity.uid')).toBe(String(process.getuid?.()));
    expect(seen(readings, 'exec.status.ordinary')).toBe('exit 7');
    expect(seen(readings, 'exec.status.kill')).toBe('exit -1 and signal killed');
    expect(seen(readings, 'exec.stdin.passed')).toBe('unchanged');
    expect(seen(readings, 'exec.environment-passed')).toBe('yes');
    expect(seen(readings, 'exec.timeout.status')).toBe('timed out');
    expect(seen(readings, 'tools.file.bytes')).toBe('unchanged');
    expect(seen(readings, 'tools.file.missing')).toMatchObject({
      kind: 'template',
      template: expect.stringContaining('refused'),
    });
    // How long it lives the prober said itself.
    expect(seen(readings, 'lifecycle.lifetime')).toMatchObject({
      kind: 'could-not-measure',
      reason: 'the runtime does not say it',
    });
    expect(server.calls).toEqual(['POST /v2/sandboxes', 'DELETE /sandboxes/one']);
  });

  it('whose sandbox is lost is told as died', async () => {
    await using server = await setUp();
    const session = await new E2bTarget('', options).open();
    server.lose();
    await expect(session.exec({ command: 'true', timeoutMs: 5000 }, signal)).rejects.toMatchObject({
      side: 'runtime',
      trouble: 'died',
    });
  });

  it('whose service is away is the harness’s trouble', async () => {
    const server = await setUp();
    await server[Symbol.asyncDispose]();
    await expect(new E2bTarget('', options).open()).rejects.toMatchObject({ side: 'harness', trouble: 'not-started' });
  });
});

describe.skipIf(!has('@daytonaio/sdk'))(`Daytona${why('@daytonaio/sdk')}`, () => {
  const setUp = async () => {
    const server = await startDaytonaServer();
    Object.assign(process.env, {
      DAYTONA_API_KEY: 'key',
      DAYTONA_API_URL: server.url,
      DAYTONA_USE_DEPRECATED_POLLING: 'true',
    });
    return server;
  };

  it('is observed through its package', { timeout: 60_000 }, async () => {
    await using server = await setUp();
    const readings = await readingsOf(new DaytonaTarget('', options));
    expect(seen(readings, 'identity.uid')).toBe(String(process.getuid?.()));
    expect(seen(readings, 'exec.status.ordinary')).toBe('exit 7');
    expect(seen(readings, 'exec.stdin.passed')).toMatchObject({
      kind: 'could-not-measure',
      reason: 'the target takes no stdin',
    });
    expect(seen(readings, 'exec.environment-passed')).toBe('yes');
    expect(seen(readings, 'exec.timeout.status')).toBe('timed out');
    expect(seen(readings, 'tools.file.bytes')).toBe('unchanged');
    expect(server.calls).toEqual(['POST /sandbox', 'DELETE /sandbox/one']);
  });

  it('whose sandbox is gone is told as died', async () => {
    await using server = await setUp();
    const session = await new DaytonaTarget('', options).open();
    server.lose();
    const died = { side: 'runtime', trouble: 'died', message: expect.stringContaining('the sandbox is gone') };
    await expect(session.exec({ command: 'true', timeoutMs: 5000 }, signal)).rejects.toMatchObject(died);
    await expect(session.writeFile('/tmp/holdfast-vendor', new Uint8Array(1), signal)).rejects.toMatchObject(died);
  });

  it('whose service is away is the harness’s trouble', async () => {
    const server = await setUp();
    await server[Symbol.asyncDispose]();
    await expect(new DaytonaTarget('', options).open()).rejects.toMatchObject({
      side: 'harness',
      trouble: 'not-started',
    });
  });
});
