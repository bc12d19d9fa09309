/* The gateway's side: Node's own channel to a child, lines of JSON, a socket with some of them. What this process is told is
 * the gateway's word; what is no such word ends it all the same.
 *
 *   {"cmd":"NODE_HANDLE",...,"msg":"open ID TOKEN"}   with a connected socket: carry what comes from it to the one that waits
 *                                                     under TOKEN
 *   "open ID TOKEN"                                   the same, but the socket broke before it was sent: refused
 *   "up ID"                                           carry what comes from the other one, too
 *   "lost ID NUMBER"                                  the socket broke in the gateway's hands, which have this error of it
 *   "cut ID"                                          end it now
 *   "beat"                                            the gateway lives
 *
 * It answers {"cmd":"NODE_HANDLE_ACK"} to a socket, without which Node sends no second, and tells
 *
 *   {"pump":"ready"}
 *   {"pump":"moved","id":ID,"up":BYTES,"down":BYTES}
 *   {"pump":"ended","id":ID,"up":BYTES,"down":BYTES,"why":WHY,"errno":NUMBER}
 *
 * WHY is `ended`; `cut`; `refused`, the agent had no socket for it; `blocked`; `inside`, `outside`, which broke; `here`, there
 * was no room. The last three have an errno.
 *
 * 1. An end is always told: it has room behind whatever else waits.
 * 2. A socket belongs to the line it came with, and to no other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

enum { longest_told = 256, room_for_ends = (most_pairs + 1) * longest_told };

static void tell(struct pump *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void tell(struct pump *p, const char *format, ...) {
  va_list values;
  size_t room = sizeof p->out - p->out_length;
  va_start(values, format);
  int length = vsnprintf(p->out + p->out_length, room, format, values);
  va_end(values);
  if (length < 0 || (size_t)length >= room) pump_end("the gateway does not listen");
  p->out_length += (size_t)length;
}

void control_flush(struct pump *p) {
  if (p->out_length == 0) return;
  ssize_t sent = send(p->control, p->out, p->out_length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) _exit(0);
  if (sent <= 0) return;
  p->out_length -= (size_t)sent;
  memmove(p->out, p->out + sent, p->out_length);
}

void tell_ready(struct pump *p) { tell(p, "{\"pump\":\"ready\"}\n"); }

void tell_ended(struct pump *p, const struct pair *pair, const char *why, int error) {
  tell(p, "{\"pump\":\"ended\",\"id\":%u,\"up\":%llu,\"down\":%llu,\"why\":\"%s\",\"errno\":%d}\n", pair->id,
       (unsigned long long)pair->ways[inside].moved, (unsigned long long)pair->ways[outside].moved, why, error);
}

static bool untold(const struct pair *pair) {
  if (pair->state != pair_open) return false;
  return pair->ways[inside].told != pair->ways[inside].moved || pair->ways[outside].told != pair->ways[outside].moved;
}

bool is_untold(const struct pump *p) {
  for (size_t i = 0; i < most_pairs; i++)
    if (untold(&p->pairs[i])) return true;
  return p->out_length > 0;
}

void tell_moved(struct pump *p) {
  p->told_at = p->now;
  for (size_t i = 0; i < most_pairs; i++) {
    struct pair *pair = &p->pairs[i];
    if (!untold(pair) || sizeof p->out - p->out_length < room_for_ends) continue;
    tell(p, "{\"pump\":\"moved\",\"id\":%u,\"up\":%llu,\"down\":%llu}\n", pair->id,
         (unsigned long long)pair->ways[inside].moved, (unsigned long long)pair->ways[outside].moved);
    for (int way = 0; way < 2; way++) pair->ways[way].told = pair->ways[way].moved;
  }
}

static uint32_t take_id(char **words) {
  unsigned long id = strtoul(*words, words, 10);
  if (id == 0 || id > UINT32_MAX) pump_end("the gateway's words are unknown");
  return (uint32_t)id;
}

/* "ID TOKEN" */
static void take_open(struct pump *p, char *words, bool has_socket) {
  struct pair nobody = {.id = take_id(&words)};
  if (*words++ != ' ' || strlen(words) != HF_TOKEN_BYTES) pump_end("the gateway's words are unknown");
  if (!has_socket) return tell_ended(p, &nobody, "here", EBADF);
  int fd = p->given;
  p->given = -1;
  tell(p, "{\"cmd\":\"NODE_HANDLE_ACK\"}\n");
  if (pair_take(p, nobody.id, fd, words)) return;
  close(fd);
  tell_ended(p, &nobody, "here", EMFILE);
}

/* Of what has ended meanwhile that was told. */
static void take_word(struct pump *p, char *words) {
  bool is_up = strncmp(words, "up ", 3) == 0, is_lost = strncmp(words, "lost ", 5) == 0;
  if (!is_up && !is_lost && strncmp(words, "cut ", 4) != 0) pump_end("the gateway's words are unknown");
  words += is_up ? 3 : is_lost ? 5 : 4;
  struct pair *pair = pair_find(p, take_id(&words));
  int error = is_lost ? atoi(words) : 0;
  if (is_lost && error <= 0) pump_end("the gateway's words are unknown");
  if (!pair) return;
  if (is_up) pair->ways[inside].waits = false;
  else if (is_lost) pair_broke(p, pair, outside, error);
  else pair_end(p, pair, "cut", 0);
}

/* One line: a string, or an object with one under "msg" and a socket. */
static void take_line(struct pump *p, char *line) {
  static const char handle[] = "{\"cmd\":\"NODE_HANDLE\",", name[] = "\"msg\":\"";
  bool has_socket = strncmp(line, handle, sizeof handle - 1) == 0;
  char *words = has_socket ? strstr(line, name) : line;
  if (words) words += has_socket ? sizeof name - 1 : 1;
  char *end = words && (has_socket || *line == '"') ? strchr(words, '"') : NULL;
  if (!end || (has_socket && p->given < 0)) pump_end("the gateway's words are unknown");
  *end = 0;
  if (strncmp(words, "open ", 5) == 0) take_open(p, words + 5, has_socket);
  else if (has_socket) pump_end("the gateway hands over what is for nothing");
  else if (strcmp(words, "beat") != 0) take_word(p, words);
}

static void keep_descriptor(struct pump *p, struct msghdr *message) {
  struct cmsghdr *c = CMSG_FIRSTHDR(message);
  if (message->msg_flags & MSG_CTRUNC) pump_end("the gateway hands over too much");
  if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) return;
  if (p->given >= 0) pump_end("the gateway hands over two at once");
  memcpy(&p->given, CMSG_DATA(c), sizeof(int));
}

static void take_lines(struct pump *p) {
  char *end;
  while ((end = memchr(p->line, '\n', p->line_length))) {
    size_t whole = (size_t)(end - p->line) + 1;
    *end = 0;
    take_line(p, p->line);
    p->line_length -= whole;
    memmove(p->line, p->line + whole, p->line_length);
  }
  if (p->line_length == sizeof p->line) pump_end("the gateway's line is too long");
  if (p->line_length == 0 && p->given >= 0) pump_end("the gateway hands over what is for nothing");
}

void control_ready(struct pump *p) {
  union {
    struct cmsghdr head;
    char bytes[CMSG_LEN(sizeof(int))]; /* with its padding there would be room for two */
  } control;
  for (;;) {
    struct iovec room = {p->line + p->line_length, sizeof p->line - p->line_length};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(p->control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) _exit(0); /* the gateway has ended, or needs this no more */
    p->heard_at = p->now;
    keep_descriptor(p, &message);
    p->line_length += (size_t)got;
    take_lines(p);
  }
}
