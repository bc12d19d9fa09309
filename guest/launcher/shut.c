/* SHUT: /workspace of a living sandbox becomes read-only, or what it was; or the disk of a limited one is full, or has the room
 * it had.
 *
 * What is there is mounted over itself, read-only. Who opens a file by its path meets that mount; what was open before
 * stays as it was opened.
 *
 * 1. The place is found beneath the sandbox's root and through no link: a guest that put one there gets an error.
 * 2. Only what SHUT mounted comes off again: the place has to be a mount, and read-only. Both may be repeated.
 * 3. What fills a disk lies beside the directory that the overlay shows: nobody inside sees it, and no snapshot has it. Its
 *    blocks are promised and never written: the image stays as sparse as it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { shut_off = 1 };
static const char place_name[] = "workspace";

static int open_place(struct fault *fault) {
  struct kernel_open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = resolve_beneath | resolve_no_symlinks};
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), place = -1;
  if (root < 0 || (place = kernel_openat2(root, place_name, &how)) < 0) fail(fault, errno, "open /%s", place_name);
  if (root >= 0) close(root);
  return place;
}

static bool cover(int place, struct fault *fault) {
  struct kernel_mount_attr attr = {.set = mount_read_only};
  int tree = kernel_open_tree(place, "", open_tree_clone | open_tree_cloexec | at_empty_path);
  bool done = tree >= 0 && kernel_mount_setattr(tree, 0, &attr) == 0 &&
              kernel_move_mount(tree, "", place, "", move_from_empty_path | move_to_empty_path) == 0;
  if (!done) fail(fault, errno, "make /%s read-only", place_name);
  if (tree >= 0) close(tree);
  return done;
}

static bool uncover(int place, struct fault *fault) {
  if (fchdir(place) < 0) return fail(fault, errno, "enter /%s", place_name);
  return umount2(".", MNT_DETACH) == 0 || fail(fault, errno, "make /%s writable again", place_name);
}

/* This process stays inside afterwards: it ends with its answer. */
static bool enter(const struct request *request, struct fault *fault) {
  int mounts, users;
  if (!sandbox_namespaces((pid_t)request->pid, &mounts, &users, fault)) return false;
  close(users);
  bool alive = process_alive((pid_t)request->pid, request->start_ticks);
  bool entered = alive && setns(mounts, CLONE_NEWNS) == 0;
  if (!entered) fail(fault, alive ? errno : ESRCH, "enter the mount namespace of process %d", (int)request->pid);
  close(mounts);
  return entered;
}

/* As much at once as there is, then what is left in ever smaller pieces: some of it goes for telling where the rest is. */
static bool take_all(int file) {
  struct statvfs there;
  off_t at = lseek(file, 0, SEEK_END);
  if (at < 0 || fstatvfs(file, &there) < 0) return false;
  uint64_t step = (uint64_t)there.f_bavail * there.f_frsize;
  while (step >= there.f_frsize) {
    if (fallocate(file, 0, at, (off_t)step) == 0) at += (off_t)step;
    else if (errno == ENOSPC) step /= 2;
    else if (errno != EINTR) return false;
  }
  return true;
}

static bool fill(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  struct disk_paths paths;
  char filler[max_path + sizeof "/filler"];
  if (!home_relative(launcher, request->upper)) return fail(fault, EINVAL, "upper must lie below %s", launcher->home);
  if (!disk_exists(request->upper)) return fail(fault, ENOTSUP, "%s has no disk of its own", request->upper);
  if (!disk_show(request->upper, &paths, fault)) return false;
  snprintf(filler, sizeof filler, "%s/filler", paths.place);
  if (request->flags & shut_off)
    return unlink(filler) == 0 || errno == ENOENT || fail(fault, errno, "make room in %s", paths.image);
  int file = open(filler, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  bool done = file >= 0 && take_all(file);
  if (!done) fail(fault, errno, "fill %s", paths.image);
  if (file >= 0) close(file);
  return done;
}

bool shut(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  if (launcher->user_mode) return fail(fault, ENOTSUP, "an ordinary user's launcher does not change mounts inside");
  if (request->upper) return fill(launcher, request, fault);
  if (!enter(request, fault)) return false;
  int place = open_place(fault);
  if (place < 0) return false;
  struct statvfs there;
  bool known = fstatvfs(place, &there) == 0 || fail(fault, errno, "look at /%s", place_name);
  bool is_shut = known && (there.f_flag & ST_RDONLY), off = request->flags & shut_off;
  bool done = known && (is_shut == !off || (off ? uncover(place, fault) : cover(place, fault)));
  close(place);
  return done;
}
