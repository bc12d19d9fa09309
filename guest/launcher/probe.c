/* What this host can do, each proven by trying, with the reason and the fix where it cannot. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"
#include "kernel.h"

enum { version_deadline_ms = 2000 };

static void put(struct hf_buffer *out, const char *name, bool there, const char *message) {
  size_t mark = hf_nest_begin(out, HF_TAG_CAPABILITY);
  hf_put_string(out, HF_TAG_TEXT, name);
  hf_put_int(out, HF_TAG_FLAGS, there);
  hf_put_string(out, HF_TAG_MESSAGE, message);
  hf_nest_end(out, mark);
}

static void probe_overlay(const struct launcher *launcher, struct hf_buffer *out) {
  struct fault fault = {0};
  char *lower = ".probe/lower";
  struct overlay_plan plan = {.lower = &lower,
                              .lower_count = 1,
                              .upper = ".probe/upper",
                              .work = ".probe/spare",
                              .user_xattr = launcher->user_mode,
                              .page_place = launcher->flags & mount_by_string ? launcher->home : NULL,
                              .owner = -1};
  mkdir(".probe", 0700);
  mkdir(lower, 0700);
  int mounted = overlay_mount(&plan, &fault);
  put(out, "overlay", mounted >= 0, fault.text);
  if (mounted >= 0) close(mounted);
  rmdir(".probe/spare/work");
  rmdir(".probe/spare");
  rmdir(".probe/upper");
  rmdir(lower);
  rmdir(".probe");
}

static void probe_idmap(const struct launcher *launcher, struct hf_buffer *out) {
  int tree = kernel_open_tree(AT_FDCWD, launcher->home, open_tree_clone | open_tree_cloexec);
  struct kernel_mount_attr shift = {.set = mount_idmap, .userns_fd = (uint64_t)launcher->map_ns};
  bool there = tree >= 0 && launcher->map_ns >= 0 && kernel_mount_setattr(tree, 0, &shift) == 0;
  char message[200] = "";
  if (launcher->user_mode) snprintf(message, sizeof message, "needs root: files of the machine's root show as nobody inside");
  else if (!there) snprintf(message, sizeof message, "%s: files of the machine's root show as nobody inside", strerror(errno));
  put(out, "idmap", there, message);
  if (tree >= 0) close(tree);
}

static bool group_has(const struct group_base *base, const char *file) {
  bool there = false;
  if (base->fd < 0 || (mkdirat(base->fd, ".probe", 0755) < 0 && errno != EEXIST)) return false;
  int fd = openat(base->fd, ".probe", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    there = faccessat(fd, file, W_OK, AT_EACCESS) == 0;
    close(fd);
  }
  unlinkat(base->fd, ".probe", AT_REMOVEDIR);
  return there;
}

static void probe_groups(const struct launcher *launcher, struct hf_buffer *out) {
  const struct groups *groups = &launcher->groups;
  const char *fix = launcher->user_mode
                        ? "no delegated control group: start the daemon with `systemd-run --user --scope -p Delegate=yes`"
                        : "no hierarchy offers this controller: mount cgroup2 with it at /sys/fs/cgroup";
  bool kills = group_has(&groups->v2, "cgroup.kill"), freezes = group_has(&groups->v2, "cgroup.freeze");
  const char *tree = launcher->user_mode ? fix : "no cgroup2 tree is mounted";
  put(out, "cgroup", groups->v2.fd >= 0, groups->v2.fd >= 0 ? "" : tree);
  put(out, "cgroupKill", kills, kills ? "" : tree);
  put(out, "freeze", true, freezes ? "" : "by signals, which a guest can notice: no usable cgroup2 group");
  put(out, "limitMemory", limit_available(groups, limit_memory), limit_available(groups, limit_memory) ? "" : fix);
  put(out, "limitCpu", limit_available(groups, limit_cpu), limit_available(groups, limit_cpu) ? "" : fix);
  put(out, "limitProcesses", true, limit_available(groups, limit_processes) ? "" : "by RLIMIT_NPROC: refusals are not counted");
  put(out, "limitOpenFiles", true, "");
  put(out, "limitDisk", !launcher->no_disk, launcher->no_disk ? launcher->no_disk : "");
}

/* Reads the first line of `bwrap --version`, run in the machine's view. */
static bool bubblewrap_version(const struct launcher *launcher, char *text, size_t room) {
  int line[2];
  struct fault fault = {0};
  if (pipe2(line, O_CLOEXEC) < 0) return false;
  pid_t pid = fork();
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!enter_host(launcher, &fault) || dup2(line[1], 1) < 0) _exit(1);
    execlp("bwrap", "bwrap", "--version", (char *)NULL);
    _exit(127);
  }
  close(line[1]);
  struct pollfd wait = {.fd = line[0], .events = POLLIN};
  ssize_t got = pid > 0 && poll(&wait, 1, version_deadline_ms) == 1 ? read(line[0], text, room - 1) : 0;
  close(line[0]);
  if (pid > 0) {
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
  }
  text[got > 0 ? got : 0] = 0;
  text[strcspn(text, "\n")] = 0;
  return got > 0;
}

void probe_capabilities(const struct launcher *launcher, struct hf_buffer *out) {
  unsigned action = SECCOMP_RET_KILL_PROCESS;
  char version[80];
  bool filters = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
  bool wraps = !launcher->machine && bubblewrap_version(launcher, version, sizeof version);
  put(out, "userns", true, "");
  probe_overlay(launcher, out);
  probe_idmap(launcher, out);
  probe_groups(launcher, out);
  put(out, "seccomp", filters, filters ? "" : "the kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)");
  put(out, "bwrap", wraps, wraps ? version : launcher->machine ? "a machine has none" : "bubblewrap is not on the PATH: install the package `bubblewrap`");
}
