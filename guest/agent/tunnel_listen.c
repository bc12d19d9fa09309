/* LISTEN: connections and datagrams that arrive at an address inside, told to the host.
 *
 * 1. Only addresses of 127.0.0.0/8 are listened on, and only such ones are sent to.
 * 2. At the most connections of a listener, or of all, further ones wait in the kernel's backlog.
 * 3. Datagrams wait for credit in the socket's buffer, where the kernel drops what does not fit.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "tunnel.h"

enum { backlog = 256, taken_at_once = 16, most_drained = 65536, listen_datagrams = 1 };

static int open_socket(const struct sockaddr_in *address, bool datagrams);
static void answer_port(struct listener *l);

bool loopback_address(const char *text, uint16_t port, struct sockaddr_in *address) {
  *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
  return inet_pton(AF_INET, text, &address->sin_addr) == 1 && ntohl(address->sin_addr.s_addr) >> 24 == 127;
}

void tunnel_listen(struct connection *c, uint32_t id, struct fields *f) {
  struct sockaddr_in address;
  if (!has(f, HF_TAG_PATH) || !has(f, HF_TAG_PORT) || f->ints[HF_TAG_PORT] > UINT16_MAX)
    return answer_error(c, id, EINVAL, "LISTEN needs path, and port from 0 to 65535");
  if (!loopback_address(f->strings[HF_TAG_PATH], (uint16_t)f->ints[HF_TAG_PORT], &address))
    return answer_error(c, id, EINVAL, "path is no address of 127.0.0.0/8");
  struct tunnels *t = tunnels_of(c);
  if (!t) return answer_error(c, id, errno, NULL);
  if (t->listeners == max_listeners) return answer_error(c, id, EAGAIN, "2048 listeners are open on this connection");
  struct listener *l = calloc(1, sizeof *l);
  if (!l) return answer_error(c, id, ENOMEM, NULL);
  l->credit = has(f, HF_TAG_CREDIT) ? f->ints[HF_TAG_CREDIT] : 0;
  l->most = has(f, HF_TAG_COUNT) && f->ints[HF_TAG_COUNT] < max_accepted ? (size_t)f->ints[HF_TAG_COUNT] : max_accepted;
  l->datagrams = has(f, HF_TAG_FLAGS) && f->ints[HF_TAG_FLAGS] & listen_datagrams;
  l->endpoint.fd = open_socket(&address, l->datagrams);
  if (l->endpoint.fd < 0 || !endpoint_add(&l->endpoint, t, id, EPOLLIN)) {
    int error = errno;
    if (l->endpoint.fd >= 0) close(l->endpoint.fd);
    free(l);
    return answer_error(c, id, error, NULL);
  }
  t->listeners++;
  answer_port(l);
}

static int open_socket(const struct sockaddr_in *address, bool datagrams) {
  int fd = socket(AF_INET, (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  if (fd < 0) return -1;
  bool done = true;
  /* For datagrams it would let others take the port. Accepted sockets inherit both options. */
  if (!datagrams)
    done = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
           setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0;
  done = done && bind(fd, (const struct sockaddr *)address, sizeof *address) == 0;
  if (done && !datagrams) done = listen(fd, backlog) == 0;
  if (done) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* The port is news to a host that asked for 0. */
static void answer_port(struct listener *l) {
  struct connection *c = l->endpoint.tunnels->connection;
  struct sockaddr_in bound = {0};
  socklen_t length = sizeof bound;
  getsockname(l->endpoint.fd, (struct sockaddr *)&bound, &length);
  hf_put_int(frame_open(c, HF_OK, l->endpoint.id), HF_TAG_PORT, ntohs(bound.sin_port));
  frame_close(c);
}

/* Takes one connection; false when there is none, or none can be taken now. */
static bool accept_one(struct listener *l) {
  struct tunnels *t = l->endpoint.tunnels;
  struct sockaddr_in peer = {0};
  socklen_t length = sizeof peer;
  if (l->open >= l->most || t->accepted == max_accepted) return false;
  int fd = accept4(l->endpoint.fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    tunnel_accepted(l, fd, ntohs(peer.sin_port));
    return true;
  }
  if (errno == ECONNABORTED || errno == EINTR) return true;
  if (errno == EAGAIN) l->endpoint.can_read = false;
  else t->retry_at = t->connection->agent->now + tunnel_retry_ms;
  return false;
}

/* Takes one datagram, or drops one that is too long or has no address to answer to. */
static bool receive_one(struct listener *l) {
  struct connection *c = l->endpoint.tunnels->connection;
  struct sockaddr_in peer = {0};
  socklen_t length = sizeof peer;
  size_t before = c->out.length, most = datagram_peer_bytes + max_datagram;
  if (l->credit < most) return false;
  struct hf_buffer *out = frame_open(c, HF_DATAGRAM, l->endpoint.id);
  unsigned char *space = hf_buffer_reserve(out, most);
  if (!space) return c->broken = true, false;
  ssize_t got = recvfrom(l->endpoint.fd, space + datagram_peer_bytes, max_datagram, MSG_TRUNC, (struct sockaddr *)&peer, &length);
  if (got < 0 && errno == EAGAIN) l->endpoint.can_read = false;
  bool good = got >= 0 && got <= max_datagram && ntohl(peer.sin_addr.s_addr) >> 24 == 127 && peer.sin_port != 0;
  if (good) {
    memcpy(space, &peer.sin_addr, 4);
    memcpy(space + 4, &peer.sin_port, 2);
    out->length += datagram_peer_bytes + (size_t)got;
    l->credit -= datagram_peer_bytes + (size_t)got;
    frame_close(c);
  } else out->length = before;
  return l->endpoint.can_read;
}

/* While the sandbox is being reset nobody is taken; who waits then is dropped at its end. */
bool listener_step(struct listener *l) {
  struct connection *c = l->endpoint.tunnels->connection;
  int taken = 0;
  if (c->agent->resetting || !l->endpoint.can_read) return false;
  while (taken < taken_at_once && !c->broken && (l->datagrams ? receive_one(l) : accept_one(l))) taken++;
  if (taken == taken_at_once) endpoint_wake(&l->endpoint);
  return taken > 0;
}

void listener_drain(struct listener *l) {
  for (int i = 0; i < most_drained; i++) {
    unsigned char byte;
    int fd = l->datagrams ? -1 : accept4(l->endpoint.fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
      socket_abort(fd);
      close(fd);
    } else if (!l->datagrams || recv(l->endpoint.fd, &byte, 1, 0) < 0) return;
  }
}

static bool answer_datagram(struct listener *l, const unsigned char *payload, size_t length) {
  struct sockaddr_in peer = {.sin_family = AF_INET};
  if (!l->datagrams || length < datagram_peer_bytes || length > datagram_peer_bytes + max_datagram) return false;
  memcpy(&peer.sin_addr, payload, 4);
  memcpy(&peer.sin_port, payload + 4, 2);
  if (ntohl(peer.sin_addr.s_addr) >> 24 != 127 || peer.sin_port == 0) return false;
  /* One that cannot be sent is lost, as datagrams are. */
  sendto(l->endpoint.fd, payload + datagram_peer_bytes, length - datagram_peer_bytes, MSG_DONTWAIT | MSG_NOSIGNAL,
         (struct sockaddr *)&peer, sizeof peer);
  return true;
}

bool listener_take(struct listener *l, uint8_t type, unsigned char *payload, size_t length) {
  switch (type) {
    case HF_CANCEL:
      if (length != 0) return false;
      listener_end(l, ECANCELED, "cancelled");
      return true;
    case HF_CREDIT:
      if (length != 4 || !l->datagrams || l->credit > UINT64_MAX / 2) return false;
      l->credit += hf_get_u32(payload);
      if (l->endpoint.can_read) endpoint_wake(&l->endpoint);
      return true;
    case HF_DATAGRAM: return answer_datagram(l, payload, length);
    default: return false;
  }
}
