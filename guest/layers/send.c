/* SEND: one layer, whole, as a stream of entries that TAKE makes a layer of again.
 *
 * 1. Depth first, names in byte order, the root first with an empty path: whoever takes it never needs a directory again
 *    that was left.
 * 2. What gives powers is left behind and counted (carried.c); a device has no place in the stream and ends it.
 * 3. Of a file only what is not a hole is sent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { WITH_DIGEST = 1, SET_ID = 06000 };

struct send {
  struct job *job;
  const struct owner *owner;
  struct links links;
  struct hf_buffer attributes;
  uint64_t files, bytes, left;
  char path[PATH_MAX];
  unsigned depth;
};

struct sent {
  const struct stat *stat;
  const char *target;
  uint64_t flags;
  bool attributes; /* those in send->attributes are this entry's */
};

static int put_owner(struct send *send, const struct stat *stat) {
  uint64_t uid = stat->st_uid, gid = stat->st_gid;
  if (send->owner->set) uid = send->owner->uid, gid = send->owner->gid;
  else if (owner_out(send->job, &uid, send->path) || owner_out(send->job, &gid, send->path)) return send->job->error;
  hf_put_int(&send->job->out, HF_TAG_UID, uid);
  hf_put_int(&send->job->out, HF_TAG_GID, gid);
  return 0;
}

static int send_entry(struct send *send, const struct sent *sent) {
  struct job *job = send->job;
  struct hf_buffer *out = &job->out;
  const struct stat *stat = sent->stat;
  size_t more = sent->attributes ? send->attributes.length : 0, mark = entry_begin(job, ENTRY_MOST + more);
  int type = type_of(stat);
  hf_put_string(out, HF_TAG_PATH, send->path);
  hf_put_int(out, HF_TAG_FILE_TYPE, (uint64_t)type);
  if (type != TYPE_WHITEOUT && !(sent->flags & ENTRY_HARD_LINK)) {
    hf_put_int(out, HF_TAG_MODE, stat->st_mode & 01777);
    if (put_owner(send, stat)) return job->error;
    hf_put_int(out, HF_TAG_MTIME_NS, nanoseconds(stat->st_mtim));
    if (type == TYPE_FILE) hf_put_int(out, HF_TAG_SIZE, (uint64_t)stat->st_size);
    if (stat->st_mode & SET_ID) send->left++;
  }
  if (sent->flags) hf_put_int(out, HF_TAG_FLAGS, sent->flags);
  if (sent->target) hf_put_string(out, HF_TAG_TARGET, sent->target);
  if (more) hf_buffer_append(out, hf_buffer_front(&send->attributes), more);
  return entry_end(job, mark);
}

static int send_range(struct send *send, int fd, off_t at, off_t end) {
  struct job *job = send->job;
  while (at < end) {
    size_t want = end - at < CONTENT_PIECE ? (size_t)(end - at) : CONTENT_PIECE;
    ssize_t got = pread(fd, job->scratch, want, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return job_fail(job, errno, "read %.300s", send->path);
    if (got == 0) return job_fail(job, EBUSY, "%.300s became shorter while it was read", send->path);
    size_t mark = entry_begin(job, CONTENT_PIECE + 64);
    hf_put_int(&job->out, HF_TAG_OFFSET, (uint64_t)at);
    hf_put_bytes(&job->out, HF_TAG_TEXT, job->scratch, (size_t)got);
    if (entry_end(job, mark)) return job->error;
    at += got;
  }
  return 0;
}

static int send_content(struct send *send, int fd, off_t size) {
  struct job *job = send->job;
  for (off_t at = 0; at < size;) {
    off_t data = lseek(fd, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return 0;
    off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
    if (data < 0 || hole < 0) return job_fail(job, errno, "find the data of %.300s", send->path);
    if (hole > size) hole = size;
    if (send_range(send, fd, data, hole)) return job->error;
    at = hole;
  }
  return 0;
}

static int send_file(struct send *send, int directory, const char *name) {
  struct job *job = send->job;
  struct stat stat;
  int fd = open_file(directory, name, &stat);
  if (fd < 0) return job_fail(job, errno, "open %.300s", send->path);
  const char *first = stat.st_nlink > 1 ? links_first(job, &send->links, stat.st_ino, send->path) : NULL;
  struct sent sent = {.stat = &stat, .target = first, .flags = first ? ENTRY_HARD_LINK : 0, .attributes = !first};
  int error = job->error;
  if (!error && !first) error = carried_read(job, fd, &send->attributes, &send->left, send->path);
  if (!error) error = send_entry(send, &sent);
  if (!error && !first) error = send_content(send, fd, stat.st_size);
  if (!first) send->bytes += (uint64_t)stat.st_size;
  close(fd);
  return error;
}

static int send_directory(struct send *send, int directory);

static int send_name(struct send *send, int directory, const char *name) {
  struct job *job = send->job;
  struct stat stat;
  static char target[PATH_MAX];
  if (fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW)) return job_fail(job, errno, "look at %.300s", send->path);
  if (S_ISDIR(stat.st_mode)) {
    int fd = open_directory(directory, name);
    int error = fd < 0 ? job_fail(job, errno, "open %.300s", send->path) : send_directory(send, fd);
    if (fd >= 0) close(fd);
    return error;
  }
  int type = type_of(&stat);
  if (type == TYPE_DEVICE) return job_fail(job, EINVAL, "%.300s is a device, which no layer carries: remove it first", send->path);
  send->files += type != TYPE_WHITEOUT;
  if (type == TYPE_FILE) return send_file(send, directory, name);
  if (type == TYPE_SYMLINK && read_target(directory, name, target)) return job_fail(job, errno, "read link %.300s", send->path);
  return send_entry(send, &(struct sent){.stat = &stat, .target = type == TYPE_SYMLINK ? target : NULL});
}

static int send_names(struct send *send, int directory) {
  struct names names;
  int error = names_read(send->job, directory, &names);
  if (error) return error;
  for (size_t i = 0; !error && i < names.count; i++) {
    size_t mark;
    error = push_name(send->job, send->path, names.list[i], &mark);
    if (!error) error = send_name(send, directory, names.list[i]);
    send->path[mark] = 0;
  }
  names_free(&names);
  return error;
}

static int send_directory(struct send *send, int directory) {
  struct job *job = send->job;
  struct stat stat;
  static char redirect[PATH_MAX];
  if (fstat(directory, &stat)) return job_fail(job, errno, "look at %.300s", send->path);
  if (++send->depth > MAX_DEPTH) return job_fail(job, ELOOP, "%.300s is nested too deeply", send->path);
  int error = read_redirect(directory, redirect);
  if (error) return job_fail(job, error, "read the redirect of %.300s", send->path);
  error = carried_read(job, directory, &send->attributes, &send->left, send->path);
  struct sent sent = {.stat = &stat, .target = redirect[0] ? redirect : NULL, .flags = is_opaque(directory) ? ENTRY_OPAQUE : 0, .attributes = true};
  if (!error) error = send_entry(send, &sent);
  if (!error) error = send_names(send, directory);
  send->depth--;
  return error;
}

int send_run(struct job *job, const struct request *request) {
  static struct send send;
  unsigned char digest[32];
  if (!request->path) return job_fail(job, EINVAL, "SEND needs a path");
  if (layers_user_xattrs && !request->owner.set)
    return job_fail(job, EINVAL, "an ordinary user's layers are sent with uid and gid: whose they are inside");
  int root = tree_open(request->path);
  if (root < 0) return job_fail(job, errno, "open %.300s", request->path);
  send = (struct send){.job = job, .owner = &request->owner};
  int error = send_directory(&send, root);
  if (!error && request->flags & WITH_DIGEST) error = scan_carried(job, root, digest);
  close(root);
  if (error) return error;
  entries_end(job);
  size_t mark = hf_frame_begin(&job->out, HF_END, job->id);
  hf_put_int(&job->out, HF_TAG_FILES, send.files);
  hf_put_int(&job->out, HF_TAG_BYTES, send.bytes);
  hf_put_int(&job->out, HF_TAG_COUNT, send.left);
  if (request->flags & WITH_DIGEST) hf_put_bytes(&job->out, HF_TAG_DIGEST, digest, sizeof digest);
  hf_frame_end(&job->out, mark);
  return job_flush(job, true);
}
