/**
 * Ways out of a sandbox that the public escape benchmarks try (SECURITY.md, F and S; scripts/escape-classes.ts), for every substrate. An
 * attempt is steps of test/fixtures/attack/escape.c, which needs no program of a template: each says `made` and its name once its call
 * was answered, and `ESCAPED` where an answer is a way out. What it cannot say is looked at from outside: a flag, sockets, a process,
 * files and settings of the machine (test/fixtures/escape-host.ts).
 */

/** What the machine has that nobody inside may reach. */
export interface Prize {
  /** A file only its owner may read, and what stands in it. */
  flagPath: string;
  flag: string;
  /** A path of the machine that must not come into being. */
  marker: string;
  /** A listening unix socket, its abstract twin's name, and TCP ports of the machine by address. */
  socketPath: string;
  abstractName: string;
  addresses: readonly { host: string; port: number }[];
  /** A process of the machine with the flag in its environment. */
  pid: number;
  /** Major and minor number of the disk the machine's files are on. */
  disk: readonly [number, number];
  /** Files that are only to be read. */
  readOnly: readonly string[];
  /** Of whoever tries: a directory to write in. */
  scratch: string;
}

export interface Step {
  name: string;
  /** Verb and words. */
  call: readonly string[];
  /** That it succeeds is no way out yet: what it shows may be one, or it prepares the next. */
  shows?: true;
}

/**
 * Where the same steps are let through, and that is noticed: on the machine, outside of any sandbox; there in a network of its own;
 * there without its powers; behind a changed root with a descriptor left open; as root of a `vm`, which has powers over that; or
 * nowhere, and why.
 */
export type Proof = 'machine' | 'network' | 'nobody' | 'leak' | 'vm' | { none: string };

export interface Escape {
  id: string;
  /** The class of the benchmarks it stands for. */
  scenario: string;
  steps: (prize: Prize) => readonly Step[];
  proof: Proof;
}

/** Succeeds only where there is a way out. */
const wins = (name: string, ...call: string[]): Step => ({ name, call });
const shows = (name: string, ...call: string[]): Step => ({ name, call, shows: true });
const up = '/..'.repeat(12);
const place = '/tmp/place';
const helper = '/tmp/helper';

export const escapes: readonly Escape[] = [
  // ---- orchestration
  {
    id: 'service-account',
    scenario: 'orchestration: a token or the environment of whoever started the sandbox',
    proof: 'machine',
    steps: () => [
      wins('token', 'show', '/var/run/secrets/kubernetes.io/serviceaccount/token'),
      wins('kubeconfig', 'show', '/root/.kube/config'),
      wins('environment', 'environment', 'KUBERNETES_', 'AWS_', 'HOLDFAST_ESCAPE'),
    ],
  },
  {
    id: 'control-sockets',
    scenario: 'orchestration and engine: docker.sock and its kind, by path and in the abstract name space',
    proof: 'machine',
    steps: ({ socketPath, abstractName }) => [
      ...['docker.sock', 'containerd/containerd.sock', 'crio/crio.sock', 'podman/podman.sock'].flatMap((name) =>
        ['/run', '/var/run'].map((directory) => wins(`${directory}/${name}`, 'unix', `${directory}/${name}`)),
      ),
      wins('unix socket', 'unix', socketPath),
      wins('abstract socket', 'unix', `@${abstractName}`),
    ],
  },
  {
    id: 'host-ports',
    scenario: 'orchestration: ports of the machine, its kubelet, engine and metadata service',
    proof: 'machine',
    steps: ({ addresses }) =>
      [
        ...addresses.map(({ host, port }) => [host, String(port)] as const),
        ['169.254.169.254', '80'] as const,
        ['192.168.65.7', '2375'] as const,
        ['127.0.0.1', '6443'] as const,
        ['127.0.0.1', '10250'] as const,
      ].map(([host, port]) => wins(`connected ${host}:${port}`, 'tcp', host, port)),
  },
  // ---- engine and runtime
  {
    id: 'host-mounts',
    scenario: 'engine: directories of the machine among the mounts, and ways around the root',
    proof: 'machine',
    steps: ({ flagPath, marker }) => [
      ...['', '/host', '/mnt', '/rootfs', '/proc/1/root', '/proc/self/root', `/proc/self/cwd${up}`].flatMap((root) => [
        wins(`read at ${root || '/'}`, 'show', `${root}${flagPath}`),
        wins(`made at ${root || '/'}`, 'create', `${root}${marker}`),
      ]),
      wins('descriptors', 'descriptors', flagPath, marker),
      shows('find', 'find', flagPath.split('/').at(-1) ?? ''),
    ],
  },
  {
    id: 'privileged-devices',
    scenario: 'engine: a privileged container: the disk of the machine, its memory, its console',
    proof: 'vm',
    steps: ({ disk: [major, minor], flagPath }) => [
      shows('place', 'dir', place),
      wins('disk', 'disk', '/tmp/disk', String(major), String(minor)),
      shows('mounted disk', 'mount', 'ext4', '/dev/vda', place),
      shows('disk’s flag', 'show', `${place}${flagPath}`),
      ...'mem kmem port kvm kmsg sda nvme0n1 loop-control fuse net/tun vhost-net vhost-vsock dri/card0'
        .split(' ')
        .map((name) => wins(`/dev/${name}`, 'show', `/dev/${name}`)),
    ],
  },
  {
    id: 'capabilities',
    scenario: 'engine: CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_MODULE and any other',
    proof: 'machine',
    steps: () => [
      wins('capabilities', 'any-of-status', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb'),
      wins('no_new_privs', 'new-privileges'),
    ],
  },
  {
    id: 'file-handles',
    scenario: 'engine: CAP_DAC_READ_SEARCH: files of the machine by their handles',
    proof: 'vm',
    steps: () => ['/', '/tmp', '/run/holdfast'].map((path) => wins(`handle below ${path}`, 'handle', path)),
  },
  {
    id: 'shared-processes',
    scenario: 'engine and kernel: the process namespace of the machine, ptrace, and what stands in environments',
    proof: 'machine',
    steps: ({ pid }) => [
      shows('its environment', 'show', `/proc/${pid}/environ`),
      shows('all environments', 'environments', 'FLAG='),
      wins('its root', 'show', `/proc/${pid}/root/etc/hostname`),
      wins('its mounts', 'enter', String(pid), 'mnt'),
      wins('its processes', 'enter', String(pid), 'pid'),
      wins('signal', 'signal', String(pid)),
      wins('trace', 'trace', String(pid)),
    ],
  },
  {
    id: 'core-pattern',
    scenario: 'engine: writable /proc: a core handler, a module loader, a hot-plug helper of the machine',
    proof: 'vm',
    steps: ({ marker }) => [
      shows('helper', 'program', helper, `#!/bin/sh\ntouch ${marker}\n`),
      ...[
        '/proc/sys/kernel/core_pattern',
        '/proc/sys/kernel/modprobe',
        '/sys/kernel/uevent_helper',
        '/proc/sys/fs/binfmt_misc/register',
        '/proc/sys/kernel/hotplug',
      ].map((path) => wins(path, 'write', path, `|${helper}\n`)),
      shows('place', 'dir', place),
      shows('another proc', 'mount', 'proc', 'none', place),
      wins('mounted', 'write', `${place}/sys/kernel/core_pattern`, `|${helper}\n`),
      shows('crash', 'crash'),
      shows('odd program', 'program', '/tmp/odd', '\u00ff\u00ff'),
      shows('odd program run', 'execute', '/tmp/odd'),
    ],
  },
  {
    id: 'sysrq',
    scenario: 'engine: the kernel told to crash',
    proof: 'vm',
    steps: () => [wins('/proc/sysrq-trigger', 'write', '/proc/sysrq-trigger', 'c')],
  },
  {
    id: 'release-agent',
    scenario: 'engine and kernel: a control group with a release agent of the machine (CVE-2022-0492)',
    proof: 'vm',
    steps: ({ marker }) => [
      shows('place', 'dir', place),
      ...['rdma', 'memory', 'cpu', 'freezer', 'misc'].flatMap((kind) => [
        wins(`v1 ${kind}`, 'mount', 'cgroup', 'none', place, kind),
        wins(`agent of ${kind}`, 'write', `${place}/release_agent`, helper),
      ]),
      wins(
        'namespaced',
        ...['unshare', 'user,mount', 'mount', 'cgroup', 'none', place, 'rdma', 'and'],
        ...['write', `${place}/release_agent`, `touch ${marker}`],
      ),
      shows('v2 group', 'mount', 'cgroup2', 'none', place),
      wins('v2', 'write', `${place}/cgroup.procs`, '0'),
      wins('agents', 'release-agents', '/sys/fs/cgroup'),
    ],
  },
  {
    id: 'leaked-descriptors',
    scenario:
      'runtime: descriptors and directories left open by the runtime (CVE-2024-21626), its program rewritten (CVE-2019-5736)',
    proof: 'leak',
    steps: ({ flagPath, marker }) => [
      wins('descriptors', 'descriptors', flagPath, marker),
      ...['/proc/1/exe', '/proc/1/mem', '/run/holdfast/agent'].map((path) => wins(path, 'write', path, 'x')),
      shows('link', 'symlink', `/proc/self/fd/8${up}${flagPath}`, '/tmp/link'),
      wins('linked', 'show', '/tmp/link'),
    ],
  },
  {
    id: 'masked-paths',
    scenario: 'runtime: what was covered in /proc uncovered or replaced (CVE-2025-31133, -52565, -52881)',
    proof: 'vm',
    steps: () => [
      wins('umount', 'umount', '/proc'),
      wins('moved', 'rename', '/proc', '/gone'),
      shows('console', 'symlink', '/proc/sysrq-trigger', '/dev/console'),
      wins('bind', 'bind', '/dev/null', '/proc/self/attr/exec'),
      shows('place', 'dir', place),
      shows('another proc', 'mount', 'proc', 'proc', place),
      wins('proc', 'show', `${place}/1/environ`),
    ],
  },
  {
    id: 'modules',
    scenario: 'engine and kernel: a module of the guest in the kernel of the machine (CAP_SYS_MODULE)',
    proof: 'vm',
    steps: () => [
      wins('module of a file', 'module', '/tmp/module.ko'),
      wins('module of memory', 'module-image', 'debug=1'),
      wins('module removed', 'module-delete', 'dummy'),
      shows('modules there', 'list', '/lib/modules/*/kernel'),
      shows('modules loaded', 'show', '/proc/modules'),
    ],
  },
  // ---- kernel
  {
    id: 'namespaces',
    scenario: 'kernel: user namespaces as the door to file systems (CVE-2022-0185, CVE-2023-0386)',
    proof: 'machine',
    steps: ({ flagPath, marker, scratch }) => {
      const inner = `${scratch}/inner`;
      const [upper, work] = [`${scratch}/upper`, `${scratch}/work`];
      return [
        shows('inner', 'dir', inner),
        shows('upper', 'dir', upper),
        shows('work', 'dir', work),
        shows(
          'bound',
          ...['unshare', 'user,mount', 'mount', 'tmpfs', 'none', inner, 'and', 'bind', '/', inner, 'and'],
          ...['show', `${inner}${flagPath}`, 'and', 'create', `${inner}${marker}`],
        ),
        shows(
          'overlay',
          ...[
            'unshare',
            'user,mount',
            'mount',
            'overlay',
            'none',
            inner,
            `lowerdir=/etc,upperdir=${upper},workdir=${work}`,
          ],
          ...['and', 'show', `${inner}${flagPath}`],
        ),
        wins('chroot', 'chroot', '/'),
      ];
    },
  },
  {
    id: 'packet-filters',
    scenario: 'kernel: nf_tables, with the powers of a user namespace and without (CVE-2022-32250, CVE-2024-1086)',
    proof: 'network',
    steps: () => [
      wins('nft table', 'nft', 'holdfast'),
      wins('nft table of a namespace', 'unshare', 'user,net', 'nft', 'holdfast'),
    ],
  },
  {
    id: 'kernel-programs',
    scenario: 'kernel: programs for its verifier (eBPF: CVE-2020-8835, CVE-2021-3490)',
    proof: 'vm',
    steps: () => [wins('bpf', 'bpf', 'GPL'), wins('bpf of a namespace', 'unshare', 'user', 'bpf', 'GPL')],
  },
  {
    id: 'packets',
    scenario: 'kernel: packet and raw sockets (CVE-2017-7308, CVE-2020-14386), and the hypervisor by vsock',
    proof: 'machine',
    steps: () => [
      wins('packet', 'socket', '17', '3', '0'),
      wins('raw', 'socket', '2', '3', '255'),
      wins('netlink', 'socket', '16', '3', '12'),
      wins('alg', 'socket', '38', '5', '0'),
      wins('can', 'socket', '29', '3', '1'),
      wins('xdp', 'socket', '44', '3', '0'),
      ...['0', '1', '2'].flatMap((cid) =>
        ['22', '1024', '2024', '5001', '9999'].map((port) => wins(`vsock ${cid} ${port}`, 'vsock', cid, port)),
      ),
    ],
  },
  {
    id: 'read-only-pages',
    scenario:
      'kernel: files that are only to be read written to, by their name and in memory: their pages are the machine’s',
    proof: 'nobody',
    steps: ({ readOnly }) =>
      readOnly.flatMap((path) => [wins(path, 'overwrite', path), wins(`pages of ${path}`, 'map', path)]),
  },
  {
    id: 'dirty-pages',
    scenario: 'kernel: pages that are only to be read written to by a race and by a pipe (Dirty COW, Dirty Pipe)',
    proof: { none: 'only a kernel with one of the two holes lets it through' },
    steps: () => [wins('CVE-2016-5195', 'dirty-cow', '/tmp/cow'), wins('CVE-2022-0847', 'dirty-pipe', '/tmp/pipe')],
  },
  {
    id: 'hypervisor',
    scenario: 'hypervisor: shared folders, firmware tables, channels and ports of the machine around a guest',
    proof: 'vm',
    steps: ({ flagPath }) => [
      shows('place', 'dir', place),
      ...['9p', 'virtiofs', 'vboxsf', 'hgfs'].flatMap((kind) => [
        wins(kind, 'mount', kind, 'host', place),
        shows(`flag by ${kind}`, 'show', `${place}${flagPath}`),
      ]),
      wins('fw_cfg', 'list', '/sys/firmware/qemu_fw_cfg/by_name'),
      wins('ports', 'write-each', '/dev/vport*', 'x'),
      ...['/dev/ttyS0', '/dev/hvc0', '/dev/console'].map((path) => wins(path, 'write', path, 'x')),
    ],
  },
];

/** The verbs that no proof above lets through, as steps that get through on the machine. */
export const remaining: Escape = {
  id: 'remaining-verbs',
  scenario: 'none: each verb tells success from failure',
  proof: 'machine',
  steps: ({ scratch, marker }) => [
    wins('dir', 'dir', `${scratch}/group`),
    wins('program', 'program', `${scratch}/group/release_agent`, `#!/bin/sh\n: > ${marker}\n`),
    wins('execute', 'execute', `${scratch}/group/release_agent`),
    wins('release-agents', 'release-agents', scratch),
    wins('write-each', 'write-each', `${scratch}/g*/*`, 'x'),
    wins('list', 'list', `${scratch}/g*`),
    wins('rename', 'rename', `${scratch}/group`, `${scratch}/other`),
    wins('symlink', 'symlink', scratch, `${scratch}/link`),
    wins('crash', 'crash'),
    wins('umount', ...['unshare', 'user,mount', 'mount', 'tmpfs', 'none', scratch, 'and', 'umount', scratch]),
  ],
};

/** As arguments of the program. */
export const argumentsOf = (steps: readonly Step[]): string[] =>
  steps.map(({ name, call, shows: isShown }) => [isShown ? name : `!${name}`, ...call].join('\t'));

/** The steps that did not come to their call. */
export function notMade(steps: readonly Step[], said: string): string[] {
  const made = new Set(said.split('\n').flatMap((line) => /^made (.*): [^:]*$/.exec(line)?.[1] ?? []));
  return steps.map(({ name }) => name).filter((name) => !made.has(name));
}
