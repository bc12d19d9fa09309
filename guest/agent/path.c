/* Names of files -> open files and directories. In a sandbox a path is the process's own; with a root directory
 * (unisolated tests) the kernel resolves it inside that directory, whatever symlinks say.
 *
 * 1. No path leads through a descriptor of the agent's (/proc/self/fd and the like), not by a symlink either: its control
 *    group lies on a mount of the machine, and `..` from there is the machine's root. A kernel without openat2 (gVisor's)
 *    cannot forbid it; there the agent has no such descriptor.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

int path_open(struct agent *agent, const char *path, int flags) {
  if (path[0] != '/') {
    errno = EINVAL;
    return -1;
  }
  flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY);
  int root = agent->options->root_fd;
  struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_NO_MAGICLINKS | (root < 0 ? 0 : RESOLVE_IN_ROOT)};
  int fd = (int)syscall(SYS_openat2, root < 0 ? AT_FDCWD : root, path, &how, sizeof how);
  bool holds_nothing = root < 0 && agent->options->cgroup_fd < 0 && agent->options->listen_fd < 0;
  return fd < 0 && errno == ENOSYS && holds_nothing ? open(path, flags) : fd;
}

/* The length of the directory part of `path`, slashes at the end not counted, and its last name. */
static size_t split(const char *path, const char **leaf) {
  size_t end = strlen(path);
  while (end > 1 && path[end - 1] == '/') end--;
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  *leaf = path + start;
  return start;
}

int path_parent(struct agent *agent, const char *path, char name[path_leaf_bytes]) {
  char directory[PATH_MAX];
  const char *leaf;
  size_t length = split(path, &leaf);
  if (path[0] != '/' || length >= sizeof directory) {
    errno = path[0] == '/' ? ENAMETOOLONG : EINVAL;
    return -1;
  }
  size_t leaf_length = strcspn(leaf, "/");
  if (leaf_length >= path_leaf_bytes) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(name, leaf_length ? leaf : ".", leaf_length ? leaf_length : 1);
  name[leaf_length ? leaf_length : 1] = 0;
  if (strcmp(name, "..") == 0) {
    errno = EINVAL;
    return -1;
  }
  memcpy(directory, path, length);
  directory[length] = 0;
  return path_open(agent, length == 0 ? "/" : directory, O_PATH | O_DIRECTORY);
}

/* Creates the directories above `path` that are missing. */
int path_make_parents(struct agent *agent, const char *path) {
  const char *leaf;
  size_t end = split(path, &leaf);
  char prefix[PATH_MAX];
  if (path[0] != '/' || end >= sizeof prefix) {
    errno = path[0] == '/' ? ENAMETOOLONG : EINVAL;
    return -1;
  }
  for (size_t at = 1; at < end; at++) {
    if (path[at] != '/') continue;
    memcpy(prefix, path, at);
    prefix[at] = 0;
    char name[path_leaf_bytes];
    int directory = path_parent(agent, prefix, name);
    if (directory < 0) return -1;
    int made = strcmp(name, ".") == 0 ? 0 : mkdirat(directory, name, 0755);
    int error = errno;
    close(directory);
    errno = error;
    if (made < 0 && error != EEXIST) return -1;
  }
  return 0;
}

/* In a sandbox with a seed there is no chance (launcher/seeded.c): the count keeps two of the same moment apart. */
uint64_t random_u64(void) {
  static uint64_t count;
  uint64_t value = 0;
  count++;
  if (getrandom(&value, sizeof value, 0) != sizeof value)
    value = clock_ms(CLOCK_MONOTONIC) ^ (uint64_t)getpid() << 32 ^ count * 0x9e3779b97f4a7c15;
  return value;
}
