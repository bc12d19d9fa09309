/* What follows a TAKE: DATA frames full of entries, END behind the last. The sender may be a hostile guest.
 *
 * 1. A frame is looked at only when it is whole and no longer than the protocol allows.
 * 2. An entry is checked as it is read: a path that cannot lead elsewhere, known kinds, no field twice but attributes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

static int read_all(struct job *job, unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t got = read(job->in_fd, bytes, length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return job_fail(job, errno, "read the layer");
    if (got == 0) return job_fail(job, EPIPE, "the layer ended in its middle");
    bytes += got;
    length -= (size_t)got;
  }
  return 0;
}

/* Tells the sender that it may go on; in few frames. */
static int give_credit(struct job *job, struct stream *stream, size_t bytes) {
  stream->taken += (uint32_t)bytes;
  if (stream->taken < HF_TAKE_CREDIT / 4) return 0;
  unsigned char credit[4];
  hf_set_u32(credit, stream->taken);
  stream->taken = 0;
  size_t mark = hf_frame_begin(&job->out, HF_CREDIT, job->id);
  hf_buffer_append(&job->out, credit, sizeof credit);
  hf_frame_end(&job->out, mark);
  return job_flush(job, true);
}

static int next_frame(struct job *job, struct stream *stream) {
  unsigned char head[HF_HEADER_BYTES];
  if (read_all(job, head, sizeof head)) return job->error;
  struct hf_header header = hf_read_header(head);
  if (header.length > HF_MAX_PAYLOAD || header.id != job->id || (header.type != HF_DATA && header.type != HF_END))
    return job_fail(job, EPROTO, "a frame that is not the layer's");
  if (!stream->frame && !(stream->frame = malloc(HF_MAX_PAYLOAD))) return job_fail(job, ENOMEM, "a frame");
  if (read_all(job, stream->frame, header.length)) return job->error;
  stream->at = stream->frame;
  stream->left = header.length;
  stream->ended = header.type == HF_END;
  return give_credit(job, stream, header.length);
}

static int malformed(struct job *job, const char *what) { return job_fail(job, EINVAL, "a malformed layer: %s", what); }

static int read_number(struct job *job, const struct hf_field *field, uint64_t *value, unsigned *seen, unsigned bit) {
  if (*seen & bit) return malformed(job, "a field twice");
  *seen |= bit;
  return hf_field_int(field, value) ? 0 : malformed(job, "a number of other than 8 bytes");
}

static int read_text(struct job *job, const struct hf_field *field, char **text, unsigned *seen, unsigned bit) {
  if (*seen & bit) return malformed(job, "a field twice");
  *seen |= bit;
  *text = hf_field_string(field);
  return *text && strlen(*text) < PATH_MAX ? 0 : malformed(job, "a path with a NUL, or too long");
}

static int read_part(struct job *job, const struct hf_field *field, struct entry *entry) {
  unsigned *seen = &entry->seen;
  switch (field->tag) {
    case HF_TAG_PATH: return read_text(job, field, &entry->path, seen, ENTRY_HAS_PATH);
    case HF_TAG_TARGET: return read_text(job, field, &entry->target, seen, ENTRY_HAS_TARGET);
    case HF_TAG_FILE_TYPE: return read_number(job, field, &entry->type, seen, ENTRY_HAS_TYPE);
    case HF_TAG_MODE: return read_number(job, field, &entry->mode, seen, ENTRY_HAS_MODE);
    case HF_TAG_UID: return read_number(job, field, &entry->uid, seen, ENTRY_HAS_UID);
    case HF_TAG_GID: return read_number(job, field, &entry->gid, seen, ENTRY_HAS_GID);
    case HF_TAG_MTIME_NS: return read_number(job, field, &entry->mtime_ns, seen, ENTRY_HAS_MTIME);
    case HF_TAG_SIZE: return read_number(job, field, &entry->size, seen, ENTRY_HAS_SIZE);
    case HF_TAG_FLAGS: return read_number(job, field, &entry->flags, seen, ENTRY_HAS_FLAGS);
    case HF_TAG_OFFSET: return read_number(job, field, &entry->offset, seen, ENTRY_HAS_OFFSET);
    case HF_TAG_TEXT:
      if (*seen & ENTRY_HAS_CONTENT) return malformed(job, "a field twice");
      *seen |= ENTRY_HAS_CONTENT;
      entry->content = field->bytes;
      entry->content_length = field->length;
      return 0;
    case HF_TAG_ATTRIBUTE:
      if (entry->attribute_count == ATTRIBUTES_MOST) return malformed(job, "an entry with too many attributes");
      entry->attributes[entry->attribute_count++] = *field;
      entry->attribute_bytes += field->length;
      return entry->attribute_bytes > CARRIED_MOST ? malformed(job, "an entry with too large attributes") : 0;
    default: return 0;
  }
}

/* Each part of it is a name below the one before. */
static bool path_stays(const char *path) {
  for (const char *at = path; *at;) {
    size_t length = strcspn(at, "/");
    if (length == 0 || (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.')) return false;
    at += length;
    if (*at == '/' && !*++at) return false;
  }
  return true;
}

static int check_entry(struct job *job, const struct entry *entry) {
  if (entry->seen & ENTRY_HAS_CONTENT)
    return entry->seen == (ENTRY_HAS_CONTENT | ENTRY_HAS_OFFSET) && !entry->attribute_count ? 0 : malformed(job, "content with other fields");
  if ((entry->seen & (ENTRY_HAS_PATH | ENTRY_HAS_TYPE)) != (ENTRY_HAS_PATH | ENTRY_HAS_TYPE) || entry->seen & ENTRY_HAS_OFFSET)
    return malformed(job, "an entry without path or type");
  if (!path_stays(entry->path)) return job_fail(job, EPERM, "the path %.300s leads out of the layer", entry->path);
  if (entry->flags & ~(uint64_t)(ENTRY_OPAQUE | ENTRY_HARD_LINK)) return malformed(job, "unknown flags");
  if (entry->type == TYPE_DEVICE) return job_fail(job, EPERM, "%.300s is a device", entry->path);
  if (entry->type < TYPE_FILE || entry->type > TYPE_WHITEOUT) return malformed(job, "an unknown type");
  if (entry->type == TYPE_WHITEOUT || entry->flags & ENTRY_HARD_LINK) return 0;
  const unsigned all = ENTRY_HAS_MODE | ENTRY_HAS_UID | ENTRY_HAS_GID | ENTRY_HAS_MTIME;
  if ((entry->seen & all) != all) return malformed(job, "an entry without owner, mode or time");
  if (entry->mode & ~(uint64_t)01777) return job_fail(job, EPERM, "%.300s has set-id bits, or mode %llo is none", entry->path, (unsigned long long)entry->mode);
  return 0;
}

int stream_next(struct job *job, struct stream *stream, struct entry *entry) {
  struct hf_field field;
  int more;
  *entry = (struct entry){0};
  while (!stream->ended && stream->left == 0)
    if (next_frame(job, stream)) return job->error;
  if (stream->ended) return 0;
  if (hf_next_field(&stream->at, &stream->left, &field) <= 0 || field.tag != HF_TAG_ENTRY) return malformed(job, "something between entries");
  unsigned char *bytes = field.bytes;
  size_t length = field.length;
  while ((more = hf_next_field(&bytes, &length, &field)) > 0)
    if (read_part(job, &field, entry)) return job->error;
  if (more < 0) return malformed(job, "an entry's fields");
  entry->there = true;
  return check_entry(job, entry);
}

int stream_end(struct job *job, struct stream *stream, struct layer_sums *told) {
  struct hf_field field;
  int more;
  *told = (struct layer_sums){0};
  while ((more = hf_next_field(&stream->at, &stream->left, &field)) > 0) {
    bool good = true;
    if (field.tag == HF_TAG_FILES) good = told->has_files = hf_field_int(&field, &told->files);
    if (field.tag == HF_TAG_BYTES) good = told->has_bytes = hf_field_int(&field, &told->bytes);
    if (field.tag == HF_TAG_DIGEST && (good = told->has_digest = field.length == sizeof told->digest))
      memcpy(told->digest, field.bytes, sizeof told->digest);
    if (!good) return malformed(job, "its end");
  }
  return more < 0 ? malformed(job, "its end") : 0;
}
