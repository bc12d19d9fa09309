/* Drives one pair of the bridge between a hostile client and a hostile Firecracker.
 *
 * The input is a list of steps: a byte says who does what, the next how much of what follows it sends, or how much time passes.
 * Checked after each: neither queue grows past its bound, Firecracker is sent the greeting and then what the client sent, and the client
 * is sent what stood behind the answer's end of line, byte for byte.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../bridge/bridge.h"

enum { most_queued = 128 << 10, most_said = 16 << 10, port = 1024 };

struct said {
  unsigned char bytes[most_said];
  size_t length, seen; /* how much of it the other side has got */
};

static int listener = -1;
static const char path[] = "vsock"; /* where it is run */
static uint64_t now;

uint64_t bridge_now(void) { return now; }

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strcpy(address.sun_path, path);
  unlink(path);
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0) abort();
  return 0;
}

static void say(int fd, struct said *said, const uint8_t *bytes, size_t length) {
  if (fd < 0 || length > most_said - said->length) return;
  ssize_t sent = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent <= 0) return;
  memcpy(said->bytes + said->length, bytes, (size_t)sent);
  said->length += (size_t)sent;
}

/* What arrives is what was said, from where the other side began to be told. */
static void hear(int fd, struct said *said) {
  unsigned char piece[4096];
  ssize_t got;
  while (fd >= 0 && (got = recv(fd, piece, sizeof piece, MSG_DONTWAIT)) > 0) {
    if ((size_t)got > said->length - said->seen || memcmp(piece, said->bytes + said->seen, (size_t)got) != 0) abort();
    said->seen += (size_t)got;
  }
}

/* The greeting comes first and whole. */
static void greeted(int fd, size_t *length, struct said *by_client) {
  char expected[32], byte;
  size_t whole = (size_t)snprintf(expected, sizeof expected, "CONNECT %d\n", port);
  while (fd >= 0 && *length < whole && recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
    if (byte != expected[(*length)++]) abort();
  if (*length == whole) hear(fd, by_client);
}

static void turn(struct pair *pair) {
  struct pollfd polls[2];
  size_t count = 0;
  if (pair->state == pair_free) return;
  pair_prepare(pair, polls, &count);
  if (poll(polls, count, 0) >= 0) pair_ready(pair, polls);
  if (pair->in.length > most_queued || pair->out.length > most_queued) abort();
  if (pair->answered > sizeof pair->answer) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct door door = {.listener = -1, .path = path, .port = size > 0 && data[0] & 1 ? port : no_port};
  static struct said by_client, by_machine;
  struct pair pair;
  int ends[2], machine = -1;
  size_t greeting = 0, told = 0;
  by_client.length = by_client.seen = by_machine.length = by_machine.seen = 0;
  now = 1000;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) abort();
  pair_open_for(&pair, &door, ends[0]);
  int client = ends[1];
  for (size_t at = 1; at + 1 < size; at += 2) {
    unsigned step = data[at] & 7, length = data[at + 1];
    if (length > size - at - 2) length = (unsigned)(size - at - 2);
    if (step == 0) say(client, &by_client, data + at + 2, length);
    if (step == 1) say(machine, &by_machine, data + at + 2, length);
    if (step < 2) at += length;
    if (step == 2 && client >= 0) shutdown(client, SHUT_WR);
    if (step == 3 && machine >= 0) shutdown(machine, SHUT_WR);
    if (step == 4) now += data[at + 1] * 20u;
    if (step == 5 && machine >= 0) {
      close(machine);
      machine = -1;
    }
    int next = step == 6 ? accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
    if (next >= 0) {
      /* Asked anew, it tells anew. Whoever was given the answer is the last that is asked. */
      if (pair.state == pair_open && door.port != no_port) abort();
      if (machine >= 0) close(machine);
      machine = next;
      greeting = by_machine.length = by_machine.seen = 0;
    }
    turn(&pair);
    turn(&pair);
    if (door.port == no_port) hear(machine, &by_client);
    else greeted(machine, &greeting, &by_client);
    if (pair.state == pair_open && told == 0) {
      unsigned char *line = memchr(by_machine.bytes, '\n', by_machine.length);
      by_machine.seen = door.port != no_port && line ? (size_t)(line - by_machine.bytes) + 1 : 0;
      told = 1;
    }
    if (told) hear(client, &by_machine);
    else {
      char early;
      if (recv(client, &early, 1, MSG_DONTWAIT) > 0) abort();
    }
  }
  if (pair.state != pair_free) pair_close(&pair);
  close(client);
  if (machine >= 0) close(machine);
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) close(fd);
  return 0;
}
