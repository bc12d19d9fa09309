/* TAKE: makes a layer of what SEND sent, which may come from a hostile guest.
 *
 * 1. A name is made in a directory that is open, which is the one the entry before was made in, or one above it: no path is
 *    ever walked, and a directory that was left is never entered again.
 * 2. Everything is made new; what is there already ends it. A hard link is made only to a plain file made before.
 * 3. A directory gets owner, attributes, mode and time when it is left, so that making things in it changes none of them.
 * 4. What fails leaves nothing.
 */
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
#include "stream.h"

enum { WITH_DIGEST = 1 };
static const uint64_t largest_file = 16ULL << 40, most_entries = 16ULL << 20;
/* Attributes of the directories that are open, together. */
enum { PENDING_MOST = 8 << 20 };

/* What is open: a directory on the way to the last entry, or the file the last entry made. */
struct opened {
  int fd;
  size_t path_length;
  uint64_t mode, uid, gid, mtime_ns, size, next;
  bool opaque;
  char *redirect;
  unsigned char *attributes; /* fields, one after the other */
  size_t attribute_bytes;
};

struct take {
  struct job *job;
  const struct request *request;
  struct stream stream;
  struct opened stack[MAX_DEPTH + 1];
  size_t depth;
  struct opened file;
  char path[PATH_MAX]; /* of the innermost open directory */
  uint64_t files, bytes, content, entries;
  size_t pending;
  int root;
};

/* ---- an opened thing and its end ---- */

static int keep_attributes(struct take *take, struct opened *opened, const struct entry *entry) {
  struct hf_buffer kept = {0};
  for (size_t i = 0; i < entry->attribute_count; i++)
    hf_put_bytes(&kept, HF_TAG_ATTRIBUTE, entry->attributes[i].bytes, entry->attributes[i].length);
  take->pending += kept.length;
  if (kept.failed || take->pending > PENDING_MOST) {
    hf_buffer_free(&kept);
    return job_fail(take->job, kept.failed ? ENOMEM : E2BIG, "the attributes of nested directories");
  }
  opened->attributes = kept.bytes;
  opened->attribute_bytes = kept.length;
  return 0;
}

/* From here on `opened` holds things of its own, also after a failure. */
static int open_entry(struct take *take, struct opened *opened, int fd, const struct entry *entry) {
  *opened = (struct opened){.fd = fd, .mode = entry->mode, .uid = entry->uid, .gid = entry->gid, .mtime_ns = entry->mtime_ns,
                            .size = entry->size, .opaque = entry->flags & ENTRY_OPAQUE};
  if (owner_in(take->job, &opened->uid, entry->path) || owner_in(take->job, &opened->gid, entry->path)) return take->job->error;
  if (entry->type == TYPE_DIRECTORY && entry->target && !(opened->redirect = strdup(entry->target)))
    return job_fail(take->job, ENOMEM, "a redirect");
  return keep_attributes(take, opened, entry);
}

static void drop(struct take *take, struct opened *opened) {
  if (opened->fd >= 0) close(opened->fd);
  take->pending -= opened->attribute_bytes;
  free(opened->redirect);
  free(opened->attributes);
  *opened = (struct opened){.fd = -1};
}

static struct timespec time_of(uint64_t ns) {
  int64_t at = (int64_t)ns, part = at % 1000000000;
  if (part < 0) part += 1000000000;
  return (struct timespec){.tv_sec = (time_t)((at - part) / 1000000000), .tv_nsec = (long)part};
}

static int set_marks(struct job *job, const struct opened *opened, const char *path) {
  if (opened->opaque && fsetxattr(opened->fd, overlay_attribute("opaque"), "y", 1, 0))
    return job_fail(job, errno, "mark %.300s as opaque", path);
  const char *redirect = opened->redirect;
  if (redirect && fsetxattr(opened->fd, overlay_attribute("redirect"), redirect, strlen(redirect), 0))
    return job_fail(job, errno, "mark where %.300s was renamed from", path);
  return 0;
}

/* The mode comes after the owner, which clears bits of it, and after the access list, which is part of it. */
static int finish(struct take *take, struct opened *opened, const char *path) {
  struct job *job = take->job;
  unsigned char *at = opened->attributes;
  size_t left = opened->attribute_bytes;
  struct hf_field field;
  if (!layers_user_xattrs && fchown(opened->fd, (uid_t)opened->uid, (gid_t)opened->gid))
    return job_fail(job, errno, "give %.300s to its owner", path);
  if (set_marks(job, opened, path)) return job->error;
  while (hf_next_field(&at, &left, &field) > 0)
    if (carried_set(job, opened->fd, &field, path)) return job->error;
  if (fchmod(opened->fd, (mode_t)opened->mode)) return job_fail(job, errno, "set the mode of %.300s", path);
  struct timespec times[2] = {time_of(opened->mtime_ns), time_of(opened->mtime_ns)};
  return futimens(opened->fd, times) ? job_fail(job, errno, "set the times of %.300s", path) : 0;
}

static int finish_file(struct take *take) {
  int error = take->file.fd < 0 ? 0 : finish(take, &take->file, "a file");
  drop(take, &take->file);
  return error;
}

static int leave_directory(struct take *take) {
  struct opened *top = &take->stack[take->depth - 1];
  int error = finish(take, top, take->path);
  take->depth--;
  drop(take, top);
  take->path[take->depth ? take->stack[take->depth - 1].path_length : 0] = 0;
  return error;
}

/* ---- making ---- */

/* Leaves directories until the one the entry lies in; its last name. */
static const char *place(struct take *take, const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  while (take->depth > 0) {
    size_t here = take->stack[take->depth - 1].path_length;
    if (here == length && !memcmp(path, take->path, length)) return slash ? slash + 1 : path;
    if (take->depth == 1 || leave_directory(take)) break;
  }
  if (!take->job->error) job_fail(take->job, EPERM, "%.300s lies in no directory that is open", path);
  return NULL;
}

static int check_redirect(struct job *job, const struct entry *entry) {
  const char *to = entry->target;
  if (!to) return 0;
  if (layers_user_xattrs) return job_fail(job, ENOTSUP, "%.300s was renamed, which an ordinary user's layers cannot say", entry->path);
  if (to[0] != '/' && strchr(to, '/')) return job_fail(job, EPERM, "the redirect of %.300s is no name", entry->path);
  for (const char *at = to + (to[0] == '/'); ; at++) {
    size_t length = strcspn(at, "/");
    if (length == 0 || (at[0] == '.' && (length == 1 || (length == 2 && at[1] == '.'))))
      return job_fail(job, EPERM, "the redirect of %.300s leads out of the layer", entry->path);
    at += length;
    if (!*at) return 0;
  }
}

static int enter_directory(struct take *take, int directory, const char *name, const struct entry *entry) {
  struct job *job = take->job;
  struct opened *opened = &take->stack[take->depth];
  if (take->depth > MAX_DEPTH) return job_fail(job, ELOOP, "%.300s is nested too deeply", entry->path);
  if (check_redirect(job, entry)) return job->error;
  if (name && mkdirat(directory, name, 0700)) return job_fail(job, errno, "make %.300s", entry->path);
  int fd = name ? open_directory(directory, name) : fcntl(directory, F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return job_fail(job, errno, "open %.300s", entry->path);
  take->depth++;
  int error = open_entry(take, opened, fd, entry);
  opened->path_length = strlen(entry->path);
  strcpy(take->path, entry->path);
  return error;
}

static int make_file(struct take *take, int directory, const char *name, const struct entry *entry) {
  struct job *job = take->job;
  if (entry->size > largest_file) return job_fail(job, EFBIG, "%.300s", entry->path);
  int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return job_fail(job, errno, "make %.300s", entry->path);
  take->bytes += entry->size;
  if (open_entry(take, &take->file, fd, entry)) return job->error;
  return ftruncate(fd, (off_t)entry->size) ? job_fail(job, errno, "size %.300s", entry->path) : 0;
}

static int make_hard_link(struct take *take, int directory, const char *name, const struct entry *entry) {
  struct job *job = take->job;
  if (!entry->target) return job_fail(job, EINVAL, "the link %.300s has no target", entry->path);
  char *slash = strrchr(entry->target, '/'), *last = slash ? slash + 1 : entry->target;
  struct kernel_open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                                .resolve = resolve_beneath | resolve_no_symlinks | resolve_no_magiclinks};
  if (!*last || !strcmp(last, ".") || !strcmp(last, "..")) return job_fail(job, EPERM, "the link %.300s leads out of the layer", entry->path);
  if (slash) *slash = 0;
  int parent = kernel_openat2(take->root, slash ? entry->target : ".", &how);
  struct stat there;
  int error = 0;
  if (parent < 0 && (errno == EXDEV || errno == ELOOP)) error = job_fail(job, EPERM, "the link %.300s leads out of the layer", entry->path);
  else if (parent < 0 || fstatat(parent, last, &there, AT_SYMLINK_NOFOLLOW)) error = job_fail(job, errno, "find what %.300s links to", entry->path);
  else if (!S_ISREG(there.st_mode)) error = job_fail(job, EPERM, "%.300s links to what is no plain file", entry->path);
  else if (linkat(parent, last, directory, name, 0)) error = job_fail(job, errno, "link %.300s", entry->path);
  if (parent >= 0) close(parent);
  return error;
}

/* What cannot be opened is changed by its name, in a directory only this process knows. */
static int make_other(struct take *take, int directory, const char *name, const struct entry *entry) {
  struct job *job = take->job;
  uint64_t uid = entry->uid, gid = entry->gid;
  static const mode_t kinds[] = {[TYPE_SOCKET] = S_IFSOCK, [TYPE_PIPE] = S_IFIFO};
  if (entry->attribute_count) return job_fail(job, EPERM, "%.300s cannot have attributes", entry->path);
  if (entry->type == TYPE_WHITEOUT)
    return mknodat(directory, name, S_IFCHR, makedev(0, 0)) ? job_fail(job, errno, "make the whiteout %.300s", entry->path) : 0;
  bool link = entry->type == TYPE_SYMLINK;
  if (link && (!entry->target || !*entry->target)) return job_fail(job, EINVAL, "the link %.300s has no target", entry->path);
  if (link ? symlinkat(entry->target, directory, name) : mknodat(directory, name, kinds[entry->type] | 0600, 0))
    return job_fail(job, errno, "make %.300s", entry->path);
  if (owner_in(job, &uid, entry->path) || owner_in(job, &gid, entry->path)) return job->error;
  if (!layers_user_xattrs && fchownat(directory, name, (uid_t)uid, (gid_t)gid, AT_SYMLINK_NOFOLLOW))
    return job_fail(job, errno, "give %.300s to its owner", entry->path);
  if (!link && fchmodat(directory, name, (mode_t)entry->mode, 0)) return job_fail(job, errno, "set the mode of %.300s", entry->path);
  struct timespec times[2] = {time_of(entry->mtime_ns), time_of(entry->mtime_ns)};
  return utimensat(directory, name, times, AT_SYMLINK_NOFOLLOW) ? job_fail(job, errno, "set the times of %.300s", entry->path) : 0;
}

/* What a layer may take of the disk it comes to: names as well as bytes. */
static int charge(struct take *take, uint64_t bytes) {
  take->content += bytes;
  if (!take->request->size || take->content <= take->request->size) return 0;
  return job_fail(take->job, EFBIG, "the layer holds more than %llu bytes", (unsigned long long)take->request->size);
}

static int make_entry(struct take *take, const struct entry *entry) {
  struct job *job = take->job;
  uint64_t most = take->request->count ? take->request->count : most_entries;
  if (++take->entries > most) return job_fail(job, EFBIG, "the layer has more than %llu entries", (unsigned long long)most);
  if (charge(take, entry->attribute_bytes + (entry->target ? strlen(entry->target) : 0))) return job->error;
  if (take->depth == 0) {
    if (*entry->path || entry->type != TYPE_DIRECTORY || entry->flags & ENTRY_HARD_LINK) return job_fail(job, EINVAL, "a layer begins with its root");
    return enter_directory(take, take->root, NULL, entry);
  }
  const char *name = *entry->path ? place(take, entry->path) : NULL;
  if (!name) return job->error ? job->error : job_fail(job, EINVAL, "a layer's root twice");
  int directory = take->stack[take->depth - 1].fd;
  if (entry->flags & ENTRY_OPAQUE && entry->type != TYPE_DIRECTORY) return job_fail(job, EINVAL, "%.300s is opaque and no directory", entry->path);
  if (entry->type == TYPE_DIRECTORY && !(entry->flags & ENTRY_HARD_LINK)) return enter_directory(take, directory, name, entry);
  take->files += entry->type != TYPE_WHITEOUT;
  if (entry->flags & ENTRY_HARD_LINK) {
    if (entry->type != TYPE_FILE) return job_fail(job, EINVAL, "the link %.300s is to what is no plain file", entry->path);
    return make_hard_link(take, directory, name, entry);
  }
  return entry->type == TYPE_FILE ? make_file(take, directory, name, entry) : make_other(take, directory, name, entry);
}

static int write_content(struct take *take, const struct entry *entry) {
  struct job *job = take->job;
  struct opened *file = &take->file;
  if (file->fd < 0) return job_fail(job, EINVAL, "content that belongs to no file");
  if (entry->offset < file->next || entry->offset > file->size || entry->content_length > file->size - entry->offset)
    return job_fail(job, EINVAL, "content outside of its file, or out of order");
  if (charge(take, entry->content_length)) return job->error;
  file->next = entry->offset + entry->content_length;
  for (size_t done = 0; done < entry->content_length;) {
    ssize_t put = pwrite(file->fd, entry->content + done, entry->content_length - done, (off_t)(entry->offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return job_fail(job, errno, "write a file of the layer");
    done += (size_t)put;
  }
  return 0;
}

static int take_entries(struct take *take) {
  static struct entry entry;
  for (;;) {
    if (stream_next(take->job, &take->stream, &entry)) return take->job->error;
    if (entry.there && entry.seen & ENTRY_HAS_CONTENT) {
      if (write_content(take, &entry)) return take->job->error;
      continue;
    }
    if (finish_file(take)) return take->job->error;
    if (!entry.there) break;
    if (make_entry(take, &entry)) return take->job->error;
  }
  if (take->depth == 0) return job_fail(take->job, EINVAL, "an empty layer");
  while (take->depth > 0)
    if (leave_directory(take)) return take->job->error;
  return 0;
}

static int check_sums(struct take *take, unsigned char digest[32], bool *digested) {
  struct job *job = take->job;
  struct layer_sums told;
  if (stream_end(job, &take->stream, &told)) return job->error;
  if ((told.has_files && told.files != take->files) || (told.has_bytes && told.bytes != take->bytes))
    return job_fail(job, EBADMSG, "the layer is not what its sender says it is");
  *digested = told.has_digest || take->request->flags & WITH_DIGEST;
  if (*digested && scan_carried(job, take->root, digest)) return job->error;
  /* An ordinary user's layers have no owners, so their digest is another. */
  if (told.has_digest && !layers_user_xattrs && memcmp(told.digest, digest, sizeof told.digest) != 0)
    return job_fail(job, EBADMSG, "the layer's digest is not the one its sender gave");
  return 0;
}

static int answer(struct take *take, const unsigned char *digest) {
  struct hf_buffer *out = &take->job->out;
  size_t mark = hf_frame_begin(out, HF_OK, take->job->id);
  hf_put_int(out, HF_TAG_FILES, take->files);
  hf_put_int(out, HF_TAG_BYTES, take->bytes);
  if (digest) hf_put_bytes(out, HF_TAG_DIGEST, digest, 32);
  hf_frame_end(out, mark);
  return job_flush(take->job, true);
}

int take_run(struct job *job, const struct request *request) {
  static struct take take;
  unsigned char digest[32];
  int parent;
  const char *name;
  bool digested = false;
  if (job->in_fd < 0) return job_fail(job, EINVAL, "TAKE needs what follows it");
  if (open_parent(job, request->path, &parent, &name)) return job->error;
  take = (struct take){.job = job, .request = request, .file = {.fd = -1}, .root = -1};
  bool made = mkdirat(parent, name, 0700) == 0;
  if (!made) job_fail(job, errno, "make %.300s", request->path);
  else if ((take.root = open_directory(parent, name)) < 0) job_fail(job, errno, "open %.300s", request->path);
  if (!job->error && !take_entries(&take)) check_sums(&take, digest, &digested);
  drop(&take, &take.file);
  while (take.depth > 0) drop(&take, &take.stack[--take.depth]);
  if (take.root >= 0) close(take.root);
  free(take.stream.frame);
  uint64_t removed = 0;
  if (job->error && made) delete_tree(job, parent, name, &removed);
  close(parent);
  return job->error ? job->error : answer(&take, digested ? digest : NULL);
}
