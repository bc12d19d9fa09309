/* `holdfast-guest pump`: options from the command line, the way to the agent, then pump_run. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../common/unix.h"
#include "internal.h"

static const char usage[] =
    "usage: holdfast-guest pump --agent PATH --gateway PID --daemon PID\n"
    "       descriptor 3 is the gateway's channel, as Node gives one to a child\n";

enum { control_fd = 3 };

static int refuse(const char *what, const char *value) {
  fprintf(stderr, "holdfast-guest pump: %s '%s'\n%s", what, value, usage);
  return 64;
}

static bool process_id(const char *text, pid_t *pid) {
  char *rest;
  errno = 0;
  long value = strtol(text, &rest, 10);
  *pid = (pid_t)value;
  return errno == 0 && rest != text && *rest == 0 && value > 0 && value <= INT32_MAX;
}

static void on_interrupt(int signal) { (void)signal; }

/* Without SA_RESTART: a call that blocks returns. */
static bool prepare_signals(void) {
  struct sigaction interrupt = {.sa_handler = on_interrupt}, ignored = {.sa_handler = SIG_IGN};
  sigset_t none;
  sigemptyset(&none);
  return sigaction(SIGALRM, &interrupt, NULL) == 0 && sigaction(SIGPIPE, &ignored, NULL) == 0 &&
         sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

int pump_main(int argc, char **argv) {
  static struct pump pump;
  const char *path = NULL;
  pid_t gateway = 0, daemon = 0;
  for (int at = 1; at < argc; at += 2) {
    if (at + 1 == argc) return refuse("no value for", argv[at]);
    if (strcmp(argv[at], "--agent") == 0) path = argv[at + 1];
    else if (strcmp(argv[at], "--gateway") != 0 && strcmp(argv[at], "--daemon") != 0) return refuse("unknown option", argv[at]);
    else if (!process_id(argv[at + 1], argv[at][2] == 'g' ? &gateway : &daemon)) return refuse(argv[at], argv[at + 1]);
  }
  if (!path || !gateway || !daemon) return refuse("missing option", !path ? "--agent" : !gateway ? "--gateway" : "--daemon");
  pump = (struct pump){.control = control_fd, .given = -1, .arrived = -1};
  pair_free_all(&pump);
  pump.agent = hf_connect(path);
  if (pump.agent < 0) return refuse("nobody answers at", path);
  pump.daemon = (int)syscall(SYS_pidfd_open, daemon, 0);
  pump.epoll = epoll_create1(EPOLL_CLOEXEC);
  bool ready = pump.daemon >= 0 && pump.epoll >= 0 && fcntl(control_fd, F_SETFL, O_NONBLOCK) == 0 && prepare_signals();
  if (!ready) return refuse("cannot watch", strerror(errno));
  if (!pump_watch(&pump, pump.control, EPOLLIN, event_control) || !pump_watch(&pump, pump.agent, EPOLLIN, event_agent) ||
      !pump_watch(&pump, pump.daemon, EPOLLIN, event_daemon))
    return refuse("cannot watch", strerror(errno));
  if (!confine(gateway)) return refuse("cannot be confined", strerror(errno));
  pump_run(&pump);
}
