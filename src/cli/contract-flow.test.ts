/** The documented way from a profile to a decision, with the profiles that are stored of real runtimes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type RuntimeName, storedProfile } from '../../bench/matrix/profiles.ts';
import { everyKind, recordedRun } from '../../bench/recorded-runs.ts';
import { runCli } from '../../test/fixtures/cli.ts';
import { type Certificate, type Contract, currentSuite, type Gate, sealProfile } from '../contract/index.ts';

const home = mkdtempSync(join(tmpdir(), 'holdfast-flow-'));
afterAll(() => rmSync(home, { recursive: true }));

/** As if this version's probes had asked, on another machine: of this one's kernel and daemon a stored profile knows nothing. */
async function elsewhere(name: RuntimeName): Promise<string> {
  const stored = await storedProfile(name);
  if (stored === null) throw new Error(`${name} is not stored`);
  const { digest: _, ...body } = stored;
  const prober = { ...body.prober, cpu: 'of another machine' };
  return JSON.stringify(sealProfile({ ...body, prober, suite: await currentSuite() }));
}

async function flow(name: RuntimeName, used: readonly string[]) {
  const directory = join(home, `${name}-${used.length}`);
  await mkdir(directory);
  await writeFile(join(directory, 'profile.json'), await elsewhere(name));
  const { calls } = recordedRun(1, everyKind);
  await writeFile(join(directory, 'run.jsonl'), calls.map((call) => JSON.stringify(call)).join('\n'));
  const cli = (...words: string[]) => runCli(words, null, { directory });
  const made = await cli(
    'contract',
    'init',
    '--from-profile',
    'profile.json',
    '-o',
    join(directory, 'mine.yaml'),
    ...used,
  );
  const contract = JSON.parse((await cli('contract', 'show', 'mine.yaml', '--json')).stdout) as Contract;
  const certify = async (side: string): Promise<Certificate> => {
    const words = ['mine.yaml', '--profile', 'profile.json', '--as', side, '--json'];
    return JSON.parse((await cli('contract', 'verify', ...words)).stdout) as Certificate;
  };
  const certificates = [await certify('training'), await certify('production')];
  const asked = await cli('can-i-ship', '--json');
  return { made, contract, certificates, asked, gate: JSON.parse(asked.stdout) as Gate };
}

describe('a contract made of a profile', () => {
  it.each<[RuntimeName, string[]]>([
    ['host', []],
    ['host', ['--used', 'run.jsonl']],
    ['busybox', []],
    ['microvm', []],
  ])('of %s is kept by that profile, and ships: %j', { timeout: 60_000 }, async (name, used) => {
    const { made, contract, certificates, asked, gate } = await flow(name, used);
    expect(made.status).toBe(0);
    expect(Object.keys(contract.fields).length).toBeGreaterThan(100);
    expect(contract.latency).toHaveProperty(['lifecycle.open']);
    for (const { verdict, checks, without } of certificates) {
      expect(checks.filter((check) => check.verdict !== 'pass')).toEqual([]);
      expect({ verdict, without }).toEqual({ verdict: 'pass' });
    }
    expect({ status: asked.status, ship: gate.ship, reasons: gate.reasons }).toEqual({
      status: 0,
      ship: true,
      reasons: [],
    });
  });
});
