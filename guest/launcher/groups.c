/* Control groups. Freezing, killing and counting use the v2 tree wherever one is mounted, with or without controllers;
 * limits are set in whichever hierarchy owns the controller.
 *
 * 1. All groups of one home lie in one directory per hierarchy, named after a hash of home, and only those are touched.
 * 2. A process enters its v2 group by being born there and a v1 group by writing itself to `tasks` while it has one
 *    thread: moving it from outside waits for an RCU grace period, some 10 ms.
 * 3. The v2 group itself is the sandbox's to divide; its limits are not.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { v2_depth = 8 };

bool limit_available(const struct groups *groups, unsigned bit) {
  unsigned all = groups->v2.fd >= 0 ? groups->v2.controllers : 0;
  for (size_t i = 0; i < groups->v1_count; i++) all |= groups->v1[i].controllers;
  return all & bit;
}

bool group_is_ours(const struct launcher *launcher, const char *path) {
  const char *name = strrchr(path, '/');
  size_t length = strlen(launcher->groups.name);
  return path[0] == '/' && name && name_valid(name + 1) && (size_t)(name - path) > length && name[-(long)length - 1] == '/' &&
         strncmp(name - length, launcher->groups.name, length) == 0 && !strstr(path, "/../");
}

static int open_in(const char *path, const char *file, int flags) {
  char name[max_path + 2 * max_name];
  if (snprintf(name, sizeof name, "%s/%s", path, file) >= (int)sizeof name) return errno = ENAMETOOLONG, -1;
  return open(name, flags | O_CLOEXEC);
}

bool group_write(const char *path, const char *file, const char *text) {
  char name[max_path + 2 * max_name];
  if (snprintf(name, sizeof name, "%s/%s", path, file) >= (int)sizeof name) return errno = ENAMETOOLONG, false;
  return write_file(AT_FDCWD, name, text);
}

ssize_t group_read(const char *path, const char *file, char *text, size_t room) {
  int fd = open_in(path, file, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t got = read(fd, text, room - 1);
  close(fd);
  if (got >= 0) text[got] = 0;
  return got;
}

bool group_number(const char *path, const char *file, const char *key, uint64_t *value) {
  char text[4096];
  if (group_read(path, file, text, sizeof text) <= 0) return false;
  size_t length = key ? strlen(key) : 0;
  for (char *line = text; line && *line; line = strchr(line, '\n'), line += line ? 1 : 0) {
    if (strncmp(line, key ? key : "", length) != 0 || (key && line[length] != ' ')) continue;
    *value = strtoull(line + length, NULL, 10);
    return true;
  }
  return false;
}

static bool remove_tree(const char *path, int depth) {
  DIR *directory = depth > 0 ? opendir(path) : NULL;
  struct dirent *item;
  while (directory && (item = readdir(directory))) {
    char below[max_path + 2 * max_name];
    if (item->d_type != DT_DIR || item->d_name[0] == '.') continue;
    if (snprintf(below, sizeof below, "%s/%s", path, item->d_name) < (int)sizeof below) remove_tree(below, depth - 1);
  }
  if (directory) closedir(directory);
  return rmdir(path) == 0 || errno == ENOENT;
}

bool group_remove(const char *path) { return remove_tree(path, v2_depth); }

/* ---- one sandbox's groups ---- */

/* The agent, an unprivileged user inside, starts each program in a group below and moves nothing else. */
static bool hand_over(const struct launcher *launcher, const struct request *request, int fd, struct fault *fault) {
  if (launcher->user_mode) return true;
  uid_t owner = launcher->first_id + (uid_t)request->user;
  if (fchown(fd, owner, owner) == 0 && fchownat(fd, "cgroup.procs", owner, owner, 0) == 0) return true;
  return fail(fault, errno, "hand the control group over");
}

bool groups_make(struct launcher *launcher, const struct request *request, struct sandbox_groups *made,
                 struct fault *fault) {
  struct group_base *base = &launcher->groups.v2;
  *made = (struct sandbox_groups){.v2_fd = -1, .task_fds = {-1, -1, -1}};
  if (base->fd < 0) return true;
  if (mkdirat(base->fd, request->sandbox, 0755) < 0)
    return fail(fault, errno, "make the control group %s/%s", base->path, request->sandbox);
  snprintf(made->cgroup, sizeof made->cgroup, "%s/%s", base->path, request->sandbox);
  made->v2_fd = openat(base->fd, request->sandbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (made->v2_fd >= 0 && hand_over(launcher, request, made->v2_fd, fault)) return true;
  fail(fault, errno, "open the control group %s", made->cgroup);
  unlinkat(base->fd, request->sandbox, AT_REMOVEDIR);
  groups_close(made);
  return false;
}

static bool set(int fd, const char *file, uint64_t value, struct fault *fault) {
  char text[32];
  snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  return write_file(fd, file, text) || fail(fault, errno, "set %s to %s", file, text);
}

/* The agent, and bubblewrap where it is used, come on top of the sandbox's own processes. */
static uint64_t most_processes(const struct limits *limits) { return limits->processes + limits->overhead; }

static uint64_t most_memory(const struct limits *limits) { return limits->memory_bytes + limits->overhead_bytes; }

static bool set_v1(int fd, unsigned bits, const struct limits *limits, struct fault *fault) {
  if ((bits & limit_memory) && limits->memory_bytes) {
    if (!set(fd, "memory.limit_in_bytes", most_memory(limits), fault)) return false;
    if (faccessat(fd, "memory.memsw.limit_in_bytes", F_OK, 0) == 0 &&
        !set(fd, "memory.memsw.limit_in_bytes", most_memory(limits), fault))
      return false;
  }
  if ((bits & limit_cpu) && limits->cpu_millis &&
      (!set(fd, "cpu.cfs_period_us", 100000, fault) || !set(fd, "cpu.cfs_quota_us", limits->cpu_millis * 100, fault)))
    return false;
  return !(bits & limit_processes) || !limits->processes || set(fd, "pids.max", most_processes(limits), fault);
}

static bool set_v2(int fd, unsigned bits, const struct limits *limits, struct fault *fault) {
  if ((bits & limit_memory) && limits->memory_bytes) {
    if (!set(fd, "memory.max", most_memory(limits), fault)) return false;
    if (faccessat(fd, "memory.swap.max", F_OK, 0) == 0 && !set(fd, "memory.swap.max", 0, fault)) return false;
  }
  if ((bits & limit_cpu) && limits->cpu_millis) {
    char text[48];
    snprintf(text, sizeof text, "%llu 100000", (unsigned long long)limits->cpu_millis * 100);
    if (!write_file(fd, "cpu.max", text)) return fail(fault, errno, "set cpu.max to %s", text);
  }
  return !(bits & limit_processes) || !limits->processes || set(fd, "pids.max", most_processes(limits), fault);
}

static bool make_v1(struct group_base *base, const struct request *request, struct sandbox_groups *made, size_t at,
                    struct fault *fault) {
  if (mkdirat(base->fd, request->sandbox, 0755) < 0)
    return fail(fault, errno, "make the control group %s/%s", base->path, request->sandbox);
  snprintf(made->v1[at], sizeof made->v1[at], "%s/%s", base->path, request->sandbox);
  int fd = openat(base->fd, request->sandbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(fault, errno, "open %s", made->v1[at]);
  bool done = set_v1(fd, base->controllers, &request->limits, fault);
  if (done && (made->task_fds[at] = openat(fd, "tasks", O_WRONLY | O_CLOEXEC)) < 0)
    done = fail(fault, errno, "open %s/tasks", made->v1[at]);
  close(fd);
  return done;
}

static unsigned wanted_limits(const struct limits *limits) {
  return (limits->memory_bytes ? limit_memory : 0) | (limits->cpu_millis ? limit_cpu : 0) |
         (limits->processes ? limit_processes : 0);
}

bool groups_limit(struct launcher *launcher, const struct request *request, struct sandbox_groups *made,
                  struct fault *fault) {
  unsigned wanted = wanted_limits(&request->limits);
  for (size_t i = 0; i < launcher->groups.v1_count; i++)
    if ((launcher->groups.v1[i].controllers & wanted) && !make_v1(&launcher->groups.v1[i], request, made, i, fault))
      return false;
  return made->v2_fd < 0 || set_v2(made->v2_fd, launcher->groups.v2.controllers, &request->limits, fault);
}

void groups_close(struct sandbox_groups *made) {
  if (made->v2_fd >= 0) close(made->v2_fd);
  made->v2_fd = -1;
  for (size_t i = 0; i < 3; i++) {
    if (made->task_fds[i] >= 0) close(made->task_fds[i]);
    made->task_fds[i] = -1;
  }
}

/* By descriptor: the launcher's own view holds no control groups. */
void groups_undo(struct launcher *launcher, const char *sandbox, struct sandbox_groups *made) {
  groups_close(made);
  if (made->cgroup[0]) unlinkat(launcher->groups.v2.fd, sandbox, AT_REMOVEDIR);
  for (size_t i = 0; i < launcher->groups.v1_count; i++)
    if (made->v1[i][0]) unlinkat(launcher->groups.v1[i].fd, sandbox, AT_REMOVEDIR);
}
