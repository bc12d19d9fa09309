/* READ and WRITE: whole files or ranges, moved in frames against credit.
 *
 * 1. A WRITE shows nothing before its END: bytes go to a temporary file beside the target, renamed over it at the end and
 *    removed on any other outcome.
 * 2. The temporary file's name says whether the target existed, so that a WATCH can tell created from modified.
 */
#define _GNU_SOURCE
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
#include "temporary.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

enum { write_credit = 1 << 20, most_links = 40, default_file_mode = 0644 };

struct reading {
  struct request request;
  int fd;
  uint64_t offset, end; /* end UINT64_MAX: to the end of the file */
};

struct writing {
  struct request request;
  int directory, fd;
  uint64_t expected, written;
  bool exclusive;
  char leaf[path_leaf_bytes], temporary[temporary_name_bytes];
};

static enum pump_result pump_read(struct request *request);
static void close_read(struct request *request);
static bool take_data(struct request *request, const unsigned char *bytes, size_t length);
static bool finish_write(struct request *request);
static void close_write(struct request *request);
static int begin_write(struct agent *agent, struct writing *w, const struct fields *f, const char **why);

static const struct request_kind read_kind = {.pump = pump_read, .close = close_read, .transfer = true, .credit = true};
static const struct request_kind write_kind = {
    .data = take_data, .end = finish_write, .close = close_write, .transfer = true};

void file_read(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PATH)) return answer_error(c, id, EINVAL, "READ needs path");
  struct stat s;
  /* Non-blocking, so that opening a pipe with no writer does not wait. */
  int fd = path_open(c->agent, f->strings[HF_TAG_PATH], O_RDONLY | O_NONBLOCK);
  int error = fd < 0 || fstat(fd, &s) < 0 ? errno : S_ISREG(s.st_mode) ? 0 : S_ISDIR(s.st_mode) ? EISDIR : EINVAL;
  struct reading *r = error ? NULL : request_new(c, id, &read_kind, sizeof *r);
  if (error) answer_error(c, id, error, error == EINVAL ? "not a regular file" : NULL);
  if (!r) {
    if (fd >= 0) close(fd);
    return;
  }
  uint64_t length = has(f, HF_TAG_LENGTH) ? f->ints[HF_TAG_LENGTH] : 0;
  r->fd = fd;
  r->offset = has(f, HF_TAG_OFFSET) ? f->ints[HF_TAG_OFFSET] : 0;
  r->end = length == 0 || length > UINT64_MAX - r->offset ? UINT64_MAX : r->offset + length;
  r->request.credit = has(f, HF_TAG_CREDIT) ? f->ints[HF_TAG_CREDIT] : 0;
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  hf_put_int(out, HF_TAG_SIZE, (uint64_t)s.st_size);
  hf_put_int(out, HF_TAG_MODE, s.st_mode & 07777);
  frame_close(c);
}

/* Reads straight into the send queue. */
static enum pump_result pump_read(struct request *request) {
  struct reading *r = (struct reading *)request;
  struct connection *c = request->connection;
  size_t wanted = chunk_bytes;
  if (wanted > r->end - r->offset) wanted = (size_t)(r->end - r->offset);
  if (wanted > 0 && request->credit == 0) return pump_idle;
  if (wanted > request->credit) wanted = (size_t)request->credit;
  size_t before = c->out.length;
  struct hf_buffer *out = frame_open(c, HF_DATA, request->id);
  unsigned char *space = hf_buffer_reserve(out, wanted);
  ssize_t got = 0;
  if (space && wanted > 0 && r->offset <= INT64_MAX) got = pread(r->fd, space, wanted, (off_t)r->offset);
  if (got > 0) {
    out->length += (size_t)got;
    frame_close(c);
    r->offset += (uint64_t)got;
    request->credit -= (uint64_t)got;
    return pump_progress;
  }
  int error = errno;
  if (out->failed) return c->broken = true, pump_idle;
  out->length = before;
  if (got < 0) {
    request_fail(request, error, NULL);
  } else {
    frame_open(c, HF_END, request->id);
    frame_close(c);
    request_finish(request);
  }
  return pump_finished;
}

static void close_read(struct request *request) { close(((struct reading *)request)->fd); }

void file_write(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PATH)) return answer_error(c, id, EINVAL, "WRITE needs path");
  if (has(f, HF_TAG_MODE) && f->ints[HF_TAG_MODE] > 07777) return answer_error(c, id, EINVAL, "mode is 0 to 07777");
  struct writing *w = request_new(c, id, &write_kind, sizeof *w);
  if (!w) return;
  w->directory = w->fd = -1;
  const char *why = NULL;
  int error = begin_write(c->agent, w, f, &why);
  if (error) return request_fail(&w->request, error, why);
  struct hf_buffer *out = frame_open(c, HF_OK, id);
  hf_put_int(out, HF_TAG_CREDIT, write_credit);
  frame_close(c);
}

/* The directory and name to write at: what a symlink points to, not the symlink. 0 or an errno. */
static int locate(struct agent *agent, struct writing *w, const char *path, struct stat *s, bool *exists) {
  char at[PATH_MAX], link[PATH_MAX];
  if (strlen(path) >= sizeof at) return ENAMETOOLONG;
  strcpy(at, path);
  for (int links = 0; links <= most_links; links++) {
    if (w->directory >= 0) close(w->directory);
    w->directory = path_parent(agent, at, w->leaf);
    if (w->directory < 0) return errno;
    *exists = fstatat(w->directory, w->leaf, s, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*exists) return errno == ENOENT ? 0 : errno;
    if (!S_ISLNK(s->st_mode)) return 0;
    ssize_t length = readlinkat(w->directory, w->leaf, link, sizeof link - 1);
    if (length < 0) return errno;
    link[length] = 0;
    char *name = strrchr(at, '/');
    size_t kept = link[0] == '/' ? 0 : (size_t)(name - at) + 1;
    if (kept + (size_t)length >= sizeof at) return ENAMETOOLONG;
    memcpy(at + kept, link, (size_t)length + 1);
  }
  return ELOOP;
}

static int begin_write(struct agent *agent, struct writing *w, const struct fields *f, const char **why) {
  const char *path = f->strings[HF_TAG_PATH];
  struct stat s;
  bool exists = false;
  size_t length = strlen(path);
  if (length == 0 || path[length - 1] == '/') return EISDIR;
  if (has(f, HF_TAG_PARENTS) && f->ints[HF_TAG_PARENTS] && path_make_parents(agent, path) < 0) return errno;
  int error = locate(agent, w, path, &s, &exists);
  if (error) return error;
  w->exclusive = has(f, HF_TAG_FLAGS) && f->ints[HF_TAG_FLAGS] & write_exclusive;
  if (exists && w->exclusive) return EEXIST;
  if (exists && S_ISDIR(s.st_mode)) return EISDIR;
  if (exists && !S_ISREG(s.st_mode)) {
    *why = "not a regular file";
    return EINVAL;
  }
  w->expected = has(f, HF_TAG_SIZE) ? f->ints[HF_TAG_SIZE] : 0;
  mode_t mode = has(f, HF_TAG_MODE) ? (mode_t)f->ints[HF_TAG_MODE] : 0;
  if (mode == 0) mode = exists ? s.st_mode & 07777 : default_file_mode;
  snprintf(w->temporary, sizeof w->temporary, "%s%016llx", exists ? temporary_modified : temporary_created,
           (unsigned long long)random_u64());
  w->fd = openat(w->directory, w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (w->fd < 0) {
    error = errno;
    w->temporary[0] = 0;
    return error;
  }
  return fchmod(w->fd, mode) < 0 ? errno : 0;
}

/* Bytes are on their way to the disk when this returns, so all their credit goes back at once. */
static bool take_data(struct request *request, const unsigned char *bytes, size_t length) {
  struct writing *w = (struct writing *)request;
  for (size_t done = 0; done < length;) {
    ssize_t put = write(w->fd, bytes + done, length - done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      request_fail(request, errno, NULL);
      return true;
    }
    done += (size_t)put;
  }
  w->written += length;
  unsigned char credit[4];
  hf_set_u32(credit, (uint32_t)length);
  hf_buffer_append(frame_open(request->connection, HF_CREDIT, request->id), credit, sizeof credit);
  frame_close(request->connection);
  return true;
}

static bool finish_write(struct request *request) {
  struct writing *w = (struct writing *)request;
  struct connection *c = request->connection;
  if (w->expected && w->written != w->expected) {
    request_fail(request, EINVAL, "the file is not as long as was announced");
    return true;
  }
  /* Some filesystems report a full disk only here. */
  int fd = w->fd;
  w->fd = -1;
  if (close(fd) < 0 || syscall(SYS_renameat2, w->directory, w->temporary, w->directory, w->leaf,
                               w->exclusive ? RENAME_NOREPLACE : 0) < 0) {
    request_fail(request, errno, NULL);
    return true;
  }
  w->temporary[0] = 0;
  hf_put_int(frame_open(c, HF_END, request->id), HF_TAG_SIZE, w->written);
  frame_close(c);
  request_finish(request);
  return true;
}

static void close_write(struct request *request) {
  struct writing *w = (struct writing *)request;
  if (w->fd >= 0) close(w->fd);
  if (w->temporary[0]) unlinkat(w->directory, w->temporary, 0);
  if (w->directory >= 0) close(w->directory);
}
