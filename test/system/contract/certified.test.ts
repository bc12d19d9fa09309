/** Every substrate is certified against the contract that ships: whole passes in three fresh sandboxes, and the tools. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { type Certificate, dayMs, parseContract, verify } from '../../../src/contract/index.ts';
import { HoldfastTarget } from '../../../src/contract/targets/holdfast.ts';
import { createRuntime, type Runtime } from '../../../src/runtime/index.ts';
import type { CreateSandboxInput } from '../../../src/schema/index.ts';
import { gvisorMissing } from '../../fixtures/gvisor.ts';
import { buildDebian, whyNoDebian, whyNoMachines } from '../../fixtures/machines.ts';
import { look } from '../../shift-catalogue/compare.ts';

interface Candidate {
  name: string;
  create: CreateSandboxInput;
  missing: string | null;
}

const path = join(import.meta.dirname, '../../../contracts/coding-agent-1.0.0.yaml');
const contract = parseContract(readFileSync(path, 'utf8'), path).value;
const template = 'debian';
const candidates: readonly Candidate[] = [
  { name: 'namespace', create: {}, missing: null },
  // What nobody reaches without a network nobody reaches with one either.
  { name: 'namespace with a policy', create: { network: { allow: [{ host: 'api.example.com' }] } }, missing: null },
  { name: 'namespace with a Debian root', create: { template }, missing: whyNoDebian() },
  { name: 'gVisor', create: { isolation: 'userspace-kernel' }, missing: await gvisorMissing() },
  { name: 'microVM', create: { isolation: 'microvm', template }, missing: await whyNoMachines('microvm') },
  { name: 'full VM', create: { isolation: 'vm', template }, missing: await whyNoMachines('vm') },
];

async function certified({ name, create }: Candidate): Promise<Certificate> {
  const home = await mkdtemp('/var/tmp/hfk-');
  let runtime: Runtime | null = null;
  try {
    runtime = await createRuntime({ home, ephemeral: true, launcher: 'fork' });
    if (create.template !== undefined) await buildDebian(runtime);
    const target = new HoldfastTarget(runtime.service(), create, create.isolation ?? 'namespace');
    const profile = await look(target, {
      sessions: 3,
      repeats: 1,
      timeoutMs: 120_000,
      isAsked: (field) => field in contract.fields,
    });
    const without = ['latency'] as const;
    return verify({ contract, profile, without, label: name, nowMs: systemClock.nowMs(), validMs: dayMs });
  } finally {
    await runtime?.close();
    await rm(home, { recursive: true, force: true });
  }
}

describe('coding-agent/1.0.0', () => {
  it.for(candidates)('is kept by $name', { timeout: 600_000 }, async (candidate, { skip }) => {
    if (candidate.missing !== null) skip(candidate.missing);
    const { checks, verdict, excluded } = await certified(candidate);
    // What a range asks for and a runtime does not offer is no failure; all else must pass.
    const open = checks.filter(
      ({ level, verdict: one }) => one !== 'pass' && (level === 'promise' || one !== 'unsupported'),
    );
    expect(open).toEqual([]);
    expect(verdict).toBe('pass');
    expect(checks.length).toBeGreaterThan(100);
    expect(excluded.every((reason) => /^(latency|failures|output)|: not probed: /.test(reason))).toBe(true);
  });
});
