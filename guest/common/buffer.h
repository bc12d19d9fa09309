/* A growing byte queue: appended at the back, consumed at the front. Callers bound its length; a failed allocation is
 * sticky (`failed`) so that a sequence of appends is checked once, at its end. */
#ifndef HOLDFAST_BUFFER_H
#define HOLDFAST_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct hf_buffer {
  unsigned char *bytes;
  size_t start, length, capacity;
  bool failed;
};

/* Makes room for `more` bytes behind the content and returns where they go, or NULL (then `failed` is set). */
unsigned char *hf_buffer_reserve(struct hf_buffer *buffer, size_t more);
void hf_buffer_append(struct hf_buffer *buffer, const void *bytes, size_t length);
void hf_buffer_consume(struct hf_buffer *buffer, size_t length);
/* Gives the memory back and forgets content and failure. */
void hf_buffer_free(struct hf_buffer *buffer);

static inline unsigned char *hf_buffer_front(const struct hf_buffer *buffer) { return buffer->bytes + buffer->start; }

#endif
