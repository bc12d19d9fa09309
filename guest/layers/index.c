/* Which file of a live directory became which file of its copy, by inode number and change time.
 *
 * 1. An entry is used only when inode, change time and size of the live file are the same AND the file at the same path
 *    of the copy is still the inode it was copied to: a renamed directory or a reused number never links a wrong file.
 * 2. Files changed in the last ticks before the copy are left out: the next change could get the same time.
 * 3. Files that were mapped shared and writable are left out: a write through a page that is dirty already leaves no
 *    new change time. With several links one file has several names, so those are left out as well.
 *
 * The file is a cache: damaged or missing, everything is copied.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { TICKS_NS = 20 * 1000 * 1000 };

struct row {
  struct index_entry entry;
  uint64_t name_hash;
  bool has_links;
};

struct layers_index {
  uint64_t made_ns;
  size_t count, capacity;
  struct row *rows;            /* when it is being made */
  struct index_entry *entries; /* when it was loaded, by inode */
};

struct head {
  char magic[8];
  uint64_t count, check;
};

static const char magic[8] = {'H', 'F', 'I', 'N', 'D', 'E', 'X', '1'};

static uint64_t hash(const void *bytes, size_t length, uint64_t value) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < length; i++) value = (value ^ at[i]) * 0x100000001b3u;
  return value;
}

static uint64_t name_hash(const char *name) { return hash(name, strlen(name), 0xcbf29ce484222325u); }

static int index_path(char *path, const char *copy) {
  const char *slash = strrchr(copy, '/');
  if (!slash) return EINVAL;
  int length = snprintf(path, PATH_MAX, "%.*s/upper.index", (int)(slash - copy), copy);
  return length < PATH_MAX ? 0 : ENAMETOOLONG;
}

struct layers_index *index_new(void) {
  struct layers_index *index = calloc(1, sizeof *index);
  struct timespec now;
  if (index && !clock_gettime(CLOCK_REALTIME, &now)) index->made_ns = nanoseconds(now);
  return index;
}

int index_add(struct layers_index *index, const struct stat *stat, uint64_t copy_inode, const char *name) {
  uint64_t changed = nanoseconds(stat->st_ctim);
  if (changed + TICKS_NS > index->made_ns) return 0;
  if (index->count == index->capacity) {
    size_t wanted = index->capacity ? index->capacity * 2 : 256;
    struct row *grown = realloc(index->rows, wanted * sizeof *grown);
    if (!grown) return ENOMEM;
    index->rows = grown;
    index->capacity = wanted;
  }
  index->rows[index->count++] = (struct row){
      .entry = {stat->st_ino, changed, (uint64_t)stat->st_size, copy_inode},
      .name_hash = name_hash(name),
      .has_links = stat->st_nlink > 1,
  };
  return 0;
}

static bool is_mapped(const struct row *row, const char *mapped, size_t length) {
  if (length && row->has_links) return true;
  for (size_t at = 0; at < length; at += strlen(mapped + at) + 1) {
    if (name_hash(mapped + at) == row->name_hash) return true;
  }
  return false;
}

static int by_inode(const void *left, const void *right) {
  uint64_t a = ((const struct index_entry *)left)->inode, b = ((const struct index_entry *)right)->inode;
  return a < b ? -1 : a > b;
}

static int write_all(int fd, const void *bytes, size_t length) {
  for (const char *at = bytes; length > 0;) {
    ssize_t put = write(fd, at, length);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno;
    at += put;
    length -= (size_t)put;
  }
  return 0;
}

int index_write(struct layers_index *index, const char *copy, const char *mapped, size_t mapped_length) {
  char path[PATH_MAX];
  int error = index_path(path, copy);
  if (error) return error;
  struct index_entry *entries = malloc((index->count + 1) * sizeof *entries);
  if (!entries) return ENOMEM;
  struct head head = {.count = 0};
  memcpy(head.magic, magic, sizeof magic);
  for (size_t i = 0; i < index->count; i++) {
    if (!is_mapped(&index->rows[i], mapped, mapped_length)) entries[head.count++] = index->rows[i].entry;
  }
  qsort(entries, head.count, sizeof *entries, by_inode);
  head.check = hash(entries, head.count * sizeof *entries, head.count);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  error = fd < 0 ? errno : write_all(fd, &head, sizeof head);
  if (!error) error = write_all(fd, entries, head.count * sizeof *entries);
  if (fd >= 0) close(fd);
  if (error && error != EEXIST) unlink(path);
  free(entries);
  return error;
}

static int read_all(int fd, void *bytes, size_t length) {
  for (char *at = bytes; length > 0;) {
    ssize_t got = read(fd, at, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return EIO;
    at += got;
    length -= (size_t)got;
  }
  return 0;
}

struct layers_index *index_load(const char *copy) {
  char path[PATH_MAX];
  if (index_path(path, copy)) return NULL;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return NULL;
  struct head head;
  struct stat stat;
  struct layers_index *index = calloc(1, sizeof *index);
  bool good = index && !fstat(fd, &stat) && !read_all(fd, &head, sizeof head) &&
              !memcmp(head.magic, magic, sizeof magic) &&
              head.count < (uint64_t)stat.st_size &&
              (uint64_t)stat.st_size == sizeof head + head.count * sizeof *index->entries;
  if (good) {
    index->count = head.count;
    index->entries = malloc((head.count + 1) * sizeof *index->entries);
    good = index->entries && !read_all(fd, index->entries, head.count * sizeof *index->entries) &&
           hash(index->entries, head.count * sizeof *index->entries, head.count) == head.check;
  }
  close(fd);
  if (good) return index;
  index_free(index);
  return NULL;
}

const struct index_entry *index_find(const struct layers_index *index, const struct stat *stat) {
  struct index_entry wanted = {.inode = stat->st_ino};
  const struct index_entry *found = bsearch(&wanted, index->entries, index->count, sizeof wanted, by_inode);
  bool same = found && found->changed_ns == nanoseconds(stat->st_ctim) && found->size == (uint64_t)stat->st_size;
  return same ? found : NULL;
}

void index_free(struct layers_index *index) {
  if (!index) return;
  free(index->rows);
  free(index->entries);
  free(index);
}
