/* The operations beside LAUNCH, each in a process of its own: looking at sandboxes, standing them still, ending them.
 *
 * 1. A process is named by number and start time together: a number in use again is never touched.
 * 2. A control group is touched only if it is one of this home's.
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

#include "../layers/layers.h"
#include "internal.h"
#include "kernel.h"

static struct request request;

uint64_t process_start_ticks(pid_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  if (got <= 0) return 0;
  text[got] = 0;
  /* The name in it is the process's own to choose: fields are counted from its last parenthesis. */
  char state, *rest = strrchr(text, ')');
  unsigned long long ticks = 0;
  if (!rest || sscanf(rest + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &state,
                      &ticks) != 2)
    return 0;
  return state == 'Z' || state == 'X' ? 0 : ticks;
}

bool process_alive(pid_t pid, uint64_t start_ticks) {
  return pid > 0 && start_ticks > 0 && process_start_ticks(pid) == start_ticks;
}

/* ---- KILL ---- */

/* A descriptor of exactly this process, or -1 when it is gone: opened first, then proved. */
static int hold_process(pid_t pid, uint64_t start_ticks) {
  int fd = pid > 0 ? kernel_pidfd_open(pid) : -1;
  if (fd < 0 || process_alive(pid, start_ticks)) return fd;
  close(fd);
  return -1;
}

static bool gone(int process, int ms) {
  struct pollfd end = {.fd = process, .events = POLLIN};
  return poll(&end, 1, ms) == 1;
}

static bool remove_until(const char *path, uint64_t deadline) {
  while (!group_remove(path)) {
    if (now_us() >= deadline) return false;
    usleep(500);
  }
  return true;
}

static bool kill_sandbox(struct fault *fault) {
  uint64_t deadline = now_us() + kill_deadline_ms * 1000ULL;
  int process = hold_process((pid_t)request.pid, request.start_ticks);
  if (request.cgroup && group_write(request.cgroup, "cgroup.kill", "1")) group_write(request.cgroup, "cgroup.freeze", "0");
  if (process >= 0) {
    kernel_pidfd_signal(process, SIGKILL);
    if (!gone(process, kill_deadline_ms)) return fail(fault, ETIMEDOUT, "process %d does not end", (int)request.pid);
    close(process);
  }
  if (request.cgroup && !remove_until(request.cgroup, deadline)) return fail(fault, errno, "remove %s", request.cgroup);
  for (size_t i = 0; i < request.limit_group_count; i++)
    if (!remove_until(request.limit_groups[i], deadline)) return fail(fault, errno, "remove %s", request.limit_groups[i]);
  return true;
}

/* ---- COUNTERS, CHECK, STRAYS ---- */

static void add_counters(const char *group, uint64_t *oom, uint64_t *denied, uint64_t *bytes) {
  uint64_t value;
  if (group_number(group, "memory.events", "oom_kill", &value)) *oom += value;
  if (group_number(group, "memory.oom_control", "oom_kill", &value)) *oom += value;
  if (group_number(group, "pids.events", "max", &value)) *denied += value;
  if (group_number(group, "memory.current", NULL, &value)) *bytes = value;
  if (group_number(group, "memory.usage_in_bytes", NULL, &value)) *bytes = value;
}

static void counters(struct hf_buffer *out) {
  uint64_t oom = 0, denied = 0, bytes = 0;
  if (request.cgroup) add_counters(request.cgroup, &oom, &denied, &bytes);
  for (size_t i = 0; i < request.limit_group_count; i++) add_counters(request.limit_groups[i], &oom, &denied, &bytes);
  hf_put_int(out, HF_TAG_OOM_KILLS, oom);
  hf_put_int(out, HF_TAG_PIDS_DENIED, denied);
  hf_put_int(out, HF_TAG_BYTES, bytes);
}

static void check(struct hf_buffer *out) {
  for (size_t i = 0; i < request.entry_count; i++) {
    size_t mark = hf_nest_begin(out, HF_TAG_ENTRY);
    hf_put_int(out, HF_TAG_PID, request.entries[i].pid);
    hf_put_int(out, HF_TAG_FLAGS, process_alive((pid_t)request.entries[i].pid, request.entries[i].start_ticks));
    hf_nest_end(out, mark);
  }
}

static uint64_t count_processes(const char *group) {
  static char text[1 << 16];
  uint64_t count = 0;
  char below[max_path + 2 * max_name];
  if (group_read(group, "cgroup.procs", text, sizeof text) > 0)
    for (const char *at = text; (at = strchr(at, '\n')); at++) count++;
  DIR *directory = opendir(group);
  struct dirent *item;
  while (directory && (item = readdir(directory)))
    if (item->d_type == DT_DIR && item->d_name[0] != '.' &&
        snprintf(below, sizeof below, "%.*s/%s", max_path, group, item->d_name) < (int)sizeof below)
      count += count_processes(below);
  if (directory) closedir(directory);
  return count;
}

static void put_stray(struct hf_buffer *out, const struct group_base *base, bool v2, const char *name) {
  char path[max_path + max_name + 1];
  if (snprintf(path, sizeof path, "%s/%s", base->path, name) >= (int)sizeof path) return;
  size_t mark = hf_nest_begin(out, HF_TAG_ENTRY);
  hf_put_string(out, HF_TAG_SANDBOX, name);
  hf_put_string(out, v2 ? HF_TAG_CGROUP : HF_TAG_LIMIT_GROUP, path);
  hf_put_int(out, HF_TAG_COUNT, count_processes(path));
  hf_nest_end(out, mark);
}

static void list_strays(struct hf_buffer *out, const struct group_base *base, bool v2) {
  DIR *directory = base->fd >= 0 ? opendir(base->path) : NULL;
  struct dirent *item;
  while (directory && out->length < HF_MAX_PAYLOAD - 4096 && (item = readdir(directory)))
    if (item->d_type == DT_DIR && name_valid(item->d_name)) put_stray(out, base, v2, item->d_name);
  if (directory) closedir(directory);
}

static void strays(const struct launcher *launcher, struct hf_buffer *out) {
  list_strays(out, &launcher->groups.v2, true);
  for (size_t i = 0; i < launcher->groups.v1_count; i++) list_strays(out, &launcher->groups.v1[i], false);
}

/* ---- one operation ---- */

static bool groups_ours(const struct launcher *launcher, struct fault *fault) {
  if (request.cgroup && !group_is_ours(launcher, request.cgroup))
    return fail(fault, EPERM, "%s is not a group of this home", request.cgroup);
  for (size_t i = 0; i < request.limit_group_count; i++)
    if (!group_is_ours(launcher, request.limit_groups[i]))
      return fail(fault, EPERM, "%s is not a group of this home", request.limit_groups[i]);
  return true;
}

static bool control(struct launcher *launcher, uint8_t type, struct hf_buffer *out, struct fault *fault) {
  if (!groups_ours(launcher, fault)) return false;
  switch (type) {
    case HF_FREEZE: return freeze(&request, fault);
    case HF_THAW: return thaw(&request, fault);
    case HF_KILL: return kill_sandbox(fault);
    case HF_COUNTERS: return counters(out), true;
    case HF_CHECK: return check(out), true;
    case HF_STRAYS: return strays(launcher, out), true;
    case HF_SNAPSHOT: return snapshot(launcher, &request, out, fault);
    default: return swap(launcher, &request, out, fault);
  }
}

void operate(struct launcher *launcher, uint8_t type, uint32_t id, unsigned char *payload, size_t length, int out) {
  struct fault fault = {0};
  struct hf_buffer answer = {0};
  bool layers = type >= HF_LAYER_SCAN, stays = type == HF_SNAPSHOT || type == HF_SWAP;
  if ((stays && !launcher->user_mode) || enter_host(launcher, &fault)) {
    if (layers) {
      layers_handle(type, payload, length, out, id);
      return;
    }
    size_t mark = hf_frame_begin(&answer, HF_OK, id);
    if (request_parse(&request, payload, length, &fault) && control(launcher, type, &answer, &fault))
      hf_frame_end(&answer, mark);
  }
  if (fault.error) {
    answer.length = 0;
    put_error(&answer, id, &fault);
  }
  write_frames(out, &answer);
}
