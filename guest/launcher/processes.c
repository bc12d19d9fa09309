/* Processes as /proc shows them to the launcher.
 *
 * The name in /proc/<pid>/stat is the process's own to choose: fields are counted from its last parenthesis.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { most_depth = 512 };

static bool read_stat(pid_t pid, char *state, unsigned long long *ticks) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0) close(fd);
  if (got <= 0) return false;
  text[got] = 0;
  char *rest = strrchr(text, ')');
  return rest && sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", state,
                        ticks) == 2;
}

static bool dead(char state) { return state == 'Z' || state == 'X'; }

uint64_t process_start_ticks(pid_t pid) {
  char state;
  unsigned long long ticks;
  return read_stat(pid, &state, &ticks) && !dead(state) ? ticks : 0;
}

bool process_alive(pid_t pid, uint64_t start_ticks) {
  return pid > 0 && start_ticks > 0 && process_start_ticks(pid) == start_ticks;
}

bool process_awaits_exec(pid_t pid) {
  char path[64];
  long call = -1;
  snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
  FILE *file = fopen(path, "re");
  if (file && fscanf(file, "%ld", &call) != 1) call = -1;
  if (file) fclose(file);
#ifdef SYS_vfork
  if (call == SYS_vfork) return true;
#endif
  return call == SYS_clone || call == nr_clone3;
}

static void walk(pid_t pid, int depth, process_visitor visit, void *context);

static void walk_children(pid_t pid, int depth, process_visitor visit, void *context) {
  char path[320];
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *tasks = opendir(path);
  struct dirent *task;
  while (tasks && (task = readdir(tasks))) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", (int)pid, task->d_name);
    FILE *children = fopen(path, "re");
    int child;
    while (children && fscanf(children, "%d", &child) == 1) walk((pid_t)child, depth + 1, visit, context);
    if (children) fclose(children);
  }
  if (tasks) closedir(tasks);
}

static void walk(pid_t pid, int depth, process_visitor visit, void *context) {
  char state;
  unsigned long long ticks;
  if (depth > most_depth || !read_stat(pid, &state, &ticks)) return;
  if (!dead(state)) visit(pid, state, context);
  walk_children(pid, depth, visit, context);
}

void process_walk(pid_t first, process_visitor visit, void *context) { walk(first, 0, visit, context); }
