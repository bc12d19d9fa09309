/* Bytes of one stream, both ways: straight from the socket into the send queue, straight from the received frame into the
 * socket. Neighbours: tunnel_listen.c accepts streams; DIAL makes them here.
 *
 * 1. What the socket does not take at once waits in `pending`, never more than the credit the host was given.
 * 2. A window grows only while its bytes are taken as they come, so that a reader who has stopped costs a first window.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tunnel.h"

static const uint32_t stream_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP;

static struct tunnel *tunnel_new(int fd, uint64_t credit);
static int dial(const struct sockaddr *address, socklen_t length);
static bool connected(struct tunnel *s);

/* ---- beginning ---- */

static struct tunnel *tunnel_new(int fd, uint64_t credit) {
  struct tunnel *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->endpoint.fd = fd;
  s->endpoint.is_stream = true;
  s->send_credit = credit;
  s->window = s->receive_credit = first_window;
  return s;
}

void tunnel_accepted(struct listener *l, int fd, uint16_t peer_port) {
  struct tunnels *t = l->endpoint.tunnels;
  struct connection *c = t->connection;
  struct tunnel *s = tunnel_new(fd, l->credit);
  if (!s || !endpoint_add(&s->endpoint, t, stream_id_take(t), stream_events)) {
    free(s);
    close(fd);
    return;
  }
  s->listener = l;
  l->open++;
  t->accepted++;
  struct hf_buffer *out = frame_open(c, HF_INCOMING, l->endpoint.id);
  hf_put_int(out, HF_TAG_STREAM, s->endpoint.id);
  hf_put_int(out, HF_TAG_PORT, peer_port);
  hf_put_int(out, HF_TAG_CREDIT, first_window);
  frame_close(c);
}

static int dial(const struct sockaddr *address, socklen_t length) {
  int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  if (fd < 0) return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(fd, address, length) == 0 || errno == EINPROGRESS) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static int dial_v6(uint16_t port) {
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  return dial((struct sockaddr *)&address, sizeof address);
}

static int dial_v4(const struct sockaddr_in *address) { return dial((const struct sockaddr *)address, sizeof *address); }

void tunnel_dial(struct connection *c, uint32_t id, struct fields *f) {
  struct sockaddr_in address;
  if (!has(f, HF_TAG_PORT) || f->ints[HF_TAG_PORT] == 0 || f->ints[HF_TAG_PORT] > UINT16_MAX)
    return answer_error(c, id, EINVAL, "DIAL needs port from 1 to 65535");
  uint16_t port = (uint16_t)f->ints[HF_TAG_PORT];
  const char *path = has(f, HF_TAG_PATH) ? f->strings[HF_TAG_PATH] : NULL;
  bool six = path && strcmp(path, "::1") == 0;
  if (!six && !loopback_address(path ? path : "127.0.0.1", port, &address))
    return answer_error(c, id, EINVAL, "path is no address of 127.0.0.0/8, nor ::1");
  struct tunnels *t = tunnels_of(c);
  if (!t) return answer_error(c, id, errno, NULL);
  if (t->dialled == max_dialled) return answer_error(c, id, EAGAIN, "256 dialled connections are open on this connection");
  int fd = six ? dial_v6(port) : dial_v4(&address);
  if (fd < 0 && !path && errno == ECONNREFUSED) fd = dial_v6(port);
  struct tunnel *s = fd >= 0 ? tunnel_new(fd, has(f, HF_TAG_CREDIT) ? f->ints[HF_TAG_CREDIT] : 0) : NULL;
  if (!s || !endpoint_add(&s->endpoint, t, id, stream_events)) {
    int error = errno;
    free(s);
    if (fd >= 0) close(fd);
    return answer_error(c, id, error, NULL);
  }
  s->connecting = true;
  s->try_next = !path;
  s->port = port;
  t->dialled++;
}

/* ---- end ---- */

/* Releases it; what the host is told has been queued. */
static void discard(struct tunnel *s) {
  struct tunnels *t = s->endpoint.tunnels;
  struct listener *l = s->listener;
  t->extra_window -= s->window - first_window;
  if (l) {
    bool crowded = t->accepted-- == max_accepted;
    l->open--;
    if (crowded) listeners_wake(t);
    else if (l->endpoint.can_read) endpoint_wake(&l->endpoint);
  } else t->dialled--;
  hf_buffer_free(&s->pending);
  endpoint_remove(&s->endpoint);
}

static void tell_close(struct tunnel *s, int error) {
  struct connection *c = s->endpoint.tunnels->connection;
  if (s->connecting) return answer_error(c, s->endpoint.id, error, NULL);
  struct hf_buffer *out = frame_open(c, HF_CLOSE, s->endpoint.id);
  if (error) hf_put_int(out, HF_TAG_ERRNO, (uint64_t)error);
  frame_close(c);
}

void socket_abort(int fd) {
  struct linger now = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Closing resets nothing while the host holds the same socket: to connect it to nowhere does. */
static void socket_disconnect(int fd) {
  struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
  connect(fd, &nowhere, sizeof nowhere);
}

void tunnel_reset(struct tunnel *s, int error, bool silent) {
  socket_abort(s->endpoint.fd);
  if (is_handed(s)) socket_disconnect(s->endpoint.fd);
  if (!silent) tell_close(s, error);
  discard(s);
}

void tunnel_close(struct tunnel *s) {
  tell_close(s, 0);
  discard(s);
}

/* True when both directions have ended: then it is gone. */
static bool finished(struct tunnel *s) {
  if (!s->peer_ended || !s->host_ended || s->pending.length > 0) return false;
  tunnel_close(s);
  return true;
}

/* ---- from the host ---- */

/* The host may send again what the socket took, told in portions. */
static void give_credit(struct tunnel *s, size_t taken) {
  struct tunnels *t = s->endpoint.tunnels;
  struct connection *c = t->connection;
  s->owed += taken;
  if (s->owed < s->window / 4 || s->host_ended) return;
  size_t more = s->owed;
  if (s->pending.length == 0 && s->window < largest_window && t->extra_window + s->window <= most_extra_window) {
    more += s->window;
    t->extra_window += s->window;
    s->window *= 2;
  }
  s->owed = 0;
  s->receive_credit += more;
  unsigned char credit[4];
  hf_set_u32(credit, (uint32_t)more);
  hf_buffer_append(frame_open(c, HF_CREDIT, s->endpoint.id), credit, sizeof credit);
  frame_close(c);
}

/* How many bytes the socket took; -1 when it is broken, and with it the stream gone. */
static ssize_t put(struct tunnel *s, const unsigned char *bytes, size_t length) {
  ssize_t sent = send(s->endpoint.fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return tunnel_reset(s, errno, false), -1;
  if (sent < (ssize_t)length) s->endpoint.can_write = false;
  return sent < 0 ? 0 : sent;
}

static bool take_data(struct tunnel *s, const unsigned char *bytes, size_t length) {
  if (length == 0 || length > s->receive_credit || s->connecting || s->host_ended || s->hand) return false;
  s->receive_credit -= length;
  ssize_t sent = s->pending.length == 0 ? put(s, bytes, length) : 0;
  if (sent < 0) return true;
  hf_buffer_append(&s->pending, bytes + sent, length - (size_t)sent);
  if (s->pending.failed) return tunnel_reset(s, ENOMEM, false), true;
  give_credit(s, (size_t)sent);
  return true;
}

static bool take_end(struct tunnel *s) {
  if (s->connecting || s->host_ended || s->hand) return false;
  s->host_ended = true;
  if (s->pending.length == 0) shutdown(s->endpoint.fd, SHUT_WR);
  finished(s);
  return true;
}

bool tunnel_take(struct tunnel *s, uint8_t type, unsigned char *payload, size_t length) {
  if (is_handed(s)) return tunnel_hand_take(s, type, length);
  switch (type) {
    case HF_DATA: return take_data(s, payload, length);
    case HF_END: return take_end(s);
    case HF_CREDIT:
      if (length != 4 || s->send_credit > UINT64_MAX / 2) return false;
      s->send_credit += hf_get_u32(payload);
      if (s->endpoint.can_read) endpoint_wake(&s->endpoint);
      return true;
    case HF_HANDOVER: return tunnel_hand_over(s, payload, length);
    case HF_CANCEL:
    case HF_CLOSE: return tunnel_reset(s, ECANCELED, false), true;
    default: return false;
  }
}

/* ---- a turn ---- */

/* Says OK once the connection stands; false when it does not, yet or ever (then the stream is gone). */
static bool connected(struct tunnel *s) {
  struct connection *c = s->endpoint.tunnels->connection;
  struct sockaddr_in6 own = {0}; /* the port lies at the same place in both families */
  socklen_t length = sizeof(int);
  int error = 0;
  if (!s->endpoint.can_write) return false;
  getsockopt(s->endpoint.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == ECONNREFUSED && s->try_next) {
    int fd = dial_v6(s->port);
    s->try_next = false;
    if (fd >= 0) {
      epoll_ctl(s->endpoint.tunnels->epoll_fd, EPOLL_CTL_DEL, s->endpoint.fd, NULL);
      close(s->endpoint.fd);
      s->endpoint.fd = fd;
      s->endpoint.can_read = s->endpoint.can_write = s->endpoint.finishing = false;
      if (endpoint_watch(&s->endpoint, stream_events)) return false;
      error = errno;
    }
  }
  if (error) return tunnel_reset(s, error, false), false;
  length = sizeof own;
  getsockname(s->endpoint.fd, (struct sockaddr *)&own, &length);
  s->connecting = false;
  struct hf_buffer *out = frame_open(c, HF_OK, s->endpoint.id);
  hf_put_string(out, HF_TAG_PATH, own.sin6_family == AF_INET6 ? "::1" : "127.0.0.1");
  hf_put_int(out, HF_TAG_PORT, ntohs(own.sin6_port));
  hf_put_int(out, HF_TAG_CREDIT, first_window);
  frame_close(c);
  return true;
}

/* Sends what waited for the socket; false when the stream is gone. */
static bool flush(struct tunnel *s) {
  ssize_t sent = put(s, hf_buffer_front(&s->pending), s->pending.length);
  if (sent < 0) return false;
  hf_buffer_consume(&s->pending, (size_t)sent);
  if (s->pending.length == 0) {
    hf_buffer_free(&s->pending);
    if (s->host_ended) shutdown(s->endpoint.fd, SHUT_WR);
  }
  give_credit(s, (size_t)sent);
  tunnel_hand_step(s);
  return !finished(s);
}

/* Reads once, straight into the send queue; false when the stream is gone. */
static bool fetch(struct tunnel *s) {
  struct connection *c = s->endpoint.tunnels->connection;
  size_t wanted = s->send_credit < chunk_bytes ? (size_t)s->send_credit : chunk_bytes, before = c->out.length;
  struct hf_buffer *out = frame_open(c, HF_DATA, s->endpoint.id);
  unsigned char *space = hf_buffer_reserve(out, wanted);
  if (!space) return c->broken = true, true;
  ssize_t got = recv(s->endpoint.fd, space, wanted, MSG_DONTWAIT);
  int error = errno;
  if (got > 0) {
    out->length += (size_t)got;
    frame_close(c);
    s->send_credit -= (uint64_t)got;
    /* Less than asked for is all there was, unless the end is there too. */
    if ((size_t)got < wanted && !s->endpoint.finishing) s->endpoint.can_read = false;
    return true;
  }
  out->length = before;
  if (got < 0 && error == EINTR) return true;
  s->endpoint.can_read = false;
  if (got < 0 && error == EAGAIN) return true;
  if (got < 0) return tunnel_reset(s, error, false), false;
  s->peer_ended = true;
  frame_open(c, HF_END, s->endpoint.id);
  frame_close(c);
  tunnel_hand_step(s);
  return !finished(s);
}

/* A reset is told at once, also to a host that gives no credit. */
static bool broken(struct tunnel *s) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(s->endpoint.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error) tunnel_reset(s, error, false);
  return error != 0;
}

bool tunnel_step(struct tunnel *s) {
  struct endpoint *e = &s->endpoint;
  if (is_handed(s)) return false;
  if (s->connecting && !connected(s)) return true;
  bool moved = false;
  if (s->pending.length > 0 && e->can_write) {
    if (!flush(s) || is_handed(s)) return true;
    moved = true;
  }
  if (e->can_read && !s->peer_ended && s->send_credit > 0) {
    if (!fetch(s)) return true;
    moved = true;
  } else if (e->finishing && (e->can_read || s->peer_ended) && broken(s)) return true;
  bool reads = e->can_read && !s->peer_ended && s->send_credit > 0;
  if (reads || (s->pending.length > 0 && e->can_write)) endpoint_wake(e);
  return moved;
}
