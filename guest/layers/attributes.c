/* Owner, extended attributes, mode and times of a copied file.
 *
 * Of the overlay's own attributes a copy keeps the marks that say what older layers show (opaque, redirect); the others
 * speak of the directory the file came from.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "internal.h"

/* The kernel's bounds on one value and on the list of names. */
enum { VALUE_MOST = 64 << 10, NAMES_MOST = 64 << 10 };

static bool is_wanted(const char *name, const struct attributes *how) {
  if (how->foreign) return !strncmp(name, "user.", 5) && strncmp(name, "user.overlay.", 13) != 0;
  const char *prefix = overlay_attribute("");
  if (strncmp(name, prefix, strlen(prefix)) != 0) return true;
  const char *mark = name + strlen(prefix);
  if (!strcmp(mark, "opaque") || !strcmp(mark, "redirect")) return !how->no_marks;
  /* What the guest itself stored under the overlay's prefix, escaped by the kernel. */
  return !strncmp(mark, "overlay.", 8);
}

static int copy_one(struct job *job, int source, int target, const char *name, const char *path) {
  char value[4096];
  char *bytes = value;
  ssize_t length = fgetxattr(source, name, value, sizeof value);
  if (length < 0 && errno == ERANGE) {
    bytes = malloc(VALUE_MOST);
    if (!bytes) return job_fail(job, ENOMEM, "attribute of %.300s", path);
    length = fgetxattr(source, name, bytes, VALUE_MOST);
  }
  int error = 0;
  if (length < 0) {
    if (errno != ENODATA) error = job_fail(job, errno, "read attribute %.100s of %.300s", name, path);
  } else if (fsetxattr(target, name, bytes, (size_t)length, 0)) {
    error = job_fail(job, errno, "set attribute %.100s of %.300s", name, path);
  }
  if (bytes != value) free(bytes);
  return error;
}

static int copy_extended(struct job *job, int source, int target, const struct attributes *how, const char *path) {
  char small[1024];
  char *names = small;
  ssize_t length = flistxattr(source, small, sizeof small);
  if (length < 0 && errno == ENOTSUP) return 0;
  if (length < 0 && errno == ERANGE) {
    names = malloc(NAMES_MOST);
    if (!names) return job_fail(job, ENOMEM, "attributes of %.300s", path);
    length = flistxattr(source, names, NAMES_MOST);
  }
  int error = length < 0 ? job_fail(job, errno, "list attributes of %.300s", path) : 0;
  for (ssize_t at = 0; !error && at < length; at += (ssize_t)strlen(names + at) + 1) {
    if (is_wanted(names + at, how)) error = copy_one(job, source, target, names + at, path);
  }
  if (names != small) free(names);
  return error;
}

static int owner_for(struct job *job, const struct stat *stat, const struct attributes *how, const char *path,
                     struct owner *owner) {
  *owner = how->owner;
  /* The owners of a tree that is not a layer mean nothing here, and an ordinary user could not give them anyway. */
  if (!how->owner.set) {
    *owner = how->foreign ? (struct owner){.uid = geteuid(), .gid = getegid()}
                          : (struct owner){.uid = stat->st_uid, .gid = stat->st_gid};
  }
  if (!how->owner.shift) return 0;
  if (stat->st_uid >= SANDBOX_IDS || stat->st_gid >= SANDBOX_IDS) {
    return job_fail(job, EINVAL, "%.300s belongs to %u:%u, past the ids of a sandbox", path, stat->st_uid,
                    stat->st_gid);
  }
  owner->uid += stat->st_uid;
  owner->gid += stat->st_gid;
  return 0;
}

static bool is_ours(struct owner owner) { return owner.uid == geteuid() && owner.gid == getegid(); }

/* The mode comes after the owner, which clears set-id bits; the times come last. */
int copy_attributes(struct job *job, int source, int target, const struct stat *stat, const struct attributes *how,
                    const char *path) {
  struct owner owner;
  int error = owner_for(job, stat, how, path, &owner);
  if (error) return error;
  if (!is_ours(owner) && fchown(target, owner.uid, owner.gid)) {
    return job_fail(job, errno, "give %.300s to %u:%u", path, owner.uid, owner.gid);
  }
  error = copy_extended(job, source, target, how, path);
  if (error) return error;
  mode_t mode = stat->st_mode & (how->foreign ? 01777 : 07777);
  if (fchmod(target, mode)) return job_fail(job, errno, "set mode of %.300s", path);
  struct timespec times[2] = {stat->st_mtim, stat->st_mtim};
  if (futimens(target, times)) return job_fail(job, errno, "set times of %.300s", path);
  return 0;
}

/* For what cannot be opened: links, pipes, sockets, devices. None of them can carry attributes a guest may set. */
int copy_link_attributes(struct job *job, int target, const char *name, const struct stat *stat,
                         const struct attributes *how, const char *path) {
  struct owner owner;
  int error = owner_for(job, stat, how, path, &owner);
  if (error) return error;
  if (!is_ours(owner) && fchownat(target, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW)) {
    return job_fail(job, errno, "give %.300s to %u:%u", path, owner.uid, owner.gid);
  }
  if (!S_ISLNK(stat->st_mode) && fchmodat(target, name, stat->st_mode & 07777, 0)) {
    return job_fail(job, errno, "set mode of %.300s", path);
  }
  struct timespec times[2] = {stat->st_mtim, stat->st_mtim};
  if (utimensat(target, name, times, AT_SYMLINK_NOFOLLOW)) return job_fail(job, errno, "set times of %.300s", path);
  return 0;
}
