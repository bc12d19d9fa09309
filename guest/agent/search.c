/* SEARCH: every regular file below a path, line by line, in small steps.
 *
 * 1. Descends by descriptor and never through a symlink; `.git` and files with a NUL in their first 8 000 bytes are
 *    passed over. What cannot be opened is passed over too.
 * 2. A file is looked at in windows of window_bytes that end at a line's end; a longer line is looked at in pieces.
 * 3. `more` in END says that something was left out: the match limit, or directories deeper than max_depth.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "pattern.h"

enum {
  max_depth = 64,
  window_bytes = 64 << 10,
  probe_bytes = 8000,
  text_bytes = 1024,
  entries_per_step = 64,
  path_room = 4096,
};

struct search {
  struct request request;
  struct pattern pattern;
  char *glob;
  DIR *levels[max_depth];
  size_t depth;
  char path[path_room]; /* of the directory or file being looked at */
  size_t path_lengths[max_depth + 1];
  int fd; /* file being looked at, or -1 */
  char *window;
  size_t filled, at;
  uint64_t line, matches, most, files;
  bool last, cut, starved; /* starved: the next match waits for more than starved_credit */
  uint64_t starved_credit;
};

static enum pump_result pump_search(struct request *request);
static void close_search(struct request *request);
static bool look(struct search *s);
static void walk(struct search *s);

static const struct request_kind search_kind = {
    .pump = pump_search, .close = close_search, .transfer = true, .credit = true};

static void open_file(struct search *s, int directory, const char *name);
static bool push(struct search *s, int directory, const char *name);

void file_search(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PATH) || !has(f, HF_TAG_PATTERN)) return answer_error(c, id, EINVAL, "SEARCH needs path and pattern");
  const char *path = f->strings[HF_TAG_PATH];
  if (strlen(path) + 2 > path_room) return answer_error(c, id, ENAMETOOLONG, NULL);
  struct search *s = request_new(c, id, &search_kind, sizeof *s);
  if (!s) return;
  s->fd = -1;
  s->request.credit = has(f, HF_TAG_CREDIT) ? f->ints[HF_TAG_CREDIT] : 0;
  s->most = has(f, HF_TAG_COUNT) && f->ints[HF_TAG_COUNT] ? f->ints[HF_TAG_COUNT] : UINT64_MAX;
  char why[128];
  if (!pattern_compile(&s->pattern, f->strings[HF_TAG_PATTERN], has(f, HF_TAG_FLAGS) ? f->ints[HF_TAG_FLAGS] : 0, why,
                       sizeof why))
    return request_fail(&s->request, EINVAL, why);
  s->window = malloc(window_bytes + 1);
  s->glob = has(f, HF_TAG_GLOB) ? strdup(f->strings[HF_TAG_GLOB]) : NULL;
  if (!s->window || (has(f, HF_TAG_GLOB) && !s->glob)) return request_fail(&s->request, ENOMEM, NULL);
  int fd = path_open(c->agent, path, O_RDONLY | O_NONBLOCK);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) < 0) {
    int error = errno;
    if (fd >= 0) close(fd);
    return request_fail(&s->request, error, NULL);
  }
  strcpy(s->path, path);
  s->path_lengths[0] = strlen(path);
  while (s->path_lengths[0] > 0 && path[s->path_lengths[0] - 1] == '/') s->path_lengths[0]--;
  if (S_ISDIR(stat.st_mode)) {
    s->levels[0] = fdopendir(fd);
    if (s->levels[0]) s->depth = 1;
    else close(fd);
  } else if (S_ISREG(stat.st_mode)) {
    s->fd = fd;
  } else {
    close(fd);
    request_fail(&s->request, EINVAL, "neither a directory nor a regular file");
  }
}

static enum pump_result pump_search(struct request *request) {
  struct search *s = (struct search *)request;
  if (s->starved && request->credit <= s->starved_credit) return pump_idle;
  s->starved = false;
  if (s->fd >= 0) return look(s) ? pump_progress : pump_idle;
  for (int i = 0; i < entries_per_step && s->depth > 0 && s->fd < 0; i++) walk(s);
  if (s->depth > 0 || s->fd >= 0) return pump_progress;
  struct hf_buffer *out = frame_open(request->connection, HF_END, request->id);
  hf_put_int(out, HF_TAG_COUNT, s->files);
  hf_put_int(out, HF_TAG_MORE, s->cut);
  frame_close(request->connection);
  request_finish(request);
  return pump_finished;
}

static void leave_file(struct search *s) {
  close(s->fd);
  s->fd = -1;
  s->filled = s->at = 0;
  s->line = 0;
  s->last = false;
}

static void stop(struct search *s) {
  s->cut = true;
  if (s->fd >= 0) leave_file(s);
  while (s->depth > 0) closedir(s->levels[--s->depth]);
}

/* One directory entry. */
static void walk(struct search *s) {
  DIR *directory = s->levels[s->depth - 1];
  struct dirent *item = readdir(directory);
  if (!item) {
    closedir(directory);
    s->depth--;
    return;
  }
  const char *name = item->d_name;
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, ".git") == 0) return;
  unsigned char type = item->d_type;
  struct stat stat;
  if (type == DT_UNKNOWN && fstatat(dirfd(directory), name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
    type = S_ISDIR(stat.st_mode) ? DT_DIR : S_ISREG(stat.st_mode) ? DT_REG : DT_LNK;
  if (type != DT_DIR && type != DT_REG) return;
  size_t length = s->path_lengths[s->depth - 1];
  if (length + strlen(name) + 2 > path_room || (type == DT_DIR && s->depth == max_depth)) {
    s->cut = true;
    return;
  }
  s->path[length] = '/';
  strcpy(s->path + length + 1, name);
  if (type == DT_DIR) push(s, dirfd(directory), name);
  else if (!s->glob || pattern_glob(s->glob, name, s->path + s->path_lengths[0] + 1)) open_file(s, dirfd(directory), name);
}

static bool push(struct search *s, int parent, const char *name) {
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory) {
    if (fd >= 0) close(fd);
    return false;
  }
  s->path_lengths[s->depth] = strlen(s->path);
  s->levels[s->depth++] = directory;
  return true;
}

static void open_file(struct search *s, int directory, const char *name) {
  int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat stat;
  if (fd >= 0 && fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) s->fd = fd;
  else if (fd >= 0) close(fd);
}

/* False, and nothing is sent, when the credit does not suffice. */
static bool put_match(struct search *s, const char *text, size_t length) {
  struct connection *c = s->request.connection;
  size_t before = c->out.length;
  struct hf_buffer *out = frame_open(c, HF_DATA, s->request.id);
  hf_put_string(out, HF_TAG_PATH, s->path);
  hf_put_int(out, HF_TAG_LINE, s->line);
  hf_put_bytes(out, HF_TAG_TEXT, text, length < text_bytes ? length : text_bytes);
  frame_close(c);
  uint64_t used = c->out.length - before - HF_HEADER_BYTES;
  s->starved = used > s->request.credit;
  if (s->starved) {
    out->length = before;
    s->starved_credit = s->request.credit;
    return false;
  }
  s->request.credit -= used;
  s->matches++;
  return true;
}

/* Moves what is left to the front and reads on; false when nothing is left to look at, or the file is binary. */
static bool fill(struct search *s) {
  bool first = s->line == 0;
  memmove(s->window, s->window + s->at, s->filled - s->at);
  s->filled -= s->at;
  s->at = 0;
  while (!s->last && s->filled < window_bytes) {
    ssize_t got = read(s->fd, s->window + s->filled, window_bytes - s->filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) s->last = true;
    else s->filled += (size_t)got;
  }
  if (first && memchr(s->window, 0, s->filled < probe_bytes ? s->filled : probe_bytes)) return false;
  if (first && s->filled > 0) {
    s->files++;
    s->line = 1;
  }
  return s->filled > 0;
}

/* Where the whole lines in the window end. */
static size_t whole_lines(const struct search *s) {
  if (s->last) return s->filled;
  const char *newline = memrchr(s->window + s->at, '\n', s->filled - s->at);
  return newline ? (size_t)(newline - s->window) + 1 : s->at;
}

/* Counts the lines from `s->at` up to `to`, which then is where the search stands. */
static void advance(struct search *s, size_t to) {
  for (const char *at = s->window + s->at, *stop = s->window + to; at < stop; at++) {
    at = memchr(at, '\n', (size_t)(stop - at));
    if (!at) break;
    s->line++;
  }
  s->at = to;
}

/* The next matches of the file being looked at, one window at most; false when it waits for credit. */
static bool look(struct search *s) {
  size_t limit = whole_lines(s);
  if (limit <= s->at) {
    if (!fill(s)) {
      leave_file(s);
      return true;
    }
    limit = whole_lines(s);
    if (limit == 0) limit = s->filled;
  }
  struct span found;
  while (s->at < limit && pattern_find(&s->pattern, s->window, s->at, limit, &found)) {
    if (s->matches == s->most) {
      stop(s);
      return true;
    }
    advance(s, found.start);
    if (!put_match(s, s->window + found.start, found.end - found.start)) return false;
    advance(s, found.end < limit ? found.end + 1 : limit);
    if (s->request.connection->out.length >= stream_queue_bytes) return true;
  }
  advance(s, limit);
  return true;
}

static void close_search(struct request *request) {
  struct search *s = (struct search *)request;
  if (s->fd >= 0) leave_file(s);
  while (s->depth > 0) closedir(s->levels[--s->depth]);
  pattern_free(&s->pattern);
  free(s->window);
  free(s->glob);
}
