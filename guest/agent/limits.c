/* Limits of a kernel that holds or counts them differently from Linux (gVisor's): the agent sees to them.
 *
 * 1. Memory: the host counts the whole sandbox as one program and would end it as one. Before that, whoever holds the most
 *    is killed here when next to nothing of the sandbox's memory is free, as the kernel of a host would do.
 * 2. Processes: refusals are not counted anywhere. A program that ends with a status other than 0 while the sandbox is full is
 *    taken to have met one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum { busy_look_ms = 20, idle_look_ms = 200, dying_ms = 500, least_free_kilobytes = 256 };

bool processes_full(struct agent *agent) {
  return agent->options->processes > 0 && tree_count_all(agent) + 1 >= agent->options->processes;
}

static long number_in(const char *path, const char *format) {
  char text[256];
  long value = -1;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  text[got > 0 ? got : 0] = 0;
  return sscanf(text, format, &value) == 1 ? value : -1;
}

static pid_t largest(void) {
  DIR *proc = opendir("/proc");
  struct dirent *item;
  pid_t found = -1;
  long most = 0;
  while (proc && (item = readdir(proc))) {
    char path[64];
    pid_t pid = (pid_t)strtol(item->d_name, NULL, 10);
    if (pid <= 0 || pid == getpid()) continue;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    long pages = number_in(path, "%*d %ld");
    if (pages <= most) continue;
    most = pages;
    found = pid;
  }
  if (proc) closedir(proc);
  return found;
}

static void end_largest(struct agent *agent) {
  pid_t pid = largest();
  if (pid < 0) return;
  struct process *owner = tree_owner(agent, pid);
  if (owner) owner->starved = true;
  if (kill(pid, SIGKILL) < 0) return;
  agent->starved_pid = pid;
  agent->starved_until = agent->now + dying_ms;
}

/* What it held is free only when it is gone. */
static bool is_dying(struct agent *agent) {
  if (agent->starved_pid > 0 && (agent->now >= agent->starved_until || kill(agent->starved_pid, 0) < 0)) agent->starved_pid = 0;
  return agent->starved_pid > 0;
}

uint64_t memory_deadline(struct agent *agent) {
  if (!agent->options->guard_memory) return NO_DEADLINE;
  if (agent->now < agent->look_at) return agent->look_at;
  agent->look_at = agent->now + (agent->live > 0 ? busy_look_ms : idle_look_ms);
  if (is_dying(agent)) return agent->look_at;
  long free_kilobytes = number_in("/proc/meminfo", "MemTotal: %*d kB MemFree: %ld");
  if (free_kilobytes >= 0 && free_kilobytes < least_free_kilobytes) end_largest(agent);
  return agent->look_at;
}
