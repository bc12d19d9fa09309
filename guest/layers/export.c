/* Sends a merged view, or a subtree of it, depth first: each entry, then a file's bytes.
 *
 * 1. What is sent for a file is exactly as many bytes as its entry said; a file that changes under the reader ends the
 *    export with EBUSY.
 * 2. The second name of a file with several links is an entry with flag 1 whose target is the first name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../launcher/kernel.h"
#include "internal.h"

enum { HARD_LINK = 1 };

struct export {
  struct job *job;
  uint64_t files, bytes;
  struct links links;
  char path[PATH_MAX];
  unsigned depth;
};

static int send_entry(struct export *export, const struct stat *stat, const char *target, bool is_link) {
  struct job *job = export->job;
  struct hf_buffer *out = &job->out;
  size_t mark = entry_begin(job, ENTRY_MOST);
  hf_put_string(out, HF_TAG_PATH, export->path);
  hf_put_int(out, HF_TAG_FILE_TYPE, (uint64_t)type_of(stat));
  hf_put_int(out, HF_TAG_MODE, stat->st_mode & 07777);
  hf_put_int(out, HF_TAG_UID, stat->st_uid);
  hf_put_int(out, HF_TAG_GID, stat->st_gid);
  hf_put_int(out, HF_TAG_MTIME_NS, nanoseconds(stat->st_mtim));
  hf_put_int(out, HF_TAG_SIZE, S_ISREG(stat->st_mode) && !is_link ? (uint64_t)stat->st_size : 0);
  hf_put_int(out, HF_TAG_FLAGS, is_link ? HARD_LINK : 0);
  if (target) hf_put_string(out, HF_TAG_TARGET, target);
  return entry_end(job, mark);
}

static int send_content(struct export *export, int fd, uint64_t size) {
  struct job *job = export->job;
  while (size > 0) {
    ssize_t got = read(fd, job->scratch, size < CONTENT_PIECE ? size : CONTENT_PIECE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return job_fail(job, errno, "read %.300s", export->path);
    if (got == 0) return job_fail(job, EBUSY, "%.300s became shorter while it was read", export->path);
    size_t mark = entry_begin(job, CONTENT_PIECE + 16);
    hf_put_bytes(&job->out, HF_TAG_TEXT, job->scratch, (size_t)got);
    int error = entry_end(job, mark);
    if (error) return error;
    size -= (uint64_t)got;
  }
  return 0;
}

/* What a listing named and is not there any more, or is of another kind by now, changed under the reader. */
static int fail_listed(struct export *export, const char *deed) {
  bool changed = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
  return job_fail(export->job, changed ? EBUSY : errno, "%s %.300s", deed, export->path);
}

static int export_file(struct export *export, int directory, const char *name) {
  struct stat stat;
  int fd = open_file(directory, name, &stat);
  if (fd < 0) return fail_listed(export, "open");
  const char *first = stat.st_nlink > 1 ? links_first(export->job, &export->links, stat.st_ino, export->path) : NULL;
  int error = export->job->error;
  if (!error) error = send_entry(export, &stat, first, first != NULL);
  if (!error && !first) error = send_content(export, fd, (uint64_t)stat.st_size);
  if (!first) export->bytes += (uint64_t)stat.st_size;
  close(fd);
  return error;
}

static int export_directory(struct export *export, int directory);

static int export_entry(struct export *export, int directory, const char *name) {
  struct stat stat;
  if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW)) return fail_listed(export, "look at");
  if (is_whiteout(&stat)) return 0;
  if (S_ISDIR(stat.st_mode)) {
    int fd = open_directory(directory, name);
    if (fd < 0) return fail_listed(export, "open");
    int error = export_directory(export, fd);
    close(fd);
    return error;
  }
  export->files++;
  if (S_ISREG(stat.st_mode)) return export_file(export, directory, name);
  static char target[PATH_MAX];
  if (S_ISLNK(stat.st_mode) && read_target(directory, name, target)) return fail_listed(export, "read link");
  return send_entry(export, &stat, S_ISLNK(stat.st_mode) ? target : NULL, false);
}

static int export_directory(struct export *export, int directory) {
  struct job *job = export->job;
  struct stat stat;
  if (fstat(directory, &stat)) return job_fail(job, errno, "look at %.300s", export->path);
  if (export->depth > MAX_DEPTH) return job_fail(job, ELOOP, "%.300s is nested too deeply", export->path);
  int error = send_entry(export, &stat, NULL, false);
  struct names names;
  if (!error) error = names_read(job, directory, &names);
  if (error) return error;
  export->depth++;
  for (size_t i = 0; !error && i < names.count; i++) {
    size_t mark;
    error = push_name(job, export->path, names.list[i], &mark);
    if (!error) error = export_entry(export, directory, names.list[i]);
    export->path[mark] = 0;
  }
  export->depth--;
  names_free(&names);
  return error;
}

/* The subtree's top is inside the view even when a guest planted links on the way. */
static int open_top(struct job *job, int root, const char *path) {
  while (*path == '/') path++;
  enum { RESOLVE_IN_ROOT = 0x10 };
  struct kernel_open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                                .resolve = RESOLVE_IN_ROOT | resolve_no_magiclinks};
  int fd = (int)syscall(nr_openat2, root, *path ? path : ".", &how, sizeof how);
  if (fd < 0) job_fail(job, errno, "open /%.300s", path);
  return fd;
}

/* A directory gives what is in it; anything else gives itself, under its own name. */
static int export_top(struct export *export, int root, const char *path) {
  struct job *job = export->job;
  int top = open_top(job, root, path);
  if (top < 0) return job->error;
  struct stat stat;
  if (fstat(top, &stat)) return job_fail(job, errno, "look at %.300s", path);
  if (S_ISDIR(stat.st_mode)) {
    int directory = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return job_fail(job, errno, "open %.300s", path);
    return export_directory(export, directory);
  }
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t length = slash ? (size_t)(slash - path) : 0, mark;
  if (length >= sizeof parent) return job_fail(job, ENAMETOOLONG, "%.300s", path);
  memcpy(parent, path, length);
  parent[length] = 0;
  int up = open_top(job, root, parent);
  int directory = up < 0 ? -1 : openat(up, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return job_fail(job, errno, "open the parent of %.300s", path);
  int error = push_name(job, export->path, name, &mark);
  return error ? error : export_entry(export, directory, name);
}

int export_run(struct job *job, const struct request *request) {
  if (request->view_count != 1) return job_fail(job, EINVAL, "EXPORT needs one view");
  int root = view_open(job, &request->views[0]);
  if (root < 0) return job->error;
  static struct export export;
  export = (struct export){.job = job};
  int error = export_top(&export, root, request->path ? request->path : "");
  if (error) return error;
  entries_end(job);
  size_t mark = hf_frame_begin(&job->out, HF_END, job->id);
  hf_put_int(&job->out, HF_TAG_FILES, export.files);
  hf_put_int(&job->out, HF_TAG_BYTES, export.bytes);
  hf_frame_end(&job->out, mark);
  return job_flush(job, true);
}
