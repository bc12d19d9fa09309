/**
 * The guards of a sandbox as data: one line of code each, what it becomes when the guard is taken away, and the test that
 * must then fail. SECURITY.md shows the same table.
 */
export interface Guard {
  guard: string;
  file: string;
  search: string;
  replace: string;
  /** File below test/system/security, and the beginning of a test's name. */
  test: readonly [file: string, name: string];
}

const seccomp = 'guest/launcher/seccomp.c';
const hook = 'actions[SYS_clone] = call_clone;';
const open = (call: string): Pick<Guard, 'file' | 'search' | 'replace'> => ({
  file: seccomp,
  search: hook,
  replace: `${hook} actions[${call}] = call_allowed;`,
});

export const guards: readonly Guard[] = [
  {
    guard: 'The filter is installed',
    file: 'guest/launcher/lockdown.c',
    search: 'return seccomp_install(fault);',
    replace: 'return true;',
    test: ['kernel-surface', 'F4: a filter is installed'],
  },
  { guard: 'io_uring is refused', ...open('425'), test: ['kernel-surface', 'F9: io_uring'] },
  { guard: 'unshare is refused', ...open('SYS_unshare'), test: ['kernel-surface', 'F4: no namespace'] },
  { guard: 'ptrace is refused', ...open('SYS_ptrace'), test: ['kernel-surface', 'F10: nobody is traced'] },
  { guard: 'Key rings are refused', ...open('SYS_keyctl'), test: ['kernel-surface', 'F4: what steers the machine'] },
  {
    guard: 'clone makes no namespace',
    file: seccomp,
    search: '0x7E020000',
    replace: '0x00000000',
    test: ['kernel-surface', 'F4: no namespace'],
  },
  {
    guard: 'clone3 is closed for programs',
    file: 'guest/agent/spawn.c',
    search: 'if (agent->options->guard_clone3) guard_clone3();',
    replace: 'if (agent->options->guard_clone3 && !agent) guard_clone3();',
    test: ['kernel-surface', 'F4: no namespace'],
  },
  {
    guard: 'Calls of another architecture kill',
    file: seccomp,
    search: '(uint32_t)native, 1, 0);\n  answer(SECCOMP_RET_KILL_PROCESS);',
    replace: '(uint32_t)native, 1, 0);\n  answer(SECCOMP_RET_ALLOW);',
    test: ['kernel-surface', 'F4: the 32-bit ways'],
  },
  {
    guard: 'Socket families are chosen',
    file: seccomp,
    search: 'refuse(EAFNOSUPPORT);',
    replace: 'answer(SECCOMP_RET_ALLOW);',
    test: ['kernel-surface', 'F8: of sockets'],
  },
  {
    guard: 'Socket pairs are sockets',
    file: seccomp,
    search: 'actions[SYS_socketpair] = call_socket;',
    replace: '',
    test: ['kernel-surface', 'F8: of sockets'],
  },
  {
    guard: 'Terminals take no input from inside',
    file: seccomp,
    search: '{0x5412, 0x541C, 0x5423}',
    replace: '{0x541C, 0x5423}',
    test: ['kernel-surface', 'F4: input cannot be pushed'],
  },
  {
    guard: 'The agent cannot be read',
    file: 'guest/agent/loop.c',
    search: 'prctl(PR_SET_DUMPABLE, 0)',
    replace: 'prctl(PR_SET_DUMPABLE, 1)',
    test: ['processes', 'F10: memory, environment'],
  },
  {
    guard: 'No user namespace may be made',
    file: 'guest/launcher/view.c',
    search: '"sys/user/max_user_namespaces", "0")',
    replace: '"sys/user/max_user_namespaces", "7")',
    test: ['processes', 'F6: what steers the machine'],
  },
  {
    guard: 'Files of /proc that describe the machine are covered',
    file: 'guest/launcher/view.c',
    search: '"interrupts", NULL}',
    replace: 'NULL}',
    test: ['processes', 'F6: what steers the machine'],
  },
  {
    guard: '/proc/sys is read-only',
    file: 'guest/launcher/view.c',
    search: '{"bus", "fs", "irq", "sys", NULL}',
    replace: '{"bus", "fs", "irq", NULL}',
    test: ['processes', 'F6: what steers the machine'],
  },
  {
    guard: 'Binds of the machine are read-only',
    file: 'guest/launcher/skeleton.c',
    search: '{.set = mount_read_only | mount_no_suid | mount_no_dev}',
    replace: '{.set = mount_no_suid | mount_no_dev}',
    test: ['processes', 'F6: mounts name no directory'],
  },
  {
    guard: '/dev is read-only',
    file: 'guest/launcher/skeleton.c',
    search: 'struct kernel_mount_attr attr = {.set = mount_read_only};\n  if (kernel_mount_setattr(dev',
    replace: 'struct kernel_mount_attr attr = {.set = mount_no_suid};\n  if (kernel_mount_setattr(dev',
    test: ['processes', 'F6: /dev holds'],
  },
  {
    guard: 'No path passes through a descriptor of the agent',
    file: 'guest/agent/path.c',
    search: '.resolve = RESOLVE_NO_MAGICLINKS |',
    replace: '.resolve =',
    test: ['filesystem', 'F6: no file verb'],
  },
  {
    guard: 'No working directory does either',
    file: 'guest/agent/path.c',
    search: '.resolve = RESOLVE_NO_MAGICLINKS |',
    replace: '.resolve =',
    test: ['filesystem', 'F6: no program'],
  },
  {
    guard: "The agent's socket is its owner's",
    file: 'guest/launcher/launch.c',
    search: 'chmod(relative, 0600)',
    replace: 'chmod(relative, 0666)',
    test: ['tenants-and-api', 'S7: no other user'],
  },
  {
    guard: 'Processes are limited',
    file: 'guest/launcher/groups.c',
    search: '!limits->processes || set(fd, "pids.max", most_processes(limits), fault)',
    replace: '!limits->processes || set(fd, "pids.max", most_processes(limits) + 100000, fault)',
    test: ['resources', 'F12: a fork bomb'],
  },
  {
    guard: 'Open files are limited',
    file: 'guest/launcher/lockdown.c',
    search: 'if (limits->open_files &&',
    replace: 'if (false && limits->open_files &&',
    test: ['resources', 'F12: descriptors'],
  },
  {
    guard: 'A layer that cannot be read stops no daemon',
    file: 'src/filesystem/snapshots.ts',
    search: 'return this.#layers.unhashed(layer);',
    replace: 'throw error;',
    test: ['filesystem', 'F12: directories nested'],
  },
  {
    guard: 'A tar has no `..`',
    file: 'src/filesystem/tar-import.ts',
    search: "if (parts.includes('..'))",
    replace: 'if (parts.length < 0)',
    test: ['filesystem', 'F3: a tar cannot write'],
  },
  {
    guard: 'Sandboxes are found by tenant',
    file: 'src/state/sandboxes.ts',
    search: 'byId.tenant === tenant &&',
    replace: '',
    test: ['tenants-and-api', 'S6: getSandbox'],
  },
  {
    guard: 'Only the owner makes templates',
    file: 'src/runtime/host-verbs.ts',
    search: "refuseOthers(tenant, 'build');",
    replace: '',
    test: ['tenants-and-api', 'F11: buildTemplate'],
  },
  {
    guard: 'TCP needs a key',
    file: 'src/server/serve.ts',
    search: "if (!key && 'port' in listen)",
    replace: 'if (!key && !listen)',
    test: ['tenants-and-api', 'S6: without a key'],
  },
  {
    guard: 'Foreign origins are refused',
    file: 'src/server/guard.ts',
    search: 'if (!isOwn && !origins.includes(origin))',
    replace: 'if (!isOwn && !origins)',
    test: ['tenants-and-api', 'S6: a page of the web'],
  },
  {
    guard: 'Unknown options are refused',
    file: 'src/schema/sandbox.ts',
    search: 'createSandboxSchema = z.strictObject(',
    replace: 'createSandboxSchema = z.object(',
    test: ['tenants-and-api', 'S8: empty options'],
  },
  {
    guard: 'Nothing of .git leaves a sandbox',
    file: 'src/cli/repository.ts',
    search: "!path.split('/').includes('.git')",
    replace: 'path.length > 0',
    test: ['git-and-host', 'F2: hooks'],
  },
  {
    guard: 'cp writes through no link',
    file: 'src/cli/unpack.ts',
    search: 'const [source, there] = [await lstat(from), await lstat(target)',
    replace: 'const [source, there] = [await lstat(from), await (await import("node:fs/promises")).stat(target)',
    test: ['git-and-host', 'F3: cp out'],
  },
  {
    guard: 'Text of a sandbox cannot steer a terminal',
    file: 'src/cli/output.ts',
    search: "text.split('\\t').map(printable).join('\\t')",
    replace: 'text',
    test: ['git-and-host', 'F3: names and contents'],
  },
];
