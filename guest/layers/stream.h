/* Entries of a layer as they come; see stream.c. */
#ifndef HOLDFAST_STREAM_H
#define HOLDFAST_STREAM_H

#include "internal.h"

enum { ATTRIBUTES_MOST = 256 };
enum {
  ENTRY_HAS_PATH = 1,
  ENTRY_HAS_TARGET = 2,
  ENTRY_HAS_TYPE = 4,
  ENTRY_HAS_MODE = 8,
  ENTRY_HAS_UID = 16,
  ENTRY_HAS_GID = 32,
  ENTRY_HAS_MTIME = 64,
  ENTRY_HAS_SIZE = 128,
  ENTRY_HAS_FLAGS = 256,
  ENTRY_HAS_OFFSET = 512,
  ENTRY_HAS_CONTENT = 1024,
};

/* A name with what it is, or a piece of the content of the file before. All of it lies in the stream's frame and is good
 * until the next one is read. */
struct entry {
  bool there; /* false: the stream has ended */
  unsigned seen;
  char *path, *target;
  uint64_t type, mode, uid, gid, mtime_ns, size, flags, offset;
  const unsigned char *content;
  size_t content_length;
  struct hf_field attributes[ATTRIBUTES_MOST];
  size_t attribute_count, attribute_bytes;
};

struct stream {
  unsigned char *frame, *at;
  size_t left;
  uint32_t taken; /* bytes without credit yet */
  bool ended;
};

/* What the sender said the whole is. */
struct layer_sums {
  bool has_files, has_bytes, has_digest;
  uint64_t files, bytes;
  unsigned char digest[32];
};

/* The next entry, checked; 0 or errno. */
int stream_next(struct job *job, struct stream *stream, struct entry *entry);
/* The fields of END, once an entry was not there. */
int stream_end(struct job *job, struct stream *stream, struct layer_sums *told);

#endif
