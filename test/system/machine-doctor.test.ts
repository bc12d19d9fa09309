/** What `doctor` says of virtual machines, and that --require-kvm refuses to emulate. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRuntime } from '../../src/runtime/index.ts';
import type { SubstrateReport } from '../../src/schema/index.ts';

const hasQemu = existsSync('/usr/bin/qemu-system-x86_64');

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
