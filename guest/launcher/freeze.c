/* Stands all processes of a sandbox still, and lets them go on.
 *
 * With a control group the kernel does it, also for processes born meanwhile. Without one every descendant of the first
 * process is stopped by signal, again and again until a pass finds nobody running; a guest can see that it was stopped, and
 * a job it had stopped itself goes on with the others.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { most_depth = 64 };

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
  size_t seen, running;
};

static char state_of(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0) close(fd);
  if (got <= 0) return 'X';
  text[got] = 0;
  char *rest = strrchr(text, ')');
  return rest && rest[1] == ' ' ? rest[2] : 'X';
}

static void visit(struct walk *walk, pid_t pid, int depth);

static void visit_children(struct walk *walk, pid_t pid, int depth) {
  char path[320];
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *tasks = opendir(path);
  struct dirent *task;
  while (tasks && (task = readdir(tasks))) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", (int)pid, task->d_name);
    FILE *children = fopen(path, "re");
    int child;
    while (children && fscanf(children, "%d", &child) == 1) visit(walk, (pid_t)child, depth + 1);
    if (children) fclose(children);
  }
  if (tasks) closedir(tasks);
}

/* Parents before children, so that nobody starts another one behind the walk's back. */
static void visit(struct walk *walk, pid_t pid, int depth) {
  if (depth > most_depth) return;
  char state = state_of(pid);
  walk->seen++;
  if (state != 'Z' && state != 'X') {
    if (state != 'T' && state != 't') walk->running++;
    if (walk->signal != SIGSTOP || state != 'T') kill(pid, walk->signal);
  }
  visit_children(walk, pid, depth);
}

static bool stop_all(pid_t first, struct fault *fault) {
  uint64_t deadline = now_us() + freeze_deadline_ms * 1000ULL;
  for (size_t still = 0; now_us() < deadline;) {
    struct walk walk = {.signal = SIGSTOP};
    visit(&walk, first, 0);
    still = walk.running == 0 ? still + 1 : 0;
    if (still == 2) return true;
    if (walk.running > 0) usleep(300);
  }
  struct walk walk = {.signal = SIGCONT};
  visit(&walk, first, 0);
  return fail(fault, ETIMEDOUT, "stop the processes of %d within %d ms", (int)first, freeze_deadline_ms);
}

bool freeze(const struct request *request, struct fault *fault) {
  if (!process_alive((pid_t)request->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  return request->cgroup ? freeze_group(request->cgroup, fault) : stop_all((pid_t)request->pid, fault);
}

bool thaw(const struct request *request, struct fault *fault) {
  if (!process_alive((pid_t)request->pid, request->start_ticks))
    return fail(fault, ESRCH, "no living sandbox has process %llu", (unsigned long long)request->pid);
  if (request->cgroup)
    return group_write(request->cgroup, "cgroup.freeze", "0") || fail(fault, errno, "thaw %s", request->cgroup);
  struct walk walk = {.signal = SIGCONT};
  visit(&walk, (pid_t)request->pid, 0);
  return true;
}
