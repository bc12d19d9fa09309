import { describe, expect, it } from 'vitest';
import { kernelCommandLine, type MachineShape, machineArguments } from './arguments.ts';
import { type Engine, shapeOf } from './engine.ts';

const shape: MachineShape = {
  kind: 'microvm',
  accelerator: 'tcg',
  memoryMib: 512,
  cpus: 1,
  hasAcpi: false,
  clockKhz: 2_000_000,
  workMib: 0,
};
const descriptors = { agents: [8, 9], machine: 10, monitor: 19, memory: 17, base: 16, work: 17, copy: 18 } as const;

function optionOf(option: string, of: MachineShape): string | undefined {
  const all = machineArguments({ shape: of, descriptors, memoryIsOwn: false, boot: null });
  return all[all.indexOf(option) + 1];
}

describe("a machine's processor", () => {
  it('leaves out, when it is emulated, what emulation makes slow', () => {
    const engine = { verdict: { accelerator: 'tcg' }, kernel: { hasAcpi: false }, clockKhz: 2_000_000 } as Engine;
    expect(optionOf('-cpu', shapeOf(engine, 'microvm', {}))).toBe('max,-erms,-smap,-la57,-pku,-mpx');
  });

  it('stays what it was of a machine that began with another', () => {
    expect(optionOf('-cpu', shape)).toBe('max');
  });

  it("is the host's under KVM, but for what the hypervisor refuses", () => {
    const kvm = { ...shape, accelerator: 'kvm' } as const;
    expect(optionOf('-cpu', kvm)).toBe('host');
    expect(optionOf('-cpu', { ...kvm, cpuWithout: 'arch-capabilities' })).toBe('host,-arch-capabilities');
  });

  it('starts programs where they were before when it is emulated, so that they are translated once', () => {
    const tcg = { ...shape, accelerator: 'tcg' } as const;
    expect(kernelCommandLine(tcg).split(' ')).toContain('norandmaps');
  });

  it('costs its kernel no wall where a real one runs its code', () => {
    expect(kernelCommandLine({ ...shape, accelerator: 'kvm' })).not.toMatch(/mitigations|nokaslr|norandmaps/);
  });
});

describe('a disk of its own', () => {
  const own = { ...shape, workMib: 1024 };
  const blocks = (boot: { kernel: number; initramfs: number } | null): string =>
    machineArguments({ shape: own, descriptors, memoryIsOwn: false, boot }).join(' ');

  it('has beside it, open from the start, where it is copied to when its machine is forked', () => {
    expect(blocks(null)).toContain('-add-fd fd=18,set=3 -blockdev driver=file,node-name=copy,filename=/dev/fdset/3,');
  });

  it('is copied nowhere of a machine that boots, whose name stays what it was', () => {
    const boot = { kernel: 18, initramfs: 19 };
    expect(blocks(boot)).toContain('-add-fd fd=17,set=2');
    expect(blocks(boot)).not.toContain('set=3');
  });
});
