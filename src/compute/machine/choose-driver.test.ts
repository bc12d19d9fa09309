/** Who runs a machine. Numbers are choose-driver.ts's. */
import { describe, expect, it } from 'vitest';
import type { AcceleratorVerdict } from './accelerator.ts';
import { chooseDriver } from './choose-driver.ts';
import type { Firecracker } from './firecracker/version.ts';

const firecracker: Firecracker = { program: '/usr/local/bin/firecracker', digest: 'd', version: [1, 16, 1] };
const kvm: AcceleratorVerdict = { accelerator: 'kvm', notice: null, fix: null };
const kernel = { name: 'Linux', hasVsock: true };
const tcg: AcceleratorVerdict = { accelerator: 'tcg', notice: 'there is no /dev/kvm', fix: 'Turn it on.' };

describe('a microvm', () => {
  it('is run by Firecracker where it is installed and KVM works', () => {
    expect(chooseDriver({ kind: 'microvm', firecracker, verdict: kvm, kernel })).toEqual({
      name: 'firecracker',
      firecracker,
    });
  });

  it.each<[string, Partial<Firecracker> | null, AcceleratorVerdict, string | null]>([
    ['without it, silently', null, kvm, null],
    ['without KVM (1)', {}, tcg, 'it needs KVM, and there is no /dev/kvm'],
    ['with one that is too old', { version: [1, 7, 0] }, kvm, 'version 1.7.0 is older than 1.8.0'],
    ['with one of no version', { version: null }, kvm, '/usr/local/bin/firecracker does not say its version'],
  ])('is run by QEMU %s', (_, has, verdict, reason) => {
    const found = has && { ...firecracker, ...has };
    expect(chooseDriver({ kind: 'microvm', firecracker: found, verdict, kernel })).toEqual({ name: 'qemu', reason });
  });

  it('is run by QEMU with a kernel that Firecracker could not speak with', () => {
    const old = { name: 'Linux 6.1', hasVsock: false };
    const chosen = chooseDriver({ kind: 'microvm', firecracker, verdict: kvm, kernel: old });
    expect(chosen).toEqual({ name: 'qemu', reason: 'the kernel Linux 6.1 has no vsock' });
  });

  it('is run by QEMU when that was asked for', () => {
    const chosen = chooseDriver({ kind: 'microvm', wish: 'qemu', firecracker, verdict: kvm, kernel });
    expect(chosen).toEqual({ name: 'qemu', reason: null });
  });

  it.each([
    ['KVM', firecracker, tcg, 'Turn it on.'],
    ['the program', null, kvm, 'Put `firecracker` into /usr/local/bin.'],
  ])('is refused when Firecracker was asked for and %s is missing (2)', (_, has, verdict, hint) => {
    const choose = (): unknown =>
      chooseDriver({ kind: 'microvm', wish: 'firecracker', firecracker: has, verdict, kernel });
    expect(choose).toThrow(expect.objectContaining({ code: 'capability-missing', hint }));
  });
});

describe('a whole virtual machine', () => {
  it('is run by QEMU, as everybody expects (1)', () => {
    expect(chooseDriver({ kind: 'vm', firecracker, verdict: kvm, kernel })).toEqual({ name: 'qemu', reason: null });
  });

  it('is refused when Firecracker was asked for (2)', () => {
    const choose = (): unknown => chooseDriver({ kind: 'vm', wish: 'firecracker', firecracker, verdict: kvm, kernel });
    expect(choose).toThrow(expect.objectContaining({ code: 'capability-missing' }));
  });
});
