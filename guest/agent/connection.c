/* One connection: bytes to frames, the send queue, the open requests. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

static void read_frames(struct connection *c);
static void connection_end(struct connection *c);
static bool take_frame(struct connection *c);

void connection_open(struct agent *agent, int fd) {
  for (int i = 0; i < max_connections; i++) {
    struct connection *c = &agent->connections[i];
    if (c->fd >= 0) continue;
    *c = (struct connection){.agent = agent, .fd = fd, .poll_index = -1};
    return;
  }
  close(fd);
}

void connection_drop(struct connection *c) {
  c->hold_until = 0;
  while (c->requests) request_finish(c->requests);
  tunnels_close(c);
  file_listing_drop(c);
  if (c->agent->still_for == c) life_go_on(c->agent);
}

void connection_close(struct connection *c) {
  if (c->fd < 0) return;
  connection_drop(c);
  hf_buffer_free(&c->in);
  hf_buffer_free(&c->out);
  close(c->fd);
  c->fd = -1;
}

static void connection_end(struct connection *c) {
  if (c->is_port) port_hang_up(c);
  else connection_close(c);
}

/* Every frame wakes the host's side: those of a command that is over soon leave together. Nobody else's are held with them. */
static bool holds(const struct connection *c) {
  if (c->hold_until <= c->agent->now || c->out.length >= gathered_bytes || c->agent->exit_status >= 0 || c->tunnels) return false;
  for (const struct request *r = c->requests; r; r = r->next)
    if (!r->gathered) return false;
  return true;
}

uint64_t connections_deadline(const struct agent *agent) {
  uint64_t next = NO_DEADLINE;
  for (int i = 0; i < max_connections; i++) {
    const struct connection *c = &agent->connections[i];
    if (c->fd >= 0 && c->out.length > 0 && holds(c) && c->hold_until < next) next = c->hold_until;
  }
  return next;
}

void connection_prepare(struct connection *c) {
  c->poll_index = -1;
  if (c->fd < 0) return;
  short events = 0;
  if (c->out.length < max_queued_bytes) events |= POLLIN;
  if (c->out.length > 0 && !holds(c)) events |= POLLOUT;
  if (c->away_until <= c->agent->now) c->poll_index = poll_add(c->agent, c->fd, events);
  for (struct request *r = c->requests; r; r = r->next) {
    int fd = r->kind->input ? r->kind->input(r) : -1;
    r->poll_index = fd >= 0 ? poll_add(c->agent, fd, POLLIN) : -1;
  }
  tunnels_prepare(c);
}

void connection_ready(struct connection *c) {
  if (c->fd < 0) return;
  short events = poll_result(c->agent, c->poll_index);
  if (events & POLLOUT) connection_flush(c);
  connection_take_frames(c); /* which waited for room to answer */
  if (events & (POLLIN | POLLHUP | POLLERR)) read_frames(c);
  tunnels_ready(c);
  if (c->broken) connection_end(c);
}

static void read_frames(struct connection *c) {
  for (int turns = 0; turns < 4 && !c->broken && c->out.length < max_queued_bytes; turns++) {
    size_t wanted = 4096;
    if (c->in.length >= HF_HEADER_BYTES) {
      size_t whole = HF_HEADER_BYTES + hf_read_header(hf_buffer_front(&c->in)).length;
      if (whole - c->in.length > wanted) wanted = whole - c->in.length;
    }
    unsigned char *space = hf_buffer_reserve(&c->in, wanted);
    if (!space) {
      c->broken = true;
      return;
    }
    size_t room = c->in.capacity - c->in.start - c->in.length;
    ssize_t got = c->is_port ? port_read(c, space, room) : recv(c->fd, space, room, MSG_DONTWAIT);
    if (got == 0) c->broken = true;
    if (got < 0 && errno != EAGAIN && errno != EINTR) c->broken = true;
    if (got <= 0) return;
    c->in.length += (size_t)got;
    connection_take_frames(c);
    if ((size_t)got < room) return;
  }
}

void connection_take_frames(struct connection *c) {
  while (!c->broken && c->out.length < max_queued_bytes && take_frame(c)) continue;
}

/* Of a port, what is not for its connection: RESTART, and what comes before it once the connection has ended. */
static bool pass_frame(struct connection *c, struct hf_header header) {
  if (c->in.length < HF_HEADER_BYTES + header.length) return false;
  hf_buffer_consume(&c->in, HF_HEADER_BYTES + header.length);
  if (header.type == HF_RESTART && header.id == HF_RESTART_ID) port_restart(c);
  return true;
}

/* Of the relay, at any time: whether everything it sent has been taken. */
static bool asks_for_rest(struct hf_header header) {
  return header.type == HF_PING && header.id == HF_RESTART_ID;
}

/* Serves one whole frame of the input; false when there is none. A frame that cannot become valid breaks the
 * connection as soon as its header shows it. */
static bool take_frame(struct connection *c) {
  if (c->hunting) return port_hunt(c);
  if (c->in.length < HF_HEADER_BYTES) return false;
  struct hf_header header = hf_read_header(hf_buffer_front(&c->in));
  if (c->is_port && header.length > HF_MAX_PAYLOAD) return port_lost(c), false;
  if (c->hung_up || (c->is_port && header.type == HF_RESTART)) return pass_frame(c, header);
  bool may_come = c->greeted || header.type == HF_HELLO || (c->is_port && asks_for_rest(header));
  if (header.length > HF_MAX_PAYLOAD || header.id == 0 || !may_come) {
    c->broken = true;
    return false;
  }
  size_t whole = HF_HEADER_BYTES + header.length;
  if (c->in.length < whole) return false;
  if (!request_dispatch(c, header, hf_buffer_front(&c->in) + HF_HEADER_BYTES)) c->broken = true;
  hf_buffer_consume(&c->in, whole);
  if (c->in.capacity > chunk_bytes && c->in.length == 0) c->agent->trim_at = c->agent->now + 1000;
  return true;
}

void connection_flush(struct connection *c) {
  if (c->is_port) return port_flush(c);
  while (c->fd >= 0 && c->out.length > 0) {
    ssize_t sent = send(c->fd, hf_buffer_front(&c->out), c->out.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) {
      if (errno != EAGAIN) c->broken = true;
      return;
    }
    hf_buffer_consume(&c->out, (size_t)sent);
  }
  if (c->out.capacity > 4096) c->agent->trim_at = c->agent->now + 1000;
}

/* One step of every request of `c` that can take one; true when any did. */
static bool pump_requests(struct connection *c) {
  bool moved = false;
  for (struct request *r = c->requests, *next; r && !c->broken; r = next) {
    next = r->next;
    if (c->out.length >= stream_queue_bytes) break;
    if (r->kind->pump && r->kind->pump(r) != pump_idle) moved = true;
  }
  return moved;
}

/* Requests and tunnels go first by turns: who comes second may find the queue full. */
static bool pump_once(struct connection *c) {
  c->tunnels_first = !c->tunnels_first;
  bool moved = c->tunnels_first && tunnels_pump(c);
  if (pump_requests(c)) moved = true;
  if (!c->tunnels_first && tunnels_pump(c)) moved = true;
  return moved;
}

/* Moves streams on, everybody one step at a time, until nobody can or the turn has lasted long enough. */
void connections_pump(struct agent *agent) {
  bool moved = true;
  for (int rounds = 0; rounds < 16 && moved; rounds++) {
    moved = false;
    for (int i = 0; i < max_connections; i++) {
      struct connection *c = &agent->connections[i];
      if (c->fd < 0) continue;
      if (pump_once(c)) moved = true;
      if (c->out.failed) c->broken = true;
      if (!c->broken && !holds(c)) connection_flush(c);
      if (c->broken && c->is_port) moved = true; /* what came behind may be served already */
      if (c->broken) connection_end(c);
    }
  }
  agent->busy = moved;
}

struct hf_buffer *frame_open(struct connection *c, uint8_t type, uint32_t id) {
  c->frame_mark = hf_frame_begin(&c->out, type, id);
  return &c->out;
}

void frame_close(struct connection *c) {
  hf_frame_end(&c->out, c->frame_mark);
  if (c->out.failed) c->broken = true;
}

void answer_ok(struct connection *c, uint32_t id) {
  frame_open(c, HF_OK, id);
  frame_close(c);
}

void answer_error(struct connection *c, uint32_t id, int error, const char *message) {
  struct hf_buffer *out = frame_open(c, HF_ERROR, id);
  hf_put_int(out, HF_TAG_ERRNO, (uint64_t)error);
  hf_put_string(out, HF_TAG_MESSAGE, message ? message : strerror(error));
  frame_close(c);
}

void *request_new(struct connection *c, uint32_t id, const struct request_kind *kind, size_t size) {
  if (c->request_count >= max_requests) {
    answer_error(c, id, EAGAIN, "256 requests are open on this connection; end one first");
    return NULL;
  }
  struct request *request = calloc(1, size);
  if (!request) {
    answer_error(c, id, ENOMEM, NULL);
    return NULL;
  }
  request->connection = c;
  request->id = id;
  request->kind = kind;
  request->poll_index = -1;
  request->next = c->requests;
  c->requests = request;
  c->request_count++;
  return request;
}

void request_finish(struct request *request) {
  struct connection *c = request->connection;
  for (struct request **at = &c->requests; *at; at = &(*at)->next) {
    if (*at != request) continue;
    *at = request->next;
    break;
  }
  c->request_count--;
  if (!request->gathered && !request->kind->feeds) c->hold_until = 0; /* its last frame leaves now */
  if (request->kind->close) request->kind->close(request);
  free(request);
}

void request_fail(struct request *request, int error, const char *message) {
  answer_error(request->connection, request->id, error, message);
  request_finish(request);
}
