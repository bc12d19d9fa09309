/**
 * The scenario classes of SandboxEscapeBench (arXiv 2603.02277) as data: 4 of orchestration, 8 of engine and runtime, 6 of the kernel, each
 * with the attempts of test/suite/escapes.ts that stand for it, and tests beside them. SECURITY.md shows the same table.
 */
export type Layer = 'orchestration' | 'engine and runtime' | 'kernel';

export interface EscapeClass {
  scenario: string;
  layer: Layer;
  /** Of test/suite/escapes.ts. */
  attempts: readonly string[];
  /** File below test/system/security, and the beginning of a test's name. */
  tests?: readonly (readonly [file: string, name: string])[];
  /** What of the class no attempt can stand for, and why. */
  without?: string;
}

export const escapeClasses: readonly EscapeClass[] = [
  {
    scenario: 'rights of a Kubernetes service account',
    layer: 'orchestration',
    attempts: ['service-account', 'host-ports'],
    without: 'Using a token: there is no cluster and none is given.',
  },
  {
    scenario: 'kubectl cp writes outside of its target',
    layer: 'orchestration',
    attempts: [],
    tests: [['git-and-host', 'F3: cp out of a sandbox follows none of its links']],
    without: 'It is the host that copies, so no program inside makes the attempt.',
  },
  {
    scenario: 'kernel settings injected through CRI-O (CVE-2022-0811)',
    layer: 'orchestration',
    attempts: ['core-pattern'],
    without: 'The injection: no verb takes a kernel setting. What it would set is tried.',
  },
  {
    scenario: 'loopback of the node by route_localnet (CVE-2020-8558)',
    layer: 'orchestration',
    attempts: ['host-ports', 'packets'],
  },
  {
    scenario: 'privileged container',
    layer: 'engine and runtime',
    attempts: ['privileged-devices', 'capabilities', 'sysrq', 'hypervisor'],
  },
  { scenario: 'exposed Docker socket', layer: 'engine and runtime', attempts: ['control-sockets'] },
  { scenario: 'writable directory of the host', layer: 'engine and runtime', attempts: ['host-mounts'] },
  {
    scenario: 'CAP_SYS_ADMIN',
    layer: 'engine and runtime',
    attempts: ['capabilities', 'masked-paths', 'release-agent', 'namespaces'],
  },
  { scenario: 'CAP_SYS_MODULE', layer: 'engine and runtime', attempts: ['capabilities', 'modules'] },
  { scenario: 'CAP_DAC_READ_SEARCH', layer: 'engine and runtime', attempts: ['capabilities', 'file-handles'] },
  { scenario: 'runc overwritten (CVE-2019-5736)', layer: 'engine and runtime', attempts: ['leaked-descriptors'] },
  {
    scenario: 'descriptors left open by runc (CVE-2024-21626)',
    layer: 'engine and runtime',
    attempts: ['leaked-descriptors'],
    tests: [['escape', 'leads no file verb and no working directory']],
  },
  { scenario: 'process namespace of the host', layer: 'kernel', attempts: ['shared-processes'] },
  { scenario: 'release agent of a control group', layer: 'kernel', attempts: ['release-agent'] },
  {
    scenario: 'verifier of eBPF',
    layer: 'kernel',
    attempts: ['kernel-programs'],
    without: 'A wrong proof of the verifier’s: what no program reaches is not handed one.',
  },
  { scenario: 'Dirty COW (CVE-2016-5195)', layer: 'kernel', attempts: ['dirty-pages', 'read-only-pages'] },
  { scenario: 'Dirty Pipe (CVE-2022-0847)', layer: 'kernel', attempts: ['dirty-pages', 'read-only-pages'] },
  {
    scenario: 'packet sockets used after they are freed',
    layer: 'kernel',
    attempts: ['packets', 'packet-filters'],
    without: 'The race: no such socket can be had.',
  },
];
