/* HANDOVER and CLAIM: the host moves a stream's bytes itself, over the stream's own socket.
 *
 * 1. HANDOVER is answered when nothing is under way any more: all that was read has been sent before the answer, all that
 *    was received the socket has taken. A stream that has begun to end goes on as it was.
 * 2. The socket is not watched from then on, but kept: this process can still reset the connection, and does where it would
 *    have reset the stream.
 * 3. It is given away once, over a connection that can carry it, to whoever names the token.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "tunnel.h"

bool tunnel_hand_over(struct tunnel *s, const unsigned char *token, size_t length) {
  if (length != sizeof s->token || s->connecting || s->host_ended || s->hand) return false;
  memcpy(s->token, token, sizeof s->token);
  s->hand = hand_asked;
  tunnel_hand_step(s);
  return true;
}

void tunnel_hand_step(struct tunnel *s) {
  struct connection *c = s->endpoint.tunnels->connection;
  int error = s->peer_ended ? EPIPE : c->is_port ? ENOTSUP : 0;
  if (s->hand != hand_asked || (!error && s->pending.length > 0)) return;
  s->hand = error ? hand_none : hand_waiting;
  if (!error) epoll_ctl(s->endpoint.tunnels->epoll_fd, EPOLL_CTL_DEL, s->endpoint.fd, NULL);
  struct hf_buffer *out = frame_open(c, HF_HANDOVER, s->endpoint.id);
  if (error) hf_put_int(out, HF_TAG_ERRNO, (uint64_t)error);
  frame_close(c);
}

/* Credit may have been under way. END says that both directions have ended. */
bool tunnel_hand_take(struct tunnel *s, uint8_t type, size_t length) {
  switch (type) {
    case HF_CREDIT: return length == 4;
    case HF_END: return tunnel_close(s), true;
    case HF_CANCEL:
    case HF_CLOSE: return tunnel_reset(s, ECANCELED, false), true;
    default: return false;
  }
}

/* With the first byte of the answer; 0, or why not. Nothing may wait to be sent before it. */
static int send_socket(struct connection *c, uint32_t id, int fd) {
  unsigned char answer[HF_HEADER_BYTES] = {0, 0, 0, 0, HF_OK};
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct iovec part = {answer, sizeof answer};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  hf_set_u32(answer + 5, id);
  control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
  memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
  ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return errno;
  hf_buffer_append(&c->out, answer + sent, sizeof answer - (size_t)sent);
  return 0;
}

bool stream_claim(struct connection *c, uint32_t id, const unsigned char *token, size_t length) {
  if (id >> 31 || length != HF_TOKEN_BYTES) return false;
  struct tunnel *s = tunnels_waiting(c->agent, token);
  if (!s) return answer_error(c, id, ENOENT, "no stream waits under this token"), true;
  if (c->is_port) return answer_error(c, id, ENOTSUP, "a port carries no socket"), true;
  connection_flush(c);
  int error = c->out.length > 0 ? EAGAIN : send_socket(c, id, s->endpoint.fd);
  if (error) answer_error(c, id, error, NULL);
  else s->hand = hand_claimed;
  return true;
}
