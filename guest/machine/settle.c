/* At the end of LAUNCH: finds and opens what RENEW will change in it. The launcher goes into the sandbox's mount
 * namespace for that and comes back; nothing of the guest's has run there yet. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../launcher/kernel.h"
#include "machine.h"

enum { answer_ms = 5000, longest_answer = 512, hello_request = 1 };

static const char *const run_names[] = {[run_machine_id] = "machine-id", [run_hostname] = "hostname", [run_hosts] = "hosts",
                                        [run_meminfo] = "meminfo", [run_generation] = "generation",
                                        [run_random] = "random",         [run_uuid] = "uuid"};

/* ---- one question to the agent ---- */

static bool read_some(int fd, unsigned char *bytes, size_t length, uint64_t deadline) {
  for (size_t got = 0; got < length;) {
    uint64_t now = now_us();
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    if (now >= deadline || poll(&wait, 1, (int)((deadline - now) / 1000) + 1) != 1) return false;
    ssize_t more = read(fd, bytes + got, length - got);
    if (more <= 0) return false;
    got += (size_t)more;
  }
  return true;
}

bool agent_ask(int fd, struct hf_buffer *question, uint32_t id, unsigned ms) {
  unsigned char head[HF_HEADER_BYTES], payload[longest_answer];
  uint64_t deadline = now_us() + ms * 1000ULL;
  bool sent = !question->failed;
  if (sent) write_frames(fd, question);
  sent = sent && question->length == 0;
  hf_buffer_free(question);
  if (!sent || !read_some(fd, head, sizeof head, deadline)) return false;
  struct hf_header header = hf_read_header(head);
  if (header.length > sizeof payload || !read_some(fd, payload, header.length, deadline)) return false;
  return header.type == HF_OK && header.id == id;
}

static int reach_agent(struct fault *fault) {
  struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = MACHINE_HOME "/agent.socket"};
  struct hf_buffer hello = {0};
  size_t mark = hf_frame_begin(&hello, HF_HELLO, hello_request);
  hf_put_int(&hello, HF_TAG_VERSION, HF_VERSION);
  hf_frame_end(&hello, mark);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&name, sizeof name) == 0 && agent_ask(fd, &hello, hello_request, answer_ms)) return fd;
  fail(fault, errno, "reach the agent");
  hf_buffer_free(&hello);
  if (fd >= 0) close(fd);
  return -1;
}

/* ---- its names ---- */

static int open_namespace(pid_t pid, const char *kind, struct fault *fault) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, kind);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(fault, errno, "open %s", path);
  return fd;
}

/* The sandbox's mount of it is read-only; a copy of that mount, which nobody else sees, need not be. */
static int copy_run(struct fault *fault) {
  struct kernel_mount_attr writable = {.clear = mount_read_only};
  struct kernel_open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = resolve_no_symlinks};
  int place = kernel_openat2(AT_FDCWD, "/run/holdfast", &how), copy = -1;
  if (place >= 0) copy = kernel_open_tree(place, "", open_tree_clone | open_tree_cloexec | at_empty_path);
  if (place >= 0) close(place);
  if (copy >= 0 && kernel_mount_setattr(copy, 0, &writable) == 0) return copy;
  fail(fault, errno, "open /run/holdfast");
  if (copy >= 0) close(copy);
  return -1;
}

/* Of them `meminfo` is there only with a memory limit, and `random` and `uuid` with a seed. */
static bool open_run(struct resident *resident, struct fault *fault) {
  int copy = copy_run(fault);
  if (copy < 0) return false;
  for (int i = 0; i < run_files; i++) {
    struct stat there;
    resident->run[i] = openat(copy, run_names[i], O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    resident->run_bytes[i] = resident->run[i] >= 0 && fstat(resident->run[i], &there) == 0 ? (size_t)there.st_size : 0;
    bool may_lack = i == run_meminfo || i == run_random || i == run_uuid;
    if (resident->run[i] < 0 && !may_lack) fail(fault, errno, "open /run/holdfast/%s", run_names[i]);
  }
  close(copy);
  return fault->error == 0;
}

static bool look_inside(struct launcher *launcher, bool (*look)(struct resident *, struct fault *), struct fault *fault) {
  int mounts = open_namespace(launcher->resident.pid, "mnt", fault);
  if (mounts < 0) return false;
  bool done = setns(mounts, CLONE_NEWNS) == 0 || fail(fault, errno, "enter the sandbox's mount namespace");
  done = done && look(&launcher->resident, fault);
  close(mounts);
  if (setns(launcher->skeleton_ns, CLONE_NEWNS) < 0 || chdir(launcher->home) < 0) leave_machine(71);
  return done;
}

/* ---- its memory's size ---- */

/* A new file there must belong to somebody the sandbox's user namespace knows: its root. */
static int make_as_root_inside(int run, const char *name) {
  setfsgid(launcher.first_id);
  setfsuid(launcher.first_id);
  int fd = openat(run, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  int error = errno;
  setfsuid(0);
  setfsgid(0);
  errno = error;
  return fd;
}

static bool cover_meminfo(struct resident *resident, struct fault *fault) {
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_no_symlinks};
  int copy = copy_run(fault), tree = -1;
  if (copy < 0) return false;
  int fd = make_as_root_inside(copy, "meminfo"), place = kernel_openat2(AT_FDCWD, "/proc/meminfo", &how);
  if (fd >= 0) tree = kernel_open_tree(AT_FDCWD, "/run/holdfast/meminfo", open_tree_clone | open_tree_cloexec);
  bool done = place >= 0 && tree >= 0 && kernel_move_mount(tree, "", place, "", move_from_empty_path | move_to_empty_path) == 0;
  if (done) resident->run[run_meminfo] = fd;
  else fail(fault, errno, "cover /proc/meminfo");
  for (int i = 0, all[] = {copy, place, tree, done ? -1 : fd}; i < 4; i++)
    if (all[i] >= 0) close(all[i]);
  return done;
}

bool settle_meminfo(struct launcher *launcher, struct fault *fault) { return look_inside(launcher, cover_meminfo, fault); }

static void let_go(struct resident *resident) {
  int *all[3 + run_files] = {&resident->uts, &resident->own_uts, &resident->agent};
  for (int i = 0; i < run_files; i++) all[3 + i] = &resident->run[i];
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (*all[i] >= 0) close(*all[i]);
    *all[i] = -1;
  }
}

bool machine_settle(struct launcher *launcher, struct fault *fault) {
  struct resident *resident = &launcher->resident;
  resident->uts = resident->own_uts = resident->agent = -1;
  for (int i = 0; i < run_files; i++) resident->run[i] = -1;
  resident->uts = open_namespace(resident->pid, "uts", fault);
  resident->own_uts = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
  if (resident->own_uts < 0) fail(fault, errno, "open /proc/self/ns/uts");
  resident->settled = !fault->error && look_inside(launcher, open_run, fault) && (resident->agent = reach_agent(fault)) >= 0;
  if (!resident->settled) let_go(resident);
  return resident->settled;
}
