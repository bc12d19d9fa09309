/* Replaces the root of a living sandbox from inside its own mount namespace.
 *
 * A process of its own, because it cannot come back from there. It enters before the sandbox is stopped and then waits for
 * the new root; what it takes while everything stands still is a handful of mount operations.
 *
 * 1. Everything the sandbox has on its root (binds, /proc, /dev, /run/holdfast) moves over as it is; every new place is
 *    opened before the first move, and a failed move takes back the ones before it.
 * 2. pivot_root also moves root and working directory of each process that has the old root as either.
 * 3. The old root is kept until surgeon_end: letting it go makes the kernel write out its file system.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { most_places = max_binds + 3, work_ms = 5000 };

struct places {
  const char *names[most_places];
  int from[most_places], to[most_places];
  size_t count;
};

static int open_place(int root, const char *path, struct fault *fault) {
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  while (*path == '/') path++;
  int fd = kernel_openat2(root, path, &how);
  if (fd < 0) fail(fault, errno, "open /%s to move its mount", path);
  return fd;
}

static bool open_places(struct places *places, int old, int fresh, const struct request *request, struct fault *fault) {
  static const char *const own[] = {"proc", "dev", "run/holdfast"};
  for (size_t i = 0; i < request->bind_count; i++) places->names[places->count++] = request->binds[i].target;
  for (size_t i = 0; i < 3; i++) places->names[places->count++] = own[i];
  for (size_t i = 0; i < places->count; i++) {
    places->from[i] = open_place(old, places->names[i], fault);
    places->to[i] = open_place(fresh, places->names[i], fault);
    if (places->from[i] < 0 || places->to[i] < 0) return false;
  }
  return true;
}

static bool move(int from, int to) {
  return kernel_move_mount(from, "", to, "", move_from_empty_path | move_to_empty_path) == 0;
}

/* A moved mount's descriptor still names it, so it can be moved back to the directory it covered. */
static bool move_all(struct places *places, int old, struct fault *fault) {
  for (size_t i = 0; i < places->count; i++) {
    if (move(places->from[i], places->to[i])) continue;
    fail(fault, errno, "move the mount of %s", places->names[i]);
    while (i-- > 0) {
      struct fault ignored = {0};
      move(places->from[i], open_place(old, places->names[i], &ignored));
    }
    return false;
  }
  return true;
}

static bool operate_inside(int overlay, const struct request *request, struct fault *fault) {
  struct places places = {.count = 0};
  int old = open("/", O_PATH | O_CLOEXEC);
  if (old < 0) return fail(fault, errno, "open the old root");
  if (kernel_move_mount(overlay, "", old, "", move_from_empty_path | move_to_empty_path) < 0)
    return fail(fault, errno, "attach the new root");
  if (!open_places(&places, old, overlay, request, fault) || !move_all(&places, old, fault)) {
    if (fchdir(overlay) == 0) umount2(".", MNT_DETACH);
    return false;
  }
  if (fchdir(overlay) < 0 || kernel_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
    return fail(fault, errno, "pivot to the new root");
  return true;
}

static _Noreturn void surgeon_run(int line, const struct request *request) {
  struct fault fault = {0};
  int overlay = -1;
  if (!receive_byte(line, &overlay, 1, work_ms) || overlay < 0) _exit(0);
  operate_inside(overlay, request, &fault);
  if (write(line, &fault, sizeof fault) != (ssize_t)sizeof fault) _exit(1);
  receive_byte(line, NULL, 0, work_ms);
  _exit(0);
}

bool surgeon_start(struct surgeon *surgeon, const struct request *request, bool user_mode, struct fault *fault) {
  char path[64];
  int line[2], users = -1;
  *surgeon = (struct surgeon){.pid = -1, .line = -1};
  snprintf(path, sizeof path, "/proc/%d/ns/user", (int)request->pid);
  if (user_mode && (users = open(path, O_RDONLY | O_CLOEXEC)) < 0) return fail(fault, errno, "open %s", path);
  snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)request->pid);
  int mounts = open(path, O_RDONLY | O_CLOEXEC);
  if (mounts < 0) return fail(fault, errno, "open %s", path);
  if (!process_alive((pid_t)request->pid, request->start_ticks)) return fail(fault, ESRCH, "process %d has ended", (int)request->pid);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) < 0) return fail(fault, errno, "make a line");
  surgeon->pid = fork();
  if (surgeon->pid == 0) {
    close(line[0]);
    struct fault entering = {0};
    if (users >= 0 && setns(users, CLONE_NEWUSER) < 0) fail(&entering, errno, "enter the sandbox's user namespace");
    else if (setns(mounts, CLONE_NEWNS) < 0) fail(&entering, errno, "enter the sandbox's mount namespace");
    if (write(line[1], &entering, sizeof entering) != (ssize_t)sizeof entering || entering.error) _exit(1);
    surgeon_run(line[1], request);
  }
  close(line[1]);
  close(mounts);
  if (users >= 0) close(users);
  surgeon->line = line[0];
  if (surgeon->pid < 0) return fail(fault, errno, "make a process");
  if (read(surgeon->line, fault, sizeof *fault) != (ssize_t)sizeof *fault) return fail(fault, EIO, "enter the sandbox");
  return fault->error == 0;
}

bool surgeon_replace(struct surgeon *surgeon, int overlay, struct fault *fault) {
  struct fault found = {0};
  if (!send_byte(surgeon->line, &overlay, 1)) return fail(fault, errno, "hand over the new root");
  if (read(surgeon->line, &found, sizeof found) != (ssize_t)sizeof found) return fail(fault, EIO, "replace the root");
  if (found.error) *fault = found;
  return found.error == 0;
}

void surgeon_end(struct surgeon *surgeon) {
  if (surgeon->line >= 0) close(surgeon->line);
  if (surgeon->pid > 0)
    while (waitpid(surgeon->pid, NULL, 0) < 0 && errno == EINTR) continue;
}
