/* Frames and fields as guest/PROTOCOL.md defines them, written into and read from plain memory.
 *
 * 1. Writing never fails by itself: a failed allocation shows in the buffer's `failed`.
 * 2. Reading never looks past the length it was given and rejects what is not exactly well formed.
 */
#ifndef HOLDFAST_FRAME_H
#define HOLDFAST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "protocol.h"

struct hf_header {
  uint32_t length;
  uint8_t type;
  uint32_t id;
};

struct hf_field {
  uint8_t tag;
  uint32_t length;
  unsigned char *bytes;
};

uint32_t hf_get_u32(const unsigned char *bytes);
uint64_t hf_get_u64(const unsigned char *bytes);
void hf_set_u32(unsigned char *bytes, uint32_t value);
void hf_set_u64(unsigned char *bytes, uint64_t value);

/* Reads the header at `bytes` (HF_HEADER_BYTES of them). */
struct hf_header hf_read_header(const unsigned char *bytes);

/* Opens a frame at the end of `out`; what is appended until hf_frame_end is its payload. Returns the mark for it. */
size_t hf_frame_begin(struct hf_buffer *out, uint8_t type, uint32_t id);
void hf_frame_end(struct hf_buffer *out, size_t mark);

void hf_put_int(struct hf_buffer *out, uint8_t tag, uint64_t value);
void hf_put_bytes(struct hf_buffer *out, uint8_t tag, const void *bytes, size_t length);
void hf_put_string(struct hf_buffer *out, uint8_t tag, const char *text);
/* A nested field: what is put until hf_nest_end becomes its value. */
size_t hf_nest_begin(struct hf_buffer *out, uint8_t tag);
void hf_nest_end(struct hf_buffer *out, size_t mark);

/* Takes the next field off `*bytes`; 1 when there was one, 0 at the end, -1 when the bytes are malformed. */
int hf_next_field(unsigned char **bytes, size_t *length, struct hf_field *field);
/* True when the field is an integer of exactly 8 bytes. */
bool hf_field_int(const struct hf_field *field, uint64_t *value);
/* Turns a field into a NUL-terminated string in place, by moving it one byte forward over its own length; NULL when it
 * holds a NUL. The field must not be used otherwise afterwards. */
char *hf_field_string(const struct hf_field *field);

#endif
