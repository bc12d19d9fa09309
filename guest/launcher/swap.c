/* SWAP and SNAPSHOT of a living sandbox.
 *
 * 1. A sandbox that was stopped here is let go here, whatever failed.
 * 2. Rotation makes the writable directory itself the new layer. That is only true to the moment when nobody can go on
 *    writing into it (held.c); otherwise it is copied while everything stands still.
 * 3. A writable directory in a disk image is always copied out of it. So is one of few small files, where that is asked for: a new
 *    root knows none of the names that the old one had looked up, and the next program pays for that.
 * 4. A failed snapshot leaves the sandbox's root as it was and nothing at `path`.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../layers/layers.h"
#include "internal.h"

enum { ns_get_parent = 0xb702, most_depth = 512, few_files = 512, few_bytes = 2 << 20 };

/* Mounts of this process's own, where an overlay that is put over home for a moment (overlay.c) covers nobody else's. */
static bool own_mounts(struct fault *fault) {
  if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0) return true;
  return fail(fault, errno, "make a mount namespace");
}

/* An ordinary user first enters the namespace the sandbox's launcher lived in: it may be another one's by now. */
static bool enter_maker(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  int mounts, own;
  if (chdir(launcher->home) < 0) return fail(fault, errno, "enter %s", launcher->home);
  if (!launcher->user_mode) return !(launcher->flags & mount_by_string) || own_mounts(fault);
  if (!sandbox_namespaces((pid_t)request->pid, &mounts, &own, fault)) return false;
  int maker = ioctl(own, ns_get_parent);
  if (maker < 0) return fail(fault, errno, "find the user namespace of process %d", (int)request->pid);
  if (setns(maker, CLONE_NEWUSER) < 0) return fail(fault, errno, "enter the user namespace of process %d", (int)request->pid);
  if (!own_mounts(fault)) return false;
  close(mounts);
  close(own);
  close(maker);
  return chdir(launcher->home) == 0 || fail(fault, errno, "enter %s", launcher->home);
}

static bool check(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  if (process_alive((pid_t)request->pid, request->start_ticks)) return enter_maker(launcher, request, fault);
  return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
}

bool swap(struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  struct surgeon surgeon;
  if (!check(launcher, request, fault)) return false;
  if (root_is_limited((pid_t)request->pid) && !request->limits.disk_bytes)
    return fail(fault, EINVAL, "this sandbox has a disk limit: diskBytes is needed");
  int overlay = root_mount(launcher, request, fault);
  if (overlay < 0) return false;
  bool done = surgeon_start(&surgeon, request, launcher->user_mode, fault);
  uint64_t stopped = now_us();
  bool makes_own = request->flags & launch_makes_own;
  if (done && (done = makes_own ? cell_stop(request, fault) : freeze(request, fault))) {
    done = surgeon_replace(&surgeon, overlay, fault);
    done = (makes_own ? cell_start(request, fault) : thaw(request, fault)) && done;
  }
  hf_put_int(out, HF_TAG_PAUSE_US, now_us() - stopped);
  close(overlay);
  surgeon_end(&surgeon);
  return done;
}

/* ---- SNAPSHOT ---- */

struct taken {
  const char *method;
  uint64_t pause_us, files, bytes;
};

static void count_below(int directory, int depth, struct taken *taken) {
  DIR *list = depth > 0 ? fdopendir(directory) : NULL;
  if (!list) {
    close(directory);
    return;
  }
  struct dirent *item;
  while ((item = readdir(list))) {
    struct stat there;
    if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) continue;
    if (fstatat(directory, item->d_name, &there, AT_SYMLINK_NOFOLLOW) < 0) continue;
    if (S_ISDIR(there.st_mode)) {
      int below = openat(directory, item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (below >= 0) count_below(below, depth - 1, taken);
    } else if (!S_ISCHR(there.st_mode) || there.st_rdev != 0) {
      taken->files++;
      if (S_ISREG(there.st_mode)) taken->bytes += (uint64_t)there.st_size;
    }
  }
  closedir(list);
}

/* What is left of `few_files` and `few_bytes` below a directory; less than nothing where there is more. */
struct few {
  int64_t files, bytes;
};

static void take_from(int directory, int depth, struct few *left) {
  DIR *list = depth > 0 ? fdopendir(directory) : NULL;
  if (!list) {
    left->files = -1;
    close(directory);
    return;
  }
  struct dirent *item;
  while (left->files >= 0 && left->bytes >= 0 && (item = readdir(list))) {
    struct stat there;
    if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) continue;
    left->files--;
    if (fstatat(directory, item->d_name, &there, AT_SYMLINK_NOFOLLOW) < 0) continue;
    if (S_ISREG(there.st_mode)) left->bytes -= there.st_size;
    int below = S_ISDIR(there.st_mode) ? openat(directory, item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (below >= 0) take_from(below, depth - 1, left);
  }
  closedir(list);
}

static bool is_small(const char *upper) {
  struct few left = {.files = few_files, .bytes = few_bytes};
  int directory = open(upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return false;
  take_from(directory, most_depth, &left);
  return left.files >= 0 && left.bytes >= 0;
}

/* The same view, with the directory that was writable as its newest layer. */
static bool rotate_request(struct request *request, struct fault *fault) {
  if (request->lower_count == max_layers) return fail(fault, E2BIG, "more than %d layers: squash them", max_layers);
  memmove(request->lower + 1, request->lower, request->lower_count * sizeof *request->lower);
  request->lower[0] = request->path;
  request->lower_count++;
  request->upper = request->target;
  request->work = request->fresh_work;
  return true;
}

static bool rotate(const struct launcher *launcher, const struct request *request, struct surgeon *surgeon,
                   struct fault *fault) {
  struct request after = *request;
  int overlay = -1;
  if (!rotate_request(&after, fault)) return false;
  if (rename(request->upper, request->path) < 0) return fail(fault, errno, "rename %s to %s", request->upper, request->path);
  bool done = (overlay = root_mount(launcher, &after, fault)) >= 0 && surgeon_replace(surgeon, overlay, fault);
  if (overlay >= 0) close(overlay);
  if (!done && rename(request->path, request->upper) < 0) fail(fault, errno, "give %s back", request->upper);
  return done;
}

static bool copy(const struct request *request, const char *upper, struct layers_stats *stats, struct hf_buffer *mapped, bool *known,
                 struct fault *fault) {
  int error = layers_copy_upper(upper, request->path, request->previous, stats);
  if (error) return fail(fault, error, "%s", stats->message);
  *known = mapped_files((pid_t)request->pid, mapped);
  return true;
}

/* With the sandbox standing still; then it is as it was. */
static bool take(const struct launcher *launcher, const struct request *request, struct surgeon *surgeon,
                 struct taken *taken, struct fault *fault) {
  struct layers_stats stats = {0};
  struct disk_paths disk;
  bool limited = disk_exists(request->upper);
  struct hf_buffer mapped = {0};
  bool known = false, done;
  if (limited && !disk_show(request->upper, &disk, fault)) return false;
  uint64_t stopped = now_us();
  bool stood = stands_still(request);
  if (!freeze(request, fault)) return false;
  bool whole = !limited && surgeon->pid > 0 && root_is_free((pid_t)request->pid);
  if (whole) done = rotate(launcher, request, surgeon, fault);
  else done = copy(request, limited ? disk.upper : request->upper, &stats, &mapped, &known, fault);
  done = (stood || thaw(request, fault)) && done;
  taken->pause_us = now_us() - stopped;
  taken->method = whole ? "rotate" : "copy";
  if (!done) return false;
  if (whole) {
    int layer = open(request->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (layer >= 0) count_below(layer, most_depth, taken);
    return true;
  }
  taken->files = stats.copied_files;
  taken->bytes = stats.copied_bytes;
  const char *names = mapped.length ? (const char *)hf_buffer_front(&mapped) : "";
  layers_finish(request->path, known ? names : NULL, mapped.length, &stats);
  return true;
}

static bool check_places(const struct launcher *launcher, const struct request *request, struct fault *fault) {
  struct stat there;
  if (!request->path || !request->upper || !home_relative(launcher, request->path) || !home_relative(launcher, request->upper))
    return fail(fault, EINVAL, "path and upper must lie below %s", launcher->home);
  if ((request->target == NULL) != (request->fresh_work == NULL))
    return fail(fault, EINVAL, "a rotation needs target and freshWork");
  if (lstat(request->path, &there) == 0) return fail(fault, EEXIST, "the layer %s", request->path);
  return true;
}

bool snapshot(struct launcher *launcher, const struct request *request, struct hf_buffer *out, struct fault *fault) {
  struct surgeon surgeon = {.pid = -1, .line = -1};
  struct taken taken = {0};
  if (!check_places(launcher, request, fault) || !check(launcher, request, fault)) return false;
  int error = layers_configure(launcher->home, launcher->user_mode);
  if (error) return fail(fault, error, "prepare the layers of %s", launcher->home);
  bool rotates = request->target && !((request->flags & snapshot_small) && is_small(request->upper));
  bool done = !rotates || surgeon_start(&surgeon, request, launcher->user_mode, fault);
  done = done && take(launcher, request, &surgeon, &taken, fault);
  if (done) {
    hf_put_string(out, HF_TAG_METHOD, taken.method);
    hf_put_int(out, HF_TAG_PAUSE_US, taken.pause_us);
    hf_put_int(out, HF_TAG_FILES, taken.files);
    hf_put_int(out, HF_TAG_BYTES, taken.bytes);
  }
  surgeon_end(&surgeon);
  return done;
}
