/* Replaces the root of a living sandbox from inside its own mount namespace.
 *
 * A process of its own, because it cannot come back from there. It enters before the sandbox is stopped and then waits for
 * the new root; what it takes while everything stands still is a handful of mount operations.
 *
 * 1. What the sandbox has on its root (binds, /proc, /dev, /run/holdfast) is copied over as it is, which works for mounts the
 *    kernel locked too, and a failure half-way needs nothing moved back.
 * 2. pivot_root also moves root and working directory of each process that has the old root as either.
 * 3. The old root is kept until surgeon_end: letting it go makes the kernel write out its file system.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { work_ms = 5000, ns_get_userns = 0xb701 };

/* The last only where powers are kept. */
static const char *const own_places[] = {"proc", "dev", "run/holdfast", "sys"};
enum { usual_places = 3 };

static int open_place(int root, const char *path, struct fault *fault) {
  struct kernel_open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  while (*path == '/') path++;
  int fd = kernel_openat2(root, path, &how);
  if (fd < 0) fail(fault, errno, "open /%s for its mount", path);
  return fd;
}

static bool copy_mount(int old, int fresh, const char *path, struct fault *fault) {
  int from = open_place(old, path, fault), to = open_place(fresh, path, fault), tree = -1;
  bool done = from >= 0 && to >= 0;
  if (done) tree = kernel_open_tree(from, "", open_tree_clone | open_tree_cloexec | at_recursive | at_empty_path);
  done = done && tree >= 0 && kernel_move_mount(tree, "", to, "", move_from_empty_path | move_to_empty_path) == 0;
  if (!done) fail(fault, errno, "copy the mount of %s", path);
  if (tree >= 0) close(tree);
  if (from >= 0) close(from);
  if (to >= 0) close(to);
  return done;
}

static bool copy_mounts(int old, int fresh, const struct request *request, struct fault *fault) {
  for (size_t i = 0; i < request->bind_count; i++)
    if (!copy_mount(old, fresh, request->binds[i].target, fault)) return false;
  size_t places = launcher.resident.powers_kept ? sizeof own_places / sizeof *own_places : usual_places;
  for (size_t i = 0; i < places; i++)
    if (!copy_mount(old, fresh, own_places[i], fault)) return false;
  return true;
}

static bool operate_inside(int overlay, const struct request *request, struct fault *fault) {
  if (request->flags & launch_makes_own) return cell_replace(overlay, request, fault);
  int old = open("/", O_PATH | O_CLOEXEC);
  if (old < 0) return fail(fault, errno, "open the old root");
  if (kernel_move_mount(overlay, "", old, "", move_from_empty_path | move_to_empty_path) < 0)
    return fail(fault, errno, "attach the new root");
  if (fchdir(overlay) < 0) return fail(fault, errno, "enter the new root");
  if (!copy_mounts(old, overlay, request, fault)) {
    umount2(".", MNT_DETACH);
    return false;
  }
  if (kernel_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0) return fail(fault, errno, "pivot to the new root");
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

bool sandbox_namespaces(pid_t pid, int *mounts, int *users, struct fault *fault) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)pid);
  *users = -1;
  *mounts = open(path, O_RDONLY | O_CLOEXEC);
  if (*mounts >= 0) *users = ioctl(*mounts, ns_get_userns);
  if (*users >= 0) return true;
  fail(fault, errno, "open %s", path);
  if (*mounts >= 0) close(*mounts);
  return false;
}

bool surgeon_start(struct surgeon *surgeon, const struct request *request, bool user_mode, struct fault *fault) {
  int line[2], mounts, users;
  *surgeon = (struct surgeon){.pid = -1, .line = -1};
  if (!sandbox_namespaces((pid_t)request->pid, &mounts, &users, fault)) return false;
  if (!process_alive((pid_t)request->pid, request->start_ticks)) return fail(fault, ESRCH, "process %d has ended", (int)request->pid);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) < 0) return fail(fault, errno, "make a line");
  surgeon->pid = fork();
  if (surgeon->pid == 0) {
    close(line[0]);
    struct fault entering = {0};
    if (user_mode && setns(users, CLONE_NEWUSER) < 0) fail(&entering, errno, "enter the sandbox's user namespace");
    else if (setns(mounts, CLONE_NEWNS) < 0) fail(&entering, errno, "enter the sandbox's mount namespace");
    if (write(line[1], &entering, sizeof entering) != (ssize_t)sizeof entering || entering.error) _exit(1);
    surgeon_run(line[1], request);
  }
  close(line[1]);
  close(mounts);
  close(users);
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

/* It ends by itself when its line does; the launcher, which reaps for all below it, collects it. Nobody waits meanwhile for
 * the kernel to write out the file system under the root that it let go of. */
void surgeon_end(struct surgeon *surgeon) {
  if (surgeon->line >= 0) close(surgeon->line);
}
