/* Drives one channel of the relay with a hostile guest on one side and hostile clients on the other.
 *
 * The input is a list of steps: a byte says which side does what, and whether the channel is to come to rest or to go on, the next
 * how much of what follows it sends. Checked after
 * each: the guest is sent whole frames only, no client sees a frame with RESTART's id, and neither queue grows past its bound.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../relay/internal.h"

enum { most_queued = HF_MAX_PAYLOAD + HF_HEADER_BYTES + (128 << 10) };

/* What one side has received, looked at as frames. */
struct witness {
  struct hf_buffer bytes;
  bool is_client;
};

static int listener = -1;
static struct sockaddr_un address;
static socklen_t address_length;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  address.sun_family = AF_UNIX;
  listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 || listen(listener, 4) < 0) abort();
  address_length = sizeof address;
  if (getsockname(listener, (struct sockaddr *)&address, &address_length) < 0) abort();
  return 0;
}

/* Takes whole frames off the front; what is left is less than one. */
static void look(struct witness *w) {
  while (w->bytes.length >= HF_HEADER_BYTES) {
    struct hf_header header = hf_read_header(hf_buffer_front(&w->bytes));
    if (header.length > HF_MAX_PAYLOAD) abort();
    if (w->is_client && header.id == HF_RESTART_ID) abort();
    if (w->bytes.length < HF_HEADER_BYTES + header.length) return;
    hf_buffer_consume(&w->bytes, HF_HEADER_BYTES + header.length);
  }
}

static void receive(int fd, struct witness *w) {
  static unsigned char piece[64 << 10];
  ssize_t got;
  while (fd >= 0 && (got = recv(fd, piece, sizeof piece, MSG_DONTWAIT)) > 0) {
    hf_buffer_append(&w->bytes, piece, (size_t)got);
    look(w);
  }
}

static void turn(struct channel *channel) {
  struct pollfd polls[2];
  size_t count = 0;
  if (channel->lost) return;
  channel_prepare(channel, polls, &count);
  if (poll(polls, count, 0) > 0) channel_ready(channel, polls);
  if (channel->to_guest.length > most_queued || channel->to_client.length > most_queued) abort();
  if (channel->whole > channel->to_guest.length) abort();
}

static int connect_client(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (connect(fd, (struct sockaddr *)&address, address_length) == 0) return fd;
  close(fd);
  return -1;
}

/* Whoever still waits would be the next run's client. */
static void drain_backlog(void) {
  for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;) close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int pair[2], client = -1;
  struct channel channel = {.listener = listener, .client = -1, .guest = -1};
  struct witness by_guest = {.is_client = false}, by_client = {.is_client = true};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) abort();
  channel.guest = pair[0];
  channel_start(&channel);
  for (size_t at = 0; at + 1 < size && !channel.lost;) {
    unsigned step = data[at] & 3, rest = data[at] & 12, length = data[at + 1];
    at += 2;
    if (length > size - at) length = (unsigned)(size - at);
    if (rest == 4 || rest == 8) channel_rest(&channel, rest == 4);
    if (step == 0) send(pair[1], data + at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (step == 1 && client >= 0) send(client, data + at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (step < 2) at += length;
    if (step == 2 && client >= 0) {
      receive(client, &by_client);
      close(client);
      client = -1;
    }
    if (step == 3 && client < 0) {
      hf_buffer_free(&by_client.bytes);
      client = connect_client();
    }
    turn(&channel);
    turn(&channel);
    receive(pair[1], &by_guest);
    receive(client, &by_client);
  }
  for (int i = 0; i < 4; i++) {
    turn(&channel);
    receive(pair[1], &by_guest);
  }
  if (!channel.lost && channel.whole == 0 && by_guest.bytes.length > 0) abort();
  channel_close(&channel);
  if (client >= 0) close(client);
  close(pair[1]);
  drain_backlog();
  hf_buffer_free(&by_guest.bytes);
  hf_buffer_free(&by_client.bytes);
  return 0;
}
