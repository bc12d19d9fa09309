/* The relay's loop: wait for channels and for the program's end, serve, and end with the program.
 *
 * 1. A channel that is lost ends the program, after a moment for it to end by itself and tell its status.
 * 2. The relay ends when the program does, unless it may restart and was told to hold (SIGUSR1): then clients and program end, and SIGUSR2
 *    starts the program anew behind the same sockets. In a process namespace of its own it is the first process, and everything below
 *    the program ends with it.
 * 3. SIGHUP brings every channel to rest, before the program's memory is saved; when all are, the relay's name says so. The last is asked when
 *    the others are: what answers there may stop what answers elsewhere (guest/machine/stand.c). SIGCONT lets
 *    them go on, and so does time: whoever asked may have been killed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { lost_ms = 2000, rest_ms = 60000, name_bytes = 16 };

struct relay {
  struct relay_options options;
  struct channel channels[relay_channels];
  size_t count;
  pid_t program;
  uint64_t kill_at; /* 0: it may go on */
  bool held;        /* the program was ended to be started again */
  uint64_t rest_until; /* 0: nobody asked for it */
  bool at_rest;
  char name[name_bytes]; /* its own, while it shows the other */
};

static volatile sig_atomic_t child_ended, asked_to_hold, asked_to_go_on, asked_to_rest, rest_is_over;

static void on_signal(int signal) {
  if (signal == SIGCHLD) child_ended = 1;
  if (signal == SIGUSR1) asked_to_hold = 1;
  if (signal == SIGUSR2) asked_to_go_on = 1;
  if (signal == SIGHUP) asked_to_rest = 1;
  if (signal == SIGCONT) rest_is_over = 1;
}

/* Signals are seen while waiting only, and a client that goes away is none. */
static void set_signals(bool may_restart) {
  static const int seen[] = {SIGCHLD, SIGHUP, SIGCONT, SIGUSR1, SIGUSR2};
  size_t count = sizeof seen / sizeof *seen - (may_restart ? 0 : 2);
  struct sigaction handled = {.sa_handler = on_signal, .sa_flags = SA_NOCLDSTOP}, ignored = {.sa_handler = SIG_IGN};
  sigset_t blocked;
  sigemptyset(&blocked);
  for (size_t i = 0; i < count; i++) sigaddset(&blocked, seen[i]);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  for (size_t i = 0; i < count; i++) sigaction(seen[i], &handled, NULL);
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
  for (relay->count = 0; relay->count < wanted; relay->count++) {
    size_t listener = relay->count > more ? relay->count - more : 0;
    if (!make_channel(&relay->channels[relay->count], options->listeners[listener], &ends[relay->count])) return false;
  }
  return true;
}

static bool start(struct relay *relay) {
  int ends[relay_channels];
  if (!make_channels(relay, ends)) return false;
  relay->program = program_start(&relay->options, ends, relay->count);
  int error = errno;
  for (size_t i = 0; i < relay->count; i++) close(ends[i]);
  errno = error;
  return relay->program > 0;
}

/* The files stay open: the program may be started again. */
struct relay *relay_start(const struct relay_options *options) {
  static struct relay relay;
  relay.options = *options;
  set_signals(options->may_restart);
  return start(&relay) ? &relay : NULL;
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
  struct timespec most = {.tv_sec = relay->kill_at ? 0 : 1};
  sigset_t none;
  sigemptyset(&none);
  if (relay->kill_at > now) most.tv_nsec = 100000000;
  for (size_t i = 0; i < relay->count; i++)
    if (!relay->channels[i].lost) channel_prepare(&relay->channels[i], polls, &count);
  if (ppoll(polls, count, relay->kill_at || relay->rest_until ? &most : NULL, &none) < 0) return;
  for (size_t i = 0; i < relay->count; i++) {
    if (!relay->channels[i].lost) channel_ready(&relay->channels[i], polls);
    if (relay->channels[i].lost && !relay->kill_at) relay->kill_at = now_ms() + lost_ms;
  }
  if (relay->kill_at && now >= relay->kill_at) kill(relay->program, SIGKILL);
  if (relay->options.ready && relay->count > 0 && relay->channels[0].state != channel_restarting) {
    relay->options.ready(relay->options.context);
    relay->options.ready = NULL;
  }
}

static void hold(struct relay *relay) {
  relay->held = true;
  relay->kill_at = 0;
  for (size_t i = 0; i < relay->count; i++) channel_close(&relay->channels[i]);
  relay->count = 0;
  kill(relay->program, SIGKILL);
  if (getpid() == 1) kill(-1, SIGKILL);
}

/* Its name is all of it that others can see. */
static void show_rest(struct relay *relay) {
  bool all = relay->rest_until > 0;
  for (size_t i = 0; i < relay->count; i++) all = all && (relay->channels[i].at_rest || relay->channels[i].lost);
  if (all == relay->at_rest) return;
  if (all) prctl(PR_GET_NAME, relay->name);
  prctl(PR_SET_NAME, all ? RELAY_AT_REST : relay->name);
  relay->at_rest = all;
}

static bool rest_but_last(const struct relay *relay) {
  bool all = true;
  for (size_t i = 0; i + 1 < relay->count; i++) all = all && (relay->channels[i].at_rest || relay->channels[i].lost);
  return all;
}

static void rest(struct relay *relay) {
  bool over = relay->rest_until && now_ms() >= relay->rest_until;
  if (asked_to_rest || rest_is_over || over) {
    for (size_t i = 0; i < relay->count; i++) channel_rest(&relay->channels[i], asked_to_rest && i + 1 < relay->count);
    relay->rest_until = asked_to_rest ? now_ms() + rest_ms : 0;
    asked_to_rest = rest_is_over = 0;
  }
  if (relay->rest_until && relay->count > 0 && !relay->channels[relay->count - 1].resting && rest_but_last(relay))
    channel_rest(&relay->channels[relay->count - 1], true);
  show_rest(relay);
}

/* False when it cannot be started again. */
static bool obey(struct relay *relay) {
  if (asked_to_hold && !relay->held) hold(relay);
  bool go_on = asked_to_go_on && relay->held;
  asked_to_hold = asked_to_go_on = 0;
  if (!go_on) return true;
  relay->held = false;
  if (relay->options.again) relay->options.argv = relay->options.again;
  return start(relay);
}

int relay_run(struct relay *relay) {
  int status = 0;
  for (;;) {
    turn(relay);
    if (child_ended) {
      child_ended = 0;
      if (program_ended(relay->program, &status) && !relay->held) break;
    }
    if ((asked_to_hold || asked_to_go_on) && !obey(relay)) return 127;
    rest(relay);
  }
  for (size_t i = 0; i < relay->count; i++) {
    channel_finish(&relay->channels[i]);
    channel_close(&relay->channels[i]);
  }
  for (size_t i = 0; i < relay->options.listener_count; i++) close(relay->options.listeners[i]);
  return status;
}
