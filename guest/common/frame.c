#include "frame.h"

#include <string.h>

enum { field_head_bytes = 5 };

uint32_t hf_get_u32(const unsigned char *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint64_t hf_get_u64(const unsigned char *bytes) {
  return (uint64_t)hf_get_u32(bytes) | (uint64_t)hf_get_u32(bytes + 4) << 32;
}

void hf_set_u32(unsigned char *bytes, uint32_t value) {
  for (int i = 0; i < 4; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

void hf_set_u64(unsigned char *bytes, uint64_t value) {
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

struct hf_header hf_read_header(const unsigned char *bytes) {
  return (struct hf_header){.length = hf_get_u32(bytes), .type = bytes[4], .id = hf_get_u32(bytes + 5)};
}

size_t hf_frame_begin(struct hf_buffer *out, uint8_t type, uint32_t id) {
  unsigned char header[HF_HEADER_BYTES] = {0};
  header[4] = type;
  hf_set_u32(header + 5, id);
  size_t mark = out->length;
  hf_buffer_append(out, header, sizeof header);
  return mark;
}

void hf_frame_end(struct hf_buffer *out, size_t mark) {
  if (out->failed) return;
  hf_set_u32(hf_buffer_front(out) + mark, (uint32_t)(out->length - mark - HF_HEADER_BYTES));
}

static void put_head(struct hf_buffer *out, uint8_t tag, uint32_t length) {
  unsigned char head[field_head_bytes];
  head[0] = tag;
  hf_set_u32(head + 1, length);
  hf_buffer_append(out, head, sizeof head);
}

void hf_put_int(struct hf_buffer *out, uint8_t tag, uint64_t value) {
  unsigned char bytes[8];
  hf_set_u64(bytes, value);
  hf_put_bytes(out, tag, bytes, sizeof bytes);
}

void hf_put_bytes(struct hf_buffer *out, uint8_t tag, const void *bytes, size_t length) {
  put_head(out, tag, (uint32_t)length);
  hf_buffer_append(out, bytes, length);
}

void hf_put_string(struct hf_buffer *out, uint8_t tag, const char *text) {
  hf_put_bytes(out, tag, text, strlen(text));
}

size_t hf_nest_begin(struct hf_buffer *out, uint8_t tag) {
  size_t mark = out->length;
  put_head(out, tag, 0);
  return mark;
}

void hf_nest_end(struct hf_buffer *out, size_t mark) {
  if (out->failed) return;
  hf_set_u32(hf_buffer_front(out) + mark + 1, (uint32_t)(out->length - mark - field_head_bytes));
}

int hf_next_field(unsigned char **bytes, size_t *length, struct hf_field *field) {
  if (*length == 0) return 0;
  if (*length < field_head_bytes) return -1;
  uint32_t size = hf_get_u32(*bytes + 1);
  if (size > *length - field_head_bytes) return -1;
  *field = (struct hf_field){.tag = (*bytes)[0], .length = size, .bytes = *bytes + field_head_bytes};
  *bytes += field_head_bytes + size;
  *length -= field_head_bytes + size;
  return 1;
}

bool hf_field_int(const struct hf_field *field, uint64_t *value) {
  if (field->length != 8) return false;
  *value = hf_get_u64(field->bytes);
  return true;
}

char *hf_field_string(const struct hf_field *field) {
  if (memchr(field->bytes, 0, field->length)) return NULL;
  unsigned char *text = field->bytes - 1;
  memmove(text, field->bytes, field->length);
  text[field->length] = 0;
  return (char *)text;
}
