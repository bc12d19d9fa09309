/* Finds and signals all processes a started program has become.
 *
 * With a delegated cgroup each program starts in a group of its own (spawn.c) and the kernel keeps the account: killing
 * is one write, being gone is `populated 0`. Empty groups are kept for the next program, because making and removing one
 * costs more than a start. Without it, /proc is walked: the session and process group of the main process, everything
 * below it, and everything that carries its marker in the environment.
 *
 * 1. The agent itself is never a member.
 * 2. After the main process is reaped its number may be reused: a session or group then counts only while no process
 *    has that number.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

enum { most_entries = 65536, name_bytes = 48, most_rounds = 32 };

struct entry {
  pid_t pid, parent, group, session;
  unsigned long long started;
  bool member, zombie;
};

struct census {
  struct entry *entries;
  size_t count, capacity;
};

/* ---- with cgroups ---- */

/* Groups need a clone3 that the seccomp filter lets through, or not to need it; else the walk does the work. */
void tree_start(struct agent *agent) {
  if (agent->options->enters_groups) {
    agent->groups = agent->options->cgroup_fd >= 0;
    return;
  }
#if defined(__x86_64__) || defined(__aarch64__)
  if (agent->options->cgroup_fd >= 0) agent->groups = syscall(SYS_clone3, NULL, 0) < 0 && errno == EINVAL;
#else
  (void)agent;
#endif
}

static void group_name(char name[name_bytes], int number, const char *file) {
  snprintf(name, name_bytes, file ? "p%d/%s" : "p%d", number, file);
}

static ssize_t group_read(struct agent *agent, int number, const char *file, char *bytes, size_t room) {
  char name[name_bytes];
  group_name(name, number, file);
  int fd = openat(agent->options->cgroup_fd, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t got = read(fd, bytes, room - 1);
  close(fd);
  if (got >= 0) bytes[got] = 0;
  return got;
}

static bool group_populated(struct agent *agent, int number) {
  char bytes[128];
  return group_read(agent, number, "cgroup.events", bytes, sizeof bytes) < 0 || !strstr(bytes, "populated 0");
}

int tree_group_take(struct agent *agent, int *fd) {
  char name[name_bytes];
  int number = -1;
  if (agent->free_group_count > 0) {
    number = (int)agent->free_groups[--agent->free_group_count];
    group_name(name, number, NULL);
  }
  while (number < 0) {
    int fresh = (int)(++agent->next_group & 0x7fffffff);
    group_name(name, fresh, NULL);
    if (mkdirat(agent->options->cgroup_fd, name, 0755) == 0) number = fresh;
    else if (errno != EEXIST) return -1;
  }
  bool entered = agent->options->enters_groups;
  char procs[name_bytes];
  group_name(procs, number, "cgroup.procs");
  *fd = openat(agent->options->cgroup_fd, entered ? procs : name, (entered ? O_WRONLY : O_RDONLY | O_DIRECTORY) | O_CLOEXEC);
  if (*fd >= 0) return number;
  int error = errno;
  unlinkat(agent->options->cgroup_fd, name, AT_REMOVEDIR);
  errno = error;
  return -1;
}

/* A group that was killed is not used again: for clone3 the kernel compares its count of kills with that of the agent's
 * own group, and would kill what is started in it. */
static void group_retire(struct agent *agent, int number, bool reusable) {
  if (reusable && agent->free_group_count < sizeof agent->free_groups / sizeof *agent->free_groups) {
    agent->free_groups[agent->free_group_count++] = (unsigned)number;
    return;
  }
  char name[name_bytes];
  group_name(name, number, NULL);
  unlinkat(agent->options->cgroup_fd, name, AT_REMOVEDIR);
}

/* A group that outlives its program's entry is remembered until it is empty, and then removed. When there is no memory to remember it,
 * it stays behind, empty, until the launcher removes the sandbox's groups. */
void tree_group_release(struct agent *agent, const struct process *p) {
  if (!group_populated(agent, p->group)) return group_retire(agent, p->group, !p->group_killed);
  if (agent->lingering_count == agent->lingering_capacity) {
    size_t wanted = agent->lingering_capacity ? agent->lingering_capacity * 2 : 8;
    int *grown = realloc(agent->lingering, wanted * sizeof *grown);
    if (!grown) return;
    agent->lingering = grown;
    agent->lingering_capacity = wanted;
  }
  agent->lingering[agent->lingering_count++] = p->group;
}

void tree_groups_sweep(struct agent *agent) {
  if (!agent->groups) return;
  for (struct process *p = agent->processes; p; p = p->next) {
    if (!p->ended || p->group < 0 || group_populated(agent, p->group)) continue;
    group_retire(agent, p->group, !p->group_killed);
    p->group = -1;
  }
  for (size_t i = agent->lingering_count; i-- > 0;) {
    if (group_populated(agent, agent->lingering[i])) continue;
    group_retire(agent, agent->lingering[i], false);
    agent->lingering[i] = agent->lingering[--agent->lingering_count];
  }
}

static bool group_kill(struct agent *agent, int number) {
  char name[name_bytes];
  group_name(name, number, "cgroup.kill");
  int fd = openat(agent->options->cgroup_fd, name, O_WRONLY | O_CLOEXEC);
  bool done = fd >= 0 && write(fd, "1", 1) == 1;
  if (fd >= 0) close(fd);
  return done;
}

static int group_signal(struct agent *agent, struct process *p, int signal) {
  if (p->group < 0 || !group_populated(agent, p->group)) return 0;
  if (signal == SIGKILL && group_kill(agent, p->group)) return p->group_killed = true;
  char *bytes = (char *)agent_scratch();
  int reached = 0;
  if (group_read(agent, p->group, "cgroup.procs", bytes, HF_MAX_PAYLOAD) <= 0) return 0;
  for (char *line = bytes, *rest; *line; line = rest + (*rest == '\n')) {
    pid_t pid = (pid_t)strtol(line, &rest, 10);
    if (rest == line) break;
    if (pid > 1 && pid != getpid() && kill(pid, signal) == 0) reached++;
  }
  return reached;
}

/* ---- by walking /proc ---- */

static ssize_t read_file(const char *path, char *bytes, size_t room) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t length = 0;
  ssize_t got;
  while (length < room - 1 && (got = read(fd, bytes + length, room - 1 - length)) > 0) length += (size_t)got;
  close(fd);
  bytes[length] = 0;
  return (ssize_t)length;
}

/* The name in /proc/<pid>/stat is the program's to choose: fields start after its last parenthesis. */
static bool read_entry(pid_t pid, struct entry *entry) {
  char path[name_bytes], bytes[1024], state;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  if (read_file(path, bytes, sizeof bytes) <= 0) return false;
  const char *rest = strrchr(bytes, ')');
  *entry = (struct entry){.pid = pid};
  if (!rest || sscanf(rest + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
                      &entry->parent, &entry->group, &entry->session, &entry->started) != 5)
    return false;
  entry->zombie = state == 'Z' || state == 'X';
  return true;
}

/* Everybody but the agent; false when /proc cannot be read. */
static bool take_census(struct census *census) {
  *census = (struct census){0};
  DIR *proc = opendir("/proc");
  if (!proc) return false;
  struct dirent *item;
  while ((item = readdir(proc)) && census->count < most_entries) {
    pid_t pid = (pid_t)strtol(item->d_name, NULL, 10);
    if (pid <= 0 || pid == getpid()) continue;
    if (census->count == census->capacity) {
      size_t wanted = census->capacity ? census->capacity * 2 : 64;
      struct entry *grown = realloc(census->entries, wanted * sizeof *grown);
      if (!grown) break;
      census->entries = grown;
      census->capacity = wanted;
    }
    if (read_entry(pid, &census->entries[census->count])) census->count++;
  }
  closedir(proc);
  return true;
}

static bool carries_marker(pid_t pid, const char *id) {
  char path[name_bytes], marker[max_id_bytes + 24];
  int length = snprintf(marker, sizeof marker, "HOLDFAST_PROCESS=%s", id);
  snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
  char *bytes = (char *)agent_scratch();
  ssize_t got = read_file(path, bytes, HF_MAX_PAYLOAD);
  for (char *at = bytes; got > 0 && at < bytes + got; at += strlen(at) + 1)
    if (strncmp(at, marker, (size_t)length + 1) == 0) return true;
  return false;
}

/* Adds everything below a member, until nothing is added. */
static void spread(struct census *census) {
  for (bool grew = true; grew;) {
    grew = false;
    for (size_t i = 0; i < census->count; i++) {
      struct entry *e = &census->entries[i];
      for (size_t j = 0; j < census->count && !e->member; j++)
        if (census->entries[j].member && census->entries[j].pid == e->parent) e->member = grew = true;
    }
  }
}

static void mark_tree(struct census *census, const struct process *p) {
  bool numbers_valid = true;
  for (size_t i = 0; i < census->count && p->ended; i++)
    if (census->entries[i].pid == p->pid) numbers_valid = false;
  for (size_t i = 0; i < census->count; i++) {
    struct entry *e = &census->entries[i];
    e->member = numbers_valid && (e->pid == p->pid || e->session == p->pid || e->group == p->pid);
    if (!e->member && !e->zombie) e->member = carries_marker(e->pid, p->id);
  }
  spread(census);
}

/* Everything the agent is responsible for: its whole pid namespace, or what descends from it. */
static void mark_all(struct agent *agent, struct census *census) {
  for (size_t i = 0; i < census->count; i++)
    census->entries[i].member = agent->options->is_init || census->entries[i].parent == getpid();
  spread(census);
}

/* Sends to every living member, each checked again so that a number reused meanwhile is left alone. */
static int signal_members(const struct census *census, int signal) {
  int reached = 0;
  for (size_t i = 0; i < census->count; i++) {
    const struct entry *e = &census->entries[i];
    struct entry again;
    if (!e->member || e->zombie || !read_entry(e->pid, &again) || again.started != e->started) continue;
    if (signal == 0 || kill(e->pid, signal) == 0) reached++;
  }
  return reached;
}

static bool seen_before(const struct census *census, const struct entry *e) {
  for (size_t i = 0; i < census->count; i++)
    if (census->entries[i].member && census->entries[i].pid == e->pid && census->entries[i].started == e->started) return true;
  return false;
}

static bool has_newcomer(const struct census *now, const struct census *before) {
  for (size_t i = 0; i < now->count; i++)
    if (now->entries[i].member && !now->entries[i].zombie && !seen_before(before, &now->entries[i])) return true;
  return false;
}

struct process *tree_owner(struct agent *agent, pid_t pid) {
  struct census census;
  struct process *owner = NULL;
  if (!take_census(&census)) return NULL;
  for (struct process *p = agent->processes; p && !owner; p = p->next) {
    for (size_t i = 0; i < census.count; i++) census.entries[i].member = false;
    if (!p->ended) mark_tree(&census, p);
    for (size_t i = 0; i < census.count; i++)
      if (census.entries[i].pid == pid && census.entries[i].member) owner = p;
  }
  free(census.entries);
  return owner;
}

int tree_signal(struct agent *agent, struct process *p, int signal) {
  if (agent->groups) return group_signal(agent, p, signal);
  struct census before = {0}, census;
  int reached = 0, rounds = signal == SIGKILL ? most_rounds : 1;
  /* A child may be made between the look and the signal. Whoever was sent SIGKILL makes no more, so it ends when a look
   * finds nobody new. */
  while (rounds-- > 0) {
    if (!take_census(&census)) {
      free(before.entries);
      return reached > 0 || (!p->ended && kill(p->pid, signal) == 0);
    }
    mark_tree(&census, p);
    if (!has_newcomer(&census, &before)) rounds = 0;
    else reached += signal_members(&census, signal);
    free(before.entries);
    before = census;
  }
  free(before.entries);
  return reached;
}

bool tree_alive(struct agent *agent, struct process *p) {
  if (agent->groups) return p->group >= 0 && group_populated(agent, p->group);
  return tree_signal(agent, p, 0) > 0;
}

int tree_signal_all(struct agent *agent, int signal) {
  if (agent->options->is_init) return kill(-1, signal) == 0;
  struct census census;
  if (!take_census(&census)) return 0;
  mark_all(agent, &census);
  int reached = signal_members(&census, signal);
  free(census.entries);
  return reached;
}

size_t tree_count_all(struct agent *agent) {
  struct census census;
  size_t count = 0;
  if (!take_census(&census)) return agent->live;
  mark_all(agent, &census);
  for (size_t i = 0; i < census.count; i++) count += census.entries[i].member && !census.entries[i].zombie;
  free(census.entries);
  return count;
}
