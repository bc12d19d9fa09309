/* The pump's loop; internal.h has the invariants. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { most_events = event_pairs + 2 * most_pairs };

uint64_t pump_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool pump_watch(struct pump *p, int fd, uint32_t events, uint64_t event) {
  struct epoll_event wanted = {.events = events, .data.u64 = event};
  return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &wanted) == 0;
}

void pump_end(const char *why) {
  static const char head[] = "holdfast-guest pump: ";
  char text[128];
  size_t length = strlen(why) < sizeof text - sizeof head ? strlen(why) : sizeof text - sizeof head;
  memcpy(text, head, sizeof head - 1);
  memcpy(text + sizeof head - 1, why, length);
  text[sizeof head - 1 + length] = '\n';
  /* Only where it is a socket: writing is not among its calls. */
  send(2, text, sizeof head + length, MSG_DONTWAIT | MSG_NOSIGNAL);
  _exit(1);
}

/* While nothing is moved nothing blocks, and a timer would only wake a process that rests. */
static void interrupt(struct pump *p, bool on) {
  struct itimerval every = {0};
  if (p->interrupts == on) return;
  if (on) every.it_interval.tv_usec = every.it_value.tv_usec = interrupt_ms * 1000;
  setitimer(ITIMER_REAL, &every, NULL);
  p->interrupts = on;
}

static int wait_ms(const struct pump *p, bool moved) {
  uint64_t next = is_any_broken(p) ? p->now + look_ms : UINT64_MAX;
  if (moved) return 0;
  if (is_untold(p) && p->told_at + tell_every_ms < next) next = p->told_at + tell_every_ms;
  if (next == UINT64_MAX) return -1;
  return next > p->now ? (int)(next - p->now) : 0;
}

static void take_events(struct pump *p, int timeout) {
  struct epoll_event events[most_events];
  if (timeout != 0) interrupt(p, false);
  int count = epoll_wait(p->epoll, events, most_events, timeout);
  p->now = pump_now();
  interrupt(p, true);
  for (int i = 0; i < count; i++) {
    uint64_t event = events[i].data.u64;
    if (event == event_daemon) _exit(0);
    else if (event == event_control) control_ready(p);
    else if (event == event_agent) agent_ready(p);
    else pair_event(p, event - event_pairs, events[i].events);
  }
}

/* A gateway that hangs can cut nothing: so nothing passes. */
static bool is_heard(const struct pump *p) { return p->now - p->heard_at < still_after_ms; }

void pump_run(struct pump *p) {
  bool moved = false;
  p->now = p->heard_at = p->told_at = pump_now();
  if (!pipes_prepare(p)) pump_end("pipes are scarce");
  agent_greet(p);
  for (;;) {
    take_events(p, wait_ms(p, moved));
    moved = false;
    for (size_t i = 0; i < most_pairs; i++) {
      struct pair *pair = &p->pairs[i];
      if (pair->state != pair_open) continue;
      /* The one before may have blocked. */
      p->now = pump_now();
      control_ready(p);
      control_flush(p);
      if (pair->state == pair_open && is_heard(p) && pair_step(p, pair)) moved = true;
    }
    claim_next(p);
    if (p->now - p->told_at >= tell_every_ms) tell_moved(p);
    control_flush(p);
  }
}
