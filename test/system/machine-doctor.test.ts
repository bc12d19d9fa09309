/** What `doctor` says of virtual machines, how long it takes to prove them, and that --require-kvm refuses to emulate. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import type { DoctorReport, SubstrateReport } from '../../src/schema/index.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';

const hasQemu = existsSync('/usr/bin/qemu-system-x86_64');
const missing = await whyNoMachines('vm');
const slow = 300_000;
const promisedMs = 3000;

async function reports(machines: { requireKvm?: boolean; kits?: string[] }): Promise<SubstrateReport[]> {
  await using runtime = await createRuntime({ ephemeral: true, machines });
  const { substrates } = await runtime.service().doctor();
  return substrates.filter(({ substrate }) => substrate === 'microvm' || substrate === 'vm');
}

describe.skipIf(!hasQemu)('doctor on virtual machines (needs qemu-system-x86_64)', () => {
  it('says what is missing, and one fix', async () => {
    for (const report of await reports({ kits: ['/nowhere'] })) {
      expect(report).toMatchObject({
        usable: false,
        detail: 'there is no kernel for virtual machines',
        fix: 'Fetch one: holdfast substrate install microvm',
      });
    }
  });

  it('says by what guests run, and refuses to emulate them when KVM is required', async () => {
    const [microvm] = await reports({});
    if (!microvm?.usable) return; // Told apart above.
    const kvm = microvm.capabilities.find(({ name }) => name === 'kvm');
    expect(microvm.detail).toContain(kvm?.available ? 'under KVM' : 'emulated (TCG)');
    if (kvm?.available) return;
    expect(kvm?.reason).toMatch(/kvm.*: \S/i);
    const [required] = await reports({ requireKvm: true });
    expect(required).toMatchObject({
      usable: false,
      detail: expect.stringMatching(/^KVM is required and cannot be had: /),
    });
    expect(required?.fix).toBeTruthy();
  });
});

describe.skipIf(missing !== null)(`doctor's proofs${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  const proofOf = ({ checks }: DoctorReport, kind: string) => checks.find(({ name }) => name === `sandbox ${kind}`);

  it('boot nothing, say so, and take three seconds where machines have booted before', { timeout: slow }, async () => {
    const home = mkdtempSync(join(tmpdir(), 'hf-doctor-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    await using runtime = await createRuntime({ home, ephemeral: true });
    const service = runtime.service();
    await buildDebian(runtime);
    const before = await service.doctor();
    for (const kind of ['microvm', 'vm'] as const) {
      expect(proofOf(before, kind)).toMatchObject({
        status: 'warn',
        detail: expect.stringMatching(/^not proven yet: the first one boots, once/),
        fix: `Start one: holdfast run --isolation ${kind} -- true`,
      });
    }
    const memories = join(home, 'machine/memories');
    expect(existsSync(memories) ? readdirSync(memories) : []).toEqual([]);
    for (const isolation of ['microvm', 'vm'] as const) {
      const { id } = await service.createSandbox({ isolation });
      await service.destroySandbox(id);
    }
    // Of three times: other tests may keep the machine busy in one.
    let tookMs = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 3 && tookMs >= promisedMs; tries++) {
      const report = await service.doctor();
      for (const kind of ['microvm', 'vm']) expect(proofOf(report, kind)).toMatchObject({ status: 'pass', fix: null });
      tookMs = Math.min(tookMs, report.durationMs);
    }
    expect(tookMs).toBeLessThan(promisedMs);
  });
});
