/* LAUNCH seen from outside. What can be done beside the new process's own work is done beside it: the process is cloned
 * first, then the launcher mounts the root and makes limit groups while the process makes its network and file systems.
 *
 * 1. A failure at any step kills the process, waits for its end and removes groups and socket.
 * 2. A limit that nothing here can enforce is refused before anything is made.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { backlog = 16, undo_deadline_ms = 2000, usual_user = 1000 };

static bool limit_check(const struct launcher *l, uint64_t asked, unsigned bit, const char *name, struct fault *fault) {
  if (!asked || limit_available(&l->groups, bit)) return true;
  return fail(fault, ENOTSUP, "the %s limit needs a control group with its controller%s", name,
              l->user_mode ? ": start the daemon with `systemd-run --user --scope -p Delegate=yes`" : "");
}

static bool check_limits(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  const struct limits *limits = &request->limits;
  struct rlimit files;
  if (!limit_check(launcher, limits->memory_bytes, limit_memory, "memory", fault)) return false;
  if (!limit_check(launcher, limits->cpu_millis, limit_cpu, "cpu", fault)) return false;
  if (limits->disk_bytes) return fail(fault, ENOTSUP, "the disk limit is not available");
  if (getrlimit(RLIMIT_NOFILE, &files) < 0) return fail(fault, errno, "read the limit on open files");
  if (limits->open_files > files.rlim_max)
    return fail(fault, ENOTSUP, "openFiles %llu is over this host's %llu: raise the daemon's LimitNOFILE",
                (unsigned long long)limits->open_files, (unsigned long long)files.rlim_max);
  return true;
}

static bool check(const struct launcher *launcher, const struct request *r, struct fault *fault) {
  if (!name_valid(r->sandbox)) return fail(fault, EINVAL, "sandbox `%s` is no usable name", r->sandbox ? r->sandbox : "");
  if (!r->hostname || !name_valid(r->hostname) || strlen(r->hostname) > 64) return fail(fault, EINVAL, "hostname is missing or unusable");
  if (!r->machine_id || strlen(r->machine_id) != 32 || strspn(r->machine_id, "0123456789abcdef") != 32)
    return fail(fault, EINVAL, "machineId must be 32 hex characters");
  if (!r->incarnation || !r->socket) return fail(fault, EINVAL, "incarnation and socket are needed");
  if (r->user != 0 && r->user != usual_user) return fail(fault, EINVAL, "user %llu: 0 or 1000", (unsigned long long)r->user);
  return check_limits(launcher, r, fault);
}

/* Only the launcher's own user may connect: the directory it lies in is the daemon's, and so is its mode. */
static int listen_on(const struct launcher *launcher, const char *path, struct fault *fault) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  const char *relative = home_relative(launcher, path);
  int fd = -1;
  if (!relative) return fail(fault, EPERM, "socket %s is not below %s", path, launcher->home), -1;
  if (strlen(relative) >= sizeof name.sun_path) return fail(fault, ENAMETOOLONG, "socket %s", path), -1;
  memcpy(name.sun_path, relative, strlen(relative) + 1);
  fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool done = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0 && chmod(relative, 0600) == 0 &&
              listen(fd, backlog) == 0;
  if (done) return fd;
  fail(fault, errno, "listen on %s", path);
  if (fd >= 0) close(fd);
  return -1;
}

static bool clone_inside(struct launcher *launcher, struct launch *launch, struct inside *inside, struct fault *fault) {
  int line[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) < 0) return fail(fault, errno, "make a line");
  struct kernel_clone_args args = {
      .flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
               (launch->groups.v2_fd >= 0 ? CLONE_INTO_CGROUP_FLAG : 0),
      .exit_signal = SIGCHLD,
      .cgroup = launch->groups.v2_fd >= 0 ? (uint64_t)launch->groups.v2_fd : 0,
  };
  (void)launcher;
  pid_t pid = kernel_clone3(&args);
  if (pid == 0) {
    inside->line = line[1];
    close(line[0]);
    inside_run(inside);
  }
  int error = errno;
  close(line[1]);
  launch->line = line[0];
  launch->pid = pid;
  return pid > 0 || fail(fault, error, "make the sandbox's namespaces");
}

static bool map_ids(const struct launcher *launcher, const struct request *request, struct launch *launch,
                    struct fault *fault) {
  char map[64];
  if (launcher->user_mode) snprintf(map, sizeof map, "%llu 0 1", (unsigned long long)request->user);
  else snprintf(map, sizeof map, "0 %u %d", FIRST_MAPPED_ID, mapped_ids);
  if (!write_maps(launch->pid, map, map, launcher->user_mode, fault)) return false;
  return send_byte(launch->line, NULL, 0) || fail(fault, errno, "tell the sandbox its ids");
}

static bool equip(struct launcher *launcher, const struct request *request, struct launch *launch, struct fault *fault) {
  struct overlay_plan plan;
  if (!overlay_plan(launcher, request, &plan, fault)) return false;
  int fds[4] = {overlay_mount(&plan, fault)};
  if (fds[0] < 0) return false;
  size_t count = 1;
  bool done = groups_limit(launcher, request, &launch->groups, fault);
  for (size_t i = 0; i < 3; i++)
    if (launch->groups.task_fds[i] >= 0) fds[count++] = launch->groups.task_fds[i];
  if (done && !send_byte(launch->line, fds, count)) done = fail(fault, errno, "hand the sandbox its root");
  close(fds[0]);
  return done;
}

static bool start(struct launcher *launcher, const struct request *request, uint32_t id, struct launch *launch,
                  struct fault *fault) {
  struct inside inside = {.launcher = launcher, .request = request, .id = id, .group_fd = -1};
  for (size_t i = 0; i < request->bind_count; i++)
    if ((inside.sources[i] = skeleton_source(launcher, request->binds[i].source, fault)) < 0) return false;
  if (!groups_make(launcher, request, &launch->groups, fault)) return false;
  inside.group_fd = launch->groups.v2_fd;
  if ((inside.listen_fd = listen_on(launcher, request->socket, fault)) < 0) return false;
  snprintf(launch->socket, sizeof launch->socket, "%s", home_relative(launcher, request->socket));
  bool done = clone_inside(launcher, launch, &inside, fault);
  close(inside.listen_fd);
  if (!done || !map_ids(launcher, request, launch, fault)) return false;
  launch->start_ticks = process_start_ticks(launch->pid);
  return equip(launcher, request, launch, fault);
}

bool launch_begin(struct launcher *launcher, const struct request *request, uint32_t id, struct launch *launch,
                  struct fault *fault) {
  *launch = (struct launch){.pid = -1, .line = -1, .groups = {.v2_fd = -1, .task_fds = {-1, -1, -1}}};
  if (!check(launcher, request, fault)) return false;
  snprintf(launch->sandbox, sizeof launch->sandbox, "%s", request->sandbox);
  bool done = start(launcher, request, id, launch, fault);
  groups_close(&launch->groups);
  if (!done) launch_undo(launcher, launch);
  return done;
}

void launch_answer(const struct launch *launch, uint32_t id, struct hf_buffer *out) {
  size_t mark = hf_frame_begin(out, HF_OK, id);
  hf_put_int(out, HF_TAG_PID, (uint64_t)launch->pid);
  hf_put_int(out, HF_TAG_START_TICKS, launch->start_ticks);
  if (launch->groups.cgroup[0]) hf_put_string(out, HF_TAG_CGROUP, launch->groups.cgroup);
  for (size_t i = 0; i < 3; i++)
    if (launch->groups.v1[i][0]) hf_put_string(out, HF_TAG_LIMIT_GROUP, launch->groups.v1[i]);
  hf_frame_end(out, mark);
}

void launch_undo(struct launcher *launcher, struct launch *launch) {
  if (launch->line >= 0) close(launch->line);
  launch->line = -1;
  if (launch->pid > 0) {
    int pidfd = kernel_pidfd_open(launch->pid);
    struct pollfd gone = {.fd = pidfd, .events = POLLIN};
    kill(launch->pid, SIGKILL);
    if (pidfd >= 0 && poll(&gone, 1, undo_deadline_ms) == 1) waitpid(launch->pid, NULL, WNOHANG);
    if (pidfd >= 0) close(pidfd);
  }
  groups_undo(launcher, launch->sandbox, &launch->groups);
  if (launch->socket[0]) unlink(launch->socket);
  launch->pid = -1;
}
