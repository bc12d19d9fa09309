/* RENEW: what a machine restored from memory must be given anew, because every machine restored from the same memory has the
 * same. Clock and entropy are the kernel's, names and limits the sandbox's, incarnation and lease its agent's.
 *
 * 1. The entropy goes in before anything else that could draw from the pool.
 * 2. OK means that all of it is in force. A failure leaves the rest undone and says which step it was: the machine is not to
 *    be used.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/random.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../launcher/kernel.h"
#include "machine.h"

enum { least_entropy = 64, most_entropy = 4096, answer_ms = 2000 };

/* ---- the kernel's ---- */

static bool renew_entropy(const struct request *request, struct fault *fault) {
  if (request->entropy_length < least_entropy || request->entropy_length > most_entropy)
    return fail(fault, EINVAL, "entropy of %zu bytes: %d to %d", request->entropy_length, least_entropy, most_entropy);
  struct rand_pool_info *info = malloc(sizeof *info + request->entropy_length);
  int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  bool done = info && fd >= 0;
  if (done) {
    info->entropy_count = (int)request->entropy_length * 8;
    info->buf_size = (int)request->entropy_length;
    memcpy(info->buf, request->entropy, request->entropy_length);
    done = ioctl(fd, RNDADDENTROPY, info) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
  }
  if (!done) fail(fault, errno, "reseed the kernel's random numbers");
  if (fd >= 0) close(fd);
  free(info);
  return done;
}

static bool renew_clock(uint64_t ns, struct fault *fault) {
  struct timespec now = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
  if (ns == 0) return fail(fault, EINVAL, "clockNs is needed");
  return clock_settime(CLOCK_REALTIME, &now) == 0 || fail(fault, errno, "set the clock");
}

bool machine_disk(uint64_t bytes, struct fault *fault) {
  struct statvfs room;
  char options[64];
  if (statvfs(MACHINE_HOME, &room) < 0) return fail(fault, errno, "look at " MACHINE_HOME);
  uint64_t used = (uint64_t)(room.f_blocks - room.f_bfree) * room.f_frsize;
  snprintf(options, sizeof options, "size=%llu", (unsigned long long)(used + bytes));
  if (mount(NULL, MACHINE_HOME, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, options) == 0) return true;
  return fail(fault, errno == EINVAL ? ENOTSUP : errno, "diskBytes %llu: a disk with serial `work` is as large as it is, only memory can be given a size",
              (unsigned long long)bytes);
}

/* ---- the sandbox's ---- */

static bool enter(pid_t pid, const char *kind, int flag, struct fault *fault) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool done = fd >= 0 && setns(fd, flag) == 0;
  if (!done) fail(fault, errno, "enter the sandbox's %s namespace", kind);
  if (fd >= 0) close(fd);
  return done;
}

static bool rewrite(int run, const char *name, const char *text, struct fault *fault) {
  int fd = openat(run, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  size_t length = strlen(text);
  struct stat there;
  bool done = fd >= 0 && fstat(fd, &there) == 0 && S_ISREG(there.st_mode) && there.st_nlink == 1 && ftruncate(fd, 0) == 0 &&
              write(fd, text, length) == (ssize_t)length;
  if (!done) fail(fault, errno, "rewrite /run/holdfast/%s", name);
  if (fd >= 0) close(fd);
  return done;
}

static bool rewrite_all(int run, const struct request *request, struct fault *fault) {
  char text[512];
  snprintf(text, sizeof text, "%s\n", request->machine_id);
  if (!rewrite(run, "machine-id", text, fault)) return false;
  snprintf(text, sizeof text, "%s\n", request->hostname);
  if (!rewrite(run, "hostname", text, fault)) return false;
  view_hosts(request->hostname, text, sizeof text);
  return rewrite(run, "hosts", text, fault);
}

/* A new file there must belong to somebody the sandbox's user namespace knows: its root. */
static int make_as_root_inside(int run, const char *name) {
  setfsgid(launcher.first_id);
  setfsuid(launcher.first_id);
  int fd = openat(run, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
  int error = errno;
  setfsuid(0);
  setfsgid(0);
  errno = error;
  return fd;
}

/* A machine's memory is more than what its sandbox may use. */
static bool cover_meminfo(int root, int run, uint64_t bytes, struct fault *fault) {
  char text[512];
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  if (!bytes) return true;
  view_meminfo(bytes, text, sizeof text);
  int fd = make_as_root_inside(run, "meminfo");
  bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  int place = kernel_openat2(root, "proc/meminfo", &how);
  int tree = done ? kernel_open_tree(root, "run/holdfast/meminfo", open_tree_clone | open_tree_cloexec) : -1;
  done = place >= 0 && tree >= 0 && kernel_move_mount(tree, "", place, "", move_from_empty_path | move_to_empty_path) == 0;
  if (!done) fail(fault, errno, "cover /proc/meminfo");
  for (int i = 0, all[] = {fd, place, tree}; i < 3; i++)
    if (all[i] >= 0) close(all[i]);
  return done;
}

/* The sandbox's mount of it is read-only; a copy of that mount, which nobody else sees, need not be. A sandbox's root may have
 * put something else in its place: that is not written to. */
static bool renew_names(pid_t pid, const struct request *request, struct fault *fault) {
  struct kernel_mount_attr writable = {.clear = mount_read_only};
  if (!name_valid(request->hostname) || strlen(request->hostname) > 64) return fail(fault, EINVAL, "hostname is missing or unusable");
  if (!request->machine_id || strlen(request->machine_id) != 32 || strspn(request->machine_id, "0123456789abcdef") != 32)
    return fail(fault, EINVAL, "machineId must be 32 hex characters");
  if (!enter(pid, "uts", CLONE_NEWUTS, fault)) return false;
  if (sethostname(request->hostname, strlen(request->hostname)) < 0) return fail(fault, errno, "set the host name %s", request->hostname);
  if (!enter(pid, "mnt", CLONE_NEWNS, fault)) return false;
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  int root = open("/", O_PATH | O_CLOEXEC), place = kernel_openat2(root, "run/holdfast", &how), run = -1;
  if (place >= 0) run = kernel_open_tree(place, "", open_tree_clone | open_tree_cloexec | at_empty_path);
  struct statfs kind;
  bool done = run >= 0 && fstatfs(run, &kind) == 0 && kernel_mount_setattr(run, 0, &writable) == 0;
  if (!done) fail(fault, errno, "open /run/holdfast");
  else if (kind.f_type != TMPFS_MAGIC) done = fail(fault, EPERM, "/run/holdfast is not what was mounted there");
  return done && rewrite_all(run, request, fault) && cover_meminfo(root, run, request->limits.memory_bytes, fault);
}

static void limit_files(pid_t pid, char state, void *context) {
  (void)state;
  const struct rlimit *bound = context;
  prlimit(pid, RLIMIT_NOFILE, bound, NULL); /* one that has ended meanwhile needs none */
}

static bool set_group(const char *cgroup, const char *file, const char *text, struct fault *fault) {
  return group_write(cgroup, file, text) || fail(fault, errno, "set %s to %s", file, text);
}

static bool renew_limits(const struct resident *resident, const struct limits *limits, struct fault *fault) {
  char text[64];
  struct rlimit files = {.rlim_cur = limits->open_files, .rlim_max = limits->open_files}, now;
  snprintf(text, sizeof text, "%llu", (unsigned long long)(limits->processes + 1)); /* the agent's own */
  if (limits->processes && !set_group(resident->cgroup, "pids.max", text, fault)) return false;
  snprintf(text, sizeof text, "%llu", (unsigned long long)limits->memory_bytes);
  if (limits->memory_bytes && !set_group(resident->cgroup, "memory.max", text, fault)) return false;
  snprintf(text, sizeof text, "%llu 100000", (unsigned long long)limits->cpu_millis * 100);
  if (limits->cpu_millis && !set_group(resident->cgroup, "cpu.max", text, fault)) return false;
  if (limits->disk_bytes && !machine_disk(limits->disk_bytes, fault)) return false;
  if (!limits->open_files) return true;
  process_walk(resident->pid, limit_files, &files);
  if (prlimit(resident->pid, RLIMIT_NOFILE, NULL, &now) < 0 || now.rlim_max != limits->open_files)
    return fail(fault, errno, "set the limit on open files to %llu", (unsigned long long)limits->open_files);
  return true;
}

/* ---- its agent's ---- */

static bool read_frame(int fd, struct hf_header *header, uint64_t deadline) {
  unsigned char bytes[HF_HEADER_BYTES + 512];
  size_t got = 0, whole = HF_HEADER_BYTES;
  while (got < whole) {
    uint64_t now = now_us();
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (now >= deadline || poll(&wait, 1, (int)((deadline - now) / 1000) + 1) != 1) return false;
    ssize_t more = read(fd, bytes + got, whole - got);
    if (more <= 0) return false;
    got += (size_t)more;
    if (got != HF_HEADER_BYTES || whole != HF_HEADER_BYTES) continue;
    *header = hf_read_header(bytes);
    if (header->length > sizeof bytes - HF_HEADER_BYTES) return false;
    whole += header->length;
  }
  return true;
}

static void put_requests(struct hf_buffer *out, const struct request *request) {
  size_t mark = hf_frame_begin(out, HF_HELLO, 1);
  hf_put_int(out, HF_TAG_VERSION, HF_VERSION);
  hf_frame_end(out, mark);
  mark = hf_frame_begin(out, HF_RENEW, 2);
  hf_put_string(out, HF_TAG_INCARNATION, request->incarnation);
  hf_put_int(out, HF_TAG_LEASE_MS, request->lease_ms);
  hf_frame_end(out, mark);
}

static int reach_agent(struct fault *fault) {
  struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = MACHINE_HOME "/agent.socket"};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) == 0) return fd;
  fail(fault, errno, "reach the agent");
  if (fd >= 0) close(fd);
  return -1;
}

static bool renew_agent(const struct request *request, struct fault *fault) {
  if (!request->incarnation) return fail(fault, EINVAL, "incarnation is needed");
  struct hf_buffer out = {0};
  struct hf_header header;
  uint64_t deadline = now_us() + answer_ms * 1000ULL;
  int fd = reach_agent(fault);
  if (fd < 0) return false;
  put_requests(&out, request);
  write_frames(fd, &out);
  bool done = true;
  for (uint32_t id = 1; done && id <= 2; id++)
    done = read_frame(fd, &header, deadline) && header.type == HF_OK && header.id == id;
  hf_buffer_free(&out);
  close(fd);
  return done || fail(fault, EPROTO, "the agent did not take its new incarnation");
}

bool machine_renew(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  const struct resident *resident = &launcher->resident;
  if (!renew_entropy(request, fault) || !renew_clock(request->clock_ns, fault)) return false;
  if (resident->pid <= 0) return true;
  return renew_agent(request, fault) && renew_limits(resident, &request->limits, fault) &&
         renew_names(resident->pid, request, fault);
}
