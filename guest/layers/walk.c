/* Looking at trees: names, descriptors and the overlay's marks. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../launcher/kernel.h"
#include "internal.h"

enum { MAX_NAMES = 8 << 20 };

static int compare_names(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static int append_names(struct job *job, int directory, struct names *names) {
  int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir(fd);
  if (!stream) {
    if (fd >= 0) close(fd);
    return job_fail(job, errno, "open directory");
  }
  int error = 0;
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(stream);
    if (!entry) {
      if (errno) error = job_fail(job, errno, "read directory");
      break;
    }
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    if ((names->count & (names->count - 1)) == 0) {
      size_t wanted = names->count ? names->count * 2 : 1;
      char **grown = wanted > MAX_NAMES ? NULL : realloc(names->list, wanted * sizeof *grown);
      if (grown) names->list = grown;
      else error = job_fail(job, ENOMEM, "a directory of more than %zu entries", names->count);
    }
    if (!error && !(names->list[names->count] = strdup(entry->d_name))) error = job_fail(job, ENOMEM, "names");
    if (error) break;
    names->count++;
  }
  closedir(stream);
  return error;
}

int names_read(struct job *job, int directory, struct names *names) {
  *names = (struct names){0};
  int error = append_names(job, directory, names);
  if (error) names_free(names);
  else if (names->count > 1) qsort(names->list, names->count, sizeof *names->list, compare_names);
  return error;
}

int names_merge(struct job *job, int directory, struct names *names) {
  int error = append_names(job, directory, names);
  if (error) {
    names_free(names);
    return error;
  }
  if (names->count > 1) qsort(names->list, names->count, sizeof *names->list, compare_names);
  size_t kept = 0;
  for (size_t i = 0; i < names->count; i++) {
    if (kept && !strcmp(names->list[kept - 1], names->list[i])) free(names->list[i]);
    else names->list[kept++] = names->list[i];
  }
  names->count = kept;
  return 0;
}

void names_free(struct names *names) {
  for (size_t i = 0; i < names->count; i++) free(names->list[i]);
  free(names->list);
  *names = (struct names){0};
}

int open_directory(int directory, const char *name) {
  return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int open_file(int directory, const char *name, struct stat *stat) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return -1;
  int error = fstat(fd, stat) ? errno : S_ISREG(stat->st_mode) ? 0 : EINVAL;
  if (!error) return fd;
  close(fd);
  errno = error;
  return -1;
}

int tree_open(const char *path) {
  if (path[0] != '/') {
    errno = EINVAL;
    return -1;
  }
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool is_whiteout(const struct stat *stat) { return S_ISCHR(stat->st_mode) && stat->st_rdev == makedev(0, 0); }

int type_of(const struct stat *stat) {
  if (S_ISREG(stat->st_mode)) return TYPE_FILE;
  if (S_ISDIR(stat->st_mode)) return TYPE_DIRECTORY;
  if (S_ISLNK(stat->st_mode)) return TYPE_SYMLINK;
  if (S_ISSOCK(stat->st_mode)) return TYPE_SOCKET;
  if (S_ISFIFO(stat->st_mode)) return TYPE_PIPE;
  return is_whiteout(stat) ? TYPE_WHITEOUT : TYPE_DEVICE;
}

/* As the bits of a signed number: times before 1970 exist. */
uint64_t nanoseconds(struct timespec time) {
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

const char *overlay_attribute(const char *name) {
  static char text[64];
  const char *prefix = layers_user_xattrs ? "user.overlay." : "trusted.overlay.";
  memcpy(text, prefix, strlen(prefix));
  strcpy(text + strlen(prefix), name);
  return text;
}

bool is_opaque(int directory) {
  char value[2];
  return fgetxattr(directory, overlay_attribute("opaque"), value, sizeof value) == 1 && value[0] == 'y';
}

int read_redirect(int directory, char *redirect) {
  redirect[0] = 0;
  ssize_t length = fgetxattr(directory, overlay_attribute("redirect"), redirect, PATH_MAX - 1);
  if (length < 0) return errno == ENODATA || errno == ENOTSUP ? 0 : errno;
  redirect[length] = 0;
  return strlen(redirect) == (size_t)length ? 0 : EINVAL;
}

int read_target(int directory, const char *name, char *target) {
  ssize_t length = readlinkat(directory, name, target, PATH_MAX - 1);
  if (length < 0) return -1;
  target[length] = 0;
  return 0;
}

int push_name(struct job *job, char *path, const char *name, size_t *mark) {
  size_t head = strlen(path), tail = strlen(name);
  *mark = head;
  if (head + 1 + tail >= PATH_MAX) return job_fail(job, ENAMETOOLONG, "%.200s/%.100s", path, name);
  if (head) path[head++] = '/';
  memcpy(path + head, name, tail + 1);
  return 0;
}

bool below_home(const char **path) {
  size_t length = strlen(layers_home);
  if (length == 0 || strncmp(*path, layers_home, length) != 0 || (*path)[length] != '/') return false;
  *path += length + 1;
  return true;
}

int open_parent(struct job *job, const char *path, int *parent, const char **name) {
  const char *below = path;
  if (!path || layers_home_fd < 0 || !below_home(&below)) {
    return job_fail(job, EPERM, "%.300s is not below the store", path ? path : "(no path)");
  }
  const char *slash = strrchr(below, '/');
  *name = slash ? slash + 1 : below;
  if (!**name || !strcmp(*name, ".") || !strcmp(*name, "..")) return job_fail(job, EPERM, "%.300s", path);
  char directory[PATH_MAX] = ".";
  if (slash && (size_t)(slash - below) < sizeof directory) {
    memcpy(directory, below, (size_t)(slash - below));
    directory[slash - below] = 0;
  } else if (slash) {
    return job_fail(job, ENAMETOOLONG, "%.300s", path);
  }
  struct kernel_open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                                .resolve = resolve_beneath | resolve_no_symlinks | resolve_no_magiclinks};
  *parent = (int)syscall(nr_openat2, layers_home_fd, directory, &how, sizeof how);
  if (*parent >= 0) return 0;
  return job_fail(job, errno == ELOOP || errno == EXDEV ? EPERM : errno, "open the parent of %.300s", path);
}
