/* One connection: the sandbox's socket, the one that the gateway has dialled, and a direction (way.c) from each.
 *
 * 1. What goes up waits for the gateway's word: until then the gateway passes what it had from the inside. What comes down
 *    does not.
 * 2. Sockets are watched edge by edge: `can_read` and `can_write` stand until a call shows that they are over.
 * 3. An error ends the direction to where it came from. What that side had sent before still goes on: an answer may have come
 *    right before the reset, and a program that had said its end may have hung up. Then both are over: by a reset, or in
 *    order if the end had been said.
 * 4. The outside is reset when this process ends in whatever way: half of an upload must not look like the whole.
 * 5. What is closed is taken from the watch first: others hold the same sockets, and closing alone would leave it there.
 * 6. The outside is let go of first: the inside's lock may be in the hands of its other holder, who need not give it back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

static const uint32_t socket_events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;

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

/* What closes it last resets its connection, or drops what it has not sent and says nothing else. */
static void set_reset(int fd, bool on) {
  struct linger now = {.l_onoff = on};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

struct pair *pair_take(struct pump *p, uint32_t id, int outside_fd, const char *token) {
  size_t at = 0;
  while (at < most_pairs && p->pairs[at].state != pair_free) at++;
  if (at == most_pairs) return NULL;
  struct pair *pair = &p->pairs[at];
  pair->state = pair_waiting;
  pair->id = id;
  pair->sides[outside].fd = outside_fd;
  pair->ways[inside].waits = true;
  memcpy(pair->token, token, sizeof pair->token);
  set_reset(outside_fd, true);
  return pair;
}

void pair_begin(struct pump *p, struct pair *pair, int inside_fd) {
  uint64_t event = event_pairs + 2 * (uint64_t)(pair - p->pairs);
  pair->sides[inside].fd = inside_fd;
  for (int i = 0; i < 2; i++)
    if (!pump_watch(p, pair->sides[i].fd, socket_events, event + (uint64_t)i)) return pair_end(p, pair, "here", errno);
  pair->state = pair_open;
  pair->moved_at = p->now;
}

void pair_broke(struct pump *p, struct pair *pair, enum side_name name, int error) {
  struct way *to = &pair->ways[across(name)];
  /* Both had said their end, and the last bytes from here on came too late for it: it hung up like most programs do. */
  if (error == ECONNRESET && pair->ways[name].ended && to->over) error = EPIPE;
  way_drop(p, to);
  to->over = true;
  if (pair->error && name == pair->broken) return;
  if (pair->error) { /* both: the one that had not just hung up is why */
    if (pair->error != EPIPE) name = pair->broken, error = pair->error;
    return pair_end(p, pair, name == inside ? "inside" : "outside", error);
  }
  if (name == inside && error != EPIPE) return pair_end(p, pair, "inside", error);
  pair->error = error;
  pair->broken = name;
  pair->moved_at = p->now;
}

void pair_event(struct pump *p, uint64_t event, uint32_t events) {
  struct pair *pair = &p->pairs[event / 2];
  enum side_name name = event % 2 ? outside : inside;
  struct side *side = &pair->sides[name];
  int error = 0;
  socklen_t length = sizeof error;
  if (pair->state != pair_open) return; /* it ended by what came before in the same list */
  if (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) side->can_read = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) side->can_write = true;
  if (events & EPOLLPRI) side->has_mark = true;
  if (events & EPOLLHUP) side->hung = true;
  /* A reset is told at once, also while nobody reads there or writes to it. */
  if (events & EPOLLERR) getsockopt(side->fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) pair_broke(p, pair, name, error);
}

/* Bytes that a socket was given and its far end has not taken, with what they lie in. */
static uint32_t unsent(int fd) {
  uint32_t memory[SK_MEMINFO_VARS] = {0};
  socklen_t length = sizeof memory;
  getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &length);
  return memory[SK_MEMINFO_WMEM_QUEUED];
}

/* What is left of a broken connection: over when all has gone out, or nothing does any more. */
static void finish(struct pump *p, struct pair *pair) {
  enum side_name sound = across(pair->broken);
  uint32_t left = unsent(pair->sides[sound].fd);
  if (left != pair->unsent) pair->moved_at = p->now;
  pair->unsent = left;
  bool is_done = left == 0 && pair->ways[inside].over && pair->ways[outside].over;
  if (is_done) pair_end(p, pair, pair->broken == inside ? "inside" : "outside", pair->error);
  else if (p->now - pair->moved_at >= give_up_ms) {
    bool hung_up = pair->error == EPIPE;
    pair_end(p, pair, (hung_up ? sound : pair->broken) == inside ? "inside" : "outside", hung_up ? ETIMEDOUT : pair->error);
  }
}

bool pair_step(struct pump *p, struct pair *pair) {
  bool moved = false;
  for (int i = 0; i < 2; i++) {
    if (way_step(p, pair, (enum side_name)i)) moved = true;
    if (pair->state != pair_open) return true;
  }
  if (moved) pair->moved_at = p->now;
  if (pair->error) finish(p, pair);
  else if (pair->ways[inside].over && pair->ways[outside].over) pair_end(p, pair, "ended", 0);
  return moved;
}

bool is_any_broken(const struct pump *p) {
  for (size_t i = 0; i < most_pairs; i++)
    if (p->pairs[i].state == pair_open && p->pairs[i].error) return true;
  return false;
}

static void let_go(struct pump *p, int fd, bool reset) {
  if (fd < 0) return;
  epoll_ctl(p->epoll, EPOLL_CTL_DEL, fd, NULL);
  set_reset(fd, reset);
  close(fd);
}

void pair_end(struct pump *p, struct pair *pair, const char *why, int error) {
  bool in_order = strcmp(why, "ended") == 0 || error == EPIPE;
  for (int i = outside; i >= inside; i--) {
    let_go(p, pair->sides[i].fd, !in_order || (pair->error && pair->broken == (enum side_name)i));
    way_drop(p, &pair->ways[i]);
  }
  claim_forget(p, pair);
  tell_ended(p, pair, why, error);
  clear(pair);
}
