/* WATCH: inotify on a directory or file, or on a whole tree.
 *
 * 1. A tree has at most max_watches watched directories, is not followed through symlinks or deeper than max_depth; what
 *    is left out is told once as overflow, as is an overrun of the kernel's queue.
 * 2. Without credit events wait in the kernel's queue, which is bounded, and what one read of it gave waits here.
 * 3. The temporary files of WRITE are not shown: their renaming is the target's creation or modification.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "temporary.h"

enum { max_watches = 8192, max_depth = 64, path_room = 4096, read_bytes = 16 << 10, most_queued_bytes = 256 << 10, hold_ms = 2 };
enum event { event_created = 1, event_modified, event_deleted, event_moved, event_overflow };

static const uint32_t mask = IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                             IN_MOVE_SELF | IN_EXCL_UNLINK;

struct place {
  int watch;
  char *path;
};

struct watching {
  struct request request;
  int fd;
  bool recursive;
  struct place *places;
  size_t count, capacity;
  size_t held; /* bytes at the start of `events`: a rename's first half */
  uint64_t held_until;
  _Alignas(struct inotify_event) char events[read_bytes];
  struct hf_buffer queued; /* events as whole frames, waiting for credit */
  enum event last_event; /* what was told last in this batch, not told twice in a row */
  char last_path[path_room];
};

static enum pump_result pump_watch(struct request *request);
static int watch_input(struct request *request);
static void close_watch(struct request *request);
static bool add_tree(struct watching *w, int directory, const char *path, int depth, bool report);
static bool add_place(struct watching *w, int fd, const char *path);

static const struct request_kind watch_kind = {
    .pump = pump_watch, .input = watch_input, .close = close_watch, .transfer = true, .credit = true};

void file_watch(struct connection *c, uint32_t id, struct fields *f) {
  if (!has(f, HF_TAG_PATH)) return answer_error(c, id, EINVAL, "WATCH needs path");
  struct watching *w = request_new(c, id, &watch_kind, sizeof *w);
  if (!w) return;
  w->request.credit = has(f, HF_TAG_CREDIT) ? f->ints[HF_TAG_CREDIT] : 0;
  w->recursive = has(f, HF_TAG_FLAGS) && f->ints[HF_TAG_FLAGS] & 1;
  w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  char path[path_room];
  size_t length = strlen(f->strings[HF_TAG_PATH]);
  int at = -1;
  struct stat s;
  if (length >= sizeof path) errno = ENAMETOOLONG;
  else if (w->fd >= 0) at = path_open(c->agent, f->strings[HF_TAG_PATH], O_PATH);
  if (at < 0 || fstat(at, &s) < 0) {
    int error = errno;
    if (at >= 0) close(at);
    return request_fail(&w->request, error, NULL);
  }
  strcpy(path, f->strings[HF_TAG_PATH]);
  while (length > 0 && path[length - 1] == '/') path[--length] = 0;
  bool added = add_place(w, at, path);
  int error = errno;
  if (added && w->recursive && S_ISDIR(s.st_mode)) {
    int directory = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) add_tree(w, directory, path, 0, false);
  }
  close(at);
  if (!added) return request_fail(&w->request, error, NULL);
  answer_ok(c, id);
}

static int watch_input(struct request *request) {
  struct watching *w = (struct watching *)request;
  return w->queued.length == 0 && request->credit > 0 ? w->fd : -1;
}

/* Queues one event. When the host does not keep up, what is queued becomes one overflow. */
static void tell(struct watching *w, const char *path, enum event event, const char *target) {
  if (!target && event == w->last_event && strcmp(path, w->last_path) == 0) return;
  w->last_event = event;
  snprintf(w->last_path, sizeof w->last_path, "%s", path);
  if (w->queued.length > most_queued_bytes) {
    hf_buffer_free(&w->queued);
    target = NULL;
    event = event_overflow;
    path = w->count ? w->places[0].path : "";
  }
  size_t mark = hf_frame_begin(&w->queued, HF_DATA, w->request.id);
  hf_put_string(&w->queued, HF_TAG_PATH, *path ? path : "/");
  hf_put_int(&w->queued, HF_TAG_FLAGS, event);
  if (target) hf_put_string(&w->queued, HF_TAG_TARGET, target);
  hf_frame_end(&w->queued, mark);
}

/* Sends queued events as far as credit goes; true when any went. */
static bool send_queued(struct watching *w) {
  struct hf_buffer *out = &w->request.connection->out;
  bool sent = false;
  while (w->queued.length > 0 && out->length < stream_queue_bytes) {
    uint32_t length = hf_read_header(hf_buffer_front(&w->queued)).length;
    if (length > w->request.credit) break;
    hf_buffer_append(out, hf_buffer_front(&w->queued), HF_HEADER_BYTES + length);
    hf_buffer_consume(&w->queued, HF_HEADER_BYTES + length);
    w->request.credit -= length;
    sent = true;
  }
  if (w->queued.length == 0) hf_buffer_free(&w->queued);
  return sent;
}

static struct place *place_of(struct watching *w, int watch) {
  for (size_t i = w->count; i-- > 0;)
    if (w->places[i].watch == watch) return &w->places[i];
  return NULL;
}

/* Watches what `fd` is; named by descriptor so that a rename meanwhile cannot point it elsewhere. */
static bool add_place(struct watching *w, int fd, const char *path) {
  if (w->count == max_watches) {
    errno = ENOSPC;
    return false;
  }
  if (w->count == w->capacity) {
    size_t wanted = w->capacity ? w->capacity * 2 : 4;
    struct place *grown = realloc(w->places, wanted * sizeof *grown);
    if (!grown) return false;
    w->places = grown;
    w->capacity = wanted;
  }
  char name[40];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  int watch = inotify_add_watch(w->fd, name, mask);
  char *copy = watch < 0 ? NULL : strdup(path);
  if (!copy) return false;
  struct place *known = place_of(w, watch);
  if (known) free(known->path);
  else known = &w->places[w->count++];
  *known = (struct place){.watch = watch, .path = copy};
  return true;
}

/* Watches all directories below `directory`, which it closes. With `report` what is met is told as created: it appeared
 * before it was watched. False, and an overflow told, when something had to be left out. */
static bool add_tree(struct watching *w, int directory, const char *path, int depth, bool report) {
  DIR *list = depth < max_depth ? fdopendir(directory) : NULL;
  if (!list) close(directory);
  bool whole = list != NULL;
  struct dirent *item;
  while (whole && (item = readdir(list))) {
    if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0) continue;
    char inner[path_room];
    if (snprintf(inner, sizeof inner, "%s/%s", path, item->d_name) >= (int)sizeof inner) continue;
    if (report) tell(w, inner, event_created, NULL);
    if (item->d_type != DT_DIR && item->d_type != DT_UNKNOWN) continue;
    int fd = openat(dirfd(list), item->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) continue;
    whole = add_place(w, fd, inner);
    if (whole) whole = add_tree(w, fd, inner, depth + 1, report);
    else close(fd);
  }
  if (list) closedir(list);
  if (!whole && depth == 0) tell(w, path, event_overflow, NULL);
  return whole;
}

/* Forgets the watches at and below `path`, or renames them to `target`. */
static void move_places(struct watching *w, const char *path, const char *target) {
  size_t length = strlen(path);
  for (size_t i = w->count; i-- > 0;) {
    struct place *place = &w->places[i];
    if (strncmp(place->path, path, length) != 0 || (place->path[length] != 0 && place->path[length] != '/')) continue;
    char moved[path_room];
    int fits = target ? snprintf(moved, sizeof moved, "%s%s", target, place->path + length) : -1;
    char *copy = fits >= 0 && fits < (int)sizeof moved ? strdup(moved) : NULL;
    if (!copy) inotify_rm_watch(w->fd, place->watch);
    free(place->path);
    if (copy) place->path = copy;
    else *place = w->places[--w->count];
  }
}

static void appeared(struct watching *w, const char *path, uint32_t flags) {
  if (!w->recursive || !(flags & IN_ISDIR)) return;
  int fd = path_open(w->request.connection->agent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (fd < 0) return;
  if (add_place(w, fd, path)) {
    add_tree(w, fd, path, 0, true);
    return;
  }
  close(fd);
  tell(w, path, event_overflow, NULL);
}

static bool is_temporary(const char *name) {
  return strncmp(name, temporary_created, temporary_prefix_bytes) == 0 ||
         strncmp(name, temporary_modified, temporary_prefix_bytes) == 0;
}

/* A rename inside what is watched comes as two events in a row; `to` is the second, or NULL. */
static void moved(struct watching *w, const char *path, const char *name, const struct inotify_event *from,
                  const struct inotify_event *to) {
  char target[path_room];
  const struct place *place = to ? place_of(w, to->wd) : NULL;
  if (!place || snprintf(target, sizeof target, "%s/%s", place->path, to->name) >= (int)sizeof target) {
    if (is_temporary(name)) return;
    tell(w, path, event_deleted, NULL);
    if (from->mask & IN_ISDIR) move_places(w, path, NULL);
  } else if (is_temporary(name)) {
    bool fresh = strncmp(name, temporary_created, temporary_prefix_bytes) == 0;
    tell(w, target, fresh ? event_created : event_modified, NULL);
  } else {
    tell(w, path, event_moved, target);
    if (from->mask & IN_ISDIR) move_places(w, path, target);
  }
}

static void translate(struct watching *w, const struct inotify_event *event, const struct inotify_event *to) {
  if (event->mask & IN_Q_OVERFLOW) return tell(w, w->count ? w->places[0].path : "", event_overflow, NULL);
  struct place *place = place_of(w, event->wd);
  if (!place) return;
  if (event->mask & IN_IGNORED) {
    free(place->path);
    *place = w->places[--w->count];
    return;
  }
  const char *name = event->len > 0 ? event->name : "";
  char path[path_room];
  if (snprintf(path, sizeof path, *name ? "%s/%s" : "%s", place->path, name) >= (int)sizeof path) return;
  bool root = place == &w->places[0];
  if (event->mask & IN_MOVED_FROM) return moved(w, path, name, event, to);
  if (is_temporary(name)) return;
  if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
    tell(w, path, event_created, NULL);
    appeared(w, path, event->mask);
  } else if (event->mask & IN_DELETE) {
    tell(w, path, event_deleted, NULL);
  } else if (event->mask & (IN_MODIFY | IN_ATTRIB)) {
    /* A directory's own attributes, and a watched directory's as seen from itself, are told by its parent's watch. */
    if (*name || root) tell(w, path, event_modified, NULL);
  } else if (root && event->mask & (IN_DELETE_SELF | IN_MOVE_SELF)) {
    tell(w, path, event_deleted, NULL);
  }
}

static bool is_pair(const struct inotify_event *from, const struct inotify_event *to) {
  return from->mask & IN_MOVED_FROM && to->mask & IN_MOVED_TO && to->cookie == from->cookie;
}

/* Translates what was read. A rename's first half at the very end is held back for its second, which the kernel adds a
 * moment later, unless that moment has passed. */
static void translate_all(struct watching *w, size_t length, bool hold) {
  w->held = 0;
  for (size_t at = 0, next; at < length; at = next) {
    const struct inotify_event *event = (const struct inotify_event *)(w->events + at);
    next = at + sizeof *event + event->len;
    const struct inotify_event *to = next < length ? (const struct inotify_event *)(w->events + next) : NULL;
    if (!to && hold && event->mask & IN_MOVED_FROM) {
      w->held = length - at;
      w->held_until = w->request.connection->agent->now + hold_ms;
      memmove(w->events, w->events + at, w->held);
      return;
    }
    bool pair = to && is_pair(event, to);
    if (pair) next += sizeof *to + to->len;
    translate(w, event, pair ? to : NULL);
  }
}

static enum pump_result pump_watch(struct request *request) {
  struct watching *w = (struct watching *)request;
  if (w->queued.failed) {
    request_fail(request, ENOMEM, NULL);
    return pump_finished;
  }
  if (send_queued(w)) return pump_progress;
  if (w->queued.length > 0 || request->credit == 0) return pump_idle;
  ssize_t got = read(w->fd, w->events + w->held, sizeof w->events - w->held);
  if (got <= 0 && w->held == 0) return pump_idle;
  if (got <= 0 && request->connection->agent->now < w->held_until) return pump_progress;
  w->last_event = 0;
  translate_all(w, w->held + (got > 0 ? (size_t)got : 0), got > 0);
  return pump_progress;
}

static void close_watch(struct request *request) {
  struct watching *w = (struct watching *)request;
  if (w->fd >= 0) close(w->fd);
  for (size_t i = 0; i < w->count; i++) free(w->places[i].path);
  free(w->places);
  hf_buffer_free(&w->queued);
}
