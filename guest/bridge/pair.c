/* One client and its stream.
 *
 * 1. Neither queue grows past `most_queued`: who does not take is not read from either.
 * 2. What one side has ended, the other learns behind everything that was sent before; both ended, or an error, ends the pair.
 * 3. While it is being connected, of a client only its end is looked for.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge.h"

enum { most_queued = 128 << 10, patience_ms = 15000 };

void pair_open_for(struct pair *pair, const struct door *door, int client) {
  *pair = (struct pair){.state = pair_waiting, .door = door, .client = client, .stream = -1};
  pair->give_up_at = bridge_now() + patience_ms;
  greet_step(pair);
}

void pair_close(struct pair *pair) {
  close(pair->client);
  if (pair->stream >= 0) close(pair->stream);
  free(pair->in.bytes);
  free(pair->out.bytes);
  *pair = (struct pair){.state = pair_free, .client = -1, .stream = -1};
}

static int add(struct pollfd *polls, size_t *count, int fd, short events) {
  polls[*count] = (struct pollfd){.fd = fd, .events = events};
  return (int)(*count)++;
}

static short wanted(const struct queue *from, const struct queue *to) {
  short events = 0;
  if (!from->ended && from->length < most_queued) events |= POLLIN;
  if (to->length > 0) events |= POLLOUT;
  return events;
}

/* A descriptor nothing is wanted of is not watched: its end would be reported again and again. */
void pair_prepare(struct pair *pair, struct pollfd *polls, size_t *count) {
  pair->client_poll = pair->stream_poll = -1;
  if (pair->state == pair_waiting || pair->state == pair_greeting) {
    pair->client_poll = add(polls, count, pair->client, POLLRDHUP);
    if (pair->state == pair_greeting) pair->stream_poll = add(polls, count, pair->stream, POLLIN);
    return;
  }
  short client = wanted(&pair->in, &pair->out), stream = wanted(&pair->out, &pair->in);
  if (client) pair->client_poll = add(polls, count, pair->client, client);
  if (stream) pair->stream_poll = add(polls, count, pair->stream, stream);
}

static bool take(int fd, struct queue *queue) {
  if (!queue->bytes && !(queue->bytes = malloc(most_queued))) return false;
  if (queue->start > 0) memmove(queue->bytes, queue->bytes + queue->start, queue->length);
  queue->start = 0;
  ssize_t got = recv(fd, queue->bytes + queue->length, most_queued - queue->length, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) queue->ended = true;
  queue->length += (size_t)got;
  return true;
}

static bool give(int fd, struct queue *queue) {
  while (queue->length > 0) {
    ssize_t put = send(fd, queue->bytes + queue->start, queue->length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN;
    queue->start += (size_t)put;
    queue->length -= (size_t)put;
  }
  free(queue->bytes);
  queue->bytes = NULL;
  queue->start = 0;
  if (queue->ended && !queue->told) {
    queue->told = true;
    if (shutdown(fd, SHUT_WR) < 0) return false;
  }
  return true;
}

static short happened(const struct pollfd *polls, int index) { return index < 0 ? 0 : polls[index].revents; }

static bool carry(int from, int to, struct queue *queue, short events) {
  if (events & (POLLIN | POLLHUP | POLLERR) && !queue->ended && queue->length < most_queued && !take(from, queue)) return false;
  return give(to, queue);
}

void pair_ready(struct pair *pair, const struct pollfd *polls) {
  short client = happened(polls, pair->client_poll), stream = happened(polls, pair->stream_poll);
  if (pair->state != pair_open) {
    if (client & (POLLRDHUP | POLLHUP | POLLERR)) return pair_close(pair);
    return greet_step(pair);
  }
  bool goes_on = !((client | stream) & POLLNVAL) && carry(pair->client, pair->stream, &pair->in, client) &&
                 carry(pair->stream, pair->client, &pair->out, stream);
  if (!goes_on || (pair->in.told && pair->out.told)) pair_close(pair);
}

int pair_timeout(const struct pair *pair) {
  if (pair->state != pair_waiting && pair->state != pair_greeting) return -1;
  uint64_t now = bridge_now(), at = pair->try_at < pair->give_up_at ? pair->try_at : pair->give_up_at;
  return at > now ? (int)(at - now) : 0;
}
