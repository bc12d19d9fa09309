/* Removes a tree of any shape, however deep, in bounded memory.
 *
 * A directory nested deeper than a few levels is first moved up to the top, so that depth costs no descriptors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

enum { DEPTH = 32, NO_REPLACE = 1 };

struct removal {
  struct job *job;
  int top;
  uint64_t moved;
  uint64_t *files;
};

static int remove_contents(struct removal *removal, int directory, unsigned depth);

/* Under a name the guest did not take. */
static int move_up(struct removal *removal, int parent, const char *name) {
  char moved[48];
  do {
    snprintf(moved, sizeof moved, ".holdfast-removed-%llu", (unsigned long long)removal->moved++);
    if (!syscall(SYS_renameat2, parent, name, removal->top, moved, NO_REPLACE)) return 0;
  } while (errno == EEXIST);
  return job_fail(removal->job, errno, "move %.200s up", name);
}

/* An ordinary user cannot list or empty a directory without its bits. */
static int open_for_removal(int parent, const char *name) {
  int fd = open_directory(parent, name);
  if (fd < 0 && errno == EACCES && !fchmodat(parent, name, 0700, 0)) fd = open_directory(parent, name);
  if (fd >= 0 && geteuid() != 0) fchmod(fd, 0700);
  return fd;
}

static int remove_directory(struct removal *removal, int parent, const char *name, unsigned depth) {
  if (depth > DEPTH) return move_up(removal, parent, name);
  int fd = open_for_removal(parent, name);
  if (fd < 0) return errno == ENOENT ? 0 : job_fail(removal->job, errno, "open %.200s", name);
  int error = remove_contents(removal, fd, depth);
  close(fd);
  if (error) return error;
  if (unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT) {
    return job_fail(removal->job, errno, "remove directory %.200s", name);
  }
  ++*removal->files;
  return 0;
}

static int remove_entry(struct removal *removal, int directory, const struct dirent *entry, unsigned depth) {
  if (entry->d_type != DT_DIR && !unlinkat(directory, entry->d_name, 0)) {
    ++*removal->files;
    return 0;
  }
  if (entry->d_type != DT_DIR && errno == ENOENT) return 0;
  if (entry->d_type != DT_DIR && errno != EISDIR) return job_fail(removal->job, errno, "remove %.200s", entry->d_name);
  return remove_directory(removal, directory, entry->d_name, depth + 1);
}

/* Lists again until nothing is left: names appear while deep directories are moved up, and a listing that is removed
 * from may skip some. */
static int remove_contents(struct removal *removal, int directory, unsigned depth) {
  for (bool found = true; found;) {
    found = false;
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (!stream) {
      int error = job_fail(removal->job, errno, "list directory");
      if (fd >= 0) close(fd);
      return error;
    }
    int error = 0;
    for (struct dirent *entry; !error && (entry = readdir(stream));) {
      if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
      found = true;
      error = remove_entry(removal, directory, entry, depth);
    }
    closedir(stream);
    if (error) return error;
  }
  return 0;
}

int delete_tree(struct job *job, int parent, const char *name, uint64_t *files) {
  struct stat stat;
  if (fstatat(parent, name, &stat, AT_SYMLINK_NOFOLLOW)) {
    return errno == ENOENT ? 0 : job_fail(job, errno, "look at %.200s", name);
  }
  if (!S_ISDIR(stat.st_mode)) {
    if (unlinkat(parent, name, 0)) return job_fail(job, errno, "remove %.200s", name);
    ++*files;
    return 0;
  }
  int top = open_for_removal(parent, name);
  if (top < 0) return job_fail(job, errno, "open %.200s", name);
  struct removal removal = {.job = job, .top = top, .files = files};
  int error = remove_directory(&removal, parent, name, 0);
  close(top);
  return error;
}
