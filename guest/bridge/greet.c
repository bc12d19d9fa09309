/* Connecting a client: to the program's socket, and through it to a port of the guest.
 *
 * 1. A socket that is not there yet, and a guest that does not listen yet, are tried again until `patience_ms` is over:
 *    who connects right after the start waits for it, as at a serial port.
 * 2. The answer is read byte by byte up to its end of line, so that not one byte of the guest's own is taken for it. More
 *    than the longest honest one, or anything else than `OK` and a number, closes the client at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/unix.h"
#include "bridge.h"

enum { again_ms = 10, answer_ms = 3000 };

static void try_again(struct pair *pair) {
  if (pair->stream >= 0) close(pair->stream);
  pair->stream = -1;
  pair->answered = 0;
  pair->state = pair_waiting;
  pair->try_at = bridge_now() + again_ms;
}

static void begin(struct pair *pair) {
  char line[32];
  pair->stream = hf_connect(pair->door->path);
  if (pair->stream < 0) return try_again(pair);
  if (pair->door->port == no_port) {
    pair->state = pair_open;
    return;
  }
  int length = snprintf(line, sizeof line, "CONNECT %u\n", pair->door->port);
  if (send(pair->stream, line, (size_t)length, MSG_NOSIGNAL) != length) return try_again(pair);
  pair->state = pair_greeting;
  pair->try_at = bridge_now() + answer_ms;
}

static bool is_welcome(const char *line, size_t length) {
  if (length < 5 || memcmp(line, "OK ", 3) != 0) return false;
  for (size_t i = 3; i + 1 < length; i++)
    if (line[i] < '0' || line[i] > '9') return false;
  return true;
}

/* The end of the stream before the answer is how Firecracker says that nobody listens. */
static void read_answer(struct pair *pair) {
  for (;;) {
    if (pair->answered == sizeof pair->answer) return pair_close(pair);
    ssize_t got = recv(pair->stream, pair->answer + pair->answered, 1, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) return pair->answered == 0 ? try_again(pair) : pair_close(pair);
    if (pair->answer[pair->answered++] != '\n') continue;
    if (!is_welcome(pair->answer, pair->answered)) return pair_close(pair);
    pair->state = pair_open;
    return;
  }
  if (bridge_now() >= pair->try_at) try_again(pair);
}

void greet_step(struct pair *pair) {
  if (pair->state == pair_greeting) read_answer(pair);
  if (pair->state == pair_waiting && bridge_now() >= pair->try_at) begin(pair);
  if ((pair->state == pair_waiting || pair->state == pair_greeting) && bridge_now() >= pair->give_up_at) pair_close(pair);
}
