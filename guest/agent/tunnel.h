/* Connections that the host tunnels through this connection's frames (PROTOCOL.md, Tunnels).
 *
 * tunnel.c         the table of a connection's listeners and streams, its epoll, whose turn it is, their end
 * tunnel_listen.c  LISTEN, INCOMING, DATAGRAM
 * tunnel_stream.c  bytes of one stream both ways; DIAL
 * tunnel_hand.c    HANDOVER, CLAIM: the host moves a stream's bytes itself
 *
 * 1. Nothing is allocated before the first LISTEN or DIAL, and a stream's buffer only while its reader is behind.
 * 2. A stream's CLOSE is its last frame, sent exactly once; after it the id means nothing.
 * 3. Sockets are watched edge by edge: `can_read` and `can_write` stand until a call shows that they are over.
 * 4. Everybody with something to do takes one bounded step in turn.
 * 5. receive_credit + pending.length + owed == window, for each stream.
 */
#ifndef HOLDFAST_TUNNEL_H
#define HOLDFAST_TUNNEL_H

#include <netinet/in.h>

#include "internal.h"

enum {
  max_listeners = 2048,
  max_accepted = 1024,
  max_dialled = 256,
  first_window = 64 << 10,
  largest_window = 512 << 10,
  most_extra_window = 16 << 20, /* all windows of a connection together, beyond the first of each */
  max_datagram = 4096,
  datagram_peer_bytes = 6,
  tunnel_buckets = 1024,
  tunnel_retry_ms = 100,
};

struct listener;

struct endpoint {
  struct endpoint *next_in_bucket;
  struct endpoint *previous_ready, *next_ready;
  struct tunnels *tunnels;
  uint32_t id;
  int fd;
  bool is_stream, ready, can_read, can_write, finishing; /* finishing: the peer has ended, no more edges may come */
};

struct listener {
  struct endpoint endpoint;
  uint64_t credit; /* of each stream; of datagrams: what may still be sent */
  size_t most, open;
  bool datagrams;
};

enum hand_state { hand_none, hand_asked, hand_waiting, hand_claimed };

struct tunnel {
  struct endpoint endpoint;
  struct listener *listener; /* NULL: dialled */
  struct hf_buffer pending;  /* from the host, not taken by the socket yet */
  uint64_t send_credit;
  size_t receive_credit, window, owed;
  uint16_t port; /* dialled */
  bool connecting, try_next, host_ended, peer_ended;
  enum hand_state hand;
  unsigned char token[HF_TOKEN_BYTES];
};

struct tunnels {
  struct connection *connection;
  struct endpoint *table[tunnel_buckets];
  struct endpoint *first_ready, *last_ready;
  int epoll_fd, poll_index;
  size_t listeners, accepted, dialled, ready_count, extra_window;
  uint32_t last_stream;
  uint64_t retry_at; /* descriptors ran out: look again at the listeners then */
};

/* tunnel.c */
struct tunnels *tunnels_of(struct connection *c); /* made when there are none; NULL: no memory or descriptor */
bool endpoint_add(struct endpoint *endpoint, struct tunnels *tunnels, uint32_t id, uint32_t events);
bool endpoint_watch(struct endpoint *endpoint, uint32_t events);
/* Forgets, closes and frees it. */
void endpoint_remove(struct endpoint *endpoint);
/* It may have something to do: it gets a turn. */
void endpoint_wake(struct endpoint *endpoint);
void listeners_wake(struct tunnels *tunnels);
uint32_t stream_id_take(struct tunnels *tunnels);
void listener_end(struct listener *listener, int error, const char *message);

/* tunnel_listen.c, tunnel_stream.c: a turn, true when anything moved; and the host's frames, false is a violation */
bool listener_step(struct listener *listener);
/* Drops whoever waits to be taken. */
void listener_drain(struct listener *listener);
bool listener_take(struct listener *listener, uint8_t type, unsigned char *payload, size_t length);
bool tunnel_step(struct tunnel *stream);
bool tunnel_take(struct tunnel *stream, uint8_t type, unsigned char *payload, size_t length);
/* An address for IPv4 text inside 127.0.0.0/8; false for any other. */
bool loopback_address(const char *text, uint16_t port, struct sockaddr_in *address);
void tunnel_accepted(struct listener *listener, int fd, uint16_t peer_port);
/* What closes the socket next resets its connection. */
void socket_abort(int fd);
/* Ends it by a reset of its socket and, unless `silent`, tells the host why. */
void tunnel_reset(struct tunnel *stream, int error, bool silent);
/* Ends it in good order, and tells the host. */
void tunnel_close(struct tunnel *stream);

/* tunnel_hand.c */

/* HANDOVER; false is a violation. */
bool tunnel_hand_over(struct tunnel *stream, const unsigned char *token, size_t length);
/* Answers HANDOVER when nothing of the stream is under way any more, or it has begun to end. */
void tunnel_hand_step(struct tunnel *stream);
/* A frame for a stream that the host moves itself. */
bool tunnel_hand_take(struct tunnel *stream, uint8_t type, size_t length);
static inline bool is_handed(const struct tunnel *stream) { return stream->hand >= hand_waiting; }
/* The stream that waits under a token, on any connection, or NULL. */
struct tunnel *tunnels_waiting(struct agent *agent, const unsigned char *token);

#endif
