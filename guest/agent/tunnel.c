/* The table of one connection's listeners and streams, and whose turn it is; tunnel.h has the invariants. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tunnel.h"

enum { events_at_once = 64 };

static const uint32_t stream_bit = UINT32_C(1) << 31;

struct tunnels *tunnels_of(struct connection *c) {
  if (c->tunnels) return c->tunnels;
  struct tunnels *made = calloc(1, sizeof *made);
  if (!made) return NULL;
  made->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (made->epoll_fd < 0) {
    int error = errno;
    free(made);
    errno = error;
    return NULL;
  }
  made->connection = c;
  made->poll_index = -1;
  made->retry_at = NO_DEADLINE;
  c->tunnels = made;
  return made;
}

static struct endpoint **bucket(struct tunnels *t, uint32_t id) { return &t->table[id % tunnel_buckets]; }

static struct endpoint *find(struct tunnels *t, uint32_t id) {
  struct endpoint *e = *bucket(t, id);
  while (e && e->id != id) e = e->next_in_bucket;
  return e;
}

bool tunnels_frame(struct connection *c, struct hf_header header, unsigned char *payload, bool *known) {
  struct endpoint *e = c->tunnels ? find(c->tunnels, header.id) : NULL;
  *known = e != NULL;
  if (!e) return true;
  if (e->is_stream) return tunnel_take((struct tunnel *)e, header.type, payload, header.length);
  return listener_take((struct listener *)e, header.type, payload, header.length);
}

uint32_t stream_id_take(struct tunnels *t) {
  do t->last_stream++;
  while (find(t, t->last_stream | stream_bit));
  return t->last_stream | stream_bit;
}

bool endpoint_watch(struct endpoint *e, uint32_t events) {
  struct epoll_event event = {.events = events | EPOLLET, .data.ptr = e};
  return epoll_ctl(e->tunnels->epoll_fd, EPOLL_CTL_ADD, e->fd, &event) == 0;
}

bool endpoint_add(struct endpoint *e, struct tunnels *t, uint32_t id, uint32_t events) {
  e->tunnels = t;
  e->id = id;
  if (!endpoint_watch(e, events)) return false;
  e->next_in_bucket = *bucket(t, id);
  *bucket(t, id) = e;
  return true;
}

void endpoint_wake(struct endpoint *e) {
  struct tunnels *t = e->tunnels;
  if (e->ready) return;
  e->ready = true;
  e->previous_ready = t->last_ready;
  e->next_ready = NULL;
  if (t->last_ready) t->last_ready->next_ready = e;
  else t->first_ready = e;
  t->last_ready = e;
  t->ready_count++;
}

static void unready(struct endpoint *e) {
  struct tunnels *t = e->tunnels;
  if (!e->ready) return;
  e->ready = false;
  if (e->previous_ready) e->previous_ready->next_ready = e->next_ready;
  else t->first_ready = e->next_ready;
  if (e->next_ready) e->next_ready->previous_ready = e->previous_ready;
  else t->last_ready = e->previous_ready;
  t->ready_count--;
}

void endpoint_remove(struct endpoint *e) {
  struct endpoint **at = bucket(e->tunnels, e->id);
  while (*at != e) at = &(*at)->next_in_bucket;
  *at = e->next_in_bucket;
  unready(e);
  /* A child on its way to exec may still hold the socket: closing alone would leave it watched. */
  epoll_ctl(e->tunnels->epoll_fd, EPOLL_CTL_DEL, e->fd, NULL);
  close(e->fd);
  free(e);
}

typedef bool (*chooser)(const struct endpoint *endpoint, const void *context);

/* Resets the streams that are chosen. */
static void reset_all(struct tunnels *t, chooser chosen, const void *context, int error, bool silent) {
  for (size_t i = 0; i < tunnel_buckets; i++) {
    for (struct endpoint *e = t->table[i], *next; e; e = next) {
      next = e->next_in_bucket;
      if (e->is_stream && chosen(e, context)) tunnel_reset((struct tunnel *)e, error, silent);
    }
  }
}

static bool any(const struct endpoint *e, const void *context) { return (void)e, (void)context, true; }

static bool accepted_by(const struct endpoint *e, const void *listener) {
  return ((const struct tunnel *)e)->listener == listener;
}

void listener_end(struct listener *l, int error, const char *message) {
  struct tunnels *t = l->endpoint.tunnels;
  struct connection *c = t->connection;
  uint32_t id = l->endpoint.id;
  if (l->open > 0) reset_all(t, accepted_by, l, ECANCELED, false);
  t->listeners--;
  endpoint_remove(&l->endpoint);
  answer_error(c, id, error, message);
}

void listeners_wake(struct tunnels *t) {
  for (size_t i = 0; i < tunnel_buckets; i++)
    for (struct endpoint *e = t->table[i]; e; e = e->next_in_bucket)
      if (!e->is_stream && e->can_read) endpoint_wake(e);
}

struct tunnel *tunnels_waiting(struct agent *agent, const unsigned char *token) {
  for (int i = 0; i < max_connections; i++) {
    const struct tunnels *t = agent->connections[i].fd >= 0 ? agent->connections[i].tunnels : NULL;
    for (size_t at = 0; t && at < tunnel_buckets; at++) {
      for (struct endpoint *e = t->table[at]; e; e = e->next_in_bucket) {
        struct tunnel *s = (struct tunnel *)e;
        if (e->is_stream && s->hand == hand_waiting && memcmp(s->token, token, sizeof s->token) == 0) return s;
      }
    }
  }
  return NULL;
}

void tunnels_prepare(struct connection *c) {
  if (c->tunnels) c->tunnels->poll_index = poll_add(c->agent, c->tunnels->epoll_fd, POLLIN);
}

void tunnels_ready(struct connection *c) {
  struct tunnels *t = c->tunnels;
  if (!t) return;
  if (t->retry_at <= c->agent->now) {
    t->retry_at = NO_DEADLINE;
    listeners_wake(t);
  }
  if (!(poll_result(c->agent, t->poll_index) & POLLIN)) return;
  struct epoll_event events[events_at_once];
  int count = epoll_wait(t->epoll_fd, events, events_at_once, 0);
  for (int i = 0; i < count; i++) {
    struct endpoint *e = events[i].data.ptr;
    if (events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) e->can_read = true;
    if (events[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) e->can_write = true;
    if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) e->finishing = true;
    endpoint_wake(e);
  }
}

bool tunnels_pump(struct connection *c) {
  struct tunnels *t = c->tunnels;
  bool moved = false;
  for (size_t turns = t ? t->ready_count : 0; turns > 0 && t->first_ready && !c->broken; turns--) {
    if (c->out.length >= stream_queue_bytes) break;
    struct endpoint *e = t->first_ready;
    unready(e);
    if (e->is_stream ? tunnel_step((struct tunnel *)e) : listener_step((struct listener *)e)) moved = true;
  }
  return moved;
}

uint64_t tunnels_deadline(const struct agent *agent) {
  uint64_t next = NO_DEADLINE;
  for (int i = 0; i < max_connections; i++) {
    const struct connection *c = &agent->connections[i];
    if (c->fd >= 0 && c->tunnels && c->tunnels->retry_at < next) next = c->tunnels->retry_at;
  }
  return next;
}

/* What was sent by processes that a reset has ended must not get out after it: neither what streams hold, nor who waits
 * to be accepted. */
void tunnels_reset(struct agent *agent) {
  for (int i = 0; i < max_connections; i++) {
    struct tunnels *t = agent->connections[i].fd >= 0 ? agent->connections[i].tunnels : NULL;
    if (!t) continue;
    reset_all(t, any, NULL, ECANCELED, false);
    for (size_t at = 0; at < tunnel_buckets; at++)
      for (struct endpoint *e = t->table[at]; e; e = e->next_in_bucket) listener_drain((struct listener *)e);
  }
}

void tunnels_resume(struct agent *agent) {
  for (int i = 0; i < max_connections; i++)
    if (agent->connections[i].fd >= 0 && agent->connections[i].tunnels) listeners_wake(agent->connections[i].tunnels);
}

void tunnels_close(struct connection *c) {
  struct tunnels *t = c->tunnels;
  if (!t) return;
  c->tunnels = NULL;
  reset_all(t, any, NULL, ECANCELED, true);
  for (size_t i = 0; i < tunnel_buckets; i++)
    while (t->table[i]) endpoint_remove(t->table[i]);
  close(t->epoll_fd);
  free(t);
}
