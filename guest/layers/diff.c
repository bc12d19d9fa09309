/* What differs between two merged views, at a cost that follows what changed.
 *
 * 1. Layers only tell where to look. Where they hold a plain directory and both views show one, the search goes on
 *    below it, in what the layers hold. At anything else (a file, a whiteout, an opaque or redirected directory) the
 *    two merged sides are compared whole.
 * 2. The same inode with the same change time on both sides is the same file; otherwise size, then bytes decide.
 * 3. Contents travel as pieces after their entry, its flags tell which will come. Where the later side's does not come and is asked
 *    for, its digest does, as long as no more than DIGESTED_MOST is read of all such files.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { ADDED = 1, MODIFIED, DELETED, MODE };
enum { HAS_BEFORE = 1, HAS_AFTER = 2 };
enum { ONLY_AFTER = 1, WITH_DIGESTS = 2 };
enum { DIGESTED_MOST = 256 << 20 };

struct diff {
  struct job *job;
  uint64_t content_bytes, limit, count, flags;
  uint64_t content_left, digest_left;
  bool more;
  char path[PATH_MAX];
  unsigned depth;
};

/* One path on one side: the directory it is in (-1: the side has no such directory) and what it is there. */
struct side {
  int directory;
  bool exists;
  struct stat stat;
};

static int look(struct diff *diff, int directory, const char *name, struct side *side) {
  *side = (struct side){.directory = directory};
  if (directory < 0) return 0;
  if (!fstatat(directory, name, &side->stat, AT_SYMLINK_NOFOLLOW)) {
    side->exists = !is_whiteout(&side->stat);
    return 0;
  }
  return errno == ENOENT ? 0 : job_fail(diff->job, errno, "look at %.300s", diff->path);
}

static bool is_directory(const struct side *side) { return side->exists && S_ISDIR(side->stat.st_mode); }

/* Takes what is sent off what may be sent. */
static bool sends_content(struct diff *diff, const struct side *side) {
  if (!side->exists || diff->content_bytes == 0) return false;
  if (S_ISLNK(side->stat.st_mode)) return true;
  uint64_t size = (uint64_t)side->stat.st_size;
  if (!S_ISREG(side->stat.st_mode) || size > diff->content_bytes || size > diff->content_left) return false;
  diff->content_left -= size;
  return true;
}

static int put_digest(struct diff *diff, const struct side *side, const char *name) {
  if (!(diff->flags & WITH_DIGESTS) || !side->exists || !S_ISREG(side->stat.st_mode)) return 0;
  uint64_t cost = digest_cost(&side->stat);
  if (cost > diff->digest_left) return 0;
  diff->digest_left -= cost;
  struct stat stat;
  unsigned char digest[32];
  int fd = open_file(side->directory, name, &stat);
  if (fd < 0) return job_fail(diff->job, errno, "open %.300s", diff->path);
  int error = digest_content(diff->job, fd, (uint64_t)stat.st_size, diff->path, digest);
  close(fd);
  if (!error) hf_put_bytes(&diff->job->out, HF_TAG_DIGEST, digest, sizeof digest);
  return error;
}

static int send_piece(struct diff *diff, uint8_t tag, const void *bytes, size_t length) {
  size_t mark = entry_begin(diff->job, length + 16);
  hf_put_bytes(&diff->job->out, tag, bytes, length);
  return entry_end(diff->job, mark);
}

static int send_content(struct diff *diff, uint8_t tag, const struct side *side, const char *name) {
  struct job *job = diff->job;
  if (S_ISLNK(side->stat.st_mode)) {
    static char target[PATH_MAX];
    if (read_target(side->directory, name, target)) return job_fail(job, errno, "read link %.300s", diff->path);
    return send_piece(diff, tag, target, strlen(target));
  }
  struct stat stat;
  int fd = open_file(side->directory, name, &stat);
  if (fd < 0) return job_fail(job, errno, "open %.300s", diff->path);
  int error = 0;
  for (uint64_t left = diff->content_bytes; !error && left > 0;) {
    ssize_t got = read(fd, job->scratch, left < CONTENT_PIECE ? left : CONTENT_PIECE);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = job_fail(job, errno, "read %.300s", diff->path);
    if (got <= 0) break;
    left -= (uint64_t)got;
    error = send_piece(diff, tag, job->scratch, (size_t)got);
  }
  close(fd);
  return error;
}

static int report(struct diff *diff, int kind, const char *name, const struct side *before, const struct side *after) {
  if (diff->count == diff->limit) {
    diff->more = true;
    return 0;
  }
  diff->count++;
  struct hf_buffer *out = &diff->job->out;
  const struct side *shown = after->exists ? after : before;
  uint64_t flags = 0;
  if (kind != MODE && !(diff->flags & ONLY_AFTER) && sends_content(diff, before)) flags |= HAS_BEFORE;
  if (kind != MODE && sends_content(diff, after)) flags |= HAS_AFTER;
  size_t mark = entry_begin(diff->job, ENTRY_MOST);
  hf_put_string(out, HF_TAG_PATH, diff->path);
  hf_put_int(out, HF_TAG_KIND, (uint64_t)kind);
  hf_put_int(out, HF_TAG_FILE_TYPE, (uint64_t)type_of(&shown->stat));
  hf_put_int(out, HF_TAG_FLAGS, flags);
  if (before->exists) {
    hf_put_int(out, HF_TAG_SIZE_BEFORE, S_ISDIR(before->stat.st_mode) ? 0 : (uint64_t)before->stat.st_size);
    hf_put_int(out, HF_TAG_MODE_BEFORE, before->stat.st_mode);
  }
  if (after->exists) {
    hf_put_int(out, HF_TAG_SIZE_AFTER, S_ISDIR(after->stat.st_mode) ? 0 : (uint64_t)after->stat.st_size);
    hf_put_int(out, HF_TAG_MODE_AFTER, after->stat.st_mode);
  }
  int error = kind == MODE || flags & HAS_AFTER ? 0 : put_digest(diff, after, name);
  if (error) return error;
  error = entry_end(diff->job, mark);
  if (!error && flags & HAS_BEFORE) error = send_content(diff, HF_TAG_CONTENT_BEFORE, before, name);
  if (!error && flags & HAS_AFTER) error = send_content(diff, HF_TAG_CONTENT_AFTER, after, name);
  return error;
}

static ssize_t read_full(int fd, off_t at, unsigned char *bytes, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t got = pread(fd, bytes + done, length - done, at + (off_t)done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

/* Where either file has data at or behind `at`; -1 when neither has. */
static off_t next_data(int before, int after, off_t at) {
  off_t left = lseek(before, at, SEEK_DATA), right = lseek(after, at, SEEK_DATA);
  if (left < 0 || right < 0) return left < 0 ? right : left;
  return left < right ? left : right;
}

static int compare_open(struct diff *diff, int before, int after, bool *same) {
  enum { HALF = COPY_BUFFER / 2 };
  unsigned char *left = diff->job->scratch, *right = left + HALF;
  off_t at = 0;
  for (*same = true; *same && (at = next_data(before, after, at)) >= 0;) {
    ssize_t a = read_full(before, at, left, HALF), b = read_full(after, at, right, HALF);
    if (a < 0 || b < 0) return job_fail(diff->job, errno, "read %.300s", diff->path);
    *same = a == b && !memcmp(left, right, (size_t)a);
    if (a == 0) break;
    at += a;
  }
  return 0;
}

static int compare_files(struct diff *diff, const char *name, const struct side *before, const struct side *after,
                         bool *same) {
  const struct stat *a = &before->stat, *b = &after->stat;
  *same = a->st_ino == b->st_ino && a->st_size == b->st_size && nanoseconds(a->st_ctim) == nanoseconds(b->st_ctim);
  if (*same || a->st_size != b->st_size) return 0;
  struct stat ignored;
  int left = open_file(before->directory, name, &ignored), right = open_file(after->directory, name, &ignored);
  int error = 0;
  if (left < 0 || right < 0) error = job_fail(diff->job, errno, "open %.300s", diff->path);
  else error = compare_open(diff, left, right, same);
  if (left >= 0) close(left);
  if (right >= 0) close(right);
  return error;
}

static int compare_links(struct diff *diff, const char *name, const struct side *before, const struct side *after,
                         bool *same) {
  static char left[PATH_MAX], right[PATH_MAX];
  if (read_target(before->directory, name, left) || read_target(after->directory, name, right)) {
    return job_fail(diff->job, errno, "read link %.300s", diff->path);
  }
  *same = !strcmp(left, right);
  return 0;
}

static bool same_access(const struct side *before, const struct side *after) {
  const struct stat *a = &before->stat, *b = &after->stat;
  return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

static int compare_inside(struct diff *diff, const char *name, const struct side *before, const struct side *after);

/* Both sides whole, whatever they are. */
static int compare(struct diff *diff, const char *name, int before_directory, int after_directory) {
  struct side before, after;
  int error = look(diff, before_directory, name, &before);
  if (!error) error = look(diff, after_directory, name, &after);
  if (error || (!before.exists && !after.exists)) return error;
  const struct side none = {.directory = -1};
  if (before.exists && after.exists && (before.stat.st_mode & S_IFMT) != (after.stat.st_mode & S_IFMT)) {
    error = report(diff, DELETED, name, &before, &none);
    if (!error) error = compare_inside(diff, name, &before, &none);
    if (!error) error = report(diff, ADDED, name, &none, &after);
    return error ? error : compare_inside(diff, name, &none, &after);
  }
  if (!before.exists || !after.exists) {
    error = report(diff, before.exists ? DELETED : ADDED, name, &before, &after);
    return error ? error : compare_inside(diff, name, &before, &after);
  }
  bool same = true;
  if (S_ISREG(before.stat.st_mode)) error = compare_files(diff, name, &before, &after, &same);
  else if (S_ISLNK(before.stat.st_mode)) error = compare_links(diff, name, &before, &after, &same);
  else if (!S_ISDIR(before.stat.st_mode)) same = before.stat.st_rdev == after.stat.st_rdev;
  if (!error && !same) error = report(diff, MODIFIED, name, &before, &after);
  else if (!error && !same_access(&before, &after)) error = report(diff, MODE, name, &before, &after);
  return error ? error : compare_inside(diff, name, &before, &after);
}

/* Opens `name` of a side when it is a directory there; -1 otherwise. */
static int open_side(struct diff *diff, const char *name, const struct side *side, int *fd) {
  *fd = is_directory(side) ? open_directory(side->directory, name) : -1;
  return is_directory(side) && *fd < 0 ? job_fail(diff->job, errno, "open %.300s", diff->path) : 0;
}

static int compare_all(struct diff *diff, const struct names *names, int before, int after) {
  int error = 0;
  for (size_t i = 0; !error && !diff->more && i < names->count; i++) {
    size_t mark;
    error = push_name(diff->job, diff->path, names->list[i], &mark);
    if (!error) error = compare(diff, names->list[i], before, after);
    diff->path[mark] = 0;
  }
  return error;
}

static int compare_inside(struct diff *diff, const char *name, const struct side *before, const struct side *after) {
  if (!is_directory(before) && !is_directory(after)) return 0;
  if (++diff->depth > MAX_DEPTH) return job_fail(diff->job, ELOOP, "%.300s is nested too deeply", diff->path);
  int left = -1, right = -1;
  struct names names = {0};
  int error = open_side(diff, name, before, &left);
  if (!error) error = open_side(diff, name, after, &right);
  if (!error && left >= 0) error = names_merge(diff->job, left, &names);
  if (!error && right >= 0) error = names_merge(diff->job, right, &names);
  if (!error) error = compare_all(diff, &names, left, right);
  names_free(&names);
  if (left >= 0) close(left);
  if (right >= 0) close(right);
  diff->depth--;
  return error;
}

/* The layers' directories at one path. */
struct places {
  int *list;
  size_t count;
};

static void places_close(struct places *places) {
  for (size_t i = 0; i < places->count; i++) close(places->list[i]);
  free(places->list);
}

/* Opens `name` in each layer that holds it; `plain` when it is a directory without marks in all of them. */
static int places_enter(struct diff *diff, const struct places *at, const char *name, struct places *inner,
                        bool *plain) {
  *inner = (struct places){.list = malloc((at->count + 1) * sizeof *inner->list)};
  *plain = true;
  if (!inner->list) return job_fail(diff->job, ENOMEM, "layers");
  static char redirect[PATH_MAX];
  for (size_t i = 0; i < at->count && *plain; i++) {
    int fd = open_directory(at->list[i], name);
    if (fd >= 0) {
      inner->list[inner->count++] = fd;
      *plain = !is_opaque(fd) && !read_redirect(fd, redirect) && !redirect[0];
    } else if (errno == ENOTDIR || errno == ELOOP) {
      *plain = false;
    } else if (errno != ENOENT) {
      return job_fail(diff->job, errno, "open %.300s", diff->path);
    }
  }
  return 0;
}

static int search(struct diff *diff, const struct places *at, int before, int after);

static int search_entry(struct diff *diff, const struct places *at, const char *name, int before_directory,
                        int after_directory) {
  struct places inner;
  bool plain;
  struct side before, after;
  int left = -1, right = -1;
  int error = places_enter(diff, at, name, &inner, &plain);
  if (!error) error = look(diff, before_directory, name, &before);
  if (!error) error = look(diff, after_directory, name, &after);
  bool deeper = !error && plain && is_directory(&before) && is_directory(&after);
  if (!error && !deeper) error = compare(diff, name, before_directory, after_directory);
  if (!error && deeper) {
    if (!same_access(&before, &after)) error = report(diff, MODE, name, &before, &after);
    if (!error) error = open_side(diff, name, &before, &left);
    if (!error) error = open_side(diff, name, &after, &right);
    if (!error) error = search(diff, &inner, left, right);
  }
  if (left >= 0) close(left);
  if (right >= 0) close(right);
  places_close(&inner);
  return error;
}

static int search(struct diff *diff, const struct places *at, int before, int after) {
  if (++diff->depth > MAX_DEPTH) return job_fail(diff->job, ELOOP, "%.300s is nested too deeply", diff->path);
  struct names names = {0};
  int error = 0;
  for (size_t i = 0; !error && i < at->count; i++) error = names_merge(diff->job, at->list[i], &names);
  for (size_t i = 0; !error && !diff->more && i < names.count; i++) {
    size_t mark;
    error = push_name(diff->job, diff->path, names.list[i], &mark);
    if (!error) error = search_entry(diff, at, names.list[i], before, after);
    diff->path[mark] = 0;
  }
  names_free(&names);
  diff->depth--;
  return error;
}

static int open_touched(struct diff *diff, const struct request *request, struct places *places) {
  *places = (struct places){.list = malloc((request->path_count + 1) * sizeof *places->list)};
  if (!places->list) return job_fail(diff->job, ENOMEM, "layers");
  for (size_t i = 0; i < request->path_count; i++) {
    int fd = tree_open(request->paths[i]);
    if (fd < 0) return job_fail(diff->job, errno, "open layer %.300s", request->paths[i]);
    places->list[places->count++] = fd;
  }
  return 0;
}

int diff_run(struct job *job, const struct request *request) {
  if (request->view_count != 2) return job_fail(job, EINVAL, "DIFF needs two views");
  static struct diff diff;
  diff = (struct diff){
      .job = job,
      .content_bytes = request->length,
      .content_left = request->size ? request->size : UINT64_MAX,
      .digest_left = DIGESTED_MOST,
      .limit = request->count,
      .flags = request->flags,
  };
  struct places places;
  int error = open_touched(&diff, request, &places);
  int before = error ? -1 : view_open(job, &request->views[0]);
  int after = before < 0 ? -1 : view_open(job, &request->views[1]);
  if (after >= 0) error = search(&diff, &places, before, after);
  if (job->error) return job->error;
  close(before);
  close(after);
  places_close(&places);
  entries_end(job);
  size_t mark = hf_frame_begin(&job->out, HF_END, job->id);
  hf_put_int(&job->out, HF_TAG_COUNT, diff.count);
  hf_put_int(&job->out, HF_TAG_MORE, diff.more);
  hf_frame_end(&job->out, mark);
  return error ? error : job_flush(job, true);
}
