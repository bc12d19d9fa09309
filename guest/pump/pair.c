/* The bytes of one connection: from a socket into a pipe and from the pipe into the other socket, by reference.
 *
 * 1. A direction is read from only while its pipe is empty: what is on its way is bounded.
 * 2. Sockets are watched edge by edge: `can_read` and `can_write` stand until a call shows that they are over.
 * 3. The end of a direction is passed on behind its last byte and leaves the other one open. An error ends both by a reset.
 * 4. What is closed is taken from the watch first: others hold the same sockets, and closing alone would leave them there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

static const uint32_t socket_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

static void clear(struct pair *pair) {
  *pair = (struct pair){.sides = {{.fd = -1}, {.fd = -1}}, .ways = {{.pipe = {-1, -1}}, {.pipe = {-1, -1}}}};
}

void pair_free_all(struct pump *p) {
  for (size_t i = 0; i < most_pairs; i++) clear(&p->pairs[i]);
}

struct pair *pair_find(struct pump *p, uint32_t id) {
  for (size_t i = 0; i < most_pairs; i++)
    if (p->pairs[i].state != pair_free && p->pairs[i].id == id) return &p->pairs[i];
  return NULL;
}

struct pair *pair_take(struct pump *p, uint32_t id, int outside_fd, const char *token) {
  size_t at = 0;
  while (at < most_pairs && p->pairs[at].state != pair_free) at++;
  if (at == most_pairs) return NULL;
  struct pair *pair = &p->pairs[at];
  pair->state = pair_waiting;
  pair->id = id;
  pair->sides[outside].fd = outside_fd;
  pair->claim_by = p->now + claim_ms;
  memcpy(pair->token, token, sizeof pair->token);
  return pair;
}

void pair_begin(struct pump *p, struct pair *pair, int inside_fd) {
  uint64_t event = event_pairs + 2 * (uint64_t)(pair - p->pairs);
  pair->sides[inside].fd = inside_fd;
  for (int i = 0; i < 2; i++)
    if (pipe2(pair->ways[i].pipe, O_CLOEXEC | O_NONBLOCK) < 0) return pair_end(p, pair, "refused", errno);
  for (int i = 0; i < 2; i++)
    if (!pump_watch(p, pair->sides[i].fd, socket_events, event + (uint64_t)i)) return pair_end(p, pair, "refused", errno);
  pair->state = pair_open;
}

/* Ends the pair for what happened to one side of it; false, as whoever asks goes on no further. */
static bool failed(struct pump *p, struct pair *pair, enum side_name name, int error) {
  /* A signal also ends a call that does not block; what blocks moves no byte between one and the next. */
  if (error == EINTR) {
    pair->again = true;
    if (pair->interrupted_at == 0) pair->interrupted_at = p->now;
    if (p->now - pair->interrupted_at < blocked_ms) return true;
    return pair_end(p, pair, "blocked", 0), false;
  }
  /* Most programs hang up like that: they had said their end, and more came for them. */
  if (pair->ways[name].ended && error == ECONNRESET) error = EPIPE;
  pair_end(p, pair, name == inside ? "inside" : "outside", error);
  return false;
}

void pair_event(struct pump *p, uint64_t event, uint32_t events) {
  struct pair *pair = &p->pairs[event / 2];
  enum side_name name = event % 2 ? outside : inside;
  int error = 0;
  socklen_t length = sizeof error;
  if (pair->state != pair_open) return; /* it ended by what came before in the same list */
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) pair->sides[name].can_read = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) pair->sides[name].can_write = true;
  /* A reset is told at once, also while nobody reads there or writes to it. */
  if (events & EPOLLERR) getsockopt(pair->sides[name].fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) failed(p, pair, name, error);
}

static bool fill(struct pump *p, struct pair *pair, enum side_name name) {
  struct way *way = &pair->ways[name];
  ssize_t got = splice(pair->sides[name].fd, NULL, way->pipe[1], NULL, most_at_once, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got < 0 && errno == EAGAIN) return pair->sides[name].can_read = false, true;
  if (got < 0) return failed(p, pair, name, errno);
  pair->interrupted_at = 0;
  way->held = (size_t)got;
  way->moved += (uint64_t)got;
  way->ended = got == 0;
  return true;
}

static bool empty(struct pump *p, struct pair *pair, enum side_name name) {
  struct way *way = &pair->ways[name];
  enum side_name to = name == inside ? outside : inside;
  ssize_t put = splice(way->pipe[0], NULL, pair->sides[to].fd, NULL, way->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (put < 0 && errno == EAGAIN) return pair->sides[to].can_write = false, true;
  if (put <= 0) return failed(p, pair, to, put < 0 ? errno : EPIPE);
  pair->interrupted_at = 0;
  way->held -= (size_t)put;
  return true;
}

/* One step of a direction; false when the pair is over. */
static bool step(struct pump *p, struct pair *pair, enum side_name name, bool *moved) {
  struct way *way = &pair->ways[name];
  struct side *from = &pair->sides[name], *to = &pair->sides[name == inside ? outside : inside];
  uint64_t before = way->moved;
  pair->again = false;
  if (way->held == 0 && from->can_read && !way->ended && !fill(p, pair, name)) return false;
  size_t held = way->held;
  if (held > 0 && to->can_write && !empty(p, pair, name)) return false;
  if (way->moved != before || way->held != held || pair->again) *moved = true;
  if (!way->ended || way->held > 0 || way->shut) return true;
  shutdown(to->fd, SHUT_WR);
  way->shut = *moved = true;
  return true;
}

bool pair_step(struct pump *p, struct pair *pair) {
  bool moved = false;
  for (int i = 0; i < 2; i++)
    if (!step(p, pair, (enum side_name)i, &moved)) return true;
  if (!pair->ways[inside].shut || !pair->ways[outside].shut) return moved;
  pair_end(p, pair, "ended", 0);
  return true;
}

static void let_go(struct pump *p, int fd, bool reset) {
  struct linger now = {.l_onoff = 1};
  if (fd < 0) return;
  epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, NULL);
  if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

void pair_end(struct pump *p, struct pair *pair, const char *why, int error) {
  bool reset = strcmp(why, "ended") != 0;
  for (int i = 0; i < 2; i++) {
    let_go(p, pair->sides[i].fd, reset);
    for (int end = 0; end < 2; end++)
      if (pair->ways[i].pipe[end] >= 0) close(pair->ways[i].pipe[end]);
  }
  claim_forget(p, pair);
  tell_ended(p, pair, why, error);
  clear(pair);
}
