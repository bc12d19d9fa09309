/* The agent's side: a greeting, then one question at a time for a socket that it holds ready. All that comes is hostile.
 *
 * 1. An answer is to the question that is open, whole, and short; anything else is the end of this process, not only of one
 *    connection: who sends it is no agent.
 * 2. Room is made for one descriptor. More of them the kernel drops, and says so.
 * 3. A descriptor comes with the answer that it belongs to. A second one before that, or one with an answer that nobody asked
 *    for, is such an end. One whose connection was cut meanwhile is closed.
 * 4. What is taken is a TCP socket over IPv4 that does not listen; everything else is closed, and its connection refused.
 * 5. An agent that does not answer is waited for: it may stand still with its sandbox, and keeps nobody else waiting.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/frame.h"
#include "internal.h"

/* What the agent does not take at once it never will: its socket has room for many. */
static void ask(struct pump *p, uint8_t type, const void *payload, size_t length) {
  unsigned char frame[HF_HEADER_BYTES + 64];
  hf_set_u32(frame, (uint32_t)length);
  frame[4] = type;
  hf_set_u32(frame + 5, ++p->asked);
  memcpy(frame + HF_HEADER_BYTES, payload, length);
  ssize_t sent = send(p->agent, frame, HF_HEADER_BYTES + length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent != (ssize_t)(HF_HEADER_BYTES + length)) pump_end("the agent takes no question");
  p->unanswered = true;
}

void agent_greet(struct pump *p) {
  unsigned char version[13] = {HF_TAG_VERSION, 8, 0, 0, 0, HF_VERSION};
  ask(p, HF_HELLO, version, sizeof version);
}

static int option(int fd, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

/* Options of a socket cannot be those of anything else: on what is none they fail. */
static bool is_connection(int fd) {
  return option(fd, SO_DOMAIN) == AF_INET && option(fd, SO_TYPE) == SOCK_STREAM && option(fd, SO_PROTOCOL) == IPPROTO_TCP &&
         option(fd, SO_ACCEPTCONN) == 0;
}

static void refuse_arrived(struct pump *p) {
  if (p->arrived >= 0) close(p->arrived);
  p->arrived = -1;
}

static void answered(struct pump *p, struct hf_header header) {
  struct pair *pair = p->claiming;
  int fd = p->arrived;
  if (!p->unanswered || header.id != p->asked || (header.type != HF_OK && header.type != HF_ERROR))
    pump_end("the agent answers what nobody asked");
  p->unanswered = false;
  if (!p->greeted) {
    if (header.type != HF_OK || fd >= 0) pump_end("the agent does not greet");
    p->greeted = true;
    return tell_ready(p);
  }
  if (!pair) return refuse_arrived(p); /* its connection was cut meanwhile */
  p->claiming = NULL;
  if (header.type == HF_ERROR || fd < 0 || !is_connection(fd)) {
    refuse_arrived(p);
    return pair_end(p, pair, "refused", 0);
  }
  p->arrived = -1;
  pair_begin(p, pair, fd);
}

/* The whole answers among what has arrived. */
static void take_answers(struct pump *p) {
  while (p->answer_length >= HF_HEADER_BYTES) {
    struct hf_header header = hf_read_header(p->answer);
    if (header.length > longest_answer) pump_end("the agent's answer is too long");
    size_t whole = HF_HEADER_BYTES + header.length;
    if (p->answer_length < whole) return;
    answered(p, header);
    p->answer_length -= whole;
    memmove(p->answer, p->answer + whole, p->answer_length);
  }
}

static void keep_descriptor(struct pump *p, struct msghdr *message) {
  struct cmsghdr *c = CMSG_FIRSTHDR(message);
  bool is_second = p->arrived >= 0;
  if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
    refuse_arrived(p);
    memcpy(&p->arrived, CMSG_DATA(c), sizeof(int));
    if (is_second) pump_end("the agent hands over two at once");
  }
  if (message->msg_flags & MSG_CTRUNC) pump_end("the agent hands over too much");
}

/* The ordinary end of a sandbox, and of all its connections. */
_Noreturn static void agent_gone(struct pump *p) {
  for (size_t i = 0; i < most_pairs; i++)
    if (p->pairs[i].state != pair_free) pair_end(p, &p->pairs[i], "inside", ECONNRESET);
  control_flush(p);
  _exit(0);
}

void agent_ready(struct pump *p) {
  union {
    struct cmsghdr head;
    char bytes[CMSG_LEN(sizeof(int))]; /* with its padding there would be room for two */
  } control;
  struct iovec room = {p->answer + p->answer_length, sizeof p->answer - p->answer_length};
  struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
  ssize_t got = recvmsg(p->agent, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) agent_gone(p);
  keep_descriptor(p, &message);
  p->answer_length += (size_t)got;
  take_answers(p);
}

static struct pair *first_waiting(struct pump *p) {
  struct pair *first = NULL;
  for (size_t i = 0; i < most_pairs; i++)
    if (p->pairs[i].state == pair_waiting && (!first || p->pairs[i].id < first->id)) first = &p->pairs[i];
  return first;
}

void claim_next(struct pump *p) {
  struct pair *pair = p->greeted && !p->claiming && !p->unanswered ? first_waiting(p) : NULL;
  if (!pair) return;
  pair->state = pair_claimed;
  p->claiming = pair;
  ask(p, HF_CLAIM, pair->token, sizeof pair->token);
}

void claim_forget(struct pump *p, const struct pair *pair) {
  if (p->claiming == pair) p->claiming = NULL;
}
