/* REST: before the memory of what runs behind a relay is saved, its channels come to rest (guest/relay/relay.c). What is saved then
 * stands between two frames: whoever goes on from it is in step with a relay that begins anew.
 *
 * 1. Whoever answers inside is hostile: it is waited for as long as the deadline, then everything goes on and the save fails.
 * 2. A relay at rest goes on by itself after a while, so that a launcher or daemon that was killed leaves nothing behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../relay/relay.h"
#include "internal.h"

enum { rest_deadline_ms = 5000, look_us = 200 };

static const char usual_name[] = "holdfast-relay";

static bool is_called(pid_t pid, const char *name) {
  char path[64], found[32] = "";
  snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, found, sizeof found - 1);
  if (fd >= 0) close(fd);
  found[strcspn(found, "\n")] = 0;
  return got > 0 && strcmp(found, name) == 0;
}

bool rest(const struct request *request, struct fault *fault) {
  pid_t pid = (pid_t)request->pid;
  uint64_t deadline = now_us() + rest_deadline_ms * 1000ULL;
  if (!process_alive(pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  if (!is_called(pid, RELAY_AT_REST) && !is_called(pid, usual_name)) return fail(fault, EINVAL, "process %d is no relay", (int)pid);
  bool ends = request->flags & rest_no_more;
  if (kill(pid, ends ? SIGCONT : SIGHUP) < 0) return fail(fault, errno, "tell the relay of process %d", (int)pid);
  if (ends) return true;
  while (now_us() < deadline) {
    if (is_called(pid, RELAY_AT_REST)) return true;
    usleep(look_us);
  }
  kill(pid, SIGCONT);
  return fail(fault, ETIMEDOUT, "bring the channels of process %d to rest within %d ms: what answers inside did not", (int)pid,
              rest_deadline_ms);
}
