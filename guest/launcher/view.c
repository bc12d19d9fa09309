/* What a sandbox sees: the overlay as /, read-only binds, its own /proc, /dev, /run/holdfast and loopback. Runs in the new
 * process, with powers over its own namespaces only.
 *
 * 1. A mount point is opened below the overlay's root without following any link: what a guest left in a layer decides
 *    at most that the launch fails.
 * 2. Of /proc nothing that steers the machine can be written, and what tells of its memory, keys, modules, disks and interrupts is
 *    empty. What else describes the machine is shown, as in usual container engines: LIMITATIONS.md names it.
 * 3. Nothing of the old root is reachable afterwards.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside.h"
#include "kernel.h"

const char *const hidden_files[] = {"kcore",     "keys",       "key-users", "timer_list",    "latency_stats", "sched_debug",
                                    "schedstat", "timer_stats", "modules",   "config.gz",     "diskstats",     "partitions",
                                    "swaps",     "softirqs",   "sysrq-trigger", "interrupts", NULL};
const char *const hidden_directories[] = {"scsi", "acpi", "asound", NULL};
const char *const fixed_directories[] = {"bus", "fs", "irq", "sys", NULL};

int view_mount(const char *type, const char *const *options, unsigned attributes, struct fault *fault) {
  int fs = kernel_fsopen(type), mounted = -1;
  bool good = fs >= 0;
  for (size_t i = 0; good && options && options[i]; i += 2)
    good = kernel_fsconfig(fs, options[i + 1][0] ? config_string : config_flag, options[i],
                           options[i + 1][0] ? options[i + 1] : NULL) == 0;
  if (good && kernel_fsconfig(fs, config_create, NULL, NULL) == 0) mounted = kernel_fsmount(fs, attributes);
  if (mounted < 0) fail(fault, errno, "mount %s", type);
  if (fs >= 0) close(fs);
  return mounted;
}

/* ---- before the root is known ---- */

static bool loopback_up(struct fault *fault) {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
  if (!up) fail(fault, errno, "bring up the loopback interface");
  if (fd >= 0) close(fd);
  return up;
}

bool view_network(int proc, struct fault *fault) {
  if (unshare(CLONE_NEWNET) < 0) return fail_namespace(fault, errno, "make a network namespace");
  if (!loopback_up(fault)) return false;
  return write_file(proc, "sys/net/ipv4/ip_unprivileged_port_start", "0") || fail(fault, errno, "free the ports below 1024");
}

static bool new_file(int at, const char *name, const char *text, struct fault *fault) {
  int fd = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  size_t length = strlen(text);
  bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;
  if (!done) fail(fault, errno, "write /run/holdfast/%s", name);
  if (fd >= 0) close(fd);
  return done;
}

void view_hosts(const char *hostname, char *text, size_t room) {
  snprintf(text, room, "127.0.0.1\tlocalhost\n127.0.1.1\t%s\n::1\tlocalhost ip6-localhost ip6-loopback\n", hostname);
}

/* What tells a program that its memory may live more than once: another one after each restore. */
void view_generation(const char *generation, char *text, size_t room) {
  snprintf(text, room, "%s\n", generation ? generation : "");
}

void view_meminfo(uint64_t bytes, char *text, size_t room) {
  unsigned long long kilobytes = bytes / 1024;
  snprintf(text, room,
           "MemTotal:       %8llu kB\nMemFree:        %8llu kB\nMemAvailable:   %8llu kB\nBuffers:               0 kB\n"
           "Cached:                0 kB\nSwapCached:            0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n"
           "Shmem:                 0 kB\nSReclaimable:          0 kB\n",
           kilobytes, kilobytes, kilobytes);
}

static bool new_random(int run, const struct request *request, struct fault *fault) {
  char uuid[64];
  seeded_uuid(&request->entropy, uuid, sizeof uuid);
  if (!new_file(run, "uuid", uuid, fault)) return false;
  int fd = openat(run, "random", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (fd < 0) return fail(fault, errno, "make /run/holdfast/random");
  bool done = seeded_write(fd, &request->entropy, fault);
  close(fd);
  return done;
}

static bool fill_run(int run, const struct request *request, struct fault *fault) {
  char text[512];
  if (request->entropy.length && !new_random(run, request, fault)) return false;
  snprintf(text, sizeof text, "%s\n", request->machine_id);
  if (!new_file(run, "machine-id", text, fault)) return false;
  if ((request->flags & launch_makes_own) && !new_file(run, "agent", "", fault)) return false;
  snprintf(text, sizeof text, "%s\n", request->hostname);
  if (!new_file(run, "hostname", text, fault)) return false;
  view_hosts(request->hostname, text, sizeof text);
  if (!new_file(run, "hosts", text, fault)) return false;
  view_generation(request->generation ? request->generation : request->incarnation, text, sizeof text);
  if (!new_file(run, "generation", text, fault)) return false;
  if (!request->limits.memory_bytes) return true;
  view_meminfo(request->limits.memory_bytes, text, sizeof text);
  return new_file(run, "meminfo", text, fault);
}

int view_run(const struct request *request, struct fault *fault) {
  const char *size = request->entropy.length ? "2m" : "64k";
  const char *options[] = {"mode", "0755", "size", size, "nr_inodes", "16", NULL};
  int run = view_mount("tmpfs", options, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  struct kernel_mount_attr fixed = {.set = mount_read_only};
  if (run < 0 || !fill_run(run, request, fault)) return -1;
  if (mkdirat(run, "trust", 0755) < 0 || kernel_mount_setattr(run, 0, &fixed) < 0)
    fail(fault, errno, "make /run/holdfast read-only");
  return fault->error ? -1 : run;
}

/* What a template trusts, until the host writes the sandbox's own over these links. */
static const char *const kept_aside[] = {"ca-certificates.crt", "cacerts"};

static int trust_mount(const struct request *request, struct fault *fault) {
  char user[16];
  snprintf(user, sizeof user, "%u", (unsigned)request->user);
  const char *options[] = {"mode", "0755", "uid", user, "gid", user, "size", "2m", "nr_inodes", "256", NULL};
  int trust = view_mount("tmpfs", options, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  for (size_t i = 0; trust >= 0 && i < sizeof kept_aside / sizeof *kept_aside; i++) {
    char target[64];
    snprintf(target, sizeof target, "/etc/ssl/holdfast/%s", kept_aside[i]);
    if (symlinkat(target, trust, kept_aside[i]) < 0) fail(fault, errno, "make a link in /run/holdfast/trust");
  }
  if (!fault->error) return trust;
  if (trust >= 0) close(trust);
  return -1;
}

bool view_place_run(int root, int run, const struct request *request, struct fault *fault) {
  int trust = trust_mount(request, fault);
  bool done = trust >= 0 && view_place(root, run, "run/holdfast", fault) &&
              view_place(root, trust, "run/holdfast/trust", fault);
  if (trust >= 0) close(trust);
  return done;
}

/* Shared memory may take a quarter of the memory limit, at most 64 MiB. */
uint64_t shm_bytes(const struct request *request) {
  uint64_t most = 64ULL << 20, quarter = request->limits.memory_bytes / 4;
  return quarter > 0 && quarter < most ? quarter : most;
}

static int shm_mount(const struct request *request, struct fault *fault) {
  char size[32];
  snprintf(size, sizeof size, "%llu", (unsigned long long)shm_bytes(request));
  const char *options[] = {"mode", "1777", "size", size, NULL};
  return view_mount("tmpfs", options, mount_no_suid | mount_no_dev | mount_no_exec, fault);
}

/* Root that keeps its powers, in a machine of its own, sees the machine's devices and may steer its kernel. */
static bool view_powers(struct view *view, struct fault *fault) {
  view->dev = view_mount("devtmpfs", NULL, mount_no_suid, fault);
  view->sys = view_mount("sysfs", NULL, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  return view->dev >= 0 && view->sys >= 0;
}

/* The control groups come last: they show this process's own as their root only once it is in a namespace for them. */
static bool place_powers(int root, const struct view *view, struct fault *fault) {
  if (!view_place(root, view->sys, "sys", fault)) return false;
  int groups = view_mount("cgroup2", NULL, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  bool done = groups >= 0 && view_place(root, groups, "sys/fs/cgroup", fault);
  if (groups >= 0) close(groups);
  return done;
}

bool view_prepare(struct view *view, const struct inside *inside, struct fault *fault) {
  static const char *const pts_mapped[] = {"newinstance", "", "ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
  static const char *const pts_single[] = {"newinstance", "", "ptmxmode", "0666", "mode", "0620", NULL};
  const struct request *request = inside->request;
  bool kept = request->flags & launch_powers_kept;
  view->sys = -1;
  if (sethostname(request->hostname, strlen(request->hostname)) < 0)
    return fail(fault, errno, "set the host name %s", request->hostname);
  view->proc = view_mount("proc", NULL, mount_no_suid | mount_no_dev | mount_no_exec, fault);
  view->pts = view_mount("devpts", inside->launcher->user_mode ? pts_single : pts_mapped, mount_no_suid | mount_no_exec, fault);
  if (view->proc < 0 || view->pts < 0 || !(inside->networked || view_network(view->proc, fault)))
    return false;
  /* No user namespace can be made inside, whatever the seccomp filter lets through. */
  if (!kept && !write_file(view->proc, "sys/user/max_user_namespaces", "0")) return fail(fault, errno, "forbid user namespaces");
  view->run = view_run(request, fault);
  view->shm = shm_mount(request, fault);
  if (kept) return view_powers(view, fault) && view->run >= 0 && view->shm >= 0;
  view->dev = kernel_open_tree(AT_FDCWD, request->flags & launch_kvm ? "/kvm-dev" : "/dev", open_tree_clone | open_tree_cloexec | at_recursive);
  if (view->dev < 0) return fail(fault, errno, "copy /dev");
  return view->run >= 0 && view->shm >= 0;
}

/* ---- onto the root ---- */

static int place(int root, const char *path, struct fault *fault) {
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  while (*path == '/') path++;
  int fd = kernel_openat2(root, path, &how);
  if (fd < 0) fail(fault, errno, "the root filesystem has no usable /%s to mount on", path);
  return fd;
}

bool view_has(int root, const char *path, struct fault *fault) {
  int fd = place(root, path, fault);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

bool view_place(int root, int tree, const char *path, struct fault *fault) {
  int target = place(root, path, fault);
  if (target < 0) return false;
  bool done = kernel_move_mount(tree, "", target, "", move_from_empty_path | move_to_empty_path) == 0;
  if (!done) fail(fault, errno, "mount on %s", path);
  close(target);
  return done;
}

/* Binds `source` over `name` below the directory; a name this kernel does not have needs no cover. */
static bool cover(int directory, const char *name, int from, const char *source, uint64_t attributes, struct fault *fault) {
  int target = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (target < 0) return errno == ENOENT || fail(fault, errno, "open %s to cover it", name);
  int tree = kernel_open_tree(from, source, open_tree_clone | open_tree_cloexec);
  struct kernel_mount_attr attr = {.set = attributes};
  bool done = tree >= 0 && (attributes == 0 || kernel_mount_setattr(tree, 0, &attr) == 0) &&
              kernel_move_mount(tree, "", target, "", move_from_empty_path | move_to_empty_path) == 0;
  if (!done) fail(fault, errno, "cover %s", name);
  if (tree >= 0) close(tree);
  close(target);
  return done;
}

static bool cover_proc(int root, const struct request *request, struct fault *fault) {
  int proc = openat(root, "proc", O_PATH | O_CLOEXEC);
  bool done = proc >= 0;
  for (size_t i = 0; done && hidden_files[i]; i++)
    done = cover(proc, hidden_files[i], AT_FDCWD, "/dev/null", 0, fault);
  for (size_t i = 0; done && hidden_directories[i]; i++)
    done = cover(proc, hidden_directories[i], AT_FDCWD, "/empty", mount_read_only, fault);
  for (size_t i = 0; done && fixed_directories[i]; i++)
    done = cover(proc, fixed_directories[i], proc, fixed_directories[i], mount_read_only, fault);
  if (done && request->limits.memory_bytes) done = cover(proc, "meminfo", root, "run/holdfast/meminfo", 0, fault);
  if (proc >= 0) close(proc);
  return done || fail(fault, errno, "cover /proc");
}

/* See seeded.c. */
static bool cover_random(int root, const struct request *request, struct fault *fault) {
  static const char source[] = "run/holdfast/random";
  if (!request->entropy.length) return true;
  if (!cover(root, "proc/sys/kernel/random/uuid", root, "run/holdfast/uuid", 0, fault)) return false;
  int dev = openat(root, "dev", O_PATH | O_CLOEXEC);
  if (dev < 0) return fail(fault, errno, "open /dev");
  bool done = cover(dev, "random", root, source, 0, fault) && cover(dev, "urandom", root, source, 0, fault);
  close(dev);
  return done;
}

bool view_attach_binds(int root, const struct inside *inside, struct fault *fault) {
  for (size_t i = 0; i < inside->request->bind_count; i++) {
    char source[32];
    snprintf(source, sizeof source, "/binds/%d", inside->sources[i]);
    int tree = kernel_open_tree(AT_FDCWD, source, open_tree_clone | open_tree_cloexec | at_recursive);
    if (tree < 0) return fail(fault, errno, "copy the bind of %s", inside->request->binds[i].source);
    bool done = view_place(root, tree, inside->request->binds[i].target, fault);
    close(tree);
    if (!done) return false;
  }
  return true;
}

bool view_enter(struct view *view, const struct inside *inside, struct fault *fault) {
  if (kernel_move_mount(view->root, "", AT_FDCWD, "/root", move_from_empty_path) < 0)
    return fail(fault, errno, "attach the root filesystem");
  int root = view->root;
  if (!view_attach_binds(root, inside, fault) || !view_place(root, view->proc, "proc", fault)) return false;
  if (!view_place(root, view->dev, "dev", fault) || !view_place(root, view->pts, "dev/pts", fault)) return false;
  if (!view_place(root, view->shm, "dev/shm", fault) || !view_place_run(root, view->run, inside->request, fault)) return false;
  bool kept = view->sys >= 0;
  if (kept ? !place_powers(root, view, fault) : !cover_proc(root, inside->request, fault)) return false;
  if (!cover_random(root, inside->request, fault)) return false;
  if (fchdir(root) < 0 || kernel_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
    return fail(fault, errno, "enter the root filesystem");
  return true;
}
