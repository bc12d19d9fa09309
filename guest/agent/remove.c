/* REMOVE, a directory tree at a time in small steps, so that a large one delays nobody.
 *
 * 1. Descends by descriptor and never through a symlink: nothing outside the tree can be reached, whoever renames what.
 * 2. At most max_depth directories are open. A deeper one is moved up into the tree's top directory and met again there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { max_depth = 64, entries_per_step = 256, most_passes = 1000 };

struct level {
  DIR *directory;
  unsigned passes;
  char name[path_leaf_bytes];
};

struct removal {
  struct request request;
  int parent; /* directory that holds the top */
  size_t depth;
  uint64_t removed;
  struct level levels[max_depth];
};

static enum pump_result pump_remove(struct request *request);
static void close_remove(struct request *request);
static int step(struct removal *r);

static const struct request_kind remove_kind = {.pump = pump_remove, .close = close_remove, .transfer = true};

static void answer_removed(struct connection *c, uint32_t id, uint64_t count) {
  hf_put_int(frame_open(c, HF_OK, id), HF_TAG_COUNT, count);
  frame_close(c);
}

static int open_level(struct removal *r, int parent, const char *name) {
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory) {
    int error = errno;
    if (fd >= 0) close(fd);
    return error;
  }
  struct level *level = &r->levels[r->depth++];
  level->directory = directory;
  level->passes = 0;
  snprintf(level->name, sizeof level->name, "%s", name);
  return 0;
}

void file_remove(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PATH)) return answer_error(c, id, EINVAL, "REMOVE needs path");
  char leaf[path_leaf_bytes];
  struct stat s;
  int parent = path_parent(c->agent, f->strings[HF_TAG_PATH], leaf);
  int error = parent < 0 || fstatat(parent, leaf, &s, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
  bool recursive = has(f, HF_TAG_FLAGS) && f->ints[HF_TAG_FLAGS] & remove_recursive;
  if (!error && strcmp(leaf, ".") == 0) error = EBUSY;
  if (!error && (!recursive || !S_ISDIR(s.st_mode))) {
    error = unlinkat(parent, leaf, S_ISDIR(s.st_mode) ? AT_REMOVEDIR : 0) < 0 ? errno : 0;
    if (!error) answer_removed(c, id, 1);
  } else if (!error) {
    struct removal *r = request_new(c, id, &remove_kind, sizeof *r);
    if (r) {
      r->parent = parent;
      error = open_level(r, parent, leaf);
      if (error) request_fail(&r->request, error, NULL);
      return;
    }
  }
  if (parent >= 0) close(parent);
  if (error) answer_error(c, id, error, NULL);
}

static enum pump_result pump_remove(struct request *request) {
  struct removal *r = (struct removal *)request;
  for (int i = 0; i < entries_per_step; i++) {
    int error = step(r);
    if (error) {
      request_fail(request, error, NULL);
      return pump_finished;
    }
    if (r->depth > 0) continue;
    answer_removed(request->connection, request->id, r->removed);
    request_finish(request);
    return pump_finished;
  }
  return pump_progress;
}

/* Ends the innermost directory: away with it, or once more through it when something appeared meanwhile. */
static int leave(struct removal *r) {
  struct level *level = &r->levels[r->depth - 1];
  int parent = r->depth > 1 ? dirfd(r->levels[r->depth - 2].directory) : r->parent;
  if (unlinkat(parent, level->name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
    closedir(level->directory);
    r->depth--;
    r->removed++;
    return 0;
  }
  if (errno != ENOTEMPTY && errno != EEXIST) return errno;
  if (++level->passes > most_passes) return ENOTEMPTY;
  rewinddir(level->directory);
  return 0;
}

static int descend(struct removal *r, int directory, const char *name) {
  if (r->depth < max_depth) return open_level(r, directory, name);
  char hoisted[40];
  snprintf(hoisted, sizeof hoisted, ".holdfast-deep-%016llx", (unsigned long long)random_u64());
  return renameat(directory, name, dirfd(r->levels[0].directory), hoisted) < 0 ? errno : 0;
}

static int step(struct removal *r) {
  DIR *directory = r->levels[r->depth - 1].directory;
  errno = 0;
  struct dirent *item = readdir(directory);
  if (!item) return errno ? errno : leave(r);
  if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) return 0;
  int at = dirfd(directory);
  bool is_directory = item->d_type == DT_DIR;
  if (!is_directory) {
    if (unlinkat(at, item->d_name, 0) == 0) {
      r->removed++;
      return 0;
    }
    if (errno == ENOENT) return 0;
    if (errno != EISDIR) return errno;
  }
  int error = descend(r, at, item->d_name);
  return error == ENOENT ? 0 : error;
}

static void close_remove(struct request *request) {
  struct removal *r = (struct removal *)request;
  while (r->depth > 0) closedir(r->levels[--r->depth].directory);
  close(r->parent);
}
