#include "buffer.h"

#include <stdlib.h>
#include <string.h>

unsigned char *hf_buffer_reserve(struct hf_buffer *buffer, size_t more) {
  if (buffer->failed) return NULL;
  if (buffer->capacity - buffer->start - buffer->length >= more && buffer->bytes)
    return hf_buffer_front(buffer) + buffer->length;
  if (buffer->start > 0 && buffer->bytes) {
    memmove(buffer->bytes, hf_buffer_front(buffer), buffer->length);
    buffer->start = 0;
  }
  if (!buffer->bytes || buffer->capacity - buffer->length < more) {
    size_t wanted = buffer->capacity ? buffer->capacity : 512;
    while (wanted - buffer->length < more) wanted *= 2;
    unsigned char *grown = realloc(buffer->bytes, wanted);
    if (!grown) {
      buffer->failed = true;
      return NULL;
    }
    buffer->bytes = grown;
    buffer->capacity = wanted;
  }
  return buffer->bytes + buffer->length;
}

void hf_buffer_append(struct hf_buffer *buffer, const void *bytes, size_t length) {
  if (length == 0) return;
  unsigned char *target = hf_buffer_reserve(buffer, length);
  if (!target) return;
  memcpy(target, bytes, length);
  buffer->length += length;
}

void hf_buffer_consume(struct hf_buffer *buffer, size_t length) {
  buffer->start += length;
  buffer->length -= length;
  if (buffer->length == 0) buffer->start = 0;
}

void hf_buffer_free(struct hf_buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct hf_buffer){0};
}
