/* FREEZE and THAW of the sandbox in a machine. Whoever is to be saved with its programs is frozen first, and each machine that goes on
 * from there lets them go on at the end of RENEW (renew.c): nothing of the sandbox runs with what others have too.
 *
 * 1. Done by the first process itself, whose memory is saved with it: it knows in each copy that its sandbox stands still.
 * 2. The agent stands still too, and cannot say then that its channels are at rest. So for that this waits, when it is asked to, until its own
 *    channel is asked, which is the last (guest/relay/relay.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

enum { stand_ms = 3000, look_us = 1000 };

/* The launcher's own view has no control groups, but a descriptor of the directory they lie in. */
void machine_group(const struct launcher *launcher, const char *file, char path[max_name + 32]) {
  snprintf(path, max_name + 32, "%s/%s", strrchr(launcher->resident.cgroup, '/') + 1, file);
}

bool machine_group_set(const struct launcher *launcher, const char *file, const char *text, struct fault *fault) {
  char path[max_name + 32];
  machine_group(launcher, file, path);
  return write_file(launcher->groups.v2.fd, path, text) || fail(fault, errno, "set %s to %s", file, text);
}

static bool all_stand(const struct launcher *launcher) {
  char path[max_name + 32], text[256] = "";
  machine_group(launcher, "cgroup.events", path);
  int fd = openat(launcher->groups.v2.fd, path, O_RDONLY | O_CLOEXEC);
  bool still = fd >= 0 && read(fd, text, sizeof text - 1) > 0 && strstr(text, "frozen 1");
  if (fd >= 0) close(fd);
  return still;
}

static bool stand_still(struct launcher *launcher, struct fault *fault) {
  uint64_t deadline = now_us() + stand_ms * 1000ULL;
  launcher->resident.stands_at_rest = false;
  if (!machine_group_set(launcher, "cgroup.freeze", "1", fault)) return false;
  while (!all_stand(launcher)) {
    if (now_us() >= deadline) {
      machine_go_on(launcher, fault);
      return fail(fault, ETIMEDOUT, "freeze the sandbox within %d ms", stand_ms);
    }
    usleep(look_us);
  }
  return launcher->resident.stands = true;
}

bool machine_go_on(struct launcher *launcher, struct fault *fault) {
  struct resident *resident = &launcher->resident;
  resident->stands = resident->stands_at_rest = false;
  return machine_group_set(launcher, "cgroup.freeze", "0", fault);
}

bool machine_stand(struct launcher *launcher, const struct request *request, bool still, struct fault *fault) {
  struct resident *resident = &launcher->resident;
  if (resident->pid <= 0 || (pid_t)request->pid != resident->pid || !process_alive(resident->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  if (!still) return machine_go_on(launcher, fault);
  if (!(request->flags & stand_at_rest)) return stand_still(launcher, fault);
  return resident->stands_at_rest = true;
}

bool machine_at_rest(struct launcher *launcher) {
  struct fault fault = {0};
  if (!launcher->resident.stands_at_rest || stand_still(launcher, &fault)) return true;
  machine_say(fault.text);
  return false;
}
