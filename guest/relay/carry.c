/* Channels for a program that is there already, the first process of a machine: a process of its own carries clients to them.
 *
 * 1. It ends when its first channel is lost, and with it every other; a later one that is lost is left alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

static void turn(struct channel *channels, size_t count) {
  struct pollfd polls[2 * relay_channels];
  size_t used = 0;
  for (size_t i = 0; i < count; i++)
    if (!channels[i].lost) channel_prepare(&channels[i], polls, &used);
  if (poll(polls, used, -1) < 0) return;
  for (size_t i = 0; i < count; i++)
    if (!channels[i].lost) channel_ready(&channels[i], polls);
}

static _Noreturn void carry(struct channel *channels, size_t count) {
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_NAME, "relay");
  for (size_t i = 0; i < count; i++) channel_start(&channels[i]);
  while (!channels[0].lost) turn(channels, count);
  _exit(0);
}

static bool make(struct channel *channel, int listener, int *end) {
  int pair[2];
  *channel = (struct channel){.listener = listener, .client = -1, .guest = -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return false;
  channel->guest = pair[0];
  *end = pair[1];
  return fcntl(listener, F_SETFL, O_NONBLOCK) == 0;
}

bool relay_carry(const int *listeners, size_t count, int *ends) {
  static struct channel channels[relay_channels];
  size_t made = 0;
  errno = EINVAL;
  if (count == 0 || count > relay_channels) return false;
  while (made < count && make(&channels[made], listeners[made], &ends[made])) made++;
  pid_t pid = made == count ? fork() : -1;
  if (pid == 0) {
    for (size_t i = 0; i < made; i++) close(ends[i]);
    carry(channels, count);
  }
  int error = errno;
  for (size_t i = 0; i < made; i++) {
    close(channels[i].guest);
    if (pid < 0) close(ends[i]);
  }
  errno = error;
  return pid > 0;
}
