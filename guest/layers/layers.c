/* Requests on trees: read, dispatched, answered. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

char layers_home[PATH_MAX];
int layers_home_fd = -1;
bool layers_user_xattrs;
uid_t layers_first_id = FIRST_MAPPED_ID;

int layers_configure(const char *home, bool user_xattrs) {
  if (home[0] != '/' || strlen(home) >= sizeof layers_home) return EINVAL;
  int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  strcpy(layers_home, home);
  if (layers_home_fd >= 0) close(layers_home_fd);
  layers_home_fd = fd;
  layers_user_xattrs = user_xattrs;
  return 0;
}

void layers_owners(uid_t first_id) { layers_first_id = first_id; }

int job_fail(struct job *job, int error, const char *format, ...) {
  if (job->error) return job->error;
  job->error = error ? error : EIO;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(job->message, sizeof job->message, format, arguments);
  va_end(arguments);
  if (length > 0 && (size_t)length < sizeof job->message) {
    snprintf(job->message + length, sizeof job->message - (size_t)length, ": %s", strerror(job->error));
  }
  return job->error;
}

/* out_fd may be a socket that does not block: then this waits. */
int job_flush(struct job *job, bool all) {
  if (job->out.failed) return job_fail(job, ENOMEM, "answer");
  if (!all && job->out.length < BATCH) return 0;
  while (job->out.length > 0) {
    ssize_t put = write(job->out_fd, hf_buffer_front(&job->out), job->out.length);
    if (put < 0 && errno == EAGAIN) {
      struct pollfd wait = {.fd = job->out_fd, .events = POLLOUT};
      poll(&wait, 1, -1);
    } else if (put < 0 && errno != EINTR) {
      return job_fail(job, errno, "answer");
    } else if (put > 0) {
      hf_buffer_consume(&job->out, (size_t)put);
    }
  }
  return 0;
}

size_t entry_begin(struct job *job, size_t most) {
  if (job->frame_open && job->out.length - job->frame_mark + most > HF_MAX_PAYLOAD) entries_end(job);
  if (!job->frame_open) {
    job->frame_open = true;
    job->frame_mark = hf_frame_begin(&job->out, HF_DATA, job->id);
  }
  return hf_nest_begin(&job->out, HF_TAG_ENTRY);
}

int entry_end(struct job *job, size_t mark) {
  hf_nest_end(&job->out, mark);
  if (job->out.length - job->frame_mark < BATCH) return 0;
  entries_end(job);
  return job_flush(job, false);
}

void entries_end(struct job *job) {
  if (job->frame_open) hf_frame_end(&job->out, job->frame_mark);
  job->frame_open = false;
}

static int malformed(struct job *job, const char *what) { return job_fail(job, EINVAL, "malformed request: %s", what); }

static int read_view(struct job *job, const struct hf_field *field, struct view *view) {
  unsigned char *bytes = field->bytes;
  size_t length = field->length;
  const char *upper = NULL;
  struct hf_field inner;
  int more;
  view->lowers = 1; /* the first place is the upper's */
  while ((more = hf_next_field(&bytes, &length, &inner)) > 0) {
    if (inner.tag != HF_TAG_LOWER && inner.tag != HF_TAG_UPPER) continue;
    const char *path = hf_field_string(&inner);
    if (!path || path[0] != '/') return malformed(job, "a view's directory is no absolute path");
    if (inner.tag == HF_TAG_UPPER) upper = path;
    else if (view->lowers == MAX_LAYERS) return job_fail(job, E2BIG, "a view of more than %d layers", MAX_LAYERS - 1);
    else view->lower[view->lowers++] = path;
  }
  if (more < 0) return malformed(job, "view");
  view->lower[0] = upper;
  if (!upper) memmove(view->lower, view->lower + 1, --view->lowers * sizeof *view->lower);
  return view->lowers ? 0 : malformed(job, "an empty view");
}

static int read_number(struct job *job, struct request *request, const struct hf_field *field) {
  uint64_t value;
  if (!hf_field_int(field, &value)) return malformed(job, "a number of other than 8 bytes");
  switch (field->tag) {
    case HF_TAG_FLAGS: request->flags = value; break;
    case HF_TAG_LENGTH: request->length = value; break;
    case HF_TAG_COUNT: request->count = value; break;
    case HF_TAG_SIZE: request->size = value; break;
    case HF_TAG_UID: request->owner.uid = (uid_t)value; request->owner.set = true; break;
    case HF_TAG_GID: request->owner.gid = (gid_t)value; request->owner.set = true; break;
  }
  return 0;
}

static int read_field(struct job *job, struct request *request, const struct hf_field *field) {
  switch (field->tag) {
    case HF_TAG_PATH:
    case HF_TAG_TARGET:
    case HF_TAG_PREVIOUS: {
      const char *text = hf_field_string(field);
      if (!text) return malformed(job, "a path with a NUL");
      if (field->tag == HF_TAG_TARGET) request->target = text;
      else if (field->tag == HF_TAG_PREVIOUS) request->previous = text;
      else if (request->path_count == MAX_LAYERS * 2) return job_fail(job, E2BIG, "too many paths");
      else request->paths[request->path_count++] = text;
      request->path = request->path_count ? request->paths[0] : NULL;
      return 0;
    }
    case HF_TAG_TEXT:
      if (field->length && field->bytes[field->length - 1]) return malformed(job, "names that do not end");
      request->mapped = (const char *)field->bytes;
      request->mapped_length = field->length;
      return 0;
    case HF_TAG_VIEW:
      if (request->view_count == 2) return malformed(job, "more than two views");
      return read_view(job, field, &request->views[request->view_count++]);
    case HF_TAG_FLAGS:
    case HF_TAG_LENGTH:
    case HF_TAG_COUNT:
    case HF_TAG_SIZE:
    case HF_TAG_UID:
    case HF_TAG_GID: return read_number(job, request, field);
    default: return 0;
  }
}

static int read_request(struct job *job, struct request *request, unsigned char *payload, size_t length) {
  struct hf_field field;
  int more, error = 0;
  while (!error && (more = hf_next_field(&payload, &length, &field)) > 0) error = read_field(job, request, &field);
  if (error) return error;
  return more < 0 ? malformed(job, "fields") : 0;
}

static int answer_sizes(struct job *job, uint64_t files, uint64_t bytes) {
  size_t mark = hf_frame_begin(&job->out, HF_OK, job->id);
  hf_put_int(&job->out, HF_TAG_FILES, files);
  hf_put_int(&job->out, HF_TAG_BYTES, bytes);
  hf_frame_end(&job->out, mark);
  return job_flush(job, true);
}

/* What a snapshot of a living sandbox does, for those who freeze it by other means. */
static int copy_live(struct job *job, const struct request *request) {
  struct layers_stats stats;
  int error = layers_copy_upper(request->path, request->target, request->previous, &stats);
  if (error) return job_fail(job, error, "%s", stats.message);
  layers_finish(request->target, request->mapped, request->mapped_length, &stats);
  return answer_sizes(job, stats.copied_files, stats.copied_bytes);
}

/* Flags: 1 from a directory that is not a layer, 2 ids are moved up by uid and gid instead of replaced by them, 4 from a
 * living sandbox's writable directory. */
static int copy_run(struct job *job, const struct request *request) {
  if (!request->path || !request->target) return malformed(job, "COPY needs path and target");
  if (request->flags & 4) return copy_live(job, request);
  struct copy_request copy = {
      .source = request->path,
      .target = request->target,
      .attributes = {.owner = request->owner, .foreign = (request->flags & 1) != 0},
      .max_bytes = request->size,
  };
  copy.attributes.owner.shift = (request->flags & 2) != 0;
  struct layers_stats stats = {0};
  int error = copy_tree(job, &copy, &stats);
  return error ? error : answer_sizes(job, stats.files, stats.bytes);
}

static int delete_run(struct job *job, const struct request *request) {
  int parent;
  const char *name;
  uint64_t files = 0;
  int error = open_parent(job, request->path, &parent, &name);
  if (error == ENOENT) job->error = error = 0;
  else if (!error) {
    error = delete_tree(job, parent, name, &files);
    close(parent);
  }
  return error ? error : answer_sizes(job, files, 0);
}

static int squash_answer(struct job *job, const struct request *request) {
  struct layers_stats stats = {0};
  int error = squash_run(job, request, &stats);
  return error ? error : answer_sizes(job, stats.files, stats.bytes);
}

static int run(struct job *job, uint8_t type, const struct request *request) {
  switch (type) {
    case HF_LAYER_SCAN: return scan_run(job, request);
    case HF_LAYER_DIFF: return diff_run(job, request);
    case HF_LAYER_COPY: return copy_run(job, request);
    case HF_LAYER_DELETE: return delete_run(job, request);
    case HF_LAYER_EXPORT: return export_run(job, request);
    case HF_LAYER_SQUASH: return squash_answer(job, request);
    case HF_LAYER_SEND: return send_run(job, request);
    case HF_LAYER_TAKE: return take_run(job, request);
    default: return job_fail(job, EINVAL, "unknown operation 0x%02x", type);
  }
}

/* Whole frames that wait are sent first; a frame that was begun when the failure came is dropped with what follows. */
static void answer_error(struct job *job) {
  int error = job->error;
  size_t whole = 0;
  while (!job->out.failed && job->out.length - whole >= HF_HEADER_BYTES) {
    struct hf_header header = hf_read_header(hf_buffer_front(&job->out) + whole);
    if (header.length == 0 || header.length > job->out.length - whole - HF_HEADER_BYTES) break;
    whole += HF_HEADER_BYTES + header.length;
  }
  job->out.length = whole;
  size_t mark = hf_frame_begin(&job->out, HF_ERROR, job->id);
  hf_put_int(&job->out, HF_TAG_ERRNO, (uint64_t)error);
  hf_put_string(&job->out, HF_TAG_MESSAGE, job->message);
  hf_frame_end(&job->out, mark);
  job_flush(job, true);
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int layers_handle(uint8_t type, const uint8_t *payload, size_t length, int in_fd, int out_fd, uint32_t id) {
  static struct request request;
  struct job job = {.in_fd = in_fd, .out_fd = out_fd, .id = id, .scratch = malloc(COPY_BUFFER)};
  unsigned char *copy = malloc(length + 1);
  raise_descriptor_limit();
  if (!copy || !job.scratch) {
    job_fail(&job, ENOMEM, "request");
  } else {
    memcpy(copy, payload, length);
    request = (struct request){0};
    if (!read_request(&job, &request, copy, length)) run(&job, type, &request);
  }
  if (job.error) answer_error(&job);
  return job.error;
}

static int read_exactly(int fd, unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t got = read(fd, bytes, length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    bytes += got;
    length -= (size_t)got;
  }
  return 0;
}

int layers_main(int argc, char **argv) {
  const char *home = NULL;
  bool user_xattrs = geteuid() != 0;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--user-xattrs")) user_xattrs = true;
    else if (!strcmp(argv[i], "--home") && i + 1 < argc) home = argv[++i];
    else {
      fprintf(stderr, "usage: holdfast-guest layers --home DIR [--user-xattrs]\n");
      return 2;
    }
  }
  /* Before anything is opened: links cannot be made across mount namespaces. Where entering is forbidden, what needs no
   * powers still works, and the rest says what it lacked. */
  struct job unused = {.out_fd = -1};
  if (geteuid() != 0) enter_namespaces(&unused);
  unsigned char head[HF_HEADER_BYTES];
  if (read_exactly(0, head, sizeof head)) return 2;
  struct hf_header header = hf_read_header(head);
  if (header.length > HF_MAX_PAYLOAD) return 2;
  unsigned char *payload = malloc(header.length + 1);
  if (!payload || read_exactly(0, payload, header.length)) return 2;
  char message[320];
  if (geteuid() == 0 && layers_show_disks && layers_show_disks(payload, header.length, message, sizeof message)) {
    fprintf(stderr, "holdfast-guest layers: %s\n", message);
    return 2;
  }
  int error = home ? layers_configure(home, user_xattrs) : EINVAL;
  if (error) {
    fprintf(stderr, "holdfast-guest layers: --home %s: %s\n", home ? home : "(missing)", strerror(error));
    return 2;
  }
  return layers_handle(header.type, payload, header.length, 0, 1, header.id) ? 1 : 0;
}
