/* Frames of the peer that belong to an operation (a TAKE's layer) on their way to its process.
 *
 * 1. What waits is bounded: a peer that sends more than its credit has its operation ended.
 * 2. An operation whose feed is closed before END ends by itself and removes what it made.
 * 3. No other process holds the end of a feed: it would keep it from ending.
 */
#include "operations.h"

#include <errno.h>
#include <unistd.h>

void feed_close(struct operation *operation) {
  if (operation->feed_to >= 0) close(operation->feed_to);
  operation->feed_to = -1;
  hf_buffer_free(&operation->feed);
}

void feeds_close(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (operations[i].used) feed_close(&operations[i]);
}

bool feeds_open(void) {
  for (size_t i = 0; i < max_operations; i++)
    if (operations[i].used && operations[i].feed_to >= 0) return true;
  return false;
}

void feed_pump(struct operation *operation) {
  while (operation->feed_to >= 0 && operation->feed.length > 0) {
    ssize_t put = write(operation->feed_to, hf_buffer_front(&operation->feed), operation->feed.length);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) return;
    if (put < 0) return feed_close(operation); /* it has ended, and says why by itself */
    hf_buffer_consume(&operation->feed, (size_t)put);
  }
}

void feed_take(struct hf_header header, const unsigned char *payload) {
  for (size_t i = 0; i < max_operations; i++) {
    struct operation *operation = &operations[i];
    if (!operation->used || operation->id != header.id || operation->feed_to < 0) continue;
    if (operation->feed.length > HF_TAKE_CREDIT + HF_MAX_PAYLOAD) return feed_close(operation);
    size_t mark = hf_frame_begin(&operation->feed, header.type, header.id);
    hf_buffer_append(&operation->feed, payload, header.length);
    hf_frame_end(&operation->feed, mark);
    return operation->feed.failed ? feed_close(operation) : feed_pump(operation);
  }
}
