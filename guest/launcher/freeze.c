/* Stands all processes of a sandbox still, and lets them go on.
 *
 * With a control group the kernel does it, also for processes born meanwhile. Without one every descendant of the first
 * process is stopped by signal, again and again until a pass finds nobody running; a guest can see that it was stopped, and
 * a job it had stopped itself goes on with the others. Who waits for a stopped child's exec (vfork) never shows as stopped,
 * but does not run either.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "internal.h"

static bool group_frozen(const char *group) {
  uint64_t frozen;
  return group_number(group, "cgroup.events", "frozen", &frozen) && frozen == 1;
}

static bool freeze_group(const char *group, struct fault *fault) {
  char path[max_path + max_name];
  uint64_t deadline = now_us() + freeze_deadline_ms * 1000ULL;
  if (!group_write(group, "cgroup.freeze", "1")) return fail(fault, errno, "freeze %s", group);
  snprintf(path, sizeof path, "%.*s/cgroup.events", max_path, group);
  int events = open(path, O_RDONLY | O_CLOEXEC);
  bool frozen;
  while (!(frozen = group_frozen(group)) && now_us() < deadline) {
    char text[128];
    struct pollfd change = {.fd = events, .events = POLLPRI};
    if (events < 0 || pread(events, text, sizeof text, 0) < 0) break;
    if ((frozen = group_frozen(group))) break;
    poll(&change, 1, 20);
  }
  if (events >= 0) close(events);
  if (frozen) return true;
  group_write(group, "cgroup.freeze", "0");
  return fail(fault, ETIMEDOUT, "freeze %s within %d ms", group, freeze_deadline_ms);
}

/* ---- without a group ---- */

struct walk {
  int signal;
  size_t running;
};

static void send_signal(pid_t pid, char state, void *context) {
  struct walk *walk = context;
  bool stands = state == 'T' || state == 't' || (state == 'D' && process_awaits_exec(pid));
  if (!stands) walk->running++;
  if (walk->signal != SIGSTOP || state != 'T') kill(pid, walk->signal);
}

static bool stop_all(pid_t first, struct fault *fault) {
  uint64_t deadline = now_us() + freeze_deadline_ms * 1000ULL;
  for (size_t still = 0; now_us() < deadline;) {
    struct walk walk = {.signal = SIGSTOP};
    process_walk(first, send_signal, &walk);
    still = walk.running == 0 ? still + 1 : 0;
    if (still == 2) return true;
    if (walk.running > 0) usleep(300);
  }
  struct walk walk = {.signal = SIGCONT};
  process_walk(first, send_signal, &walk);
  return fail(fault, ETIMEDOUT, "stop the processes of %d within %d ms", (int)first, freeze_deadline_ms);
}

bool stands_still(const struct request *request) {
  bool has_group = request->cgroup && !(request->flags & launch_makes_own);
  return has_group ? group_frozen(request->cgroup) : cell_stands(request);
}

bool freeze(const struct request *request, struct fault *fault) {
  if (!process_alive((pid_t)request->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  if (request->flags & launch_makes_own) return cell_pause(request, fault);
  return request->cgroup ? freeze_group(request->cgroup, fault) : stop_all((pid_t)request->pid, fault);
}

bool thaw(const struct request *request, struct fault *fault) {
  if (!process_alive((pid_t)request->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  if (request->flags & launch_makes_own) return cell_resume(request, fault);
  if (request->cgroup)
    return group_write(request->cgroup, "cgroup.freeze", "0") || fail(fault, errno, "thaw %s", request->cgroup);
  struct walk walk = {.signal = SIGCONT};
  process_walk((pid_t)request->pid, send_signal, &walk);
  return true;
}
