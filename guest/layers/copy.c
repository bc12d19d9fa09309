/* Copies a tree into a new directory of the store.
 *
 * 1. The target does not exist before and, after a failure, not afterwards.
 * 2. Hard links within the source are hard links within the target.
 * 3. Between reading an entry's kind and opening it nothing can change the outcome for the worse: files are opened
 *    without following links or blocking and looked at again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* Where a file with several links was put first. */
struct link {
  uint64_t inode;
  char *path;
};

struct copy {
  struct job *job;
  const struct copy_request *request;
  struct layers_stats *stats;
  int target; /* root of the copy */
  struct layers_index *before;
  struct link *links; /* open addressing, a power of two */
  size_t link_count, link_capacity;
  char path[PATH_MAX];
  unsigned depth;
};

/* One directory being copied. `previous` is -1 where there is none. */
struct level {
  int source, target, previous;
};

static struct link *link_slot(struct link *links, size_t capacity, uint64_t inode) {
  size_t at = (size_t)(inode * 0x9e3779b97f4a7c15u) & (capacity - 1);
  while (links[at].path && links[at].inode != inode) at = (at + 1) & (capacity - 1);
  return &links[at];
}

static int link_remember(struct copy *copy, uint64_t inode) {
  if (copy->link_count * 2 >= copy->link_capacity) {
    size_t capacity = copy->link_capacity ? copy->link_capacity * 2 : 64;
    struct link *grown = calloc(capacity, sizeof *grown);
    if (!grown) return job_fail(copy->job, ENOMEM, "hard links");
    for (size_t i = 0; i < copy->link_capacity; i++) {
      if (copy->links[i].path) *link_slot(grown, capacity, copy->links[i].inode) = copy->links[i];
    }
    free(copy->links);
    copy->links = grown;
    copy->link_capacity = capacity;
  }
  char *path = strdup(copy->path);
  if (!path) return job_fail(copy->job, ENOMEM, "hard links");
  *link_slot(copy->links, copy->link_capacity, inode) = (struct link){inode, path};
  copy->link_count++;
  return 0;
}

/* The link's first copy, linked; false when this is the first. The target tree is ours alone: its paths are safe. */
static bool link_earlier(struct copy *copy, const struct level *level, const char *name, const struct stat *stat,
                         int *error) {
  struct link *known = copy->link_capacity ? link_slot(copy->links, copy->link_capacity, stat->st_ino) : NULL;
  if (!known || !known->path) return false;
  *error = 0;
  if (linkat(copy->target, known->path, level->target, name, 0)) {
    *error = job_fail(copy->job, errno, "link %.200s to %.200s", copy->path, known->path);
  }
  return true;
}

/* The same file of the previous copy, linked here; its inode number, or 0 when it must be copied. */
static uint64_t link_previous(const struct copy *copy, const struct level *level, const char *name,
                              const struct stat *stat) {
  if (!copy->before || level->previous < 0) return 0;
  const struct index_entry *known = index_find(copy->before, stat);
  if (!known || linkat(level->previous, name, level->target, name, 0)) return 0;
  struct stat linked;
  if (!fstatat(level->target, name, &linked, AT_SYMLINK_NOFOLLOW) && linked.st_ino == known->copy_inode) {
    return linked.st_ino;
  }
  unlinkat(level->target, name, 0);
  return 0;
}

static int copy_bytes(struct copy *copy, const struct level *level, const char *name, uint64_t *inode) {
  struct job *job = copy->job;
  struct stat stat;
  int source = open_file(level->source, name, &stat);
  if (source < 0) return job_fail(job, errno, "open %.300s", copy->path);
  uint64_t limit = copy->request->max_bytes;
  if (limit && (uint64_t)stat.st_size > limit - copy->stats->copied_bytes) {
    close(source);
    return job_fail(job, EFBIG, "%.200s goes past the %llu bytes that may be copied", copy->path,
                    (unsigned long long)limit);
  }
  int target = openat(level->target, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int error = target < 0 ? job_fail(job, errno, "create %.300s", copy->path) : 0;
  if (!error) error = copy_content(job, source, target, (uint64_t)stat.st_size, copy->path);
  if (!error) error = copy_attributes(job, source, target, &stat, &copy->request->attributes, copy->path);
  struct stat made;
  if (!error && fstat(target, &made)) error = job_fail(job, errno, "look at %.300s", copy->path);
  if (!error) *inode = made.st_ino;
  if (target >= 0) close(target);
  close(source);
  copy->stats->copied_files++;
  copy->stats->copied_bytes += (uint64_t)stat.st_size;
  return error;
}

static int copy_file(struct copy *copy, const struct level *level, const char *name, const struct stat *stat) {
  int error = 0;
  copy->stats->files++;
  if (stat->st_nlink > 1 && link_earlier(copy, level, name, stat, &error)) return error;
  copy->stats->bytes += (uint64_t)stat->st_size;
  uint64_t inode = link_previous(copy, level, name, stat);
  if (!inode) error = copy_bytes(copy, level, name, &inode);
  if (!error && stat->st_nlink > 1) error = link_remember(copy, stat->st_ino);
  if (!error && copy->stats->index && index_add(copy->stats->index, stat, inode, name)) {
    error = job_fail(copy->job, ENOMEM, "index");
  }
  return error;
}

static int copy_symlink(struct copy *copy, const struct level *level, const char *name, const struct stat *stat) {
  char target[PATH_MAX];
  if (read_target(level->source, name, target)) return job_fail(copy->job, errno, "read link %.300s", copy->path);
  copy->stats->files++;
  if (symlinkat(target, level->target, name)) return job_fail(copy->job, errno, "create %.300s", copy->path);
  return copy_link_attributes(copy->job, level->target, name, stat, &copy->request->attributes, copy->path);
}

static int copy_special(struct copy *copy, const struct level *level, const char *name, const struct stat *stat) {
  if (copy->request->attributes.foreign) {
    return job_fail(copy->job, EINVAL, "%.300s is a device, socket or pipe", copy->path);
  }
  if (mknodat(level->target, name, stat->st_mode, stat->st_rdev)) {
    return job_fail(copy->job, errno, "create %.300s", copy->path);
  }
  if (is_whiteout(stat)) return 0;
  copy->stats->files++;
  return copy_link_attributes(copy->job, level->target, name, stat, &copy->request->attributes, copy->path);
}

static int copy_entries(struct copy *copy, const struct level *level);

/* Contents of an open directory into one that was just made, then its own attributes. */
static int copy_directory(struct copy *copy, const struct level *level, const struct stat *stat) {
  if (++copy->depth > MAX_DEPTH) return job_fail(copy->job, ELOOP, "%.300s is nested too deeply", copy->path);
  int error = copy_entries(copy, level);
  copy->depth--;
  if (error) return error;
  return copy_attributes(copy->job, level->source, level->target, stat, &copy->request->attributes, copy->path);
}

static int copy_subdirectory(struct copy *copy, const struct level *level, const char *name) {
  struct job *job = copy->job;
  struct stat stat;
  struct level inner = {open_directory(level->source, name), -1, -1};
  int error = inner.source < 0 || fstat(inner.source, &stat) ? job_fail(job, errno, "open %.300s", copy->path) : 0;
  if (!error && mkdirat(level->target, name, 0700)) error = job_fail(job, errno, "create %.300s", copy->path);
  if (!error) inner.target = open_directory(level->target, name);
  if (!error && inner.target < 0) error = job_fail(job, errno, "open the copy of %.300s", copy->path);
  if (level->previous >= 0) inner.previous = open_directory(level->previous, name);
  if (!error) error = copy_directory(copy, &inner, &stat);
  if (inner.source >= 0) close(inner.source);
  if (inner.target >= 0) close(inner.target);
  if (inner.previous >= 0) close(inner.previous);
  return error;
}

static int copy_entry(struct copy *copy, const struct level *level, const char *name) {
  struct stat stat;
  if (fstatat(level->source, name, &stat, AT_SYMLINK_NOFOLLOW)) {
    return job_fail(copy->job, errno, "look at %.300s", copy->path);
  }
  if (S_ISDIR(stat.st_mode)) return copy_subdirectory(copy, level, name);
  if (S_ISREG(stat.st_mode)) return copy_file(copy, level, name, &stat);
  if (S_ISLNK(stat.st_mode)) return copy_symlink(copy, level, name, &stat);
  return copy_special(copy, level, name, &stat);
}

static int copy_entries(struct copy *copy, const struct level *level) {
  int fd = fcntl(level->source, F_DUPFD_CLOEXEC, 0);
  DIR *stream = fd < 0 ? NULL : fdopendir(fd);
  if (!stream) {
    int error = job_fail(copy->job, errno, "list %.300s", copy->path);
    if (fd >= 0) close(fd);
    return error;
  }
  int error = 0;
  while (!error) {
    errno = 0;
    struct dirent *entry = readdir(stream);
    if (!entry) {
      if (errno) error = job_fail(copy->job, errno, "list %.300s", copy->path);
      break;
    }
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    size_t mark;
    error = push_name(copy->job, copy->path, entry->d_name, &mark);
    if (!error) error = copy_entry(copy, level, entry->d_name);
    copy->path[mark] = 0;
  }
  closedir(stream);
  return error;
}

/* Fails when source and target would be one inside the other: the copy would never end. */
static int check_apart(struct job *job, int source, int parent) {
  struct stat top, at;
  if (fstat(source, &top)) return job_fail(job, errno, "look at the source");
  int fd = fcntl(parent, F_DUPFD_CLOEXEC, 0);
  for (int steps = 0; fd >= 0 && steps < MAX_DEPTH; steps++) {
    if (fstat(fd, &at)) break;
    if (at.st_ino == top.st_ino && at.st_dev == top.st_dev) {
      close(fd);
      return job_fail(job, EINVAL, "the target lies inside the source");
    }
    int up = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat above;
    bool is_top = up < 0 || fstat(up, &above) || (above.st_ino == at.st_ino && above.st_dev == at.st_dev);
    close(fd);
    fd = up;
    if (is_top) break;
  }
  if (fd >= 0) close(fd);
  return 0;
}

static int copy_root(struct copy *copy, int parent, const char *name) {
  struct job *job = copy->job;
  const char *previous = copy->request->previous;
  struct stat stat;
  struct level root = {tree_open(copy->request->source), -1, previous ? tree_open(previous) : -1};
  int error = 0;
  if (root.source < 0 || fstat(root.source, &stat)) error = job_fail(job, errno, "open %.300s", copy->request->source);
  if (!error && copy->request->attributes.foreign) error = check_apart(job, root.source, parent);
  bool made = false;
  if (!error && mkdirat(parent, name, 0700)) error = job_fail(job, errno, "create %.300s", copy->request->target);
  if (!error) {
    made = true;
    copy->target = root.target = open_directory(parent, name);
    if (root.target < 0) error = job_fail(job, errno, "open %.300s", copy->request->target);
  }
  if (!error) error = copy_directory(copy, &root, &stat);
  if (root.source >= 0) close(root.source);
  if (root.target >= 0) close(root.target);
  if (root.previous >= 0) close(root.previous);
  uint64_t removed = 0;
  if (error && made) delete_tree(job, parent, name, &removed);
  return error;
}

int copy_tree(struct job *job, const struct copy_request *request, struct layers_stats *stats) {
  int parent;
  const char *name;
  int error = open_parent(job, request->target, &parent, &name);
  if (error) return error;
  struct copy copy = {.job = job, .request = request, .stats = stats, .target = -1};
  if (request->previous) copy.before = index_load(request->previous);
  if (request->make_index) stats->index = index_new();
  error = copy_root(&copy, parent, name);
  close(parent);
  for (size_t i = 0; i < copy.link_capacity; i++) free(copy.links[i].path);
  free(copy.links);
  index_free(copy.before);
  if (error) {
    index_free(stats->index);
    stats->index = NULL;
  }
  return error;
}

int layers_copy_upper(const char *upper, const char *dest, const char *previous, struct layers_stats *out) {
  static unsigned char scratch[COPY_BUFFER];
  struct job job = {.out_fd = -1, .scratch = scratch};
  struct copy_request request = {.source = upper, .target = dest, .previous = previous, .make_index = true};
  *out = (struct layers_stats){0};
  int error = copy_tree(&job, &request, out);
  if (error) memcpy(out->message, job.message, sizeof out->message);
  return error;
}

void layers_finish(const char *dest, const char *mapped, size_t mapped_length, struct layers_stats *out) {
  if (out->index && mapped) index_write(out->index, dest, mapped, mapped_length);
  index_free(out->index);
  out->index = NULL;
}
