/* The relay's loop: wait for channels and for the program's end, serve, and end with the program.
 *
 * 1. A channel that is lost ends the program, after a moment for it to end by itself and tell its status.
 * 2. The relay ends when the program does. In a process namespace of its own it is the first process, and everything below
 *    the program ends with it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { lost_ms = 2000 };

struct relay {
  struct relay_options options;
  struct channel channels[relay_channels];
  size_t count;
  pid_t program;
  uint64_t kill_at; /* 0: it may go on */
};

static volatile sig_atomic_t child_ended;

static void on_child(int signal) {
  (void)signal;
  child_ended = 1;
}

/* Children's ends are seen while waiting only, and a client that goes away is no signal. */
static void set_signals(void) {
  struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP}, ignored = {.sa_handler = SIG_IGN};
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  sigaction(SIGCHLD, &child, NULL);
  sigaction(SIGPIPE, &ignored, NULL);
}

static bool make_channel(struct channel *channel, int listener, int *end) {
  int pair[2];
  *channel = (struct channel){.listener = listener, .client = -1, .guest = -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return false;
  channel->guest = pair[0];
  *end = pair[1];
  channel_start(channel);
  return fcntl(listener, F_SETFL, O_NONBLOCK) == 0 && fcntl(listener, F_SETFD, FD_CLOEXEC) == 0;
}

/* The first listener's channels are all alike: whoever connects gets one that is idle. */
static bool make_channels(struct relay *relay, int *ends) {
  const struct relay_options *options = &relay->options;
  size_t more = options->clients > 1 ? options->clients - 1 : 0, wanted = options->listener_count + more;
  errno = EINVAL;
  if (options->listener_count == 0 || wanted > relay_channels || options->file_count > relay_files) return false;
  for (; relay->count < wanted; relay->count++) {
    size_t listener = relay->count > more ? relay->count - more : 0;
    if (!make_channel(&relay->channels[relay->count], options->listeners[listener], &ends[relay->count])) return false;
  }
  return true;
}

struct relay *relay_start(const struct relay_options *options) {
  static struct relay relay;
  int ends[relay_channels];
  relay.options = *options;
  if (!make_channels(&relay, ends)) return NULL;
  set_signals();
  relay.program = program_start(options, ends, relay.count);
  int error = errno;
  for (size_t i = 0; i < relay.count; i++) close(ends[i]);
  for (size_t i = 0; i < options->file_count; i++) close(options->files[i]);
  errno = error;
  return relay.program > 0 ? &relay : NULL;
}

static uint64_t now_ms(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (uint64_t)at.tv_sec * 1000 + (uint64_t)at.tv_nsec / 1000000;
}

static void turn(struct relay *relay) {
  struct pollfd polls[2 * relay_channels];
  size_t count = 0;
  uint64_t now = now_ms();
  struct timespec most = {0};
  sigset_t none;
  sigemptyset(&none);
  if (relay->kill_at > now) most = (struct timespec){.tv_sec = 0, .tv_nsec = 100000000};
  for (size_t i = 0; i < relay->count; i++)
    if (!relay->channels[i].lost) channel_prepare(&relay->channels[i], polls, &count);
  if (ppoll(polls, count, relay->kill_at ? &most : NULL, &none) < 0) return;
  for (size_t i = 0; i < relay->count; i++) {
    if (!relay->channels[i].lost) channel_ready(&relay->channels[i], polls);
    if (relay->channels[i].lost && !relay->kill_at) relay->kill_at = now_ms() + lost_ms;
  }
  if (relay->kill_at && now >= relay->kill_at) kill(relay->program, SIGKILL);
  if (relay->options.ready && relay->channels[0].state != channel_restarting) {
    relay->options.ready(relay->options.context);
    relay->options.ready = NULL;
  }
}

int relay_run(struct relay *relay) {
  int status = 0;
  for (;;) {
    turn(relay);
    if (!child_ended) continue;
    child_ended = 0;
    if (program_ended(relay->program, &status)) break;
  }
  for (size_t i = 0; i < relay->count; i++) {
    channel_finish(&relay->channels[i]);
    channel_close(&relay->channels[i]);
  }
  for (size_t i = 0; i < relay->options.listener_count; i++) close(relay->options.listeners[i]);
  return status;
}
