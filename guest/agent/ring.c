/* The kept end of an output stream, addressed by absolute offsets.
 *
 * 1. end - start <= capacity, and byte `o` lives at o % capacity for start <= o < end.
 * 2. The capacities of all rings together stay within the agent's budget, beyond a floor of min_ring_bytes each.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { min_ring_bytes = 4096 };

size_t ring_length(const struct ring *ring) { return (size_t)(ring->end - ring->start); }

size_t ring_peek(const struct ring *ring, uint64_t offset, const unsigned char **bytes) {
  *bytes = NULL;
  if (offset >= ring->end || offset < ring->start) return 0;
  size_t at = (size_t)(offset % ring->capacity);
  size_t kept = (size_t)(ring->end - offset);
  size_t run = ring->capacity - at;
  *bytes = ring->bytes + at;
  return kept < run ? kept : run;
}

static void copy_in(struct ring *ring, const unsigned char *bytes, size_t length) {
  size_t at = (size_t)(ring->end % ring->capacity);
  size_t first = ring->capacity - at < length ? ring->capacity - at : length;
  if (first > 0) memcpy(ring->bytes + at, bytes, first);
  if (length > first) memcpy(ring->bytes, bytes + first, length - first);
  ring->end += length;
}

static bool resize(struct agent *agent, struct ring *ring, size_t capacity) {
  unsigned char *grown = malloc(capacity);
  if (!grown) return false;
  struct ring moved = {.bytes = grown, .capacity = capacity, .start = ring->start, .end = ring->start};
  while (ring->bytes && moved.end < ring->end) {
    const unsigned char *bytes;
    size_t run = ring_peek(ring, moved.end, &bytes);
    copy_in(&moved, bytes, run);
  }
  agent->retained += capacity - ring->capacity;
  free(ring->bytes);
  *ring = moved;
  return true;
}

/* The capacity the ring may have under the budget as it stands. */
static size_t reachable(const struct agent *agent, const struct ring *ring) {
  size_t budget = max_retained_bytes > agent->retained ? max_retained_bytes - agent->retained : 0;
  size_t most = ring->capacity + budget;
  return most < min_ring_bytes ? min_ring_bytes : most;
}

/* Grows towards `needed` within `limit` and the budget; ended processes give way first. */
static void grow(struct agent *agent, struct ring *ring, size_t limit, size_t needed) {
  size_t capacity = ring->capacity ? ring->capacity : min_ring_bytes;
  while (capacity < needed && capacity < limit) capacity *= 2;
  if (capacity > limit) capacity = limit;
  if (capacity <= ring->capacity) return;
  while (agent->retained + capacity - ring->capacity > max_retained_bytes && process_drop_oldest_ended(agent)) continue;
  size_t most = reachable(agent, ring);
  if (capacity > most) capacity = most;
  if (capacity > ring->capacity) resize(agent, ring, capacity);
}

void ring_write(struct agent *agent, struct ring *ring, size_t limit, const unsigned char *bytes, size_t length) {
  size_t needed = ring_length(ring) + length;
  if (needed > ring->capacity) grow(agent, ring, limit, needed);
  if (length > ring->capacity) {
    size_t skipped = length - ring->capacity;
    ring->end += skipped;
    ring->start = ring->end;
    bytes += skipped;
    length = ring->capacity;
  }
  if (length == 0) return;
  if (ring_length(ring) + length > ring->capacity) ring->start = ring->end + length - ring->capacity;
  copy_in(ring, bytes, length);
}

size_t ring_room(struct agent *agent, const struct ring *ring, size_t limit, uint64_t unsent) {
  size_t most = reachable(agent, ring);
  if (most > limit) most = limit;
  size_t held = (size_t)(ring->end - (unsent > ring->start ? unsent : ring->start));
  return most > held ? most - held : 0;
}

void ring_trim(struct agent *agent, struct ring *ring) {
  size_t length = ring_length(ring);
  if (length == 0) ring_free(agent, ring);
  else if (length <= ring->capacity / 2) resize(agent, ring, length);
}

void ring_free(struct agent *agent, struct ring *ring) {
  agent->retained -= ring->capacity;
  free(ring->bytes);
  *ring = (struct ring){.start = ring->end, .end = ring->end};
}
