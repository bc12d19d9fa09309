/* Drives the pump with a hostile agent, whose bytes and descriptors it takes, and programs that play with what they share.
 *
 * The input is a list of steps: a byte says who does what, the next how much of what follows it belongs to it. Checked after
 * each: what a direction says it holds lies in its pipe, and it has one for nothing else; at the end, that every descriptor was
 * closed. What would end the pump ends the run. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../pump/internal.h"
#include "network.h"

enum { most_played = 8, most_handed = 3 };

static struct pump pump;
static jmp_buf over;
static int agent_end, gateway_end, listener, played[most_played];
static size_t played_count;
static uint32_t ids;

void pump_end(const char *why) { (void)why, longjmp(over, 1); }
uint64_t pump_now(void) { return pump.now; }

bool pump_watch(struct pump *p, int fd, uint32_t events, uint64_t event) {
  struct epoll_event wanted = {.events = events, .data.u64 = event};
  return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &wanted) == 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  network_leave();
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(80)};
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 64) < 0) abort();
  return 0;
}

/* One end of a connection; the other is played with. */
static int connection(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(80)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  /* The fuzzer's own timer interrupts; then the connection goes on being made. */
  while (connect(fd, (struct sockaddr *)&at, sizeof at) < 0 && errno != EISCONN)
    if (errno != EINTR && errno != EALREADY) abort();
  int other = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (other < 0) abort();
  fcntl(fd, F_SETFL, O_NONBLOCK);
  int *place = &played[played_count++ % most_played];
  if (*place >= 0) close(*place);
  *place = other;
  return fd;
}

static int descriptor(unsigned kind) {
  int pair[2] = {-1, -1};
  switch (kind % 6) {
    case 0: return connection();
    case 1: return dup(listener);
    case 2: return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    case 3: return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    case 4:
      if (pipe2(pair, O_CLOEXEC) == 0) close(pair[1]);
      return pair[0];
    default: return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  }
}

static void say(int fd, const void *bytes, size_t length, const int *handed, size_t count) {
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(most_handed * sizeof(int))];
  } control = {0};
  struct iovec part = {(void *)bytes, length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (length == 0) return;
  if (count > 0) {
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(count * sizeof(int))};
    memcpy(CMSG_DATA(&control.head), handed, count * sizeof(int));
  }
  sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* What an honest agent would answer, with whatever descriptor. */
static void answer(unsigned kind) {
  unsigned char frame[HF_HEADER_BYTES] = {0, 0, 0, 0, HF_OK, (unsigned char)pump.asked, (unsigned char)(pump.asked >> 8)};
  int fd = pump.greeted ? descriptor(kind) : -1;
  say(agent_end, frame, sizeof frame, &fd, fd >= 0);
  if (fd >= 0) close(fd);
}

static void give(void) {
  char line[128];
  int fd = connection();
  int length = snprintf(line, sizeof line, "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":\"open %u %032u\"}\n", ++ids, ids);
  say(gateway_end, line, (size_t)length, &fd, 1);
  close(fd);
}

static void word(unsigned kind) {
  static const char *const words[] = {"\"up %u\"\n", "\"up %u\"\n", "\"cut %u\"\n", "\"lost %u 104\"\n"};
  char line[32];
  unsigned id = ids - kind / 4;
  if (id > 0 && id <= ids) say(gateway_end, line, (size_t)snprintf(line, sizeof line, words[kind % 4], id), NULL, 0);
}

static void play(unsigned how, const uint8_t *bytes, size_t length) {
  int *fd = &played[how % most_played];
  if (*fd < 0) return;
  unsigned char taken[4096];
  if (recv(*fd, taken, sizeof taken, MSG_DONTWAIT) < 0 && how & 64) shutdown(*fd, SHUT_WR);
  send(*fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (how & 128) close(*fd), *fd = -1;
}

static void check(void) {
  for (size_t i = 0; i < most_pairs; i++)
    for (int side = 0; side < 2; side++) {
      const struct way *way = &pump.pairs[i].ways[side];
      int lies = 0;
      if (way->pipe[0] >= 0 && ioctl(way->pipe[0], FIONREAD, &lies) < 0) abort();
      if ((way->pipe[0] >= 0) != (way->held > 0) || way->held != (size_t)lies || way->held > way->moved) abort();
    }
  if (pump.line_length > sizeof pump.line || pump.answer_length > sizeof pump.answer || pump.out_length > sizeof pump.out) abort();
}

static void turn(void) {
  struct epoll_event events[2 * most_pairs];
  char told[4096];
  control_ready(&pump);
  agent_ready(&pump);
  int count = epoll_wait(pump.epoll, events, 2 * most_pairs, 0);
  for (int i = 0; i < count; i++) pair_event(&pump, events[i].data.u64 - event_pairs, events[i].events);
  for (size_t i = 0; i < most_pairs; i++)
    if (pump.pairs[i].state == pair_open) pair_step(&pump, &pump.pairs[i]);
  claim_next(&pump);
  tell_moved(&pump);
  control_flush(&pump);
  while (recv(gateway_end, told, sizeof told, MSG_DONTWAIT) > 0) continue;
  check();
  pump.now++;
}

static void run(const uint8_t *data, size_t size) {
  agent_greet(&pump);
  for (size_t at = 0; at + 1 < size;) {
    unsigned step = data[at] & 7, kind = data[at] >> 3, length = data[at + 1];
    at += 2;
    if (length > size - at) length = (unsigned)(size - at);
    int handed[most_handed];
    size_t count = step == 1 ? 1 + kind / 6 % most_handed : 0;
    for (size_t i = 0; i < count; i++) handed[i] = descriptor(kind + (unsigned)i);
    if (step < 2) say(agent_end, data + at, length, handed, count);
    for (size_t i = 0; i < count; i++) close(handed[i]);
    if (step == 2) give();
    if (step == 3) word(kind);
    if (step == 4 || step == 5) answer(step == 4 ? 0 : kind);
    if (step == 6) play(length, data + at, length);
    if (step == 7) pump.now += kind * 1000;
    if (step < 2 || step == 6) at += length;
    turn();
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int agent[2], gateway[2], before = dup(0);
  close(before);
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, agent) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, gateway) < 0) abort();
  pump = (struct pump){.epoll = epoll_create1(EPOLL_CLOEXEC), .agent = agent[0], .control = gateway[0], .given = -1, .arrived = -1};
  pair_free_all(&pump);
  agent_end = agent[1];
  gateway_end = gateway[1];
  memset(played, -1, sizeof played);
  played_count = ids = 0;
  if (setjmp(over) == 0) run(data, size);
  for (size_t i = 0; i < most_pairs; i++) {
    pump.out_length = 0;
    if (pump.pairs[i].state != pair_free) pair_end(&pump, &pump.pairs[i], "cut", 0);
  }
  for (size_t i = 0; i < most_played; i++)
    if (played[i] >= 0) close(played[i]);
  while (pump.pipe_count > 0) pump.pipe_count--, close(pump.pipes[pump.pipe_count][0]), close(pump.pipes[pump.pipe_count][1]);
  if (pump.given >= 0) close(pump.given);
  if (pump.arrived >= 0) close(pump.arrived);
  close(pump.epoll);
  for (int i = 0; i < 2; i++) close(agent[i]), close(gateway[i]);
  int after = dup(0);
  if (after != before) abort();
  close(after);
  return 0;
}
