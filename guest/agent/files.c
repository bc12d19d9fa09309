/* The file requests that are done in one step: STAT, LIST, MKDIR, MOVE, CHMOD, SYMLINK. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

enum { most_name_bytes = 16 << 20, entry_room = 8192, default_mode = 0755 };

struct names {
  char *bytes;     /* names one after the other, each with its NUL */
  size_t *offsets; /* where each starts */
  size_t length, capacity, count, offsets_capacity;
};

/* Between two pages: reading and ordering a large directory for each would cost its square. */
struct listing {
  struct names names;
  uint64_t next;
  char path[];
};

static const char *path_of(struct connection *c, uint32_t id, const struct fields *f) {
  if (has(f, HF_TAG_PATH) && f->strings[HF_TAG_PATH][0] == '/') return f->strings[HF_TAG_PATH];
  answer_error(c, id, EINVAL, has(f, HF_TAG_PATH) ? "path is not absolute" : "path is missing");
  return NULL;
}

static uint64_t flags_of(const struct fields *f) { return has(f, HF_TAG_FLAGS) ? f->ints[HF_TAG_FLAGS] : 0; }

/* Answers OK or the error of a call that returned `result`, and closes up to two directories. */
static void answer_result(struct connection *c, uint32_t id, long result, int directory, int other) {
  int error = errno;
  if (directory >= 0) close(directory);
  if (other >= 0) close(other);
  if (result < 0) answer_error(c, id, error, NULL);
  else answer_ok(c, id);
}

static uint64_t file_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return 1;
    case S_IFDIR: return 2;
    case S_IFLNK: return 3;
    case S_IFSOCK: return 4;
    case S_IFIFO: return 5;
    default: return 6;
  }
}

static void put_stat(struct hf_buffer *out, const char *name, const struct stat *s, int directory, const char *leaf) {
  hf_put_string(out, HF_TAG_PATH, name);
  hf_put_int(out, HF_TAG_FILE_TYPE, file_type(s->st_mode));
  hf_put_int(out, HF_TAG_SIZE, (uint64_t)s->st_size);
  hf_put_int(out, HF_TAG_MODE, s->st_mode & 07777);
  hf_put_int(out, HF_TAG_UID, s->st_uid);
  hf_put_int(out, HF_TAG_GID, s->st_gid);
  hf_put_int(out, HF_TAG_MTIME_NS, (uint64_t)s->st_mtim.tv_sec * 1000000000 + (uint64_t)s->st_mtim.tv_nsec);
  if (!S_ISLNK(s->st_mode)) return;
  char target[PATH_MAX];
  ssize_t length = readlinkat(directory, leaf, target, sizeof target);
  if (length >= 0) hf_put_bytes(out, HF_TAG_TARGET, target, (size_t)length);
}

void file_stat(struct connection *c, uint32_t id, struct fields *f) {
  const char *path = path_of(c, id, f);
  if (!path) return;
  struct stat s;
  char leaf[path_leaf_bytes] = "";
  bool follow = flags_of(f) & stat_follow;
  int at = follow ? path_open(c->agent, path, O_PATH) : path_parent(c->agent, path, leaf);
  int result = at < 0 ? -1 : fstatat(at, leaf, &s, follow ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW);
  if (result < 0) return answer_result(c, id, result, at, -1);
  put_stat(frame_open(c, HF_OK, id), path, &s, at, leaf);
  frame_close(c);
  close(at);
}

static bool add_name(struct names *names, const char *name) {
  size_t length = strlen(name) + 1;
  if (names->length + length > most_name_bytes) {
    errno = EOVERFLOW;
    return false;
  }
  if (names->length + length > names->capacity) {
    size_t wanted = names->capacity ? names->capacity * 2 : 4096;
    char *grown = realloc(names->bytes, wanted);
    if (!grown) return false;
    names->bytes = grown;
    names->capacity = wanted;
  }
  if (names->count == names->offsets_capacity) {
    size_t wanted = names->offsets_capacity ? names->offsets_capacity * 2 : 256;
    size_t *grown = realloc(names->offsets, wanted * sizeof *grown);
    if (!grown) return false;
    names->offsets = grown;
    names->offsets_capacity = wanted;
  }
  names->offsets[names->count++] = names->length;
  memcpy(names->bytes + names->length, name, length);
  names->length += length;
  return true;
}

static int compare_names(const void *a, const void *b, void *bytes) {
  return strcmp((char *)bytes + *(const size_t *)a, (char *)bytes + *(const size_t *)b);
}

/* Reads and orders the names in a directory. Takes over nothing: the caller closes `directory` and frees `names`. */
static bool read_names(DIR *directory, struct names *names) {
  struct dirent *item;
  errno = 0;
  while ((item = readdir(directory))) {
    if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) continue;
    if (!add_name(names, item->d_name)) return false;
    errno = 0;
  }
  if (errno) return false;
  if (names->count > 0) qsort_r(names->offsets, names->count, sizeof *names->offsets, compare_names, names->bytes);
  return true;
}

/* Answers where the next page starts, or 0 when this was the last. */
static uint64_t put_entries(struct connection *c, uint32_t id, int directory, const struct names *names, uint64_t cursor,
                            uint64_t count) {
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  uint64_t sent = 0;
  for (; cursor < names->count && sent < count; cursor++) {
    if (out->length - c->frame_mark > HF_MAX_PAYLOAD - entry_room) break;
    const char *name = names->bytes + names->offsets[cursor];
    struct stat s;
    if (fstatat(directory, name, &s, AT_SYMLINK_NOFOLLOW) < 0) continue;
    size_t mark = hf_nest_begin(out, HF_TAG_ENTRY);
    put_stat(out, name, &s, directory, name);
    hf_nest_end(out, mark);
    sent++;
  }
  bool more = cursor < names->count;
  hf_put_int(out, HF_TAG_MORE, more);
  if (more) hf_put_int(out, HF_TAG_CURSOR, cursor);
  frame_close(c);
  return more ? cursor : 0;
}

static void names_free(struct names *names) {
  free(names->bytes);
  free(names->offsets);
}

void file_listing_drop(struct connection *c) {
  if (c->listing) names_free(&c->listing->names);
  free(c->listing);
  c->listing = NULL;
}

/* Takes over the names that a connection kept for the page after the last one. */
static bool go_on(struct connection *c, const char *path, uint64_t cursor, struct names *names) {
  struct listing *kept = c->listing;
  if (!kept || cursor == 0 || kept->next != cursor || strcmp(kept->path, path) != 0) return false;
  *names = kept->names;
  free(kept);
  c->listing = NULL;
  return true;
}

/* When there is no memory to keep them in, they are read again. */
static void keep(struct connection *c, const char *path, uint64_t next, struct names *names) {
  file_listing_drop(c);
  struct listing *kept = next ? malloc(sizeof *kept + strlen(path) + 1) : NULL;
  if (!kept) return names_free(names);
  *kept = (struct listing){.names = *names, .next = next};
  strcpy(kept->path, path);
  c->listing = kept;
}

void file_list(struct connection *c, uint32_t id, struct fields *f) {
  const char *path = path_of(c, id, f);
  if (!path) return;
  int fd = path_open(c->agent, path, O_RDONLY | O_DIRECTORY);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory) return answer_result(c, id, -1, fd, -1);
  struct names names = {0};
  uint64_t count = has(f, HF_TAG_COUNT) && f->ints[HF_TAG_COUNT] ? f->ints[HF_TAG_COUNT] : UINT64_MAX;
  uint64_t cursor = has(f, HF_TAG_CURSOR) ? f->ints[HF_TAG_CURSOR] : 0;
  if (go_on(c, path, cursor, &names) || read_names(directory, &names)) {
    keep(c, path, put_entries(c, id, fd, &names, cursor, count), &names);
  } else {
    answer_error(c, id, errno, errno == EOVERFLOW ? "more than 16 MiB of names in one directory" : NULL);
    names_free(&names);
  }
  closedir(directory);
}

void file_mkdir(struct connection *c, uint32_t id, struct fields *f) {
  const char *path = path_of(c, id, f);
  if (!path) return;
  bool parents = has(f, HF_TAG_PARENTS) && f->ints[HF_TAG_PARENTS];
  if (parents && path_make_parents(c->agent, path) < 0) return answer_error(c, id, errno, NULL);
  char leaf[path_leaf_bytes];
  int at = path_parent(c->agent, path, leaf);
  mode_t mode = has(f, HF_TAG_MODE) && f->ints[HF_TAG_MODE] ? (mode_t)f->ints[HF_TAG_MODE] & 07777 : default_mode;
  int result = at < 0 ? -1 : mkdirat(at, leaf, mode);
  struct stat s;
  if (result == 0) result = fchmodat(at, leaf, mode, 0);
  else if (parents && at >= 0 && errno == EEXIST && fstatat(at, leaf, &s, 0) == 0) {
    result = S_ISDIR(s.st_mode) ? 0 : -1;
    errno = EEXIST;
  }
  answer_result(c, id, result, at, -1);
}

void file_move(struct connection *c, uint32_t id, struct fields *f) {
  const char *path = path_of(c, id, f);
  if (!path) return;
  if (!has(f, HF_TAG_TARGET)) return answer_error(c, id, EINVAL, "MOVE needs target");
  char from[path_leaf_bytes], to[path_leaf_bytes];
  int source = path_parent(c->agent, path, from);
  if (source < 0) return answer_error(c, id, errno, NULL);
  int target = path_parent(c->agent, f->strings[HF_TAG_TARGET], to);
  unsigned how = flags_of(f) & move_replace ? 0 : RENAME_NOREPLACE;
  long result = target < 0 ? -1 : syscall(SYS_renameat2, source, from, target, to, how);
  answer_result(c, id, result, source, target);
}

/* Follows symlinks; the file is named by its descriptor, so that a link cannot lead outside. */
void file_chmod(struct connection *c, uint32_t id, struct fields *f) {
  const char *path = path_of(c, id, f);
  if (!path) return;
  if (!has(f, HF_TAG_MODE) || f->ints[HF_TAG_MODE] > 07777) return answer_error(c, id, EINVAL, "mode is 0 to 07777");
  mode_t mode = (mode_t)f->ints[HF_TAG_MODE];
  int fd = path_open(c->agent, path, O_PATH);
  char name[40];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  answer_result(c, id, fd < 0 ? -1 : chmod(name, mode), fd, -1);
}

void file_symlink(struct connection *c, uint32_t id, struct fields *f) {
  const char *path = path_of(c, id, f);
  if (!path) return;
  if (!has(f, HF_TAG_TARGET)) return answer_error(c, id, EINVAL, "SYMLINK needs target");
  char leaf[path_leaf_bytes];
  int at = path_parent(c->agent, path, leaf);
  answer_result(c, id, at < 0 ? -1 : symlinkat(f->strings[HF_TAG_TARGET], at, leaf), at, -1);
}
