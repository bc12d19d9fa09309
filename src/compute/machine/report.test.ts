/** What `doctor` is told of machines where Firecracker runs them: nobody here has a KVM that works, so what was found is made up. */
import { expect, it } from 'vitest';
import { rootScope } from '../../base/index.ts';
import type { SubstrateReport } from '../../schema/index.ts';
import type { NamespaceSubstrate } from '../namespace/substrate.ts';
import type { Engine, EngineRoom } from './engine.ts';
import { machineReport } from './report.ts';

const engine: Partial<Engine> = {
  firecracker: { program: '/usr/local/bin/firecracker', digest: 'd', version: [1, 16, 1] },
  verdict: { accelerator: 'kvm', notice: null, fix: null },
  kernel: { name: 'Linux', image: '', initramfs: '', hasAcpi: true, hasVsock: true, digest: '' },
};

async function reportOf(kind: 'microvm' | 'vm', driver?: 'qemu'): Promise<SubstrateReport> {
  await using scope = rootScope({ name: 'report' });
  // Of both, a report takes no more than this.
  const room = { options: driver ? { driver } : {}, ready: async () => engine } as unknown as EngineRoom;
  const host = { probe: async () => ({ usable: true }) } as unknown as NamespaceSubstrate;
  return await machineReport(kind, room, host, scope);
}

it('says what is lost with Firecracker, and how to have it', async () => {
  const { detail, capabilities } = await reportOf('microvm');
  expect(detail).toContain('Firecracker 1.16.1');
  expect(capabilities.find(({ name }) => name === 'liveMemory')).toEqual({
    name: 'liveMemory',
    available: false,
    reason: expect.stringMatching(
      /^Firecracker saves no machine that runs.*: start the daemon with --machine-driver qemu$/,
    ),
  });
});

it.each([
  ['a microvm that QEMU was asked for', 'microvm', 'qemu'],
  ['a vm', 'vm', undefined],
] as const)('says nothing is lost of %s', async (_, kind, driver) => {
  const { detail, capabilities } = await reportOf(kind, driver);
  expect(detail).toContain('QEMU');
  expect(capabilities.filter(({ available }) => !available)).toEqual([]);
});
