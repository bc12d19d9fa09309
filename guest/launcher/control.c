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

/* Dead is not gone: its number stands in /proc until its parent, mostly this launcher, has collected it. One that nobody
 * collects runs nothing and holds nothing any more. */
static void collected(int process) {
  uint64_t deadline = now_us() + collect_deadline_ms * 1000ULL;
  while (kernel_pidfd_signal(process, 0) == 0 && now_us() < deadline) usleep(100);
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
  }
  if (request.cgroup && !remove_until(request.cgroup, deadline)) return fail(fault, errno, "remove %s", request.cgroup);
  for (size_t i = 0; i < request.limit_group_count; i++)
    if (!remove_until(request.limit_groups[i], deadline)) return fail(fault, errno, "remove %s", request.limit_groups[i]);
  if (process >= 0) collected(process);
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

/* One entry per sandbox, with all of its groups: told by the first hierarchy that knows it. */
static void put_stray(struct hf_buffer *out, const struct groups *groups, const char *name) {
  char path[max_path + max_name + 1];
  uint64_t count = 0;
  size_t mark = hf_nest_begin(out, HF_TAG_ENTRY);
  hf_put_string(out, HF_TAG_SANDBOX, name);
  for (size_t i = 0; i <= groups->v1_count; i++) {
    const struct group_base *base = i == 0 ? &groups->v2 : &groups->v1[i - 1];
    if (base->fd < 0 || faccessat(base->fd, name, F_OK, 0) < 0) continue;
    snprintf(path, sizeof path, "%s/%.*s", base->path, max_name - 1, name);
    hf_put_string(out, i == 0 ? HF_TAG_CGROUP : HF_TAG_LIMIT_GROUP, path);
    if (count == 0) count = count_processes(path);
  }
  hf_put_int(out, HF_TAG_COUNT, count);
  hf_nest_end(out, mark);
}

static bool known_before(const struct groups *groups, size_t hierarchy, const char *name) {
  for (size_t i = 0; i < hierarchy; i++) {
    int fd = i == 0 ? groups->v2.fd : groups->v1[i - 1].fd;
    if (fd >= 0 && faccessat(fd, name, F_OK, 0) == 0) return true;
  }
  return false;
}

static void strays(const struct launcher *launcher, struct hf_buffer *out) {
  const struct groups *groups = &launcher->groups;
  for (size_t i = 0; i <= groups->v1_count; i++) {
    const struct group_base *base = i == 0 ? &groups->v2 : &groups->v1[i - 1];
    DIR *directory = base->fd >= 0 ? opendir(base->path) : NULL;
    struct dirent *item;
    while (directory && out->length < HF_MAX_PAYLOAD - 8 * max_path && (item = readdir(directory)))
      if (item->d_type == DT_DIR && name_valid(item->d_name) && !known_before(groups, i, item->d_name))
        put_stray(out, groups, item->d_name);
    if (directory) closedir(directory);
  }
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
    case HF_MEMORY:
      if (request.flags & launch_makes_own) return cell_save(launcher, &request, fault);
      return memory_save(launcher, &request, out, fault);
    case HF_SHUT: return shut(launcher, &request, fault);
    case HF_KEEP: return kept_fill(launcher, &request, out, fault);
    case HF_REST: return rest(&request, fault);
    case HF_SNAPSHOT: return snapshot(launcher, &request, out, fault);
    default: return swap(launcher, &request, out, fault);
  }
}

/* Behind the door nothing was entered, and nothing need be. */
static void work(struct launcher *launcher, uint8_t type, uint32_t id, unsigned char *payload, size_t length, int in, int out) {
  struct fault fault = {0};
  struct hf_buffer answer = {0};
  if (type == HF_CONFIGURE) {
    configure_answer(launcher, id, &answer);
    return write_frames(out, &answer);
  }
  if (launcher->host_ns < 0 || enter_host(launcher, &fault)) {
    if (type >= HF_LAYER_SCAN) {
      int error = launcher->user_mode ? 0 : layers_show_disks(payload, length, fault.text, sizeof fault.text);
      if (error) fault.error = error;
      else if ((error = layers_configure(launcher->home, launcher->user_mode)) != 0)
        fail(&fault, error, "prepare the layers of %s", launcher->home);
      else {
        layers_owners(launcher->first_id);
        layers_handle(type, payload, length, in, out, id);
        return;
      }
    }
    size_t mark = hf_frame_begin(&answer, HF_OK, id);
    if (!fault.error && request_parse(&request, payload, length, &fault) && control(launcher, type, &answer, &fault))
      hf_frame_end(&answer, mark);
  }
  if (fault.error) {
    hf_buffer_free(&answer);
    put_error(&answer, id, &fault);
  }
  write_frames(out, &answer);
}

/* In a machine what comes and goes for the host's sake is not the sandbox's to pay for, nor to gain. */
void operate(struct launcher *launcher, uint8_t type, uint32_t id, unsigned char *payload, size_t length, int in, int out) {
  uint64_t left = launcher->machine ? launcher->machine->lend(type) : 0;
  work(launcher, type, id, payload, length, in, out);
  if (launcher->machine) launcher->machine->take_back(type, left);
}
